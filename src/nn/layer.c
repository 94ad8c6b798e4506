/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include "base/text.h"
#include "graph/node.h"

static struct fig_node *param(struct fig_graph *graph, const char *layer, const char *part,
                              struct fig_shape shape, struct fig_init init)
{
    struct text name = { 0 };
    text_add(&name, "%s.%s", layer, part);
    struct fig_node *node = name.failed ? graph_fail(graph, FIG_NOMEM, "no memory for a name")
                                        : fig_param(graph, name.chars, shape, init);
    text_free(&name);
    return node;
}

struct fig_node *fig_dense(struct fig_node *x, const char *name, int units)
{
    char text[SHAPE_TEXT];
    if (!x)
        return NULL;
    if (x->shape.rank != 2 || units < 1)
        return graph_fail(x->graph, FIG_SHAPE,
                          "%s: dense %d of %s: at least 1 unit and a matrix [rows, in] are expected",
                          name, units, shape_text(x->shape, text));
    const int in = shape_cols(x->shape);
    const struct fig_init glorot = { FIG_GLOROT, in, units }, zeros = { FIG_ZEROS, 0, 0 };
    struct fig_node *weight = param(x->graph, name, "weight", fig_shape2(units, in), glorot);
    struct fig_node *bias = param(x->graph, name, "bias", fig_shape1(units), zeros);
    return fig_add(fig_matmul(x, weight, FIG_TRANS_B), bias);
}

static struct fig_node *linear(struct fig_node *x)
{
    return x;
}

static struct fig_node *leaky_relu(struct fig_node *x)
{
    return fig_leaky_relu(x, 0.2);
}

static struct fig_node *elu(struct fig_node *x)
{
    return fig_elu(x, 1);
}

static const struct {
    const char *name;
    struct fig_node *(*apply)(struct fig_node *x);
} activations[FIG_ACTIVATIONS] = {
    [FIG_LINEAR] = { "linear", linear },
    [FIG_RELU] = { "relu", fig_relu },
    [FIG_LEAKY_RELU] = { "leaky-relu", leaky_relu },
    [FIG_ELU] = { "elu", elu },
    [FIG_SIGMOID] = { "sigmoid", fig_sigmoid },
    [FIG_TANH] = { "tanh", fig_tanh },
    [FIG_SOFTPLUS] = { "softplus", fig_softplus },
};

const char *fig_activation_name(enum fig_activation activation)
{
    return (unsigned)activation < FIG_ACTIVATIONS ? activations[activation].name : NULL;
}

struct fig_node *fig_activate(struct fig_node *x, enum fig_activation activation)
{
    if (x && (unsigned)activation >= FIG_ACTIVATIONS)
        return graph_fail(x->graph, FIG_INVALID, "activate: there is no activation %d", activation);
    return x ? activations[activation].apply(x) : NULL;
}
