/* SPDX-License-Identifier: MIT */
#include "nn/param.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/size.h"

const char *graph_text(struct fig_graph *graph, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : graph_alloc(graph, (size_t)length + 1);
    va_start(args, format);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

static const char *part_name(struct fig_graph *graph, const char *layer, const char *part)
{
    if (layer)
        return graph_text(graph, "%s.%s", layer, part);
    graph_fail(graph, FIG_INVALID, "a layer with a %s: a name is expected, found NULL", part);
    return NULL;
}

struct fig_node *layer_param(struct fig_graph *graph, const char *layer, const char *part,
                             struct fig_shape shape, struct fig_init init,
                             const struct layout *layout)
{
    const char *name = part_name(graph, layer, part);
    return name ? node_param(graph, name, shape, init, layout) : NULL;
}

struct fig_node *layer_state(struct fig_graph *graph, const char *layer, const char *part,
                             struct fig_shape shape, double value)
{
    const char *name = part_name(graph, layer, part);
    return name ? fig_state(graph, name, shape, value) : NULL;
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
