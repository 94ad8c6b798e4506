/* SPDX-License-Identifier: MIT */
/* What is known of codes that were drawn: their likelihoods, how far they are from the prior, and
 * how much that weighs. */
#include <math.h>

#include "model/config.h"

static const double LOG_2PI = 1.8378770664093453;

static int batch_of(const struct fig_node *node)
{
    return fig_node_shape(node).dim[0];
}

/* e^logvar - 1 - logvar + mean^2: twice the divergence of each value of the code. */
static struct fig_node *divergence_terms(const struct posterior *posterior)
{
    struct fig_node *mean = posterior->mean, *logvar = posterior->logvar;
    return fig_add(fig_sub(fig_expm1(logvar), logvar), fig_square(mean));
}

struct fig_node *divergence(const struct posterior *posterior, double free)
{
    if (!posterior->mean)
        return NULL;
    struct fig_node *terms = divergence_terms(posterior);
    if (free == 0)
        return fig_affine(fig_sum(terms), 0.5 / batch_of(posterior->mean), 0);
    return fig_sum(fig_clamp(fig_affine(fig_mean_rows(terms), 0.5, 0), free, INFINITY));
}

enum fig_status read_divergence(struct fig_config *config, const struct yaml *root)
{
    const struct yaml_range from_zero = { .high = INFINITY, .below = true };
    config->beta = 1;
    TRY(yaml_number(yaml_find(root, "beta"), &from_zero, &config->beta));
    TRY(yaml_int(yaml_find(root, "beta-warmup"), 0, 1 << 24, &config->beta_warmup));
    TRY(yaml_number(yaml_find(root, "free-bits"), &from_zero, &config->free_bits));
    TRY(put_default(&config->document, "beta", config->beta));
    TRY(put_default(&config->document, "beta-warmup", config->beta_warmup));
    return put_default(&config->document, "free-bits", config->free_bits);
}

struct fig_node *weigh_divergence(struct fig_phase *phase, struct fig_model *model,
                                  const struct fig_config *config, bool training,
                                  const struct posterior *posterior)
{
    struct fig_node *kl = fig_affine(divergence(posterior, config->free_bits), config->beta, 0);
    if (config->beta_warmup == 0)
        return kl;
    struct fig_node *steps = fig_state(model->graph, "beta.steps", fig_shape1(1), 0);
    if (!training)
        return kl;
    struct fig_node *next = fig_affine(steps, 1, 1);
    phase->updates[phase->update_count++] = fig_assign(steps, next);
    return fig_mul(kl, fig_clamp(fig_affine(next, 1.0 / config->beta_warmup, 0), 0, 1));
}

/* scale * (the sum of each row) + shift: [batch, 1]. */
static struct fig_node *row_sums(struct fig_node *x, double scale, double shift)
{
    return fig_affine(fig_sum_cols(as_rows(x)), scale, shift);
}

/* ln of the mean of e^x over the rows of x: [1, columns].  Halves that overlap find the largest in
 * each column; whatever is subtracted, the gradient is the same. */
static struct fig_node *log_mean_exp(struct fig_node *x)
{
    struct fig_node *largest = fig_detach(x);
    for (int rows = batch_of(x), half; rows > 1; rows = half) {
        half = (rows + 1) / 2;
        largest = fig_max(fig_slice(largest, 0, 0, half),
                          fig_slice(largest, 0, rows - half, rows));
    }
    struct fig_node *mean = fig_mean_rows(fig_exp(fig_sub(x, largest)));
    return fig_add(largest, fig_reshape(fig_log(mean), fig_shape2(1, row_length(x))));
}

struct fig_node *weighted_bound(const struct posterior *posterior, struct fig_node *errors,
                                int samples)
{
    if (!errors || !posterior->code)
        return NULL;
    struct fig_node *surprise = fig_add(fig_square(posterior->noise), posterior->logvar);
    struct fig_node *distance = fig_square(posterior->code);
    struct fig_node *weights = fig_add(row_sums(fig_sub(surprise, distance), 0.5, 0),
                                       row_sums(errors, -1, 0));
    const struct fig_shape shape = fig_shape2(samples, batch_of(errors) / samples);
    return fig_mean(log_mean_exp(fig_reshape(weights, shape)));
}

struct fig_node *divergences(const struct posterior *posterior)
{
    return posterior->mean ? row_sums(divergence_terms(posterior), 0.5, 0) : NULL;
}

struct fig_node *likelihoods(const struct posterior *posterior, struct fig_node *errors)
{
    if (!errors || !posterior->code)
        return NULL;
    struct fig_node *surprise = fig_add(fig_square(posterior->noise), posterior->logvar);
    const double constant = -0.5 * LOG_2PI * row_length(posterior->mean);
    struct fig_node *columns = row_sums(errors, -1, 0);
    columns = fig_concat(columns, row_sums(fig_square(posterior->code), -0.5, constant), 1);
    columns = fig_concat(columns, row_sums(surprise, -0.5, constant), 1);
    return fig_concat(columns, divergences(posterior), 1);
}
