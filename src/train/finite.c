/* SPDX-License-Identifier: MIT */
/* What is not finite shows in a loss or a weight, some time after it came about.  A training
 * repeats itself bit for bit: the steps since the last checkpoint are taken again up to the one that
 * went wrong, and what each of its operations made is looked at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "graph/node.h"
#include "train/trainer.h"

static bool all_finite(const float *values, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isfinite(values[i]))
            return false;
    }
    return true;
}

/* The first tensor that holds a NaN or an infinity; NULL if none does. */
static const char *find_bad_tensor(struct fig_store *store)
{
    for (int i = 0; i < fig_store_count(store); i++) {
        const struct fig_tensor *tensor = fig_store_tensor(store, i);
        const size_t length = shape_length(tensor->shape);
        float *values = malloc(length * sizeof(*values));
        const bool good = !values || fig_store_read(store, i, values) ||
                          all_finite(values, length);
        free(values);
        if (!good)
            return tensor->name;
    }
    return NULL;
}

/* --- The operations of a phase */

/* What a phase computes: its nodes in order, but for those that the store or the data hold. */
struct workings {
    struct fig_node **nodes;
    int count;
    bool *wanted; /* [graph->count] */
};

static bool is_computed(const struct fig_node *node)
{
    switch (node->op) {
    case OP_input:
    case OP_param:
    case OP_state:
    case OP_constant:
    case OP_values:
    case OP_collect: /* its operands, one behind the other */
        return false;
    default:
        return !changes_store(node);
    }
}

static void want(struct workings *workings, const struct fig_phase *phase)
{
    for (int i = 0; i < phase->loss_count; i++)
        workings->wanted[phase->losses[i]->id] = true;
    for (int i = 0; i < phase->update_count; i++)
        workings->wanted[phase->updates[i]->id] = true;
    if (phase->step)
        workings->wanted[phase->step->id] = true;
}

/* Operands have smaller numbers than what is made of them. */
static void list_nodes(struct workings *workings, const struct fig_graph *graph)
{
    for (int i = graph->count - 1; i >= 0; i--) {
        const struct fig_node *node = graph->nodes[i];
        for (int k = 0; workings->wanted[i] && k < node->ins; k++)
            workings->wanted[node->in[k]->id] = true;
    }
    for (int i = 0; i < graph->count; i++) {
        if (workings->wanted[i] && is_computed(graph->nodes[i]))
            workings->nodes[workings->count++] = graph->nodes[i];
    }
}

/* The parameter that fewest operations lead to from a node; NULL: none does. */
static const struct fig_node *nearest_param(const struct fig_node *node)
{
    const struct fig_node *at = node;
    int *far = calloc((size_t)node->id + 1, sizeof(*far));
    for (int i = 0; far && i <= node->id; i++) {
        const struct fig_node *to = node->graph->nodes[i];
        far[i] = to->op == OP_param ? 0 : node->graph->count;
        for (int k = 0; k < to->ins; k++)
            far[i] = far[to->in[k]->id] < far[i] ? far[to->in[k]->id] + 1 : far[i];
    }
    while (far && at->op != OP_param && far[at->id] < node->graph->count) {
        const struct fig_node *next = at->in[0];
        for (int k = 1; k < at->ins; k++)
            next = far[at->in[k]->id] < far[next->id] ? at->in[k] : next;
        at = next;
    }
    free(far);
    return at->op == OP_param ? at : NULL;
}

static void describe(const struct fig_node *node, struct text *out)
{
    char shape[SHAPE_TEXT];
    const struct fig_node *param = nearest_param(node);
    text_add(out, "; it came from %s %s", node->name, shape_text(node->shape, shape));
    if (param)
        text_add(out, ", near %s", param->name);
}

/* --- A step looked at: `out` stays empty where all is finite */

static enum fig_status look_at_nodes(struct fig_plan *plan, const struct workings *workings,
                                     struct text *out)
{
    for (int i = 0; i < workings->count && !out->length; i++) {
        const struct fig_node *node = workings->nodes[i];
        const size_t length = shape_length(node->shape);
        float *values = malloc(length * sizeof(*values));
        if (!values)
            return FIG_NOMEM;
        const enum fig_status status = fig_plan_read(plan, node, values);
        if (!status && !all_finite(values, length))
            describe(node, out);
        free(values);
        TRY(status);
    }
    return FIG_OK;
}

