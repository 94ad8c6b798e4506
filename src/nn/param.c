/* SPDX-License-Identifier: MIT */
#include "nn/param.h"

#include "base/text.h"

struct fig_node *layer_param(struct fig_graph *graph, const char *layer, const char *part,
                             struct fig_shape shape, struct fig_init init,
                             const struct layout *layout)
{
    struct text name = { 0 };
    text_add(&name, "%s.%s", layer, part);
    struct fig_node *node = name.failed
        ? graph_fail(graph, FIG_NOMEM, "no memory for a name")
        : node_param(graph, name.chars, shape, init, layout);
    text_free(&name);
    return node;
}

struct fig_node *layer_state(struct fig_graph *graph, const char *layer, const char *part,
                             struct fig_shape shape, double value)
{
    struct text name = { 0 };
    text_add(&name, "%s.%s", layer, part);
    struct fig_node *node = name.failed ? graph_fail(graph, FIG_NOMEM, "no memory for a name")
                                        : fig_state(graph, name.chars, shape, value);
    text_free(&name);
    return node;
}
