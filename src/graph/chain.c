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

static int find_input(struct chain *chain, const struct chain_in *wanted)
{
    for (int i = 0; i < chain->ins; i++) {
        const struct chain_in *in = &chain->in[i];
        if (region_same(in->region, wanted->region) && in->inner == wanted->inner &&
            in->count == wanted->count && in->sum == wanted->sum)
            return i;
    }
    assert(chain->ins < CHAIN_INS); /* fuse.c counted */
    chain->in[chain->ins] = *wanted;
    return chain->ins++;
}

static int product_input(struct work *work)
{
    return find_input(&work->chain, &(struct chain_in){ .region = work->product.c });
}

static int total_input(const struct draft *draft, struct chain *chain, const struct fig_node *sum)
{
    const struct chain_in in = { draft->nodes[sum->id].partial, 1, (unsigned)partials_of(sum),
                                 true };
    return find_input(chain, &in);
}

struct region operand_region(const struct draft *draft, const struct operand *operand)
{
    const struct plan_node *planned = &draft->nodes[operand->root->id];
    return operand->root->op == OP_constant ? planned->partial : planned->region;
}

static int operand_input(const struct draft *draft, struct chain *chain, struct fig_node *in)
{
    const struct operand operand = operand_of(in);
    const struct chain_in wanted = { .region = operand_region(draft, &operand),
                                     .inner = operand.map.inner, .count = operand.map.count };
    return find_input(chain, &wanted);
}

/* The number of a member among the chain's values: an input's, or a step's; -1 if it is none. */
static int member_value(const struct draft *draft, const struct unit *unit, struct chain *chain,
                        const struct fig_node *node)
{
    int steps = 0;
    for (int k = 0; k < unit->count; k++) {
        if (unit->members[k] == node)
            return is_total(node) ? total_input(draft, chain, node) : chain->ins + steps;
        steps += is_row(unit->members[k]);
    }
    return -1;
}

/* That of a row's operand: a member's, the product's, or an input's. */
static int operand_value(const struct draft *draft, const struct unit *unit, struct work *work,
                         struct fig_node *in)
{
    const struct operand operand = operand_of(in);
    const int value = operand.map.count ? -1
                                        : member_value(draft, unit, &work->chain, operand.root);
    if (value >= 0)
        return value;
    if (operand.root == unit->node && !operand.map.count)
        return product_input(work);
    return operand_input(draft, &work->chain, in);
}

static void add_step(const struct draft *draft, const struct unit *unit, struct work *work,
                     const struct fig_node *node)
{
    struct chain_step step = { .row = node->row, .b = -1, .p = node->p, .q = node->q };
    step.a = operand_value(draft, unit, work, node->in[0]);
    if (node->ins == 2)
        step.b = operand_value(draft, unit, work, node->in[1]);
    work->chain.step[work->chain.steps++] = step;
}

/* Inputs are all found in a first pass, so that steps can be numbered behind them. */
static void add_steps(const struct draft *draft, const struct unit *unit, struct work *work)
{
    for (int pass = 0; pass < 2; pass++) {
        work->chain.steps = 0;
        for (int k = 0; k < unit->count; k++) {
            if (is_total(unit->members[k]))
                total_input(draft, &work->chain, unit->members[k]);
            else
                add_step(draft, unit, work, unit->members[k]);
        }
    }
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
        add_out(&work->chain, draft->nodes[sum->id].partial, value)->sum = true;
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
        product_input(work);
    add_steps(draft, unit, work);
    if (unit->node)
        add_sum(draft, work, unit->node, 0); /* the product is input 0 where it is summed */
    for (int k = 0; k < unit->count; k++) {
        const struct fig_node *node = unit->members[k];
        const int value = member_value(draft, unit, chain, node);
        if (draft->nodes[node->id].stored)
            add_out(chain, draft->nodes[node->id].region, value);
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

enum fig_status add_partials(struct draft *draft, const struct fig_node *sum)
{
    if (fused_sum(draft, operand_of(sum->in[0]).root) == sum)
        return FIG_OK;
    return add_copy_chain(draft, sum->name, sum->in[0], draft->nodes[sum->id].partial, true);
}

enum fig_status add_rows(struct draft *draft, const struct unit *unit)
{
    for (int k = 0; k < unit->count; k++) {
        if (is_total(unit->members[k]))
            TRY(add_partials(draft, unit->members[k]));
    }
    struct work *work = add_work(draft, WORK_CHAIN, unit->members[unit->count - 1]->name);
    if (!work)
        return FIG_NOMEM;
    fill_chain(draft, unit, work);
    return FIG_OK;
}
