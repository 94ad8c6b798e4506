/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include <stdio.h>

#include "nn/param.h"
#include "nn/spectral.h"

/* Pixels come before channels in memory, behind them in PyTorch's files: a dimension of h w c
 * values is seen as two there, and swapped. */
struct swapped {
    int pixels, channels; /* 1 pixel or 1 channel: nothing to swap */
};

static bool is_swapped(struct swapped s)
{
    return s.pixels > 1 && s.channels > 1;
}

static struct layout weight_layout(int units, int in, struct swapped from, struct swapped to)
{
    struct layout layout = { .file = fig_shape2(units, in) };
    if (!is_swapped(from) && !is_swapped(to))
        return layout;
    if (!is_swapped(from))
        from = (struct swapped){ 1, in };
    if (!is_swapped(to))
        to = (struct swapped){ 1, units };
    layout.view = fig_shape4(to.channels, to.pixels, from.channels, from.pixels);
    layout.axis[0] = 1;
    layout.axis[1] = 0;
    layout.axis[2] = 3;
    layout.axis[3] = 2;
    return layout;
}

static struct layout bias_layout(int units, struct swapped to)
{
    struct layout layout = { .file = fig_shape1(units) };
    if (!is_swapped(to))
        return layout;
    layout.view = fig_shape2(to.channels, to.pixels);
    layout.axis[0] = 1;
    layout.axis[1] = 0;
    return layout;
}

static struct fig_node *dense(struct fig_node *x, const char *name, const struct fig_dense *size)
{
    const struct swapped to = { size->height * size->width, size->channels };
    const int units = to.pixels * to.channels;
    const struct fig_shape shape = x->shape;
    const int in = (int)(shape_length(shape) / (size_t)shape.dim[0]);
    const struct swapped from = { shape.rank == 4 ? shape.dim[1] * shape.dim[2] : 1,
                                  shape.dim[shape.rank - 1] };
    const struct layout weights = weight_layout(units, in, from, to);
    const struct layout biases = bias_layout(units, to);
    const struct fig_init glorot = { FIG_GLOROT, in, units }, zeros = { FIG_ZEROS, 0, 0 };
    const struct fig_init embedding = { FIG_HE, 8, units }; /* a variance of 2 / 8 */
    struct fig_node *weight = layer_param(x->graph, name, "weight", fig_shape2(units, in),
                                          size->one_hot ? embedding : glorot, &weights);
    struct fig_node *rows = fig_reshape(x, fig_shape2(shape.dim[0], in));
    struct fig_node *y = fig_matmul(rows, spectral_norm(weight, name, OUT_FIRST, size->spectral),
                                    FIG_TRANS_B);
    if (size->no_bias)
        return y;
    return fig_add(y, layer_param(x->graph, name, "bias", fig_shape1(units), zeros, &biases));
}

/* "128", or "7x7x64" of an image. */
static const char *size_text(const struct fig_dense *size, char text[SHAPE_TEXT])
{
    if (size->height == 1 && size->width == 1)
        snprintf(text, SHAPE_TEXT, "%d", size->channels);
    else
        snprintf(text, SHAPE_TEXT, "%dx%dx%d", size->height, size->width, size->channels);
    return text;
}

static bool good_input(struct fig_node *x, const char *name, const struct fig_dense *size)
{
    char units[SHAPE_TEXT], shape[SHAPE_TEXT];
    if (!x)
        return false;
    if ((x->shape.rank == 2 || x->shape.rank == 4) &&
        size_fits(size->height, size->width, size->channels, 1))
        return true;
    graph_fail(x->graph, FIG_SHAPE,
               "%s: dense %s of %s: at least 1 unit, fewer than 2^31, and a matrix [rows, in] or "
               "images [n,h,w,c], are expected", name, size_text(size, units),
               shape_text(x->shape, shape));
    return false;
}

struct fig_node *fig_dense(struct fig_node *x, const char *name, int units)
{
    const struct fig_dense size = { .height = 1, .width = 1, .channels = units };
    return good_input(x, name, &size) ? dense(x, name, &size) : NULL;
}

struct fig_node *fig_dense_image(struct fig_node *x, const char *name, struct fig_dense size)
{
    if (!good_input(x, name, &size))
        return NULL;
    return fig_reshape(dense(x, name, &size),
                       fig_shape4(x->shape.dim[0], size.height, size.width, size.channels));
}
