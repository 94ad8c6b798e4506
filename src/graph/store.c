/* SPDX-License-Identifier: MIT */
#include "graph/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"

struct tensor {
    struct fig_tensor info; /* its shape is the file's */
    struct fig_shape shape; /* in memory */
    struct layout layout;
    struct region values;
    struct region gradient; /* parameters only */
    char *name;             /* info.name, owned */
};

struct fig_store {
    struct fig_device *device;
    uint64_t seed;
    struct buffer *values, *gradients, *states;
    struct tensor *tensors; /* parameters in order of creation, then states, then moments */
    int count;
    struct group *groups;
    int group_count;
};

/* How many moments each optimiser keeps. */
int optimizer_moments(enum fig_optimizer_kind kind)
{
    static const int moments[] = {
        [FIG_SGD] = 0,     [FIG_MOMENTUM] = 1, [FIG_NESTEROV] = 1, [FIG_RMSPROP] = 1,
        [FIG_ADAGRAD] = 1, [FIG_ADADELTA] = 2, [FIG_ADAM] = 2,     [FIG_ADAMW] = 2,
    };
    return moments[kind];
}

size_t param_room(const struct fig_node *param)
{
    return round_up(shape_length(param->shape), PARAM_ALIGN);
}

struct fig_device *store_device(const struct fig_store *store)
{
    return store->device;
}

uint64_t store_seed(const struct fig_store *store)
{
    return store->seed;
}

/* --- Tensors */

static struct tensor *add_tensor(struct fig_store *store, const char *name,
                                 enum fig_tensor_kind kind, struct fig_shape shape,
                                 const struct layout *layout)
{
    struct tensor *tensor = &store->tensors[store->count];
    char *copy = strdup(name);
    if (!copy)
        return NULL;
    *tensor = (struct tensor){ .info = { copy, kind, layout->view.rank ? layout->file : shape },
                               .shape = shape, .layout = *layout, .name = copy };
    store->count++;
    return tensor;
}

static enum fig_status add_params(struct fig_store *store, const struct fig_graph *graph)
{
    size_t at = 0;
    for (int i = 0; i < graph->count; i++) {
        const struct fig_node *node = graph->nodes[i];
        if (node->op != OP_param)
            continue;
        struct tensor *tensor = add_tensor(store, node->name, FIG_PARAMETER, node->shape,
                                           &node->layout);
        if (!tensor)
            return fail(FIG_NOMEM, "%s: no memory for its name", node->name);
        const size_t offset = device_reals(store->device, at);
        const size_t size = device_reals(store->device, shape_length(node->shape));
        tensor->values = (struct region){ store->values, offset, size };
        tensor->gradient = (struct region){ store->gradients, offset, size };
        TRY(write_initial(store->device, tensor->values, node, store->seed));
        at += param_room(node);
    }
    return FIG_OK;
}

static enum fig_status add_state(struct fig_store *store, const struct fig_node *node, size_t at)
{
    struct tensor *tensor = add_tensor(store, node->name, FIG_STATE, node->shape, &node->layout);
    if (!tensor)
        return fail(FIG_NOMEM, "%s: no memory for its name", node->name);
    tensor->values = (struct region){ store->states, device_reals(store->device, at),
                                      device_reals(store->device, shape_length(node->shape)) };
    return write_initial(store->device, tensor->values, node, store->seed);
}

static enum fig_status add_states(struct fig_store *store, const struct fig_graph *graph)
{
    size_t reals = 0;
    for (int i = 0; i < graph->count; i++)
        reals += graph->nodes[i]->op == OP_state ? param_room(graph->nodes[i]) : 0;
    if (!reals)
        return FIG_OK;
    TRY(device_alloc(store->device, device_reals(store->device, reals), &store->states));
    reals = 0;
    for (int i = 0; i < graph->count; i++) {
        if (graph->nodes[i]->op != OP_state)
            continue;
        TRY(add_state(store, graph->nodes[i], reals));
        reals += param_room(graph->nodes[i]);
    }
    return FIG_OK;
}

/* The flat part of `buffer` that the parameters first..last take, with their padding. */
static struct region span(const struct fig_store *store, struct buffer *buffer, int first, int last)
{
    const size_t begin = store->tensors[first].values.offset;
    const size_t length = shape_length(store->tensors[last].shape);
    const size_t end = store->tensors[last].values.offset +
                       device_reals(store->device, round_up(length, PARAM_ALIGN));
    return (struct region){ buffer, begin, end - begin };
}

static int member_count(const struct fig_node *update)
{
    return update->in[2]->order - update->in[1]->order + 1;
}

