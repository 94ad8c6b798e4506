/* SPDX-License-Identifier: MIT */
#include <figment/plan.h>

#include <stdlib.h>

#include "base/size.h"
#include "graph/draft.h"

struct port {
    const struct fig_node *node;
    struct region region;
    struct region history; /* of a single-number output */
};

struct fig_plan {
    struct fig_device *device;
    struct script *script;
    struct buffer *arena, *constants, *history;
    struct port *inputs, *outputs;
    int input_count, output_count;
    int slots;        /* runs that the history remembers; 0: none */
    uint32_t runs;    /* so far */
    uint32_t first;   /* what feeds read: the first sample of the batch */
    uint32_t most;    /* that `first` may be: feeds hold whole batches up to there */
    uint32_t slot;    /* where this run's outputs are remembered */
    struct fig_plan_info info;
    struct fig_plan_work *works;
};

static size_t batch_of(const struct fig_feed *feed)
{
    return shape_length(feed->input->shape) / (size_t)feed->samples->length;
}

static enum fig_status check_feed(const struct fig_feed *feed, int index,
                                  const struct fig_graph *graph, const struct fig_device *device)
{
    char text[SHAPE_TEXT];
    const struct fig_node *input = feed->input;
    const struct fig_samples *samples = feed->samples;
    if (!input || input->op != OP_input || input->graph != graph)
        return fail(FIG_INVALID, "plan: feed %d: an input of the outputs' graph is expected",
                    index);
    if (!samples || samples->device != device)
        return fail(FIG_INVALID, "plan: feed of %s: samples on the store's device are expected",
                    input->name);
    if (shape_length(input->shape) % (size_t)samples->length ||
        batch_of(feed) > (size_t)samples->rows)
        return fail(FIG_SHAPE, "plan: feed of %s: shape %s and %d samples of %d values on the "
                    "device: a batch of whole samples, no more than there are, is expected",
                    input->name, shape_text(input->shape, text), samples->rows, samples->length);
    return FIG_OK;
}

static enum fig_status check_params(const struct fig_plan_params *params,
                                    const struct fig_device *device)
{
    const struct fig_graph *graph = params->outputs[0] ? params->outputs[0]->graph : NULL;
    if (!graph)
        return fail(FIG_INVALID, "plan: output 0 is NULL");
    TRY(fig_graph_status(graph));
    for (int i = 0; i < params->output_count; i++) {
        if (!params->outputs[i] || params->outputs[i]->graph != graph)
            return fail(FIG_INVALID, "plan: output %d is %s", i,
                        params->outputs[i] ? "of another graph" : "NULL");
    }
    for (int i = 0; i < params->feed_count; i++)
        TRY(check_feed(&params->feeds[i], i, graph, device));
    return FIG_OK;
}

static uint32_t find_most(const struct fig_plan_params *params)
{
    uint32_t most = UINT32_MAX;
    for (int i = 0; i < params->feed_count; i++) {
        const struct fig_feed *feed = &params->feeds[i];
        const uint32_t last = (uint32_t)((size_t)feed->samples->count - batch_of(feed));
        most = last < most ? last : most;
    }
    return most;
}

/* The first output that is the same memory as this one. */
static int first_alike(const struct fig_plan_params *params, int output)
{
    int i = 0;
    while (node_root(params->outputs[i]) != node_root(params->outputs[output]))
        i++;
    return i;
}

/* A region of its own for each single-number output. */
static enum fig_status make_history(struct fig_plan *plan, const struct fig_plan_params *params)
{
    const size_t size = device_reals(plan->device, (size_t)plan->slots);
    const size_t each = round_up(size, DEVICE_ALIGN);
    if (!plan->slots)
        return FIG_OK;
    TRY(device_alloc(plan->device, each * (size_t)plan->output_count, &plan->history));
    for (int i = 0; i < plan->output_count; i++) {
        const size_t offset = each * (size_t)first_alike(params, i);
        if (shape_length(params->outputs[i]->shape) == 1 && !changes_store(params->outputs[i]))
            plan->outputs[i].history = (struct region){ plan->history, offset, size };
    }
    return FIG_OK;
}

