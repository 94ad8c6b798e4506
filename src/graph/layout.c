/* SPDX-License-Identifier: MIT */
/* Storage: which values reach memory, for how long they live, and where they lie. */
#include <stdlib.h>

#include "base/size.h"
#include "graph/draft.h"

static size_t node_size(const struct draft *draft, const struct fig_node *node)
{
    return device_reals(store_device(draft->store), shape_length(node->shape));
}

static int position_of(const struct draft *draft, const struct fig_node *node)
{
    const struct unit *unit = unit_of(draft, node);
    return unit ? unit->position : 0;
}

static bool has_life(const struct fig_node *node)
{
    return node->op != OP_param && node->op != OP_state && node->op != OP_values &&
           node->op != OP_collect && !changes_store(node);
}

static void mark_stored(struct draft *draft)
{
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        struct plan_node *planned = &draft->nodes[id];
        if (!planned->needed || !has_life(node))
            continue;
        if (is_row(node) || is_total(node) || is_product(node))
            planned->stored = leaves(draft, unit_of(draft, node), node, NULL);
        else
            planned->stored = node->op == OP_input || planned->unit != NO_UNIT;
    }
}

/* Two gradients would take the same place. */
static enum fig_status check_collected(struct draft *draft, const struct fig_node *param)
{
    struct plan_node *planned = &draft->nodes[param->id];
    if (planned->collected)
        return fail(FIG_INVALID, "plan: %s is in the groups of two updates; a plan updates a "
                    "parameter once: give each update a plan of its own", param->name);
    planned->collected = true;
    return FIG_OK;
}

/* A gradient is computed in its place in the flat buffer, unless it lies elsewhere already. */
static enum fig_status fix_gradients(struct draft *draft, const struct fig_node *collect)
{
    struct region values, gradient;
    for (int i = 0; i < collect->ins; i += 2) {
        const struct operand operand = operand_of(collect->in[i]);
        struct plan_node *planned = &draft->nodes[operand.root->id];
        TRY(check_collected(draft, collect->in[i + 1]));
        TRY(store_param(draft->store, collect->in[i + 1], &values, &gradient));
        if (operand.map.count == 0 && has_life(operand.root) && operand.root->op != OP_input &&
            !planned->region.buffer) {
            planned->region = gradient;
            planned->stored = true;
        }
    }
    return FIG_OK;
}

/* Whether the user has read the state when the chain of `value` stores over it, element by
 * element. */
static bool has_read(const struct draft *draft, const struct fig_node *user,
                     const struct fig_node *state, const struct fig_node *value)
{
    if (draft->nodes[user->id].unit != draft->nodes[value->id].unit)
        return position_of(draft, user) < position_of(draft, value);
    for (int i = 0; i < user->ins; i++) {
        const struct operand operand = operand_of(user->in[i]);
        if (operand.root == state && operand.map.count)
            return false;
    }
    return true;
}

static bool is_of_chain(const struct draft *draft, const struct fig_node *node)
{
    return is_row(node) && !draft->units[draft->nodes[node->id].unit].node;
}

/* What a state becomes is computed in its place, if all others have read by then what it was. */
static void fix_state(struct draft *draft, const struct fig_node *assign)
{
    const struct fig_node *state = node_root(assign->in[0]);
    const struct operand value = operand_of(assign->in[1]);
    const struct plan_node *old = &draft->nodes[state->id];
    struct plan_node *next = &draft->nodes[value.root->id];
    bool free = value.map.count == 0 && is_of_chain(draft, value.root) && !next->region.buffer;
    for (int i = 0; i < old->use_count; i++)
        free &= old->uses[i] == assign || has_read(draft, old->uses[i], state, value.root);
    if (free)
        next->region = old->region;
}

static enum fig_status fix_regions(struct draft *draft)
{
    struct region unused;
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        if (!draft->nodes[id].needed)
            continue;
        if (node->op == OP_param || node->op == OP_state)
            TRY(store_param(draft->store, node, &draft->nodes[id].region, &unused));
        if (node->op == OP_collect)
            TRY(fix_gradients(draft, node));
        if (node->op == OP_assign)
            fix_state(draft, node);
        if (node->op == OP_update) {
            struct group *group;
            TRY(store_group(draft->store, node, &group));
            /* The flat gradient, where nothing scales it on the way. */
            const struct fig_node *flat = node_root(node->in[0]);
            if (flat->op == OP_collect)
                draft->nodes[flat->id].region = group->gradients;
        }
    }
    return FIG_OK;
}

