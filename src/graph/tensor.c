/* SPDX-License-Identifier: MIT */
/* Constructors of what is not elementwise: shapes, reductions, products. */
#include "graph/node.h"

struct fig_node *fig_broadcast(struct fig_node *x, struct fig_shape shape)
{
    struct map map;
    char from[SHAPE_TEXT], to[SHAPE_TEXT];
    if (!x || !graph_check_shape(x->graph, "broadcast", shape))
        return NULL;
    if (shape_equal(x->shape, shape))
        return x;
    if (!broadcast_map(x->shape, shape, &map))
        return graph_fail(x->graph, FIG_SHAPE,
                          "broadcast: %s to %s: a single number, a row [c] or a column [...,1] is "
                          "expected", shape_text(x->shape, from), shape_text(shape, to));
    if (x->op == OP_constant)
        return fig_constant(x->graph, shape, x->value);
    if (shape_length(x->shape) == shape_length(shape)) /* what maps read is always smaller */
        return fig_reshape(x, shape);
    return node_create(x->graph, OP_broadcast, shape, 1, &x);
}

struct fig_node *fig_reshape(struct fig_node *x, struct fig_shape shape)
{
    char from[SHAPE_TEXT], to[SHAPE_TEXT];
    if (!x || !graph_check_shape(x->graph, "reshape", shape))
        return NULL;
    if (shape_equal(x->shape, shape))
        return x;
    if (shape_length(shape) != shape_length(x->shape))
        return graph_fail(x->graph, FIG_SHAPE,
                          "reshape: %s to %s: as many elements (%zu) are expected",
                          shape_text(x->shape, from), shape_text(shape, to),
                          shape_length(x->shape));
    if (x->op == OP_constant)
        return fig_constant(x->graph, shape, x->value);
    return node_create(x->graph, OP_reshape, shape, 1, &x);
}

struct fig_node *fig_detach(struct fig_node *x)
{
    if (!x || x->op == OP_constant)
        return x;
    return node_create(x->graph, OP_detach, x->shape, 1, &x);
}

struct fig_node *fig_concat(struct fig_node *a, struct fig_node *b, int axis)
{
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    if (!a || !b)
        return NULL;
    struct fig_shape rest = b->shape, shape = a->shape;
    const bool good = axis >= 0 && axis < shape.rank && rest.rank == shape.rank;
    if (good)
        rest.dim[axis] = shape.dim[axis];
    if (!good || !shape_equal(rest, shape) || shape.dim[axis] > INT32_MAX - b->shape.dim[axis])
        return graph_fail(a->graph, FIG_SHAPE,
                          "concat: %s and %s along axis %d: shapes equal in all other dimensions, "
                          "with fewer than 2^31 elements in all, are expected",
                          shape_text(shape, left), shape_text(b->shape, right), axis);
    shape.dim[axis] += b->shape.dim[axis];
    struct fig_node *const operands[] = { a, b };
    struct fig_node *node = node_create(a->graph, OP_concat, shape, 2, operands);
    if (node)
        node->axis = axis;
    return node;
}

struct fig_node *fig_slice(struct fig_node *x, int axis, int begin, int end)
{
    char text[SHAPE_TEXT];
    if (!x)
        return NULL;
    struct fig_shape shape = x->shape;
    if (axis < 0 || axis >= shape.rank || begin < 0 || end <= begin || end > shape.dim[axis])
        return graph_fail(x->graph, FIG_SHAPE,
                          "slice: elements %d to %d of axis %d of %s: a part of it is expected",
                          begin, end - 1, axis, shape_text(shape, text));
    if (end - begin == shape.dim[axis])
        return x;
    shape.dim[axis] = end - begin;
    if (x->op == OP_constant)
        return fig_constant(x->graph, shape, x->value);
    struct fig_node *node = node_create(x->graph, OP_slice, shape, 1, &x);
    if (!node)
        return NULL;
    node->axis = axis;
    node->begin = begin;
    return node;
}

struct fig_node *fig_sum(struct fig_node *x)
{
    return x ? node_create(x->graph, OP_sum, fig_shape1(1), 1, &x) : NULL;
}

struct fig_node *fig_sum_rows(struct fig_node *x)
{
    return x ? node_create(x->graph, OP_sum_rows, fig_shape1(shape_cols(x->shape)), 1, &x) : NULL;
}

/* The shape of one number per row of x. */
static struct fig_shape column_of(const struct fig_node *x)
{
    struct fig_shape shape = x->shape;
    shape.dim[shape.rank - 1] = 1;
    return shape;
}

struct fig_node *fig_sum_cols(struct fig_node *x)
{
    return x ? node_create(x->graph, OP_sum_cols, column_of(x), 1, &x) : NULL;
}

struct fig_node *fig_log_sum_exp(struct fig_node *x)
{
    return x ? node_create(x->graph, OP_log_sum_exp, column_of(x), 1, &x) : NULL;
}

struct fig_node *fig_softmax(struct fig_node *x)
{
    return x ? node_create(x->graph, OP_softmax, x->shape, 1, &x) : NULL;
}

struct fig_node *fig_mean(struct fig_node *x)
{
    return x ? fig_affine(fig_sum(x), 1.0 / (double)shape_length(x->shape), 0) : NULL;
}

struct fig_node *fig_mean_rows(struct fig_node *x)
{
    return x ? fig_affine(fig_sum_rows(x), 1.0 / shape_rows(x->shape), 0) : NULL;
}

struct fig_node *fig_mean_cols(struct fig_node *x)
{
    return x ? fig_affine(fig_sum_cols(x), 1.0 / shape_cols(x->shape), 0) : NULL;
}

struct fig_node *fig_matmul(struct fig_node *a, struct fig_node *b, unsigned flags)
{
    if (!a || !b)
        return NULL;
    const bool trans_a = flags & FIG_TRANS_A, trans_b = flags & FIG_TRANS_B;
    const int m = a->shape.dim[trans_a], k = a->shape.dim[!trans_a];
    const int inner = b->shape.dim[trans_b], n = b->shape.dim[!trans_b];
    if (a->shape.rank != 2 || b->shape.rank != 2 || k != inner) {
        char left[SHAPE_TEXT], right[SHAPE_TEXT];
        return graph_fail(a->graph, FIG_SHAPE,
                          "matmul: %s%s by %s%s: matrices of equal inner sizes are expected",
                          shape_text(a->shape, left), trans_a ? " transposed" : "",
                          shape_text(b->shape, right), trans_b ? " transposed" : "");
    }
    struct fig_node *const operands[] = { a, b };
    struct fig_node *node = node_create(a->graph, OP_matmul, fig_shape2(m, n), 2, operands);
    if (node)
        node->flags = flags & (FIG_TRANS_A | FIG_TRANS_B);
    return node;
}
