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

struct fig_node *fig_loss_cross_entropy(struct fig_node *logits, struct fig_node *target)
{
    struct fig_node *chosen = fig_sum_cols(fig_mul(logits, target));
    return fig_mean(fig_sub(fig_log_sum_exp(logits), chosen));
}