/* A collect that is scaled before its update has the same place: the group of its parameters. */
static enum fig_status fix_collects(struct draft *draft)
{
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        struct plan_node *planned = &draft->nodes[id];
        if (!planned->needed || node->op != OP_collect || planned->region.buffer)
            continue;
        struct region values;
        TRY(store_param(draft->store, node->in[1], &values, &planned->region));
        planned->region.size = node_size(draft, node);
    }
    return FIG_OK;
}

static struct life *life_of(const struct draft *draft, struct fig_node *node)
{
    return &draft->nodes[node_root(node)->id].life[LIFE_VALUE];
}

static void live(struct draft *draft, const struct fig_node *node)
{
    struct plan_node *planned = &draft->nodes[node->id];
    struct life *life = &planned->life[LIFE_VALUE];
    life->size = round_up(node_size(draft, node), DEVICE_ALIGN);
    const bool written_by_user = node->op == OP_input && !feed_of(draft, node);
    life->first = written_by_user ? 0 : position_of(draft, node);
    life->last = written_by_user ? draft->unit_count : life->first;
    for (int i = 0; i < planned->use_count; i++) {
        const int at = position_of(draft, planned->uses[i]);
        if (life->last < at)
            life->last = at;
    }
}

/* A sum's result, and the partial sums before it, are written when its operand's unit runs. */
static void live_sum(struct draft *draft, const struct fig_node *sum)
{
    const struct operand operand = operand_of(sum->in[0]);
    const bool fused = fused_sum(draft, operand.root) == sum;
    const int first = fused ? position_of(draft, operand.root) : position_of(draft, sum);
    struct plan_node *planned = &draft->nodes[sum->id];
    struct life *life = &planned->life[LIFE_PARTIAL];
    if (!is_total(sum)) {
        planned->life[LIFE_VALUE].first = first;
        return;
    }
    life->size = round_up(device_reals(store_device(draft->store), partials_of(sum)), DEVICE_ALIGN);
    life->first = first;
    life->last = position_of(draft, sum);
}

/* A product whose result nobody keeps is computed where its chain stores, or in scratch. */
static void live_product(struct draft *draft, const struct fig_node *product)
{
    struct plan_node *planned = &draft->nodes[product->id];
    const struct unit *unit = &draft->units[planned->unit];
    struct life *life = &planned->life[LIFE_SCRATCH];
    if (planned->stored)
        return;
    for (int i = 0; i < unit->count; i++) {
        if (draft->nodes[unit->members[i]->id].stored)
            return;
    }
    life->size = round_up(node_size(draft, product), DEVICE_ALIGN);
    life->first = life->last = unit->position;
}

static void find_lives(struct draft *draft)
{
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        const struct plan_node *planned = &draft->nodes[id];
        if (!planned->needed)
            continue;
        if (planned->stored && !planned->region.buffer)
            live(draft, node);
        if (node->op == OP_sum)
            live_sum(draft, node);
        if (is_product(node))
            live_product(draft, node);
    }
    for (int i = 0; i < draft->params->output_count; i++)
        life_of(draft, draft->params->outputs[i])->last = draft->unit_count;
}

static enum fig_status arrange(struct draft *draft)
{
    const int most = LIVES * draft->graph->count;
    struct life **lives = calloc((size_t)most, sizeof(struct life *));
    int count = 0;
    if (!lives)
        return fail(FIG_NOMEM, "no memory to place %d tensors", most);
    draft->naive = 0;
    for (int i = 0; i < most; i++) {
        struct life *life = &draft->nodes[i % draft->graph->count].life[i / draft->graph->count];
        draft->naive += life->size;
        if (life->size)
            lives[count++] = life;
    }
    draft->arena = place(lives, count);
    free(lives);
    return FIG_OK;
}

/* Whether the operands lie one behind the other in the concatenation, at offsets that regions may
 * have, and do not outlive it. */
static bool holds_operands(const struct draft *draft, const struct fig_node *concat)
{
    const struct life *life = &draft->nodes[concat->id].life[LIFE_VALUE];
    bool holds = life->size && node_root(concat->in[0]) != node_root(concat->in[1]) &&
                 node_size(draft, concat->in[0]) % DEVICE_ALIGN == 0;
    for (int i = 0; i < concat->axis; i++)
        holds &= concat->shape.dim[i] == 1;
    for (int i = 0; i < 2; i++) {
        const struct life *part = life_of(draft, concat->in[i]);
        holds &= part->size && part->last <= life->last;
    }
    return holds;
}

