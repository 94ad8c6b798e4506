/* SPDX-License-Identifier: MIT */
/* Pooling and upsampling, composed of slices, concatenations and rows: along the columns first,
 * then along the rows. */
#include <figment/nn.h>

#include "nn/param.h"

/* One axis of images, seen as [outer, size, inner], and its windows. */
struct axis {
    int outer, size, inner;
    int kernel, stride, count;
};

/* Of a single window the stride says nothing: a long one would be filled up with zeros. */
static struct axis axis_of(struct fig_shape shape, int index, int kernel, int stride)
{
    const int size = shape.dim[index], count = (size - kernel) / stride + 1;
    struct axis axis = { 1, size, 1, kernel, count > 1 ? stride : kernel, count };
    for (int i = 0; i < index; i++)
        axis.outer *= shape.dim[i];
    for (int i = index + 1; i < shape.rank; i++)
        axis.inner *= shape.dim[i];
    return axis;
}

/* As [outer, groups, stride, inner], so that a window begins with each group.  What is behind the
 * last window is cut off; zeros that nobody reads fill the last group up. */
static struct fig_node *cut_groups(struct fig_node *x, const struct axis *axis)
{
    const int groups = axis->count + (axis->kernel - 1) / axis->stride;
    const int size = groups * axis->stride;
    const struct fig_shape filling = { 3, { axis->outer, size - axis->size, axis->inner, 0 } };
    x = fig_reshape(x, (struct fig_shape){ 3, { axis->outer, axis->size, axis->inner, 0 } });
    if (size > axis->size && x)
        x = fig_concat(x, fig_constant(x->graph, filling, 0), 1);
    else
        x = fig_slice(x, 1, 0, size);
    return fig_reshape(x, fig_shape4(axis->outer, groups, axis->stride, axis->inner));
}

/* Element `tap` of every window: [outer, count, 1, inner]. */
static struct fig_node *take_tap(struct fig_node *groups, const struct axis *axis, int tap)
{
    const int first = tap / axis->stride, at = tap % axis->stride;
    return fig_slice(fig_slice(groups, 1, first, first + axis->count), 2, at, at + 1);
}

typedef struct fig_node *combine_fn(struct fig_node *a, struct fig_node *b);

static struct fig_node *pool_axis(struct fig_node *x, int index, int kernel, int stride,
                                  combine_fn *combine)
{
    if (!x)
        return NULL;
    struct fig_shape shape = x->shape;
    const struct axis axis = axis_of(shape, index, kernel, stride);
    struct fig_node *groups = cut_groups(x, &axis), *y = take_tap(groups, &axis, 0);
    for (int tap = 1; tap < kernel; tap++)
        y = combine(y, take_tap(groups, &axis, tap));
    shape.dim[index] = axis.count;
    return fig_reshape(y, shape);
}

static struct fig_node *pool(struct fig_node *x, const char *name, int kernel, int stride,
                             combine_fn *combine)
{
    char text[SHAPE_TEXT];
    if (!x)
        return NULL;
    if (x->shape.rank != 4 || kernel < 1 || stride < 1 || kernel > x->shape.dim[1] ||
        kernel > x->shape.dim[2])
        return graph_fail(x->graph, FIG_SHAPE, "%s: kernel %d, stride %d on %s: images [n,h,w,c] "
                          "that hold the kernel and sizes of at least 1 are expected", name,
                          kernel, stride, shape_text(x->shape, text));
    return pool_axis(pool_axis(x, 2, kernel, stride, combine), 1, kernel, stride, combine);
}

struct fig_node *fig_maxpool(struct fig_node *x, int kernel, int stride)
{
    return pool(x, "maxpool", kernel, stride, fig_max);
}

struct fig_node *fig_avgpool(struct fig_node *x, int kernel, int stride)
{
    return fig_affine(pool(x, "avgpool", kernel, stride, fig_add), 1.0 / kernel / kernel, 0);
}

/* Each element of [outer, size, inner] `factor` times. */
static struct fig_node *repeat_axis(struct fig_node *x, int index, int factor)
{
    if (!x)
        return NULL;
    struct fig_shape shape = x->shape;
    const struct axis axis = axis_of(shape, index, 1, 1);
    const struct fig_shape single = { 3, { axis.outer * axis.size, 1, axis.inner, 0 } };
    struct fig_node *once = fig_reshape(x, single), *y = once;
    for (int i = 1; i < factor; i++)
        y = fig_concat(y, once, 1);
    shape.dim[index] *= factor;
    return fig_reshape(y, shape);
}

static bool can_enlarge(struct fig_shape images, int factor)
{
    const long long height = (long long)images.dim[1] * factor;
    const long long width = (long long)images.dim[2] * factor;
    return height <= FIG_SIDE && width <= FIG_SIDE &&
           size_fits(images.dim[0], height, width, images.dim[3]);
}

struct fig_node *fig_upsample(struct fig_node *x, int factor)
{
    char text[SHAPE_TEXT];
    if (x && (x->shape.rank != 4 || factor < 1))
        return graph_fail(x->graph, FIG_SHAPE, "upsample: %s by %d: images [n,h,w,c] and a factor "
                          "of at least 1 are expected", shape_text(x->shape, text), factor);
    if (x && !can_enlarge(x->shape, factor))
        return graph_fail(x->graph, FIG_SHAPE, "upsample: %s by %d: at most %dx%d pixels, and "
                          "fewer than 2^31 values in all, are expected", shape_text(x->shape, text),
                          factor, FIG_SIDE, FIG_SIDE);
    return repeat_axis(repeat_axis(x, 2, factor), 1, factor);
}
