/* SPDX-License-Identifier: MIT */
/* What a device can do at best: the floors that training steps are held against. */
#include <figment/train.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    SIDE_FIRST = 256, SIDE_MOST = 4096, /* of square matrices */
    COPY_FIRST = 1 << 20, COPY_MOST = 1 << 24, /* numbers that are copied */
    RUNS = 8,
};

static const double enough = 0.01; /* seconds: a run that takes as long is not made larger */

static enum fig_status time_run(struct fig_plan *plan, struct fig_device *device, double *least)
{
    *least = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        const double start = clock_now();
        TRY(fig_plan_run(plan, run, 0));
        TRY(fig_device_finish(device));
        const double took = clock_now() - start;
        *least = run == 0 || took < *least ? took : *least;
    }
    return FIG_OK;
}

/* Seconds of the fastest of some runs of one node. */
static enum fig_status time_node(struct fig_device *device, struct fig_graph *graph,
                                 struct fig_node *node, double *seconds)
{
    struct fig_store *store = NULL;
    struct fig_plan *plan = NULL;
    enum fig_status status = fig_graph_status(graph);
    if (!status)
        status = fig_store_create(&store, device, graph, 1);
    if (!status)
        status = fig_plan_create(&plan, store, &(struct fig_plan_params){
            .outputs = &node, .output_count = 1 });
    if (!status)
        status = time_run(plan, device, seconds);
    fig_plan_destroy(&plan);
    fig_store_destroy(&store);
    return status;
}

static enum fig_status time_product(struct fig_device *device, int side, double *seconds)
{
    const struct fig_init init = { FIG_GLOROT, side, side };
    struct fig_graph *graph;
    TRY(fig_graph_create(&graph));
    struct fig_node *a = fig_param(graph, "a", fig_shape2(side, side), init);
    struct fig_node *b = fig_param(graph, "b", fig_shape2(side, side), init);
    const enum fig_status status = time_node(device, graph, fig_matmul(a, b, FIG_TRANS_B), seconds);
    fig_graph_destroy(&graph);
    return status;
}

static enum fig_status time_copy(struct fig_device *device, int count, double *seconds)
{
    struct fig_graph *graph;
    TRY(fig_graph_create(&graph));
    struct fig_node *from = fig_param(graph, "from", fig_shape1(count),
                                      (struct fig_init){ .kind = FIG_ONES });
    const enum fig_status status = time_node(device, graph, fig_affine(from, 2, 0), seconds);
    fig_graph_destroy(&graph);
    return status;
}

enum fig_status fig_bench_rates(struct fig_rates *out, struct fig_device *device)
{
    REQUIRE(out && device);
    *out = (struct fig_rates){ 0 };
    double seconds = 0;
    for (int side = SIDE_FIRST; side <= SIDE_MOST && seconds < enough; side *= 2) {
        TRY(time_product(device, side, &seconds));
        const double rate = 2.0 * side * side * side / seconds;
        out->flops = rate > out->flops ? rate : out->flops;
    }
    seconds = 0;
    for (int count = COPY_FIRST; count <= COPY_MOST && seconds < enough; count *= 4) {
        TRY(time_copy(device, count, &seconds));
        out->bytes = 2.0 * count * fig_device_info(device)->real_size / seconds;
    }
    return FIG_OK;
}
