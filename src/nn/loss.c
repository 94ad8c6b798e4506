/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include "graph/node.h"

static struct fig_node *reduce(struct fig_node *errors, enum fig_reduction reduction)
{
    if (!errors || reduction == FIG_MEAN)
        return fig_mean(errors);
    return fig_affine(fig_sum(errors), 1.0 / errors->shape.dim[0], 0);
}

struct fig_node *fig_loss_mse(struct fig_node *y, struct fig_node *target,
                              enum fig_reduction reduction)
{
    return reduce(fig_square(fig_sub(y, target)), reduction);
}

struct fig_node *fig_loss_l1(struct fig_node *y, struct fig_node *target,
                             enum fig_reduction reduction)
{
    return reduce(fig_abs(fig_sub(y, target)), reduction);
}

struct fig_node *fig_loss_bce(struct fig_node *logits, struct fig_node *target,
                              enum fig_reduction reduction)
{
    return reduce(fig_bce(logits, target), reduction);
}

/* The sum of [rows, 1] over the rows that have targets, divided by their number. */
static struct fig_node *mean_known(struct fig_node *sums, struct fig_node *known)
{
    if (!known)
        return NULL;
    return fig_div(fig_sum(sums), fig_clamp(fig_sum(known), 1, known->shape.dim[0]));
}

struct fig_node *fig_loss_cross_entropy(struct fig_node *logits, struct fig_node *target)
{
    struct fig_node *known = fig_sum_cols(target);
    struct fig_node *chosen = fig_sum_cols(fig_mul(logits, target));
    struct fig_node *all = fig_mul(fig_log_sum_exp(logits), known);
    return mean_known(fig_sub(all, chosen), known);
}

struct fig_node *fig_accuracy(struct fig_node *logits, struct fig_node *target)
{
    const double least = 1e-30; /* what a logit must be above the target's */
    struct fig_node *known = fig_sum_cols(target);
    struct fig_node *chosen = fig_sum_cols(fig_mul(logits, target));
    struct fig_node *above = fig_keep(fig_sub(logits, chosen), least, 1);
    struct fig_node *wrong = fig_clamp(fig_sum_cols(above), 0, 1);
    return mean_known(fig_mul(known, fig_affine(wrong, -1, 1)), known);
}
