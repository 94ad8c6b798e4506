/* SPDX-License-Identifier: MIT */
/* The store as plans see it. */
#ifndef GRAPH_STORE_H
#define GRAPH_STORE_H

#include <figment/plan.h>

#include "device/device.h"
#include "graph/node.h"

enum {
    PARAM_ALIGN = 256, /* elements: each parameter starts on a multiple, so on DEVICE_ALIGN too */
    MOMENTS = 2,       /* most moments an optimiser keeps */
};

/* Elements that a parameter takes in the flat buffers. */
size_t param_room(const struct fig_node *param);

/* values.c: a tensor's values, in the order of its file, from and to numbers of `size` bytes:
 * floats or doubles. */
enum fig_status values_read(struct fig_device *device, struct region from,
                            const struct layout *layout, void *values, size_t size);
enum fig_status values_write(struct fig_device *device, struct region to,
                             const struct layout *layout, const void *values, size_t size);

/* initial.c: what the parameter or state is before the first step. */
enum fig_status write_initial(struct fig_device *device, struct region to,
                              const struct fig_node *node, uint64_t seed);

struct fig_device *store_device(const struct fig_store *store);
uint64_t store_seed(const struct fig_store *store);

/* The parameter's values, or its place among the gradients; an error when the store has no
 * parameter of this name and shape. */
enum fig_status store_param(const struct fig_store *store, const struct fig_node *param,
                            struct region *values, struct region *gradient);

/* An optimiser's group in the flat buffers. */
struct group {
    struct fig_optimizer_state state;
    struct fig_optimizer optimizer;
    int first, count; /* its parameters in the store's tensors */
    char *prefixes; /* state.prefixes, owned */
    struct region values, gradients, moments[MOMENTS];
};
enum fig_status store_group(struct fig_store *store, const struct fig_node *update,
                            struct group **group);
int optimizer_moments(enum fig_optimizer_kind kind);

struct fig_samples {
    struct fig_device *device;
    int count, rows, length; /* rows: on the device; fewer than count of a window */
    bool bytes;
    bool borrowed; /* the values are the caller's, and not to be written */
    struct region values, order;
};

#endif