static void add_ports(struct fig_plan *plan, const struct draft *draft)
{
    for (int i = 0; i < plan->output_count; i++) {
        plan->outputs[i].node = draft->params->outputs[i];
        plan->outputs[i].region = draft->nodes[node_root(draft->params->outputs[i])->id].region;
    }
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        const struct plan_node *planned = &draft->nodes[id];
        if (planned->needed && node->op == OP_input && !feed_of(draft, node))
            plan->inputs[plan->input_count++] = (struct port){ node, planned->region, { 0 } };
    }
}

static enum fig_status draw_up(struct fig_plan *plan, struct draft *draft)
{
    struct region *history = calloc((size_t)plan->output_count, sizeof(*history));
    if (!history)
        return fail(FIG_NOMEM, "no memory for a plan");
    for (int i = 0; i < plan->output_count; i++)
        history[i] = plan->outputs[i].history;
    draft->history = history;
    draft->first = &plan->first;
    draft->slot = &plan->slot;
    enum fig_status status = draft_fuse(draft);
    if (!status)
        status = draft_order(draft);
    if (!status)
        status = draft_layout(draft);
    plan->arena = draft->arena_buffer;
    plan->constants = draft->constants;
    if (!status)
        status = draft_lower(draft);
    if (!status && draft->work_count)
        status = device_compile(plan->device, draft->works, draft->work_count, &plan->script);
    free(history);
    return status;
}

/* What the works are and cost: they themselves go to the device. */
static enum fig_status list_works(struct fig_plan *plan, const struct draft *draft)
{
    struct fig_plan_info *info = &plan->info;
    *info = (struct fig_plan_info){ draft->work_count, draft->arena, draft->naive, 0 };
    plan->works = calloc((size_t)draft->work_count + 1, sizeof(*plan->works));
    if (!plan->works)
        return fail(FIG_NOMEM, "no memory for a plan of %d works", draft->work_count);
    for (int i = 0; i < draft->work_count; i++) {
        const struct work *work = &draft->works[i];
        const struct product *p = &work->product; /* zeros of other works */
        plan->works[i] = (struct fig_plan_work){
            .name = work->name, .what = work_text(work), .m = p->m, .n = p->n, .k = p->k,
            .flops = work_flops(work),
            .bytes = work_bytes(work, device_reals(plan->device, 1)) };
        info->flops += plan->works[i].flops;
    }
    return FIG_OK;
}

static enum fig_status fill(struct fig_plan *plan, struct fig_store *store,
                            const struct fig_plan_params *params)
{
    struct draft draft;
    const struct fig_graph *graph = params->outputs[0]->graph;
    plan->outputs = calloc((size_t)params->output_count, sizeof(*plan->outputs));
    plan->inputs = calloc((size_t)graph->count, sizeof(*plan->inputs));
    if (!plan->outputs || !plan->inputs)
        return fail(FIG_NOMEM, "no memory for a plan of %d outputs", params->output_count);
    plan->output_count = params->output_count;
    plan->slots = params->history;
    plan->most = find_most(params);
    TRY(make_history(plan, params));
    enum fig_status status = draft_init(&draft, store, params);
    if (!status)
        status = draw_up(plan, &draft);
    if (!status) {
        add_ports(plan, &draft);
        status = list_works(plan, &draft);
    }
    draft_finish(&draft);
    return status;
}

enum fig_status fig_plan_create(struct fig_plan **out, struct fig_store *store,
                                const struct fig_plan_params *params)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(store && params && params->outputs && params->output_count > 0);
    REQUIRE(params->history >= 0);
    TRY(check_params(params, store_device(store)));
    struct fig_plan *plan = calloc(1, sizeof(*plan));
    if (!plan)
        return fail(FIG_NOMEM, "no memory for a plan");
    plan->device = store_device(store);
    const enum fig_status status = fill(plan, store, params);
    if (status)
        fig_plan_destroy(&plan);
    *out = plan;
    return status;
}

void fig_plan_destroy(struct fig_plan **out)
{
    struct fig_plan *plan = *out;
    if (!plan)
        return;
    device_release(plan->device, &plan->script);
    device_free(plan->device, &plan->history);
    device_free(plan->device, &plan->constants);
    device_free(plan->device, &plan->arena);
    free(plan->works);
    free(plan->inputs);
    free(plan->outputs);
    free(plan);
    *out = NULL;
}

const struct fig_plan_info *fig_plan_info(const struct fig_plan *plan)
{
    return &plan->info;
}

const struct fig_plan_work *fig_plan_work(const struct fig_plan *plan, int index)
{
    return index >= 0 && index < plan->info.works ? &plan->works[index] : NULL;
}

