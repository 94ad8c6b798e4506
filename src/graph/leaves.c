/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/size.h"
#include "graph/node.h"

/* Kernels index with 32 bits: a tensor has fewer than 2^31 elements. */
static bool check_shape(struct fig_graph *graph, const char *what, struct fig_shape shape)
{
    size_t length = 1;
    bool good = shape.rank >= 1 && shape.rank <= FIG_RANK;
    for (int i = 0; good && i < shape.rank; i++)
        good = shape.dim[i] >= 1 && size_mul(length, (size_t)shape.dim[i], &length);
    if (good && length <= INT32_MAX)
        return true;
    char text[SHAPE_TEXT];
    graph_fail(graph, FIG_SHAPE, "%s: shape %s: 1 to %d dimensions of at least 1, and fewer than "
               "2^31 elements in all, are expected", what, shape_text(shape, text), FIG_RANK);
    return false;
}

static struct fig_node *leaf(struct fig_graph *graph, enum op op, const char *name,
                             struct fig_shape shape)
{
    if (!graph || graph->status || !check_shape(graph, name, shape))
        return NULL;
    struct fig_node *node = node_create(graph, op, shape, 0, NULL);
    const char *copy = node ? graph_copy_text(graph, name) : NULL;
    if (!copy)
        return NULL;
    node->name = copy;
    return node;
}

struct fig_node *fig_input(struct fig_graph *graph, const char *name, struct fig_shape shape)
{
    return leaf(graph, OP_input, name, shape);
}

static struct fig_node *find_param(const struct fig_graph *graph, const char *name)
{
    for (int i = 0; i < graph->count; i++) {
        struct fig_node *node = graph->nodes[i];
        if (node->op == OP_param && strcmp(node->name, name) == 0)
            return node;
    }
    return NULL;
}

/* A layer that is applied again shares its parameters. */
static struct fig_node *same_param(struct fig_node *known, struct fig_shape shape)
{
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    if (shape_equal(known->shape, shape))
        return known;
    return graph_fail(known->graph, FIG_SHAPE, "%s: a parameter of this name has shape %s, not %s",
                      known->name, shape_text(known->shape, have), shape_text(shape, want));
}

struct fig_node *fig_param(struct fig_graph *graph, const char *name, struct fig_shape shape,
                           struct fig_init init)
{
    if (!graph || graph->status)
        return NULL;
    struct fig_node *known = find_param(graph, name);
    if (known)
        return same_param(known, shape);
    struct fig_node *node = leaf(graph, OP_param, name, shape);
    if (!node)
        return NULL;
    node->init = init;
    node->order = graph->params++;
    return node;
}

struct fig_node *fig_constant(struct fig_graph *graph, struct fig_shape shape, double value)
{
    struct fig_node *node = leaf(graph, OP_constant, "constant", shape);
    if (node)
        node->value = value;
    return node;
}

static struct fig_node *random_leaf(struct fig_graph *graph, struct fig_shape shape,
                                    uint32_t stream, enum kernel kernel)
{
    struct fig_node *node = leaf(graph, OP_random, "random", shape);
    if (!node)
        return NULL;
    node->stream = stream;
    node->kernel = kernel;
    return node;
}

struct fig_node *fig_uniform(struct fig_graph *graph, struct fig_shape shape, uint32_t stream)
{
    return random_leaf(graph, shape, stream, KERNEL_uniform);
}

struct fig_node *fig_normal(struct fig_graph *graph, struct fig_shape shape, uint32_t stream)
{
    return random_leaf(graph, shape, stream, KERNEL_normal);
}