static enum fig_status add_moment(struct fig_store *store, struct group *group, int k)
{
    struct region *flat = &group->moments[k];
    *flat = (struct region){ NULL, 0, group->values.size };
    TRY(device_alloc(store->device, flat->size, &flat->buffer));
    TRY(device_zero(store->device, *flat));
    for (int i = group->first; i < group->first + group->count; i++) {
        struct text name = { 0 };
        const struct tensor *param = &store->tensors[i];
        text_add(&name, "optimizer.%s.%d.%s", group->state.prefixes, k, param->name);
        struct tensor *moment = name.failed ? NULL : add_tensor(store, name.chars, FIG_MOMENT,
                                                                param->shape, &param->layout);
        text_free(&name);
        if (!moment)
            return fail(FIG_NOMEM, "%s: no memory for its moments", param->name);
        moment->values = (struct region){
            flat->buffer, param->values.offset - group->values.offset, param->values.size };
    }
    return FIG_OK;
}

static struct group *find_group(const struct fig_store *store, const char *prefixes)
{
    for (int i = 0; i < store->group_count; i++) {
        if (strcmp(store->groups[i].prefixes, prefixes) == 0)
            return &store->groups[i];
    }
    return NULL;
}

static enum fig_status add_group(struct fig_store *store, const struct fig_node *update)
{
    struct group *group = &store->groups[store->group_count];
    if (find_group(store, update->name))
        return fail(FIG_INVALID, "the graph has two optimisers for the prefixes \"%s\"; prefixes "
                    "of its own are expected of each", update->name);
    char *prefixes = strdup(update->name);
    if (!prefixes)
        return fail(FIG_NOMEM, "%s: no memory for its name", update->name);
    *group = (struct group){ .state = { prefixes, 0, update->optimizer.rate,
                                        update->optimizer.rate },
                             .prefixes = prefixes,
                             .optimizer = update->optimizer,
                             .first = update->in[1]->order,
                             .count = member_count(update) };
    store->group_count++;
    const int last = group->first + group->count - 1;
    group->values = span(store, store->values, group->first, last);
    group->gradients = span(store, store->gradients, group->first, last);
    for (int k = 0; k < optimizer_moments(update->optimizer.kind); k++)
        TRY(add_moment(store, group, k));
    return FIG_OK;
}

static enum fig_status fill(struct fig_store *store, const struct fig_graph *graph)
{
    size_t reals = PARAM_ALIGN; /* never an empty buffer */
    int tensors = 1, updates = 0;
    for (int i = 0; i < graph->count; i++) {
        const struct fig_node *node = graph->nodes[i];
        if (node->op == OP_param) {
            reals += param_room(node);
            tensors += 1;
        } else if (node->op == OP_state) {
            tensors += 1;
        } else if (node->op == OP_update) {
            updates += 1;
            tensors += MOMENTS * member_count(node);
        }
    }
    const size_t size = device_reals(store->device, reals);
    store->tensors = calloc((size_t)tensors, sizeof(*store->tensors));
    store->groups = calloc((size_t)updates + 1, sizeof(*store->groups));
    if (!store->tensors || !store->groups)
        return fail(FIG_NOMEM, "no memory for a store of %d tensors", tensors);
    TRY(device_alloc(store->device, size, &store->values));
    TRY(device_alloc(store->device, size, &store->gradients));
    TRY(device_zero(store->device, (struct region){ store->values, 0, size }));
    TRY(device_zero(store->device, (struct region){ store->gradients, 0, size }));
    TRY(add_params(store, graph));
    TRY(add_states(store, graph));
    for (int i = 0; i < graph->count; i++) {
        if (graph->nodes[i]->op == OP_update)
            TRY(add_group(store, graph->nodes[i]));
    }
    return FIG_OK;
}

enum fig_status fig_store_create(struct fig_store **out, struct fig_device *device,
                                 const struct fig_graph *graph, uint64_t seed)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(device && graph);
    TRY(fig_graph_status(graph));
    struct fig_store *store = calloc(1, sizeof(*store));
    if (!store)
        return fail(FIG_NOMEM, "no memory for a store");
    store->device = device;
    store->seed = seed;
    const enum fig_status status = fill(store, graph);
    if (status)
        fig_store_destroy(&store);
    *out = store;
    return status;
}

void fig_store_destroy(struct fig_store **out)
{
    struct fig_store *store = *out;
    if (!store)
        return;
    for (int i = 0; i < store->group_count; i++) {
        for (int k = 0; k < MOMENTS; k++)
            device_free(store->device, &store->groups[i].moments[k].buffer);
        free(store->groups[i].prefixes);
    }
    for (int i = 0; i < store->count; i++)
        free(store->tensors[i].name);
    device_free(store->device, &store->states);
    device_free(store->device, &store->gradients);
    device_free(store->device, &store->values);
    free(store->groups);
    free(store->tensors);
    free(store);
    *out = NULL;
}

/* --- Looking in */