static const struct port *find_port(const struct port *ports, int count,
                                    const struct fig_node *node)
{
    for (int i = 0; i < count; i++) {
        if (ports[i].node == node && ports[i].region.buffer)
            return &ports[i];
    }
    return NULL;
}

bool fig_plan_reads(const struct fig_plan *plan, const struct fig_node *input)
{
    return find_port(plan->inputs, plan->input_count, input);
}

static enum fig_status input_region(const struct fig_plan *plan, const struct fig_node *node,
                                    struct region *region)
{
    const struct port *port = find_port(plan->inputs, plan->input_count, node);
    if (!port)
        return fail(FIG_INVALID, "%s: not an input that this plan reads",
                    node ? node->name : "NULL");
    *region = port->region;
    return FIG_OK;
}

static enum fig_status output_region(const struct fig_plan *plan, const struct fig_node *node,
                                     struct region *region)
{
    const struct port *port = find_port(plan->outputs, plan->output_count, node);
    if (!port)
        return fail(FIG_INVALID, "%s: not an output of this plan that has a value",
                    node ? node->name : "NULL");
    *region = port->region;
    return FIG_OK;
}

enum fig_status fig_plan_write(struct fig_plan *plan, const struct fig_node *input,
                               const float *data)
{
    struct region region;
    REQUIRE(plan && data);
    TRY(input_region(plan, input, &region));
    return device_write(plan->device, region, data);
}

enum fig_status fig_plan_write_doubles(struct fig_plan *plan, const struct fig_node *input,
                                       const double *data)
{
    struct region region;
    REQUIRE(plan && data);
    TRY(input_region(plan, input, &region));
    return device_write_doubles(plan->device, region, data);
}

enum fig_status fig_plan_read(struct fig_plan *plan, const struct fig_node *output, float *data)
{
    struct region region;
    REQUIRE(plan && data);
    TRY(output_region(plan, output, &region));
    return device_read(plan->device, region, data);
}

enum fig_status fig_plan_read_doubles(struct fig_plan *plan, const struct fig_node *output,
                                      double *data)
{
    struct region region;
    REQUIRE(plan && data);
    TRY(output_region(plan, output, &region));
    return device_read_doubles(plan->device, region, data);
}

static enum fig_status begin_run(struct fig_plan *plan, uint32_t first)
{
    if (first > plan->most)
        return fail(FIG_INVALID, "plan: a batch from sample %u on was asked for; the last one that "
                    "the feeds have all samples for begins at %u", first, plan->most);
    plan->first = first;
    plan->slot = plan->slots ? plan->runs % (uint32_t)plan->slots : 0;
    plan->runs++;
    return FIG_OK;
}

enum fig_status fig_plan_run(struct fig_plan *plan, uint32_t step, uint32_t first)
{
    REQUIRE(plan);
    TRY(begin_run(plan, first));
    return plan->script ? device_run(plan->device, plan->script, step) : FIG_OK;
}

enum fig_status fig_plan_time(struct fig_plan *plan, uint32_t step, uint32_t first,
                              double *seconds)
{
    REQUIRE(plan && seconds);
    TRY(begin_run(plan, first));
    return plan->script ? device_time(plan->device, plan->script, step, seconds) : FIG_OK;
}

enum fig_status fig_plan_history(struct fig_plan *plan, const struct fig_node *output, int count,
                                 double *values)
{
    REQUIRE(plan && values && count >= 0 && count <= plan->slots);
    const struct port *port = find_port(plan->outputs, plan->output_count, output);
    if (!port || !port->history.buffer)
        return fail(FIG_INVALID, "%s: not a single-number output that this plan remembers",
                    output ? output->name : "NULL");
    if ((uint32_t)count > plan->runs)
        return fail(FIG_INVALID, "%s: the last %d runs of %u were asked for", output->name, count,
                    plan->runs);
    double *slots = malloc((size_t)plan->slots * sizeof(*slots));
    if (!slots)
        return fail(FIG_NOMEM, "no memory for a history of %d runs", plan->slots);
    const enum fig_status status = device_read_doubles(plan->device, port->history, slots);
    for (int i = 0; !status && i < count; i++)
        values[i] = slots[(plan->runs - (uint32_t)count + (uint32_t)i) % (uint32_t)plan->slots];
    free(slots);
    return status;
}
