/* SPDX-License-Identifier: MIT */
#include "nn/param.h"

#include "base/size.h"
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

bool size_fits(long long a, long long b, long long c, long long d)
{
    const long long factors[] = { a, b, c, d };
    size_t product = 1;
    for (size_t i = 0; i < LENGTH(factors); i++) {
        if (factors[i] < 1 || !size_mul(product, (size_t)factors[i], &product))
            return false;
    }
    return product <= INT32_MAX;
}
