/* SPDX-License-Identifier: MIT */
/* What importance sampling needs to know of a variational autoencoder. */
#include "model/config.h"

static const double LOG_2PI = 1.8378770664093453;

static int batch_of(const struct fig_node *node)
{
    return fig_node_shape(node).dim[0];
}

static int length_of(const struct fig_node *node)
{
    const struct fig_shape shape = fig_node_shape(node);
    int length = 1;
    for (int i = 1; i < shape.rank; i++)
        length *= shape.dim[i];
    return length;
}

/* scale * (the sum of each row) + shift: [batch, 1]. */
static struct fig_node *row_sums(struct fig_node *x, double scale, double shift)
{
    struct fig_node *rows = fig_reshape(x, fig_shape2(batch_of(x), length_of(x)));
    return fig_affine(fig_sum_cols(rows), scale, shift);
}

struct fig_node *likelihoods(const struct posterior *posterior, struct fig_node *errors)
{
    if (!errors || !posterior->code)
        return NULL;
    struct fig_node *mean = posterior->mean, *logvar = posterior->logvar;
    struct fig_node *inverse = fig_exp(fig_neg(logvar));
    struct fig_node *square = fig_square(fig_sub(posterior->code, mean));
    struct fig_node *surprise = fig_add(fig_mul(square, inverse), logvar);
    struct fig_node *divergence = fig_add(fig_sub(fig_expm1(logvar), logvar), fig_square(mean));
    const double constant = -0.5 * LOG_2PI * length_of(mean);
    struct fig_node *columns = row_sums(errors, -1, 0);
    columns = fig_concat(columns, row_sums(fig_square(posterior->code), -0.5, constant), 1);
    columns = fig_concat(columns, row_sums(surprise, -0.5, constant), 1);
    return fig_concat(columns, row_sums(divergence, 0.5, 0), 1);
}
