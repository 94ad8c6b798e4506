/* SPDX-License-Identifier: MIT */
/* Gradients as nodes of the same graph.  grad_NAME(y, g, out) puts what y's operands receive for
 * g = dL/dy into out[0..ins-1]; an entry left NULL receives nothing. */
#include <stdlib.h>
#include <string.h>

#include "graph/node.h"

enum derivative { X, Y };

/* How each unary row's derivative is found: in which of x and y it is written, as text whether
 * it is 0, and which row computes it. */
static const struct slope {
    enum derivative of;
    const char *text;
    enum row row;
} slopes[ROW_COUNT] = {
#define UNARY(name, value, of, d1, d2)                                                             \
    [ROW_##name] = { of, #d1, ROW_##name##_d1 },                                                   \
    [ROW_##name##_d1] = { X, #d2, ROW_##name##_d2 },
#define BINARY(name, value, da, db)
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
};

static void grad_unary(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    struct fig_node *x = y->in[0];
    const struct slope *slope = &slopes[y->row];
    if (!slope->text) {
        graph_fail(y->graph, FIG_INVALID, "%s: derivatives of third order are not implemented",
                   row_name(y->row));
        return;
    }
    if (strcmp(slope->text, "0") == 0)
        return;
    if (y->row == ROW_affine) {
        out[0] = fig_affine(g, y->p, 0);
        return;
    }
    out[0] = fig_mul(g, node_unary(slope->of == Y ? y : x, slope->row, y->p, y->q));
}

static void grad_binary(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    struct fig_node *a = y->in[0], *b = y->in[1];
    switch (y->row) {
#define UNARY(name, value, of, d1, d2)
#define BINARY(name, value, da, db)                                                                \
    case ROW_##name:                                                                               \
        out[0] = da;                                                                               \
        out[1] = db;                                                                               \
        return;
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
    default:
        return;
    }
}

static void grad_broadcast(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    struct fig_node *x = y->in[0];
    struct map map;
    broadcast_map(x->shape, y->shape, &map);
    if (map.count == 1)
        out[0] = fig_reshape(fig_sum(g), x->shape);
    else if (map.inner == 1)
        out[0] = fig_reshape(fig_sum_rows(g), x->shape);
    else
        out[0] = fig_reshape(fig_sum_cols(g), x->shape);
}

static void grad_sum(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    out[0] = fig_broadcast(g, y->in[0]->shape);
}

#define grad_sum_rows grad_sum
#define grad_sum_cols grad_sum

/* dx = y (g - sum of g y over the row). */
static void grad_softmax(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    struct fig_node *row = fig_sum_cols(fig_mul(g, y));
    out[0] = fig_mul(y, fig_sub(g, row));
}

static void grad_log_sum_exp(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    out[0] = fig_mul(fig_softmax(y->in[0]), fig_broadcast(g, y->in[0]->shape));
}

/* y = op(a) op(b); dop(a) = g op(b)^T and dop(b) = op(a)^T g, transposed back where op does. */
static void grad_matmul(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    struct fig_node *a = y->in[0], *b = y->in[1];
    const unsigned ta = y->flags & FIG_TRANS_A ? 1 : 0, tb = y->flags & FIG_TRANS_B ? 1 : 0;
    out[0] = ta ? fig_matmul(b, g, (tb ? FIG_TRANS_A : 0) | FIG_TRANS_B)
                : fig_matmul(g, b, tb ? 0 : FIG_TRANS_B);
    out[1] = tb ? fig_matmul(g, a, FIG_TRANS_A | (ta ? FIG_TRANS_B : 0))
                : fig_matmul(a, g, ta ? 0 : FIG_TRANS_A);
}

/* The three kinds of convolution are each other's gradients. */
static void grad_conv(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    out[0] = node_conv(OP_conv_input, g, y->in[1], &y->conv);
    out[1] = node_conv(OP_conv_weight, g, y->in[0], &y->conv);
}

static void grad_conv_input(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    out[0] = node_conv(OP_conv, g, y->in[1], &y->conv);
    out[1] = node_conv(OP_conv_weight, y->in[0], g, &y->conv);
}

static void grad_conv_weight(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    out[0] = node_conv(OP_conv, y->in[1], g, &y->conv);
    out[1] = node_conv(OP_conv_input, y->in[0], g, &y->conv);
}

static void grad_reshape(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    out[0] = fig_reshape(g, y->in[0]->shape);
}

static void grad_concat(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    const int cut = y->in[0]->shape.dim[y->axis];
    out[0] = fig_slice(g, y->axis, 0, cut);
    out[1] = fig_slice(g, y->axis, cut, y->shape.dim[y->axis]);
}

/* x with zeros before and behind it along `axis`. */
static struct fig_node *pad(struct fig_node *x, int axis, int before, int behind)
{
    struct fig_shape shape = x->shape;
    shape.dim[axis] = before;
    if (before)
        x = fig_concat(fig_constant(x->graph, shape, 0), x, axis);
    shape.dim[axis] = behind;
    if (behind && x)
        x = fig_concat(x, fig_constant(x->graph, shape, 0), axis);
    return x;
}

static void grad_slice(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    const int size = y->in[0]->shape.dim[y->axis], end = y->begin + y->shape.dim[y->axis];
    out[0] = g ? pad(g, y->axis, y->begin, size - end) : NULL;
}

/* Leaves, and nodes through which no gradient flows. */
static void grad_none(struct fig_node *y, struct fig_node *g, struct fig_node **out)
{
    (void)y;
    (void)g;
    (void)out;
}
#define grad_input grad_none
#define grad_param grad_none
#define grad_state grad_none
#define grad_assign grad_none
#define grad_constant grad_none
#define grad_values grad_none
#define grad_random grad_none
#define grad_detach grad_none
#define grad_collect grad_none
#define grad_update grad_none

static void (*const grad[])(struct fig_node *y, struct fig_node *g, struct fig_node **out) = {
#define OP(name) grad_##name,
#include "graph/ops.h"
#undef OP
};

/* The state of one walk, indexed by node id. */
struct walk {
    int count;             /* nodes when the walk began: later ones are gradients */
    bool *leads;           /* the node depends on one of those asked for */
    struct fig_node **sum; /* dL/dnode as far as collected */
};

/* Nodes through which a gradient must flow to reach those asked for. */
static void mark_leading(struct walk *walk, struct fig_graph *graph,
                         struct fig_node *const *wrt, int count)
{
    for (int i = 0; i < count; i++)
        walk->leads[wrt[i]->id] = true;
    for (int id = 0; id < walk->count; id++) {
        const struct fig_node *node = graph->nodes[id];
        for (int i = 0; i < node->ins && node->op != OP_detach; i++)
            walk->leads[id] |= walk->leads[node->in[i]->id];
    }
}

static void pass_on(struct walk *walk, struct fig_node *y)
{
    struct fig_node *out[2] = { NULL };
    if (y->ins > 2) /* collect: a gradient already */
        return;
    grad[y->op](y, walk->sum[y->id], out);
    for (int i = 0; i < y->ins; i++) {
        struct fig_node **sum = &walk->sum[y->in[i]->id];
        if (out[i] && walk->leads[y->in[i]->id])
            *sum = *sum ? fig_add(*sum, out[i]) : out[i];
    }
}

static void walk_back(struct walk *walk, struct fig_node *loss)
{
    struct fig_graph *graph = loss->graph;
    walk->sum[loss->id] = fig_constant(graph, loss->shape, 1);
    for (int id = loss->id; id >= 0 && !graph->status; id--) {
        if (walk->sum[id] && walk->leads[id])
            pass_on(walk, graph->nodes[id]);
    }
}

static enum fig_status check_nodes(struct fig_node *loss, struct fig_node *const *wrt, int count,
                                   struct fig_node **gradients)
{
    char text[SHAPE_TEXT];
    struct fig_graph *graph = loss->graph;
    if (!wrt || !gradients || count < 0)
        graph_fail(graph, FIG_INVALID, "gradients: arrays of at least 0 nodes are expected");
    else if (shape_length(loss->shape) != 1)
        graph_fail(graph, FIG_SHAPE, "gradients: %s of shape %s: a single number is expected",
                   loss->name, shape_text(loss->shape, text));
    for (int i = 0; !graph->status && i < count; i++) {
        if (!wrt[i] || wrt[i]->graph != graph)
            graph_fail(graph, FIG_INVALID, "gradients: node %d of those asked for is %s", i,
                       wrt[i] ? "of another graph than the loss" : "NULL");
    }
    return graph->status;
}

enum fig_status fig_gradients(struct fig_node *loss, struct fig_node *const *wrt, int count,
                              struct fig_node **gradients)
{
    for (int i = 0; gradients && i < count; i++)
        gradients[i] = NULL;
    if (!loss)
        return FIG_INVALID; /* the graph holds the first error */
    TRY(check_nodes(loss, wrt, count, gradients));
    struct fig_graph *graph = loss->graph;
    struct walk walk = { .count = graph->count,
                         .leads = calloc((size_t)graph->count, sizeof(bool)),
                         .sum = calloc((size_t)graph->count, sizeof(struct fig_node *)) };
    if (walk.leads && walk.sum) {
        mark_leading(&walk, graph, wrt, count);
        walk_back(&walk, loss);
    } else {
        graph_fail(graph, FIG_NOMEM, "no memory for the gradients of %d nodes", graph->count);
    }
    for (int i = 0; !graph->status && i < count; i++)
        gradients[i] = walk.sum[wrt[i]->id] ? walk.sum[wrt[i]->id]
                                            : fig_constant(graph, wrt[i]->shape, 0);
    for (int i = 0; graph->status && i < count; i++)
        gradients[i] = NULL;
    free(walk.leads);
    free(walk.sum);
    return graph->status;
}
