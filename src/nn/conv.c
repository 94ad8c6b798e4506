/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include "nn/param.h"
#include "nn/spectral.h"

/* Weights of a convolution from `in` to `out` channels as memory has them, [out, k, k, in], normed
 * if that is asked for; a transposed one's are those of the convolution that it transposes, whose
 * `in` are the filters. */
static struct fig_node *conv_weight(struct fig_graph *graph, const char *name,
                                    const struct fig_conv2d *conv, int out, int in,
                                    enum out_axis filters)
{
    const int kernel = conv->kernel, taps = kernel * kernel;
    const struct fig_shape file = fig_shape4(out, in, kernel, kernel);
    const struct layout layout = { .file = file, .view = file, .axis = { 0, 2, 3, 1 } };
    struct fig_node *weight = layer_param(
        graph, name, "weight", fig_shape4(out, kernel, kernel, in),
        (struct fig_init){ FIG_GLOROT, in * taps, out * taps }, &layout);
    return spectral_norm(weight, name, filters, conv->spectral);
}

static struct fig_node *add_bias(struct fig_node *y, const char *name,
                                 const struct fig_conv2d *conv)
{
    if (!y || conv->no_bias)
        return y;
    return fig_add(y, layer_param(y->graph, name, "bias", fig_shape1(conv->filters),
                                  (struct fig_init){ FIG_ZEROS, 0, 0 }, NULL));
}

static bool good_input(struct fig_node *x, const char *name, const struct fig_conv2d *conv)
{
    char text[SHAPE_TEXT];
    if (!x)
        return false;
    if (x->shape.rank == 4 && conv->stride >= 1 && conv->pad >= 0 && conv->output_pad >= 0 &&
        conv->output_pad < conv->stride &&
        size_fits(conv->filters, conv->kernel, conv->kernel, x->shape.dim[3]))
        return true;
    graph_fail(x->graph, FIG_SHAPE,
               "%s: %d filters of %dx%d, stride %d, pad %d, output pad %d on %s: images [n,h,w,c], "
               "sizes of at least 1, an output pad below the stride and fewer than 2^31 weights "
               "are expected", name,
               conv->filters, conv->kernel, conv->kernel, conv->stride, conv->pad,
               conv->output_pad, shape_text(x->shape, text));
    return false;
}

struct fig_node *fig_conv2d(struct fig_node *x, const char *name, struct fig_conv2d conv)
{
    if (!good_input(x, name, &conv))
        return NULL;
    struct fig_node *weight = conv_weight(x->graph, name, &conv, conv.filters, x->shape.dim[3],
                                          OUT_FIRST);
    return add_bias(fig_conv(x, weight, conv.stride, conv.pad), name, &conv);
}

static long long transposed_size(int size, const struct fig_conv2d *conv)
{
    return (size - 1LL) * conv->stride - 2LL * conv->pad + conv->kernel + conv->output_pad;
}

struct fig_node *fig_conv2d_transpose(struct fig_node *x, const char *name,
                                      struct fig_conv2d conv)
{
    if (!good_input(x, name, &conv))
        return NULL;
    const long long height = transposed_size(x->shape.dim[1], &conv);
    const long long width = transposed_size(x->shape.dim[2], &conv);
    if (!size_fits(x->shape.dim[0], height, width, conv.filters))
        return graph_fail(x->graph, FIG_SHAPE, "%s: transposed, %d images of %lldx%lld pixels and "
                          "%d channels: at least one pixel, and fewer than 2^31 values in all, are "
                          "expected", name, x->shape.dim[0], height, width, conv.filters);
    struct fig_node *weight = conv_weight(x->graph, name, &conv, x->shape.dim[3], conv.filters,
                                          OUT_LAST);
    struct fig_node *y = fig_conv_input(x, weight, conv.stride, conv.pad, (int)height,
                                        (int)width);
    return add_bias(y, name, &conv);
}
