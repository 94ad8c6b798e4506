/* SPDX-License-Identifier: MIT */
#ifndef FIG_NN_H
#define FIG_NN_H

#include <stdbool.h>

#include <figment/graph.h>

FIG_BEGIN

/* Layers are plain functions that add nodes; `name` prefixes their parameters. */

/* Weights divided by their largest singular value (Miyato et al., ICLR 2018), which one power
 * iteration per step follows; the state NAME.u remembers it. */
struct fig_spectral {
    bool training;
    struct fig_node **update; /* receives an assignment that a plan may run; in training */
};

/* x [rows, in] to [rows, units]: x W^T + b with NAME.weight [units, in], Glorot uniform, and
 * NAME.bias [units], zero.  An image [n, h, w, c] is a row of h w c values; its weights are saved
 * in the order (c, h, w), as PyTorch flattens. */
FIG_API struct fig_node *fig_dense(struct fig_node *x, const char *name, int units);

/* The same to an image [rows, height, width, channels], which PyTorch unflattens from (c, h, w). */
struct fig_dense {
    int height, width, channels;
    bool no_bias;
    bool one_hot; /* x has a single 1 in each row: weights start with the deviation 1/2, so that
                     it is heard beside other inputs, and not above them */
    const struct fig_spectral *spectral; /* NULL: weights as they are */
};
FIG_API struct fig_node *fig_dense_image(struct fig_node *x, const char *name,
                                         struct fig_dense dense);

/* x [n, h, w, c] to [n, oh, ow, filters] with NAME.weight, Glorot uniform, and NAME.bias, zero;
 * saved as PyTorch has them: [filters, c, kernel, kernel], transposed [c, filters, kernel, kernel].
 *     oh = (h + 2 pad - kernel) / stride + 1
 *     transposed: oh = (h - 1) stride - 2 pad + kernel + output_pad */
struct fig_conv2d {
    int filters, kernel, stride, pad;
    int output_pad; /* transposed only; below the stride */
    bool no_bias;
    const struct fig_spectral *spectral; /* NULL: weights as they are */
};
FIG_API struct fig_node *fig_conv2d(struct fig_node *x, const char *name, struct fig_conv2d conv);
FIG_API struct fig_node *fig_conv2d_transpose(struct fig_node *x, const char *name,
                                              struct fig_conv2d conv);

/* Windows of kernel x kernel pixels of images [n, h, w, c], `stride` apart, each channel on its
 * own: [n, oh, ow, c] with oh = (h - kernel) / stride + 1; pixels behind the last window are left
 * out.  Of equal pixels the first of a window, row by row, gets the gradient of their maximum. */
FIG_API struct fig_node *fig_maxpool(struct fig_node *x, int kernel, int stride);
FIG_API struct fig_node *fig_avgpool(struct fig_node *x, int kernel, int stride);
/* Each pixel of [n, h, w, c] factor x factor times: [n, h factor, w factor, c]; neither side may
 * become longer than FIG_SIDE. */
enum { FIG_SIDE = 4096 /* pixels */ };
FIG_API struct fig_node *fig_upsample(struct fig_node *x, int factor);

/* Over the last dimension's channels (Ioffe and Szegedy, 2015): NAME.weight (ones), NAME.bias, and
 * the states NAME.running_mean and NAME.running_var; epsilon 1e-5, momentum 0.1, and an unbiased
 * running variance.  With `training` the batch's own statistics are used, and *updates
 * receives two assignments that a plan may run, which leave the states as they are where x is one
 * row; without, the running ones. */
FIG_API struct fig_node *fig_batchnorm(struct fig_node *x, const char *name, bool training,
                                       struct fig_node *updates[2]);
/* Each row over the last dimension (Ba et al., 2016): NAME.weight (ones), NAME.bias; epsilon
 * 1e-5. */
FIG_API struct fig_node *fig_layernorm(struct fig_node *x, const char *name);

/* Running averages of all parameters and states of the graph whose names begin with `prefix`, as
 * the states average.NAME.  An update moves each by 1 - min(decay, n / (n + 9)) of the way to its
 * value, after n updates: the first takes the value as it is, and early ones are soon forgotten.  A
 * layer named "average.LAYER" that is added afterwards has the averages for its weights. */
struct fig_average {
    const char *prefix; /* "generator." */
    double decay;       /* in [0, 1) */
};
/* Fills in the assignments that are one update, `room` of them at most, and returns their count. */
FIG_API int fig_average(struct fig_graph *graph, const struct fig_average *average,
                        struct fig_node **updates, int room);

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
/* Cross-entropy of softmax(logits) against target probabilities, both [rows, classes].  Rows whose
 * targets are all 0 are unknown: the mean is over the others, and 0 if there are none. */
FIG_API struct fig_node *fig_loss_cross_entropy(struct fig_node *logits, struct fig_node *target);
/* The part of the known rows, one-hot in `target`, where no logit is above that of the target. */
FIG_API struct fig_node *fig_accuracy(struct fig_node *logits, struct fig_node *target);

FIG_END

#endif
