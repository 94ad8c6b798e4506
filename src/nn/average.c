/* SPDX-License-Identifier: MIT */
#include <figment/nn.h>

#include <string.h>

#include "nn/param.h"

/* 1 - min(decay, n / (n + 9)) for n updates so far, which are counted in a state. */
static struct fig_node *part_of_the_way(struct fig_graph *graph, const struct fig_average *average,
                                        struct fig_node **update)
{
    const char *name = graph_text(graph, "average.%supdates", average->prefix);
    struct fig_node *count = name ? fig_state(graph, name, fig_shape1(1), 0) : NULL;
    struct fig_node *early = fig_div(count, fig_affine(count, 1, 9));
    *update = fig_assign(count, fig_affine(count, 1, 1));
    return fig_affine(fig_clamp(early, 0, average->decay), -1, 1);
}

/* The average lies in files as what it follows does. */
static struct fig_node *average_of(struct fig_node *node)
{
    struct fig_node *average = layer_state(node->graph, "average", node->name, node->shape, 0);
    if (average)
        average->layout = node->layout;
    return average;
}

static struct fig_node *follow(struct fig_node *node, struct fig_node *part)
{
    struct fig_node *average = average_of(node);
    return fig_assign(average, fig_add(average, fig_mul(fig_sub(node, average), part)));
}

static bool is_followed(const struct fig_node *node, const char *prefix)
{
    return (node->op == OP_param || node->op == OP_state) &&
           strncmp(node->name, prefix, strlen(prefix)) == 0;
}

static bool good_average(struct fig_graph *graph, const struct fig_average *average,
                         struct fig_node **updates)
{
    if (!average || !average->prefix || !updates)
        graph_fail(graph, FIG_INVALID, "average: a prefix and a place for updates are expected, "
                   "found NULL");
    else if (!(average->decay >= 0 && average->decay < 1))
        graph_fail(graph, FIG_INVALID, "average: %s: a decay in [0, 1) is expected, found %g",
                   average->prefix, average->decay);
    return !graph->status;
}

int fig_average(struct fig_graph *graph, const struct fig_average *average,
                struct fig_node **updates, int room)
{
    if (!graph || graph->status || !good_average(graph, average, updates))
        return 0;
    const int nodes = graph->count;
    struct fig_node *counted, *part = part_of_the_way(graph, average, &counted);
    int count = 0;
    for (int i = 0; part && i < nodes && count < room; i++) {
        if (is_followed(graph->nodes[i], average->prefix))
            updates[count++] = follow(graph->nodes[i], part);
    }
    if (count < room)
        updates[count++] = counted;
    else
        graph_fail(graph, FIG_INVALID, "average: %s: there is no room for more than %d updates",
                   average->prefix, room);
    return count;
}