static enum fig_status look_at_phase(struct trainer *trainer, const struct session *session,
                                     int index, uint32_t first, struct text *out)
{
    const struct fig_graph *graph = session->model->graph;
    struct workings workings = { .nodes = calloc((size_t)graph->count, sizeof(struct fig_node *)),
                                 .wanted = calloc((size_t)graph->count, sizeof(bool)) };
    struct fig_plan *plan = NULL;
    enum fig_status status = workings.nodes && workings.wanted ? FIG_OK : FIG_NOMEM;
    if (!status) {
        want(&workings, &session->model->phases[index]);
        list_nodes(&workings, graph);
        status = session_plan(session, &trainer->train, trainer->store, (struct fig_plan_params){
            .outputs = workings.nodes, .output_count = workings.count }, &plan);
    }
    if (!status)
        status = fig_plan_run(plan, (uint32_t)trainer->place.step, first);
    if (!status)
        status = look_at_nodes(plan, &workings, out);
    fig_plan_destroy(&plan);
    free(workings.nodes);
    free(workings.wanted);
    return status;
}

static enum fig_status look_at_step(struct trainer *trainer, struct text *out)
{
    struct place *place = &trainer->place;
    uint32_t first;
    struct session *session = trainer_session(trainer, &first);
    TRY(trainer_prepare(trainer, first));
    for (int i = 0; i < session->model->phase_count && !out->length; i++) {
        if (!session_has_turn(session, i, place->epoch, (uint32_t)place->step))
            continue;
        TRY(look_at_phase(trainer, session, i, first, out));
        TRY(fig_plan_run(session->plans[i], (uint32_t)place->step, first));
    }
    place->step++;
    place->batch++;
    return FIG_OK;
}

/* --- The way back */

static bool has_checkpoint(const struct trainer *trainer)
{
    char path[PATH_LIMIT];
    return !path_join(path, trainer->params->folder, "checkpoint.safetensors") &&
           path_exists(path);
}

static enum fig_status go_back(struct trainer *trainer)
{
    trainer_close_model(trainer);
    trainer->place = (struct place){ 0 };
    TRY(trainer_open_model(trainer));
    if (has_checkpoint(trainer))
        TRY(checkpoint_load(trainer->params->folder, trainer->config, trainer->store,
                            &trainer->place));
    return trainer_shuffle(trainer);
}

static enum fig_status repeat(struct trainer *trainer, uint64_t step)
{
    while (trainer->place.step < step && !trainer_stopped(trainer)) {
        uint32_t first;
        struct session *session = trainer_session(trainer, &first);
        TRY(trainer_turn(trainer));
        session->pending = 0; /* the losses are known */
    }
    return FIG_OK;
}

/* A value that a step leaves behind may show in the loss of the next one only. */
static enum fig_status find_origin(struct trainer *trainer, uint64_t step, struct text *out)
{
    TRY(go_back(trainer));
    if (step + 1 <= trainer->place.step) /* it was there before this start of the training */
        return FIG_OK;
    log_info("looking for the operation: %llu steps again",
             (unsigned long long)(step - trainer->place.step));
    TRY(repeat(trainer, step ? step - 1 : 0));
    while (trainer->place.step <= step && !out->length && !trainer_stopped(trainer))
        TRY(look_at_step(trainer, out));
    return FIG_OK;
}

/* `what` was not finite at `step`, or after it.  The trainer is of no use after this. */
static enum fig_status give_up(struct trainer *trainer, const char *what, uint64_t step)
{
    struct text shown = { 0 }, origin = { 0 };
    const char *bad = find_bad_tensor(trainer->store);
    text_add(&shown, "%s is not finite at step %llu", what, (unsigned long long)step);
    if (!bad || strcmp(bad, what) != 0)
        text_add(&shown, "; the first tensor with such a value: %s", bad ? bad : "none");
    if (find_origin(trainer, step, &origin))
        text_free(&origin);
    const enum fig_status status =
        fail(FIG_NUMERIC, "%s%s; %s; try a lower rate of the optimizer, or its clip-norm",
             shown.failed ? "no memory to tell what is not finite" : shown.chars,
             origin.length && !origin.failed ? origin.chars : "",
             has_checkpoint(trainer) ? "the last checkpoint is as it was"
                                     : "there is no checkpoint yet");
    text_free(&shown);
    text_free(&origin);
    return status;
}

enum fig_status finite_losses(struct trainer *trainer, uint64_t step, const struct losses *losses)
{
    for (int i = 0; i < trainer->losses; i++) {
        if (losses->known[i] && !isfinite(losses->values[i]))
            return give_up(trainer, trainer->loss_names[i], step);
    }
    return FIG_OK;
}

enum fig_status finite_weights(struct trainer *trainer)
{
    const char *bad = find_bad_tensor(trainer->store);
    return bad ? give_up(trainer, bad, trainer->place.step - 1) : FIG_OK;
}
