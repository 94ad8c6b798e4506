/* SPDX-License-Identifier: MIT */
#ifndef FIG_NN_H
#define FIG_NN_H

#include <figment/graph.h>

FIG_BEGIN

/* Layers are plain functions that add nodes; `name` prefixes their parameters. */

/* x [rows, in] to [rows, units]: x W^T + b with NAME.weight [units, in], Glorot uniform, and
 * NAME.bias [units], zero. */
FIG_API struct fig_node *fig_dense(struct fig_node *x, const char *name, int units);

/* Elementwise activations by their names in configurations. */
enum fig_activation {
    FIG_LINEAR,
    FIG_RELU,
    FIG_LEAKY_RELU, /* slope 0.2 */
    FIG_ELU,        /* alpha 1 */
    FIG_SIGMOID,
    FIG_TANH,
    FIG_SOFTPLUS,
    FIG_ACTIVATIONS /* how many there are */
};
FIG_API const char *fig_activation_name(enum fig_activation activation);
FIG_API struct fig_node *fig_activate(struct fig_node *x, enum fig_activation activation);

/* Losses: single numbers.  FIG_MEAN is over all elements; FIG_SUM is the sum over a sample's
 * elements, meant over the batch (the first dimension). */
enum fig_reduction { FIG_MEAN, FIG_SUM };
FIG_API struct fig_node *fig_loss_mse(struct fig_node *y, struct fig_node *target,
                                      enum fig_reduction reduction); /* (y - target)^2 */
FIG_API struct fig_node *fig_loss_l1(struct fig_node *y, struct fig_node *target,
                                     enum fig_reduction reduction); /* |y - target| */
/* Binary cross-entropy from logits; targets in [0, 1]. */
FIG_API struct fig_node *fig_loss_bce(struct fig_node *logits, struct fig_node *target,
                                      enum fig_reduction reduction);
/* Cross-entropy of softmax(logits) against target probabilities, both [rows, classes]; the mean over
 * the rows. */
FIG_API struct fig_node *fig_loss_cross_entropy(struct fig_node *logits, struct fig_node *target);

FIG_END

#endif
