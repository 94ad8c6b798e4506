/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include <math.h>

#include "nn/param.h"

static const double epsilon = 1e-5, momentum = 0.1;

/* (x - mean) / sqrt(variance + epsilon) * weight + bias. */
static struct fig_node *normalise(struct fig_node *centred, struct fig_node *variance,
                                  struct fig_node *weight, struct fig_node *bias)
{
    struct fig_node *deviation = fig_sqrt(fig_affine(variance, 1, epsilon));
    return fig_add(fig_mul(fig_div(centred, deviation), weight), bias);
}

static struct fig_node *channel_param(struct fig_node *x, const char *name, const char *part,
                                      enum fig_init_kind kind)
{
    return layer_param(x->graph, name, part, fig_shape1(shape_cols(x->shape)),
                       (struct fig_init){ kind, 0, 0 }, NULL);
}

/* running = (1 - part) running + part * of the batch. */
static struct fig_node *follow(struct fig_node *running, struct fig_node *batch, double part)
{
    return fig_assign(running, fig_add(fig_affine(running, 1 - part, 0),
                                       fig_affine(batch, part, 0)));
}

struct fig_node *fig_batchnorm(struct fig_node *x, const char *name, bool training,
                               struct fig_node *updates[2])
{
    if (!x)
        return NULL;
    const struct fig_shape channels = fig_shape1(shape_cols(x->shape));
    const int rows = shape_rows(x->shape);
    struct fig_node *weight = channel_param(x, name, "weight", FIG_ONES);
    struct fig_node *bias = channel_param(x, name, "bias", FIG_ZEROS);
    struct fig_node *running_mean = layer_state(x->graph, name, "running_mean", channels, 0);
    struct fig_node *running_var = layer_state(x->graph, name, "running_var", channels, 1);
    if (!training)
        return normalise(fig_sub(x, running_mean), running_var, weight, bias);
    struct fig_node *mean = fig_mean_rows(x);
    struct fig_node *centred = fig_sub(x, mean);
    struct fig_node *variance = fig_mean_rows(fig_square(centred));
    if (updates) { /* one row alone has no variance: the statistics stay */
        const double part = rows > 1 ? momentum : 0, unbiased = rows / fmax(rows - 1, 1);
        updates[0] = follow(running_mean, mean, part);
        updates[1] = follow(running_var, fig_affine(variance, unbiased, 0), part);
    }
    return normalise(centred, variance, weight, bias);
}

struct fig_node *fig_layernorm(struct fig_node *x, const char *name)
{
    if (!x)
        return NULL;
    struct fig_node *centred = fig_sub(x, fig_mean_cols(x));
    struct fig_node *variance = fig_mean_cols(fig_square(centred));
    return normalise(centred, variance, channel_param(x, name, "weight", FIG_ONES),
                     channel_param(x, name, "bias", FIG_ZEROS));
}
