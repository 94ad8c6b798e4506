/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include "graph/node.h"

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
