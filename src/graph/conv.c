/* SPDX-License-Identifier: MIT */
/* Constructors of convolutions. */
#include "graph/node.h"

static struct fig_shape result_shape(enum op op, const struct conv *conv)
{
    if (op == OP_conv)
        return fig_shape4(conv->n, conv->oh, conv->ow, conv->o);
    if (op == OP_conv_input)
        return fig_shape4(conv->n, conv->h, conv->w, conv->c);
    return fig_shape4(conv->o, conv->kh, conv->kw, conv->c);
}

struct fig_node *node_conv(enum op op, struct fig_node *a, struct fig_node *b,
                           const struct conv *conv)
{
    if (!a || !b)
        return NULL;
    struct fig_node *const operands[] = { a, b };
    struct fig_node *node = node_create(a->graph, op, result_shape(op, conv), 2, operands);
    if (node)
        node->conv = *conv;
    return node;
}

/* Of `size` pixels, how many a window of `kernel` finds. */
static int windows(int size, int kernel, int stride, int pad)
{
    return size + 2 * pad < kernel ? 0 : (size + 2 * pad - kernel) / stride + 1;
}

static bool good_operands(const struct fig_node *image, const struct fig_node *weight, int channels,
                          int stride, int pad)
{
    return image->shape.rank == 4 && weight->shape.rank == 4 && stride >= 1 && pad >= 0 &&
           pad < weight->shape.dim[1] && pad < weight->shape.dim[2] &&
           image->shape.dim[3] == channels;
}

static struct fig_node *bad_operands(const char *name, const struct fig_node *image,
                                     const struct fig_node *weight, int stride, int pad)
{
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    return graph_fail(image->graph, FIG_SHAPE,
                      "%s: image %s, weights %s [out,height,width,in], stride %d, pad %d: equal "
                      "channels, a stride of at least 1, a pad below the kernel's size and an "
                      "image that holds the kernel are expected", name,
                      shape_text(image->shape, left), shape_text(weight->shape, right), stride,
                      pad);
}

struct fig_node *fig_conv(struct fig_node *x, struct fig_node *weight, int stride, int pad)
{
    if (!x || !weight)
        return NULL;
    const int *image = x->shape.dim, *kernel = weight->shape.dim;
    if (!good_operands(x, weight, kernel[3], stride, pad))
        return bad_operands("conv", x, weight, stride, pad);
    const struct conv conv = {
        .n = image[0], .h = image[1], .w = image[2], .c = image[3],
        .oh = windows(image[1], kernel[1], stride, pad),
        .ow = windows(image[2], kernel[2], stride, pad), .o = kernel[0],
        .kh = kernel[1], .kw = kernel[2], .stride = stride, .pad = pad };
    if (conv.oh < 1 || conv.ow < 1)
        return bad_operands("conv", x, weight, stride, pad);
    return node_conv(OP_conv, x, weight, &conv);
}

struct fig_node *fig_conv_input(struct fig_node *y, struct fig_node *weight, int stride, int pad,
                                int height, int width)
{
    if (!y || !weight)
        return NULL;
    const int *image = y->shape.dim, *kernel = weight->shape.dim;
    if (!good_operands(y, weight, kernel[0], stride, pad) ||
        windows(height, kernel[1], stride, pad) != image[1] ||
        windows(width, kernel[2], stride, pad) != image[2])
        return bad_operands("conv_input", y, weight, stride, pad);
    const struct conv conv = {
        .n = image[0], .h = height, .w = width, .c = kernel[3], .oh = image[1], .ow = image[2],
        .o = kernel[0], .kh = kernel[1], .kw = kernel[2], .stride = stride, .pad = pad };
    return node_conv(OP_conv_input, y, weight, &conv);
}
