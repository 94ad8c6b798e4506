/* SPDX-License-Identifier: MIT */
/* The library in one file: a network learns the exclusive or on whatever device there is. */
#include <stdio.h>

#include <figment/log.h>
#include <figment/nn.h>
#include <figment/optimizer.h>
#include <figment/plan.h>

static const float inputs[] = { 0, 0, 0, 1, 1, 0, 1, 1 }, targets[] = { 0, 1, 1, 0 };

static void print_message(void *data, enum fig_log_level level, const char *text)
{
    (void)data;
    if (level <= FIG_LOG_WARNING)
        fprintf(stderr, "%s\n", text);
}

/* Each prediction is nearer to its own target than to the other. */
static bool learnt(const float out[4])
{
    for (int i = 0; i < 4; i++) {
        if ((out[i] > 0.5f) != (targets[i] > 0.5f))
            return false;
    }
    return true;
}

int main(void)
{
    struct fig_device *device = NULL;
    struct fig_graph *graph = NULL;
    struct fig_store *store = NULL;
    struct fig_plan *plan = NULL;
    float out[4];

    fig_log_set(print_message, NULL);
    if (fig_device_open(&device, NULL) || fig_graph_create(&graph))
        return 1;

    /* The network, its loss, and a step downhill: written down once, computed later. */
    struct fig_node *x = fig_input(graph, "x", fig_shape2(4, 2));
    struct fig_node *y = fig_input(graph, "y", fig_shape2(4, 1));
    struct fig_node *logits = fig_dense(fig_tanh(fig_dense(x, "hidden", 8)), "out", 1);
    struct fig_node *loss = fig_loss_bce(logits, y, FIG_MEAN);
    struct fig_optimizer adam = fig_optimizer_defaults(FIG_ADAM);
    adam.rate = 0.05;
    struct fig_node *outputs[] = { fig_sigmoid(logits), fig_optimize(loss, "", &adam) };

    const struct fig_plan_params params = { .outputs = outputs, .output_count = 2 };
    enum fig_status status = fig_store_create(&store, device, graph, 42);
    if (!status)
        status = fig_plan_create(&plan, store, &params);
    if (!status)
        status = fig_plan_write(plan, x, inputs);
    if (!status)
        status = fig_plan_write(plan, y, targets);
    for (unsigned step = 0; !status && step < 200; step++)
        status = fig_plan_run(plan, step, 0);
    if (!status)
        status = fig_plan_read(plan, outputs[0], out);
    for (int i = 0; !status && i < 4; i++)
        printf("%g xor %g = %.3f\n", (double)inputs[2 * i], (double)inputs[2 * i + 1],
               (double)out[i]);

    fig_plan_destroy(&plan);
    fig_store_destroy(&store);
    fig_graph_destroy(&graph);
    fig_device_close(&device);
    return status || !learnt(out);
}
