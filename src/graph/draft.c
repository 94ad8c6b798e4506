/* SPDX-License-Identifier: MIT */
#include "graph/draft.h"

#include <stdlib.h>

#include "device/work.h"

bool is_row(const struct fig_node *node)
{
    return node->op == OP_unary || node->op == OP_binary;
}

size_t partials_of(const struct fig_node *sum)
{
    return (shape_length(sum->in[0]->shape) - 1) / PARTIAL + 1;
}

bool is_total(const struct fig_node *node)
{
    return node->op == OP_sum && partials_of(node) > 1;
}

bool reads_through_maps(enum op op)
{
    return op == OP_unary || op == OP_binary || op == OP_sum || op == OP_broadcast ||
           op == OP_collect || op == OP_assign;
}

struct operand operand_of(struct fig_node *node)
{
    struct operand operand = { .root = node_root(node) };
    if (operand.root->op == OP_constant) {
        operand.map = (struct map){ 1, 1 };
    } else if (operand.root->op == OP_broadcast) {
        struct fig_node *from = operand.root->in[0];
        broadcast_map(from->shape, operand.root->shape, &operand.map);
        operand.root = node_root(from);
    }
    return operand;
}

struct unit *unit_of(const struct draft *draft, const struct fig_node *node)
{
    const int unit = draft->nodes[node->id].unit;
    return unit == NO_UNIT ? NULL : &draft->units[unit];
}

const struct fig_node *fused_sum(const struct draft *draft, const struct fig_node *node)
{
    const struct plan_node *planned = &draft->nodes[node->id];
    if (!is_row(node) && !is_product(node))
        return NULL;
    for (int i = 0; i < planned->use_count; i++) {
        const struct fig_node *user = planned->uses[i];
        if (user->op == OP_sum && operand_of(user->in[0]).map.count == 0)
            return user;
    }
    return NULL;
}

bool leaves(const struct draft *draft, const struct unit *unit, const struct fig_node *node,
            const struct fig_node *joiner)
{
    const struct plan_node *planned = &draft->nodes[node->id];
    const struct fig_node *sum = fused_sum(draft, node);
    if (planned->direct)
        return true;
    for (int i = 0; i < planned->use_count; i++) {
        const struct fig_node *user = planned->uses[i];
        if (user != joiner && user != sum && unit_of(draft, user) != unit)
            return true;
    }
    return false;
}

const struct region *history_of(const struct draft *draft, const struct fig_node *node)
{
    for (int i = 0; i < draft->params->output_count; i++) {
        if (node_root(draft->params->outputs[i]) == node && draft->history[i].buffer)
            return &draft->history[i];
    }
    return NULL;
}

const struct fig_feed *feed_of(const struct draft *draft, const struct fig_node *input)
{
    for (int i = 0; i < draft->params->feed_count; i++) {
        if (draft->params->feeds[i].input == input)
            return &draft->params->feeds[i];
    }
    return NULL;
}

static void need_direct(struct draft *draft, struct fig_node *node)
{
    struct plan_node *root = &draft->nodes[node_root(node)->id];
    root->needed = root->direct = true;
}

static void need_operand(struct draft *draft, const struct fig_node *node, int i)
{
    struct fig_node *in = node->in[i];
    if (!reads_through_maps(node->op)) {
        need_direct(draft, in);
        return;
    }
    const struct operand operand = operand_of(in);
    draft->nodes[operand.root->id].needed = true;
    /* A broadcast of a broadcast: the inner one must lie in memory. */
    if (operand.root->op == OP_broadcast)
        draft->nodes[operand.root->id].direct = true;
}

/* Operands have smaller ids, so one pass downwards finds all that is needed. */
static void mark_needed(struct draft *draft)
{
    for (int i = 0; i < draft->params->output_count; i++)
        need_direct(draft, draft->params->outputs[i]);
    for (int id = draft->graph->count - 1; id >= 0; id--) {
        const struct fig_node *node = draft->graph->nodes[id];
        for (int i = 0; draft->nodes[id].needed && i < node->ins; i++)
            need_operand(draft, node, i);
    }
}

/* Call back for every (operand's root, user) among the needed nodes. */
static void each_use(struct draft *draft,
                     void (*found)(struct draft *draft, struct fig_node *root,
                                   struct fig_node *user))
{
    for (int id = 0; id < draft->graph->count; id++) {
        struct fig_node *node = draft->graph->nodes[id];
        for (int i = 0; draft->nodes[id].needed && i < node->ins; i++) {
            struct fig_node *root = reads_through_maps(node->op) ? operand_of(node->in[i]).root
                                                                 : node_root(node->in[i]);
            found(draft, root, node);
        }
    }
}

static void count_use(struct draft *draft, struct fig_node *root, struct fig_node *user)
{
    (void)user;
    draft->nodes[root->id].use_count++;
}

static void list_use(struct draft *draft, struct fig_node *root, struct fig_node *user)
{
    struct plan_node *planned = &draft->nodes[root->id];
    planned->uses[planned->use_count++] = user;
}

/* The lists lie behind each other in one array. */
static enum fig_status list_uses(struct draft *draft)
{
    const int count = draft->graph->count;
    size_t total = 0;
    each_use(draft, count_use);
    for (int id = 0; id < count; id++)
        total += (size_t)draft->nodes[id].use_count;
    draft->uses = calloc(total + 1, sizeof(struct fig_node *));
    if (!draft->uses)
        return fail(FIG_NOMEM, "no memory for the %zu uses of %d nodes", total, count);
    struct fig_node **uses = draft->uses;
    for (int id = 0; id < count; id++) {
        draft->nodes[id].uses = uses;
        uses += draft->nodes[id].use_count;
        draft->nodes[id].use_count = 0;
    }
    each_use(draft, list_use);
    return FIG_OK;
}

/* Users have larger ids. */
static void mark_late(struct draft *draft)
{
    for (int id = draft->graph->count - 1; id >= 0; id--) {
        struct plan_node *planned = &draft->nodes[id];
        planned->late = shape_length(draft->graph->nodes[id]->shape) == 1;
        for (int i = 0; i < planned->use_count; i++)
            planned->late &= draft->nodes[planned->uses[i]->id].late;
    }
}

enum fig_status draft_init(struct draft *draft, struct fig_store *store,
                           const struct fig_plan_params *params)
{
    struct fig_graph *graph = params->outputs[0]->graph;
    const size_t count = (size_t)graph->count;
    *draft = (struct draft){ .graph = graph, .store = store, .params = params };
    draft->nodes = calloc(count, sizeof(*draft->nodes));
    draft->units = calloc(count, sizeof(*draft->units));
    draft->order = calloc(count, sizeof(*draft->order));
    if (!draft->nodes || !draft->units || !draft->order)
        return fail(FIG_NOMEM, "no memory to plan a graph of %zu nodes", count);
    for (size_t id = 0; id < count; id++)
        draft->nodes[id].unit = NO_UNIT;
    mark_needed(draft);
    TRY(list_uses(draft));
    mark_late(draft);
    return FIG_OK;
}

void draft_finish(struct draft *draft)
{
    for (int i = 0; i < draft->unit_count; i++)
        free(draft->units[i].members);
    free(draft->works);
    free(draft->uses);
    free(draft->nodes);
    free(draft->units);
    free(draft->order);
}
