/* SPDX-License-Identifier: MIT */
#ifndef FIG_PLAN_H
#define FIG_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <figment/api.h>
#include <figment/device.h>
#include <figment/graph.h>

FIG_BEGIN

/* --- A store keeps what outlives a step: parameters, gradients and the optimisers' moments, each
 * in one flat buffer on the device.  Plans of several graphs may share one: they find their
 * parameters by name, and their optimisers by prefix, of the same settings and parameters (the two
 * halves of a GAN, the full and the last, smaller batch). */
struct fig_store;

/* With the parameters of `graph` at their initial values for `seed`, and zero moments.  The device
 * must outlive the store; the graph need not. */
FIG_API enum fig_status fig_store_create(struct fig_store **out, struct fig_device *device,
                                         const struct fig_graph *graph, uint64_t seed);
FIG_API void fig_store_destroy(struct fig_store **store);

enum fig_tensor_kind {
    FIG_PARAMETER, /* named as in the graph */
    FIG_STATE,     /* likewise */
    FIG_MOMENT,    /* "optimizer.PREFIXES.K.PARAMETER", K from 0 */
};
struct fig_tensor {
    const char *name;
    enum fig_tensor_kind kind;
    struct fig_shape shape; /* PyTorch's, as the values that are read and written */
};
FIG_API int fig_store_count(const struct fig_store *store);
/* NULL from fig_store_count on. */
FIG_API const struct fig_tensor *fig_store_tensor(const struct fig_store *store, int index);
FIG_API int fig_store_find(const struct fig_store *store, const char *name); /* or -1 */
FIG_API enum fig_status fig_store_read(struct fig_store *store, int index, float *values);
FIG_API enum fig_status fig_store_write(struct fig_store *store, int index, const float *values);
/* The same in double: exact on a device of float64. */
FIG_API enum fig_status fig_store_read_doubles(struct fig_store *store, int index, double *values);
FIG_API enum fig_status fig_store_write_doubles(struct fig_store *store, int index,
                                                const double *values);

/* Optimisers, one for each call of fig_optimize with a prefix of its own. */
struct fig_optimizer_state {
    const char *prefixes; /* of its parameters, as fig_optimize was given them */
    uint64_t steps;       /* taken so far */
    double base;          /* the rate that fig_optimize was given */
    double rate;          /* of the next step; schedules change it */
};
FIG_API int fig_store_optimizers(const struct fig_store *store);
/* NULL from fig_store_optimizers on. */
FIG_API struct fig_optimizer_state *fig_store_optimizer(struct fig_store *store, int index);

/* --- Samples that live on the device, of which a plan takes one batch per run. */
struct fig_samples;

/* `count` samples of `length` values: either bytes, read as byte / 255, or reals; copied.  The
 * device must outlive them. */
FIG_API enum fig_status fig_samples_create(struct fig_samples **out, struct fig_device *device,
                                           int count, int length, const uint8_t *bytes,
                                           const float *reals);
/* The same of which only `rows` lie on the device at a time: sample i is row i modulo `rows`, which
 * fig_samples_write has to give it before a run takes it. */
FIG_API enum fig_status fig_samples_create_window(struct fig_samples **out,
                                                  struct fig_device *device, int count, int length,
                                                  int rows, bool bytes);
/* fig_samples_create of values that are the caller's, who keeps them as they are until the samples
 * are destroyed: a device that works in the host's memory reads them where they lie. */
FIG_API enum fig_status fig_samples_borrow(struct fig_samples **out, struct fig_device *device,
                                           int count, int length, const uint8_t *bytes,
                                           const float *reals);
FIG_API void fig_samples_destroy(struct fig_samples **samples);
/* The first `count` rows become these, bytes or floats, for the runs that follow.  Not of values
 * that are borrowed. */
FIG_API enum fig_status fig_samples_write(struct fig_samples *samples, int count,
                                          const void *values);
/* Row r of a batch is then sample order[first + r]; `order` has `count` entries, each below count.
 * It begins as 0, 1, 2 ...  Not of a window, whose writer has the order. */
FIG_API enum fig_status fig_samples_order(struct fig_samples *samples, const uint32_t *order);

/* --- A plan is a graph made ready to run: the nodes that the outputs need, in order, elementwise
 * chains fused, every intermediate placed in one arena.  Nodes that change the store run last. */
struct fig_plan;

/* Where an input of the graph comes from; one that is not fed is written by fig_plan_write. */
struct fig_feed {
    struct fig_node *input; /* of batch * length elements; the batch is at most the samples' rows */
    struct fig_samples *samples; /* on the store's device */
};

struct fig_plan_params {
    /* Kept readable until the next run.  No parameter is in the groups of two updates. */
    struct fig_node *const *outputs;
    int output_count;
    const struct fig_feed *feeds;
    int feed_count;
    int history; /* runs whose single-number outputs are remembered; 0 is none */
};

struct fig_plan_info {
    int works;           /* kernels, chains and products launched per run */
    size_t arena, naive; /* bytes of intermediates, and what they would take without reuse */
    double flops;        /* floating-point operations of the products, per run */
};

/* The store, the samples of the feeds and the graph of the outputs must outlive the plan; `params`
 * and its arrays need not. */
FIG_API enum fig_status fig_plan_create(struct fig_plan **out, struct fig_store *store,
                                        const struct fig_plan_params *params);
FIG_API void fig_plan_destroy(struct fig_plan **plan);
FIG_API const struct fig_plan_info *fig_plan_info(const struct fig_plan *plan);

/* One of a plan's works, in the order in which they run. */
struct fig_plan_work {
    const char *name; /* of the last node that it computes */
    const char *what; /* "product", "chain", a kernel's name ... */
    int m, n, k;      /* of a product: [m,k] x [k,n]; else 0 */
    double flops;     /* floating-point operations of its product */
    size_t bytes;     /* that it must read and write at least */
};
/* NULL from fig_plan_info's `works` on. */
FIG_API const struct fig_plan_work *fig_plan_work(const struct fig_plan *plan, int index);

/* Whether the plan has to be given this input by fig_plan_write. */
FIG_API bool fig_plan_reads(const struct fig_plan *plan, const struct fig_node *input);
/* `data` has as many values as the node has elements. */
FIG_API enum fig_status fig_plan_write(struct fig_plan *plan, const struct fig_node *input,
                                       const float *data);
FIG_API enum fig_status fig_plan_read(struct fig_plan *plan, const struct fig_node *output,
                                      float *data); /* waits */
/* The same in double: exact on a device of float64. */
FIG_API enum fig_status fig_plan_write_doubles(struct fig_plan *plan, const struct fig_node *input,
                                               const double *data);
FIG_API enum fig_status fig_plan_read_doubles(struct fig_plan *plan, const struct fig_node *output,
                                              double *data); /* waits */

/* One step: random streams draw for `step`, feeds take samples first.. of their order, all of which
 * there must be.  Returns before the device is done. */
FIG_API enum fig_status fig_plan_run(struct fig_plan *plan, uint32_t step, uint32_t first);

/* The same, but each work is waited for, and the seconds that it took are added to
 * seconds[its index]. */
FIG_API enum fig_status fig_plan_time(struct fig_plan *plan, uint32_t step, uint32_t first,
                                      double *seconds);

/* What a single-number output was in the last `count` runs, oldest first; count <= history.
 * Waits. */
FIG_API enum fig_status fig_plan_history(struct fig_plan *plan, const struct fig_node *output,
                                         int count, double *values);

FIG_END

#endif
