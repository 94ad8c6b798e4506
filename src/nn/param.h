/* SPDX-License-Identifier: MIT */
/* Parameters of layers, "LAYER.part", and the sizes that layers may have. */
#ifndef NN_PARAM_H
#define NN_PARAM_H

#include "graph/node.h"

/* Text that lives as long as the graph; NULL, and the graph's error, when memory runs out. */
const char *graph_text(struct fig_graph *graph, const char *format, ...) PRINTF_LIKE(2, 3);

struct fig_node *layer_param(struct fig_graph *graph, const char *layer, const char *part,
                             struct fig_shape shape, struct fig_init init,
                             const struct layout *layout);
struct fig_node *layer_state(struct fig_graph *graph, const char *layer, const char *part,
                             struct fig_shape shape, double value);

/* All are at least 1, and their product is below 2^31: kernels index with 32 bits. */
bool size_fits(long long a, long long b, long long c, long long d);

#endif
