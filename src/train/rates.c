/* SPDX-License-Identifier: MIT */
/* What a device can do at best: the floors that training steps are held against. */
#include <stdio.h>

#include <figment/train.h>

#include "base/clock.h"
#include "base/log.h"
#include "train/median.h"

enum {
    COPY_FIRST = 1 << 20, COPY_MOST = 1 << 24, /* numbers of a copy */
    LAUNCHES = 256, /* about as many as the longest step has */
    RUNS_LEAST = 2, RUNS_MOST = 16384, /* after one that warms up */
};

/* Seconds.  Runs are repeated for so long, since a GPU that slept is slow at first; a product that
 * would take longer than that is left out; a copy that takes so long is not made larger. */
static const double repeated = 0.1, product_longest = 0.25, copy_enough = 0.01;

/* The median, as the times of steps are medians. */
static enum fig_status time_run(struct fig_plan *plan, struct fig_device *device, double *seconds)
{
    double times[RUNS_MOST];
    const double begin = clock_now();
    double start = begin;
    int run = -1;
    for (; run < RUNS_LEAST || (run < RUNS_MOST && start < begin + repeated); run++) {
        TRY(fig_plan_run(plan, (uint32_t)(run + 1), 0));
        TRY(fig_device_finish(device));
        const double end = clock_now();
        if (run >= 0)
            times[run] = end - start;
        start = end;
    }
    *seconds = median(times, run);
    return FIG_OK;
}

/* Seconds of a run of these nodes. */
static enum fig_status time_nodes(struct fig_device *device, struct fig_graph *graph,
                                  struct fig_node *const *nodes, int count, double *seconds)
{
    struct fig_store *store = NULL;
    struct fig_plan *plan = NULL;
    enum fig_status status = fig_graph_status(graph);
    if (!status)
        status = fig_store_create(&store, device, graph, 1);
    if (!status)
        status = fig_plan_create(&plan, store, &(struct fig_plan_params){
            .outputs = nodes, .output_count = count });
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
    struct fig_node *product = fig_matmul(a, b, FIG_TRANS_B);
    const enum fig_status status = time_nodes(device, graph, &product, 1, seconds);
    fig_graph_destroy(&graph);
    return status;
}

/* `copies` works, of lengths that differ, so that none is fused with another. */
static enum fig_status time_copies(struct fig_device *device, int length, int copies,
                                   double *seconds)
{
    struct fig_node *to[LAUNCHES];
    struct fig_graph *graph;
    TRY(fig_graph_create(&graph));
    for (int i = 0; i < copies; i++) {
        char name[16];
        snprintf(name, sizeof(name), "from%d", i);
        struct fig_node *from = fig_param(graph, name, fig_shape1(length + i),
                                          (struct fig_init){ .kind = FIG_ONES });
        to[i] = fig_affine(from, 2, 0);
    }
    const enum fig_status status = time_nodes(device, graph, to, copies, seconds);
    fig_graph_destroy(&graph);
    return status;
}

/* A side of twice the length takes eight times as long. */
static enum fig_status rate_products(struct fig_rates *rates, struct fig_device *device)
{
    double seconds = 0;
    for (int i = 0; i < FIG_SIDES && 8 * seconds < product_longest; i++) {
        const int side = FIG_SIDE_FIRST << i;
        TRY(time_product(device, side, &seconds));
        rates->products[i] = 2.0 * side * side * side / seconds;
        rates->flops = rates->products[i] > rates->flops ? rates->products[i] : rates->flops;
    }
    return FIG_OK;
}

static enum fig_status rate_copies(struct fig_rates *rates, struct fig_device *device)
{
    double seconds = 0;
    for (int length = COPY_FIRST; length <= COPY_MOST && seconds < copy_enough; length *= 4) {
        TRY(time_copies(device, length, 1, &seconds));
        rates->bytes = 2.0 * length * fig_device_info(device)->real_size / seconds;
    }
    return FIG_OK;
}

static enum fig_status rate_launches(struct fig_rates *rates, struct fig_device *device)
{
    double seconds;
    TRY(time_copies(device, 1, 1, &rates->wait));
    TRY(time_copies(device, 1, LAUNCHES, &seconds));
    rates->launch = seconds / LAUNCHES;
    return FIG_OK;
}

enum fig_status fig_bench_rates(struct fig_rates *out, struct fig_device *device)
{
    REQUIRE(out && device);
    *out = (struct fig_rates){ 0 };
    TRY(rate_products(out, device));
    TRY(rate_copies(out, device));
    return rate_launches(out, device);
}
