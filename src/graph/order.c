/* SPDX-License-Identifier: MIT */
/* Order: a unit comes when all that it reads has come.  Those that change the store come last, and
 * among them each after the others that read what it changes. */
#include "graph/draft.h"

enum { NO_POSITION = -1 };

static void visit(struct draft *draft, struct unit *unit, int *count);

static void visit_operands(struct draft *draft, const struct fig_node *node,
                           const struct unit *self, int *count)
{
    for (int i = 0; i < node->ins; i++) {
        const struct fig_node *in = node_root(node->in[i]);
        struct unit *unit = unit_of(draft, in);
        if (unit && unit != self)
            visit(draft, unit, count);
        else if (!unit && in->op == OP_broadcast)
            visit_operands(draft, in, self, count);
    }
}

static void put(struct draft *draft, struct unit *unit, int *count)
{
    unit->position = *count;
    draft->order[(*count)++] = (int)(unit - draft->units);
}

/* Depth first. */
static void visit(struct draft *draft, struct unit *unit, int *count)
{
    if (unit->stamp == draft->stamp)
        return;
    unit->stamp = draft->stamp;
    if (unit->node)
        visit_operands(draft, unit->node, unit, count);
    for (int i = 0; i < unit->count; i++)
        visit_operands(draft, unit->members[i], unit, count);
    put(draft, unit, count);
}

/* --- What changes the store */

static bool changes(const struct unit *unit)
{
    return unit->node && changes_store(unit->node);
}

/* What an assignment takes from the store as it lies there: a parameter or another state. */
static const struct fig_node *taken(const struct fig_node *change)
{
    return change->op == OP_assign ? operand_of(change->in[1]).root : NULL;
}

static bool is_target(const struct fig_node *node, const struct fig_node *change)
{
    if (change->op == OP_assign)
        return node_root(change->in[0]) == node;
    return node->op == OP_param && node->order >= change->in[1]->order &&
           node->order <= change->in[2]->order;
}

static bool must_precede(const struct unit *unit, const struct unit *change)
{
    const struct fig_node *node = unit != change && changes(unit) ? taken(unit->node) : NULL;
    return node && is_target(node, change->node);
}

static const char *target_name(const struct unit *change)
{
    return change->node->op == OP_assign ? change->node->in[0]->name : change->node->name;
}

/* One that has come by, but has no position yet, waits for itself. */
static enum fig_status visit_change(struct draft *draft, struct unit *change, int *count)
{
    if (change->stamp == draft->stamp)
        return FIG_OK;
    change->stamp = draft->stamp;
    change->position = NO_POSITION;
    for (int i = 0; i < draft->unit_count; i++) {
        struct unit *unit = &draft->units[i];
        if (!must_precede(unit, change))
            continue;
        TRY(visit_change(draft, unit, count));
        if (unit->position == NO_POSITION)
            return fail(FIG_INVALID, "plan: %s and %s are in a circle of assignments, each of "
                        "which is to come after the others", target_name(unit),
                        target_name(change));
    }
    put(draft, change, count);
    return FIG_OK;
}

enum fig_status draft_order(struct draft *draft)
{
    int count = 0;
    draft->stamp++;
    for (int i = 0; i < draft->unit_count; i++) {
        if (!changes(&draft->units[i]))
            visit(draft, &draft->units[i], &count);
    }
    for (int i = 0; i < draft->unit_count; i++) {
        if (changes(&draft->units[i]))
            TRY(visit_change(draft, &draft->units[i], &count));
    }
    return FIG_OK;
}
