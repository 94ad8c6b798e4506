/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "graph/node.h"

static struct fig_node *leaf(struct fig_graph *graph, enum op op, const char *name,
                             struct fig_shape shape)
{
    if (!graph || graph->status)
        return NULL;
    if (!name)
        return graph_fail(graph, FIG_INVALID, "%s: a name is expected, not NULL", op_name(op));
    if (!graph_check_shape(graph, name, shape))
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

/* None has the name NULL, which leaf() refuses. */
static struct fig_node *find_named(const struct fig_graph *graph, enum op op, const char *name)
{
    for (int i = 0; i < graph->count; i++) {
        struct fig_node *node = graph->nodes[i];
        if (node->op == op && name && strcmp(node->name, name) == 0)
            return node;
    }
    return NULL;
}

/* A layer that is applied again shares its parameters. */
static struct fig_node *same_leaf(struct fig_node *known, struct fig_shape shape)
{
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    if (shape_equal(known->shape, shape))
        return known;
    return graph_fail(known->graph, FIG_SHAPE, "%s: a %s of this name has shape %s, not %s",
                      known->name, known->op == OP_state ? "state" : "parameter",
                      shape_text(known->shape, have), shape_text(shape, want));
}

struct fig_node *fig_param(struct fig_graph *graph, const char *name, struct fig_shape shape,
                           struct fig_init init)
{
    return node_param(graph, name, shape, init, NULL);
}

struct fig_node *fig_state(struct fig_graph *graph, const char *name, struct fig_shape shape,
                           double value)
{
    if (!graph || graph->status)
        return NULL;
    struct fig_node *known = find_named(graph, OP_state, name);
    if (known)
        return same_leaf(known, shape);
    if (find_named(graph, OP_param, name))
        return graph_fail(graph, FIG_INVALID, "%s: a state's name is expected to be its own; there "
                          "is a parameter of this name", name);
    struct fig_node *node = leaf(graph, OP_state, name, shape);
    if (node)
        node->value = value;
    return node;
}

struct fig_node *fig_assign(struct fig_node *state, struct fig_node *value)
{
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    if (!state || !value)
        return NULL;
    if (state->op != OP_state || !shape_equal(state->shape, value->shape))
        return graph_fail(state->graph, FIG_SHAPE, "assign: %s of shape %s to %s of shape %s: a "
                          "state of the same shape is expected", value->name,
                          shape_text(value->shape, have), state->name,
                          shape_text(state->shape, want));
    struct fig_node *const operands[] = { state, value };
    return node_create(state->graph, OP_assign, fig_shape1(1), 2, operands);
}

static bool has_fans(struct fig_init init)
{
    if (init.kind == FIG_GLOROT)
        return init.fan_in > 0 && init.fan_out > 0;
    return init.kind != FIG_HE || init.fan_in > 0;
}

struct fig_node *node_param(struct fig_graph *graph, const char *name, struct fig_shape shape,
                            struct fig_init init, const struct layout *layout)
{
    if (!graph || graph->status)
        return NULL;
    struct fig_node *known = find_named(graph, OP_param, name);
    if (!known)
        known = find_named(graph, OP_state, name);
    if (known)
        return same_leaf(known, shape);
    struct fig_node *node = leaf(graph, OP_param, name, shape);
    if (node && !has_fans(init))
        return graph_fail(graph, FIG_INVALID, "%s: initial values for a fan-in of %d and a fan-out "
                          "of %d: at least 1 is expected", name, init.fan_in, init.fan_out);
    if (!node)
        return NULL;
    node->init = init;
    if (layout)
        node->layout = *layout;
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

struct fig_node *fig_values(struct fig_graph *graph, struct fig_shape shape, const double *values)
{
    if (graph && !values)
        return graph_fail(graph, FIG_INVALID, "values: numbers are expected, not NULL");
    struct fig_node *node = leaf(graph, OP_values, "values", shape);
    const size_t size = node ? shape_length(shape) * sizeof(*values) : 0;
    double *copy = node ? graph_alloc(graph, size) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, values, size);
    node->values = copy;
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
