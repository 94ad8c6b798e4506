/* SPDX-License-Identifier: MIT */
/* What is known of codes that were drawn: their likelihoods, and how far they are from the prior. */
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

/* e^logvar - 1 - logvar + mean^2: twice the divergence of each value of the code. */
static struct fig_node *divergence_terms(const struct posterior *posterior)
{
    struct fig_node *mean = posterior->mean, *logvar = posterior->logvar;
    return fig_add(fig_sub(fig_expm1(logvar), logvar), fig_square(mean));
}

struct fig_node *divergence(const struct posterior *posterior)
{
    if (!posterior->mean)
        return NULL;
    return fig_affine(fig_sum(divergence_terms(posterior)), 0.5 / batch_of(posterior->mean), 0);
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
    struct fig_node *surprise = fig_add(fig_square(posterior->noise), posterior->logvar);
    const double constant = -0.5 * LOG_2PI * length_of(posterior->mean);
    struct fig_node *columns = row_sums(errors, -1, 0);
    columns = fig_concat(columns, row_sums(fig_square(posterior->code), -0.5, constant), 1);
    columns = fig_concat(columns, row_sums(surprise, -0.5, constant), 1);
    return fig_concat(columns, row_sums(divergence_terms(posterior), 0.5, 0), 1);
}
