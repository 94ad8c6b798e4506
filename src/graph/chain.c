/* SPDX-License-Identifier: MIT */
/* The rows of a unit as the chain of a work. */
#include "graph/chain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct work *add_work(struct draft *draft, enum work_kind kind, const char *name)
{
    if (draft->work_count == draft->work_room) {
        const int room = draft->work_room ? 2 * draft->work_room : 32;
        struct work *works = realloc(draft->works, (size_t)room * sizeof(*works));
        if (!works) {
            log_error("no memory for a plan of %d works", room);
            return NULL;
        }
        draft->works = works;
        draft->work_room = room;
    }
    struct work *work = &draft->works[draft->work_count++];
    memset(work, 0, sizeof(*work));
    work->kind = kind;
    work->name = name;
    return work;
}

static int find_input(struct chain *chain, struct region region, struct map map)
{
    for (int i = 0; i < chain->ins; i++) {
        const struct chain_in *in = &chain->in[i];
        if (in->region.buffer == region.buffer && in->region.offset == region.offset &&
            in->inner == map.inner && in->count == map.count)
            return i;
    }
    assert(chain->ins < CHAIN_INS); /* fuse.c counted */
    chain->in[chain->ins] = (struct chain_in){ region, map.inner, map.count };
    return chain->ins++;
}

struct region operand_region(const struct draft *draft, const struct operand *operand)
{
    const int id = operand->root->id;
    return operand->root->op == OP_constant ? draft->partial[id] : draft->region[id];
}

static int operand_input(const struct draft *draft, struct chain *chain, struct fig_node *in)
{
    const struct operand operand = operand_of(in);
    return find_input(chain, operand_region(draft, &operand), operand.map);
}

static int member_index(const struct unit *unit, const struct fig_node *node)
{
    for (int i = 0; i < unit->count; i++) {
        if (unit->members[i] == node)
            return i;
    }
    return -1;
}

/* The number of a row's operand among the chain's values: a step's, the product's, or an input's.
 * Inputs are all found in a first pass, so that steps can be numbered behind them. */
static int operand_value(const struct draft *draft, const struct unit *unit, struct work *work,
                         struct fig_node *in)
{
    const struct operand operand = operand_of(in);
    const int step = operand.map.count ? -1 : member_index(unit, operand.root);
    if (step >= 0)
        return work->chain.ins + step;
    if (operand.root == unit->node && !operand.map.count)
        return find_input(&work->chain, work->product.c, (struct map){ 0, 0 });
    return operand_input(draft, &work->chain, in);
}

static void add_steps(const struct draft *draft, const struct unit *unit, struct work *work)
{
    struct chain *chain = &work->chain;
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < unit->count; k++) {
            const struct fig_node *node = unit->members[k];
            struct chain_step *step = &chain->step[k];
            *step = (struct chain_step){ .row = node->row, .b = -1, .p = node->p, .q = node->q };
            step->a = operand_value(draft, unit, work, node->in[0]);
            if (node->ins == 2)
                step->b = operand_value(draft, unit, work, node->in[1]);
        }
    }
    chain->steps = unit->count;
}

static struct chain_out *add_out(struct chain *chain, struct region region, int value)
{
    assert(chain->outs < CHAIN_OUTS); /* fuse.c counted */
    struct chain_out *out = &chain->out[chain->outs++];
    *out = (struct chain_out){ .region = region, .value = value };
    return out;
}

static void add_sum(const struct draft *draft, struct work *work, const struct fig_node *node,
                    int value)
{
    const struct fig_node *sum = fused_sum(draft, node);
    if (sum)
        add_out(&work->chain, draft->partial[sum->id], value)->sum = true;
}

static void add_history(const struct draft *draft, struct chain *chain,
                        const struct fig_node *node, int value)
{
    const struct region *history = history_of(draft, node);
    if (!history)
        return;
    add_out(chain, *history, value)->slot = true;
    chain->slot = draft->slot;
}

void fill_chain(const struct draft *draft, const struct unit *unit, struct work *work)
{
    struct chain *chain = &work->chain;
    chain->n = unit->length;
    if (unit->node && fused_sum(draft, unit->node))
        find_input(chain, work->product.c, (struct map){ 0, 0 });
    add_steps(draft, unit, work);
    if (unit->node)
        add_sum(draft, work, unit->node, 0); /* the product is input 0 where it is summed */
    for (int k = 0; k < unit->count; k++) {
        const struct fig_node *node = unit->members[k];
        const int value = chain->ins + k;
        if (draft->stored[node->id])
            add_out(chain, draft->region[node->id], value);
        add_sum(draft, work, node, value);
        add_history(draft, chain, node, value);
    }
}

enum fig_status add_copy_chain(struct draft *draft, const char *name, struct fig_node *from,
                               struct region to, bool sum)
{
    struct work *work = add_work(draft, WORK_CHAIN, name);
    if (!work)
        return FIG_NOMEM;
    work->chain.n = shape_length(from->shape);
    const int value = operand_input(draft, &work->chain, from);
    add_out(&work->chain, to, value)->sum = sum;
    return FIG_OK;
}

enum fig_status add_history_chain(struct draft *draft, struct fig_node *from)
{
    struct work *work = add_work(draft, WORK_CHAIN, "history");
    if (!work)
        return FIG_NOMEM;
    work->chain.n = shape_length(from->shape);
    add_history(draft, &work->chain, node_root(from), operand_input(draft, &work->chain, from));
    return FIG_OK;
}

enum fig_status add_rows(struct draft *draft, const struct unit *unit)
{
    struct work *work = add_work(draft, WORK_CHAIN, unit->members[unit->count - 1]->name);
    if (!work)
        return FIG_NOMEM;
    fill_chain(draft, unit, work);
    return FIG_OK;
}
