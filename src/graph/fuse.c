/* SPDX-License-Identifier: MIT */
/* Fusion: every elementwise node joins the unit of one of its operands where that is legal and a
 * chain has room; what is left begins a unit of its own.  Losses and their parts, single numbers,
 * join each other whether they are operands or not. */
#include <stdlib.h>
#include <string.h>

#include "device/work.h"
#include "graph/draft.h"

static enum fig_status add_member(struct draft *draft, struct unit *unit, struct fig_node *node)
{
    if (unit->count == unit->room) {
        const int room = unit->room ? 2 * unit->room : 8;
        struct fig_node **members = realloc(unit->members,
                                            (size_t)room * sizeof(struct fig_node *));
        if (!members)
            return fail(FIG_NOMEM, "no memory for a chain of %d nodes", room);
        unit->members = members;
        unit->room = room;
    }
    int at = unit->count++;
    for (; at > 0 && unit->members[at - 1]->id > node->id; at--)
        unit->members[at] = unit->members[at - 1];
    unit->members[at] = node;
    unit->late &= draft->nodes[node->id].late;
    draft->nodes[node->id].unit = (int)(unit - draft->units);
    return FIG_OK;
}

static struct unit *new_unit(struct draft *draft, struct fig_node *node)
{
    struct unit *unit = &draft->units[draft->unit_count++];
    *unit = (struct unit){ .node = node, .late = !node };
    if (node) {
        unit->length = shape_length(node->shape);
        draft->nodes[node->id].unit = (int)(unit - draft->units);
    }
    return unit;
}

static struct unit *new_rows(struct draft *draft, const struct fig_node *first)
{
    struct unit *unit = new_unit(draft, NULL);
    unit->length = shape_length(first->shape);
    return unit;
}

/* --- Legality: a join must not make a circle of units. */

static bool node_depends(struct draft *draft, const struct fig_node *node,
                         const struct unit *target);

static bool unit_depends(struct draft *draft, struct unit *unit, const struct unit *target)
{
    if (unit == target)
        return true;
    if (unit->stamp == draft->stamp)
        return false;
    unit->stamp = draft->stamp;
    if (unit->node && node_depends(draft, unit->node, target))
        return true;
    for (int i = 0; i < unit->count; i++) {
        if (node_depends(draft, unit->members[i], target))
            return true;
    }
    return false;
}

/* Whether an operand of the node, or anything before it, is computed in `target`.  Nodes that have
 * no unit yet are looked through. */
static bool node_depends(struct draft *draft, const struct fig_node *node,
                         const struct unit *target)
{
    for (int i = 0; i < node->ins; i++) {
        const struct fig_node *in = node_root(node->in[i]);
        struct unit *unit = unit_of(draft, in);
        if (unit ? unit_depends(draft, unit, target) : node_depends(draft, in, target))
            return true;
    }
    return false;
}

/* A function of one operand whose only user is a row waits: it is cheap to compute where it is
 * used, and storing it between the forward and the backward pass would cost memory.  A single
 * number costs none. */
static bool waits(const struct draft *draft, const struct fig_node *node)
{
    const struct plan_node *planned = &draft->nodes[node->id];
    const size_t length = shape_length(node->shape);
    return node->op == OP_unary && length > 1 && planned->use_count == 1 && !planned->direct &&
           planned->uses[0]->op == OP_binary && shape_length(planned->uses[0]->shape) == length;
}

/* Operands from outside the unit must not depend on it.  An operand of equal length inside is read
 * as a value of the chain; one that is read through a map must be complete before.  Those that wait
 * may come along. */
static bool makes_circle(struct draft *draft, const struct fig_node *node,
                         const struct unit *target)
{
    for (int i = 0; i < node->ins; i++) {
        const struct operand operand = operand_of(node->in[i]);
        struct unit *unit = unit_of(draft, operand.root);
        if (unit == target && operand.map.count == 0)
            continue;
        if (!unit && operand.map.count == 0 && waits(draft, operand.root)) {
            if (makes_circle(draft, operand.root, target))
                return true;
            continue;
        }
        draft->stamp++;
        if (unit ? unit_depends(draft, unit, target) : node_depends(draft, operand.root, target))
            return true;
    }
    return false;
}

/* --- Room: what the unit's chain would hold. */

struct needs {
    struct operand in[CHAIN_INS];
    int ins, totals, steps, outs;
};

static bool inside(const struct draft *draft, const struct unit *unit,
                   const struct operand *operand, const struct fig_node *extra)
{
    return operand->map.count == 0 &&
           (operand->root == extra || unit_of(draft, operand->root) == unit);
}

static bool add_input(struct needs *needs, const struct operand *operand)
{
    for (int i = 0; i < needs->ins; i++) {
        if (needs->in[i].root == operand->root &&
            memcmp(&needs->in[i].map, &operand->map, sizeof(operand->map)) == 0)
            return true;
    }
    if (needs->ins == CHAIN_INS)
        return false;
    needs->in[needs->ins++] = *operand;
    return true;
}

/* Pessimistic: users that have not joined yet count as outside. */
static bool count_node(const struct draft *draft, const struct unit *unit,
                       const struct fig_node *node, const struct fig_node *extra,
                       struct needs *needs)
{
    for (int i = 0; is_row(node) && i < node->ins; i++) {
        const struct operand operand = operand_of(node->in[i]);
        if (!inside(draft, unit, &operand, extra) && !add_input(needs, &operand))
            return false;
    }
    needs->totals += is_total(node);
    needs->steps += is_row(node);
    needs->outs += leaves(draft, unit, node, extra) + (fused_sum(draft, node) != NULL) +
                   (node != unit->node && history_of(draft, node));
    return needs->ins + needs->totals <= CHAIN_INS && needs->steps <= CHAIN_STEPS &&
           needs->outs <= CHAIN_OUTS;
}