/* Both operands are made in their places in the concatenation, so that nothing is left to be done
 * for it; but not where its longer life would take a larger arena. */
static enum fig_status join_lives(struct draft *draft, const struct fig_node *concat)
{
    struct life *a = life_of(draft, concat->in[0]), *b = life_of(draft, concat->in[1]);
    struct life *whole = &draft->nodes[concat->id].life[LIFE_VALUE];
    const struct life before[] = { *a, *b, *whole };
    const size_t arena = draft->arena;
    whole->first = a->first < b->first ? a->first : b->first;
    a->size = b->size = 0;
    TRY(arrange(draft));
    if (draft->arena > arena) {
        *a = before[0];
        *b = before[1];
        *whole = before[2];
        draft->arena = arena;
        return FIG_OK;
    }
    for (int i = 0; i < 2; i++)
        draft->nodes[node_root(concat->in[i])->id].whole = concat;
    return FIG_OK;
}

static enum fig_status place_lives(struct draft *draft)
{
    TRY(arrange(draft));
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        if (node->op == OP_concat && holds_operands(draft, node))
            TRY(join_lives(draft, node));
    }
    TRY(arrange(draft));
    return draft->arena ? device_alloc(store_device(draft->store), draft->arena,
                                       &draft->arena_buffer)
                        : FIG_OK;
}

static struct region arena_region(const struct draft *draft, const struct life *life, size_t size)
{
    return (struct region){ draft->arena_buffer, life->offset, size };
}

static struct region part_region(const struct draft *draft, const struct fig_node *node)
{
    const struct fig_node *whole = draft->nodes[node->id].whole;
    struct region region = draft->nodes[whole->id].region;
    if (node_root(whole->in[0]) != node)
        region.offset += node_size(draft, whole->in[0]);
    region.size = node_size(draft, node);
    return region;
}

/* Operands have smaller ids, so a concatenation comes before its parts. */
static void set_regions(struct draft *draft)
{
    for (int id = draft->graph->count - 1; id >= 0; id--) {
        const struct fig_node *node = draft->graph->nodes[id];
        struct plan_node *planned = &draft->nodes[id];
        const struct life *life = planned->life;
        if (planned->whole)
            planned->region = part_region(draft, node);
        if (life[LIFE_VALUE].size)
            planned->region = arena_region(draft, &life[LIFE_VALUE], node_size(draft, node));
        if (!planned->needed || node->op != OP_sum)
            continue;
        planned->partial = planned->region;
        if (is_total(node))
            planned->partial =
                arena_region(draft, &life[LIFE_PARTIAL],
                             device_reals(store_device(draft->store), partials_of(node)));
    }
}

/* Of what a constant has in memory: one number that chains read through a map, or all. */
static size_t constant_size(const struct draft *draft, const struct fig_node *node)
{
    if (!draft->nodes[node->id].needed || (node->op != OP_constant && node->op != OP_values))
        return 0;
    return device_reals(store_device(draft->store),
                        node->op == OP_constant ? 1 : shape_length(node->shape));
}

static enum fig_status write_constants(struct draft *draft)
{
    struct fig_device *device = store_device(draft->store);
    size_t size = 0, offset = 0;
    for (int id = 0; id < draft->graph->count; id++)
        size += round_up(constant_size(draft, draft->graph->nodes[id]), DEVICE_ALIGN);
    if (!size)
        return FIG_OK;
    TRY(device_alloc(device, size, &draft->constants));
    for (int id = 0; id < draft->graph->count; id++) {
        const struct fig_node *node = draft->graph->nodes[id];
        struct plan_node *planned = &draft->nodes[id];
        const struct region region = { draft->constants, offset, constant_size(draft, node) };
        if (!region.size)
            continue;
        *(node->op == OP_constant ? &planned->partial : &planned->region) = region;
        TRY(device_write_doubles(device, region,
                                 node->op == OP_constant ? &node->value : node->values));
        offset += round_up(region.size, DEVICE_ALIGN);
    }
    return FIG_OK;
}

enum fig_status draft_layout(struct draft *draft)
{
    mark_stored(draft);
    TRY(fix_regions(draft));
    TRY(fix_collects(draft));
    find_lives(draft);
    TRY(place_lives(draft));
    set_regions(draft);
    return write_constants(draft);
}