int fig_store_count(const struct fig_store *store)
{
    return store->count;
}

const struct fig_tensor *fig_store_tensor(const struct fig_store *store, int index)
{
    return index >= 0 && index < store->count ? &store->tensors[index].info : NULL;
}

int fig_store_find(const struct fig_store *store, const char *name)
{
    for (int i = 0; i < store->count; i++) {
        if (strcmp(store->tensors[i].name, name) == 0)
            return i;
    }
    return -1;
}

static enum fig_status read_values(struct fig_store *store, int index, void *values, size_t size)
{
    const struct tensor *tensor = &store->tensors[index];
    return values_read(store->device, tensor->values, &tensor->layout, values, size);
}

static enum fig_status write_values(struct fig_store *store, int index, const void *values,
                                    size_t size)
{
    const struct tensor *tensor = &store->tensors[index];
    return values_write(store->device, tensor->values, &tensor->layout, values, size);
}

enum fig_status fig_store_read_doubles(struct fig_store *store, int index, double *values)
{
    REQUIRE(store && values && index >= 0 && index < store->count);
    return read_values(store, index, values, sizeof(*values));
}

enum fig_status fig_store_write_doubles(struct fig_store *store, int index, const double *values)
{
    REQUIRE(store && values && index >= 0 && index < store->count);
    return write_values(store, index, values, sizeof(*values));
}

enum fig_status fig_store_read(struct fig_store *store, int index, float *values)
{
    REQUIRE(store && values && index >= 0 && index < store->count);
    return read_values(store, index, values, sizeof(*values));
}

enum fig_status fig_store_write(struct fig_store *store, int index, const float *values)
{
    REQUIRE(store && values && index >= 0 && index < store->count);
    return write_values(store, index, values, sizeof(*values));
}

int fig_store_optimizers(const struct fig_store *store)
{
    return store->group_count;
}

struct fig_optimizer_state *fig_store_optimizer(struct fig_store *store, int index)
{
    return index >= 0 && index < store->group_count ? &store->groups[index].state : NULL;
}

enum fig_status store_param(const struct fig_store *store, const struct fig_node *param,
                            struct region *values, struct region *gradient)
{
    char want[SHAPE_TEXT], have[SHAPE_TEXT];
    const int index = fig_store_find(store, param->name);
    if (index < 0)
        return fail(FIG_INVALID, "%s: the store has no parameter of this name", param->name);
    const struct tensor *tensor = &store->tensors[index];
    if (!shape_equal(tensor->shape, param->shape))
        return fail(FIG_SHAPE, "%s: the graph wants shape %s, the store holds %s", param->name,
                    shape_text(param->shape, want), shape_text(tensor->shape, have));
    *values = tensor->values;
    *gradient = tensor->gradient;
    return FIG_OK;
}

static bool has_members(const struct fig_store *store, const struct group *group,
                        const struct fig_node *update)
{
    const struct tensor *members = &store->tensors[group->first];
    return group->count == member_count(update) &&
           strcmp(members[0].name, update->in[1]->name) == 0 &&
           strcmp(members[group->count - 1].name, update->in[2]->name) == 0;
}

/* A step by the graph's settings would in truth be one by the store's. */
static enum fig_status check_settings(const struct group *group, const struct fig_node *update)
{
    static const struct {
        const char *name;
        size_t offset;
    } settings[] = {
#define SETTING(name) { #name, offsetof(struct fig_optimizer, name) }
        SETTING(rate), SETTING(beta1), SETTING(beta2), SETTING(rho), SETTING(momentum),
        SETTING(epsilon), SETTING(decay), SETTING(clip_norm),
#undef SETTING
    };
    const struct fig_optimizer *have = &group->optimizer, *want = &update->optimizer;
    if (have->kind != want->kind)
        return fail(FIG_INVALID, "\"%s\": the store's optimiser is of another kind than the "
                    "graph's", update->name);
    for (size_t i = 0; i < LENGTH(settings); i++) {
        const double *mine = (const void *)((const char *)have + settings[i].offset);
        const double *theirs = (const void *)((const char *)want + settings[i].offset);
        if (*mine != *theirs)
            return fail(FIG_INVALID, "\"%s\": the store's optimiser has a %s of %g, the graph's "
                        "one of %g", update->name, settings[i].name, *mine, *theirs);
    }
    return FIG_OK;
}

enum fig_status store_group(struct fig_store *store, const struct fig_node *update,
                            struct group **group)
{
    *group = find_group(store, update->name);
    if (!*group || !has_members(store, *group, update))
        return fail(FIG_INVALID, "the store has no optimiser for the prefixes \"%s\" with %d "
                    "parameters from %s to %s", update->name, member_count(update),
                    update->in[1]->name, update->in[2]->name);
    return check_settings(*group, update);
}