static bool has_room(const struct draft *draft, const struct unit *unit,
                     const struct fig_node *extra)
{
    struct needs needs = { .ins = unit->node ? 1 : 0 };
    if (unit->node)
        needs.in[0] = (struct operand){ .root = unit->node };
    if (unit->node && !count_node(draft, unit, unit->node, extra, &needs))
        return false;
    for (int i = 0; i < unit->count; i++) {
        if (!count_node(draft, unit, unit->members[i], extra, &needs))
            return false;
    }
    return count_node(draft, unit, extra, extra, &needs);
}

/* --- Joining */

static bool may_join(struct draft *draft, struct unit *unit, const struct fig_node *node)
{
    return unit && (!unit->node || (is_product(unit->node) && !is_total(node))) &&
           unit->length == shape_length(node->shape) && !makes_circle(draft, node, unit) &&
           has_room(draft, unit, node);
}

/* Products first (their results are at hand), then the latest. */
static bool better(const struct unit *a, const struct unit *b)
{
    if (!b)
        return true;
    if (!a->node != !b->node)
        return a->node != NULL;
    return a > b;
}

/* The best unit to join among those of the operands, looking through waiting ones. */
static struct unit *find_unit(struct draft *draft, const struct fig_node *node,
                              const struct fig_node *joiner)
{
    struct unit *best = NULL;
    for (int i = 0; i < node->ins; i++) {
        const struct operand operand = operand_of(node->in[i]);
        if (operand.map.count)
            continue;
        struct unit *unit = unit_of(draft, operand.root);
        if (!unit && is_row(operand.root))
            unit = find_unit(draft, operand.root, joiner);
        if (unit != best && may_join(draft, unit, joiner) && better(unit, best))
            best = unit;
    }
    return best;
}

/* The latest unit of other single numbers for which nobody waits. */
static struct unit *find_late(struct draft *draft, const struct fig_node *node)
{
    for (int i = draft->unit_count - 1; i >= 0 && draft->nodes[node->id].late; i--) {
        struct unit *unit = &draft->units[i];
        if (unit->late && may_join(draft, unit, node))
            return unit;
    }
    return NULL;
}

static enum fig_status join(struct draft *draft, struct fig_node *node);

/* Operands that wait come before the node: into its unit where that is legal. */
static enum fig_status settle_operands(struct draft *draft, const struct fig_node *node,
                                       struct unit *unit)
{
    for (int i = 0; i < node->ins; i++) {
        struct fig_node *in = operand_of(node->in[i]).root;
        if (!is_row(in) || unit_of(draft, in))
            continue;
        TRY(settle_operands(draft, in, unit));
        if (may_join(draft, unit, in))
            TRY(add_member(draft, unit, in));
        else
            TRY(join(draft, in));
    }
    return FIG_OK;
}

static enum fig_status join(struct draft *draft, struct fig_node *node)
{
    struct unit *unit = find_unit(draft, node, node);
    if (!unit)
        unit = find_late(draft, node);
    if (!unit)
        unit = new_rows(draft, node);
    TRY(settle_operands(draft, node, unit));
    if (!may_join(draft, unit, node)) /* its operands filled the unit, or some could not join */
        unit = new_rows(draft, node);
    return add_member(draft, unit, node);
}

/* --- Sums beside products: a bias's gradient is made of what its weights' gradient reads. */

/* A chain must not take the sums for its own elements, which a product of one column would have as
 * many of; and a right factor that is older than the sums does not depend on them. */
static bool goes_beside(const struct fig_node *product, const struct fig_node *sums)
{
    return product->op == OP_matmul && product->flags & FIG_TRANS_A && product->shape.dim[1] > 1 &&
           node_root(product->in[0]) == node_root(sums->in[0]) &&
           product->shape.dim[0] == shape_cols(sums->in[0]->shape) &&
           product->in[1]->id < sums->id;
}

static struct unit *find_beside(struct draft *draft, const struct fig_node *sums)
{
    const struct plan_node *root = &draft->nodes[node_root(sums->in[0])->id];
    for (int i = 0; i < root->use_count; i++) {
        struct fig_node *product = root->uses[i];
        struct unit *unit = unit_of(draft, product);
        if (goes_beside(product, sums) && !(unit && unit->sums))
            return unit ? unit : new_unit(draft, product);
    }
    return NULL;
}

static void add_sums(struct draft *draft, struct fig_node *sums)
{
    struct unit *unit = find_beside(draft, sums);
    if (!unit) {
        new_unit(draft, sums);
        return;
    }
    unit->sums = sums;
    draft->nodes[sums->id].unit = (int)(unit - draft->units);
}

/* Leaves that lie somewhere already, and nodes that are only read through maps, need no work. */
static bool needs_unit(const struct draft *draft, const struct fig_node *node)
{
    switch (node->op) {
    case OP_param:
    case OP_state:
    case OP_values:
    case OP_reshape:
    case OP_detach:
        return false;
    case OP_input:
        return feed_of(draft, node) != NULL;
    case OP_constant:
    case OP_broadcast:
        return draft->nodes[node->id].direct;
    default:
        return true;
    }
}

enum fig_status draft_fuse(struct draft *draft)
{
    for (int id = 0; id < draft->graph->count; id++) {
        struct fig_node *node = draft->graph->nodes[id];
        if (!draft->nodes[id].needed || !needs_unit(draft, node) || unit_of(draft, node))
            continue;
        if (node->op == OP_sum_rows)
            add_sums(draft, node);
        else if (!is_row(node) && !is_total(node))
            new_unit(draft, node);
        else if (!waits(draft, node))
            TRY(join(draft, node));
    }
    return FIG_OK;
}
