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

const struct fig_node *fused_sum(const struct draft *draft, const struct fig_node *node)
{
    if (!is_row(node) && !is_product(node))
        return NULL;
    for (int i = draft->use_begin[node->id]; i < draft->use_begin[node->id + 1]; i++) {
        const struct fig_node *user = draft->uses[i];
        if (user->op == OP_sum && operand_of(user->in[0]).map.count == 0)
            return user;
    }
    return NULL;
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
    draft->needed[node_root(node)->id] = true;
    draft->direct[node_root(node)->id] = true;
}

static void need_operand(struct draft *draft, const struct fig_node *node, int i)
{
    struct fig_node *in = node->in[i];
    if (!reads_through_maps(node->op)) {
        need_direct(draft, in);
        return;
    }
    const struct operand operand = operand_of(in);
    draft->needed[operand.root->id] = true;
    /* A broadcast of a broadcast: the inner one must lie in memory. */
    if (operand.root->op == OP_broadcast)
        draft->direct[operand.root->id] = true;
}

/* Operands have smaller ids, so one pass downwards finds all that is needed. */
static void mark_needed(struct draft *draft)
{
    for (int i = 0; i < draft->params->output_count; i++)
        need_direct(draft, draft->params->outputs[i]);
    for (int id = draft->graph->count - 1; id >= 0; id--) {
        const struct fig_node *node = draft->graph->nodes[id];
        for (int i = 0; draft->needed[id] && i < node->ins; i++)
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
        for (int i = 0; draft->needed[id] && i < node->ins; i++) {
            struct fig_node *root = reads_through_maps(node->op) ? operand_of(node->in[i]).root
                                                                 : node_root(node->in[i]);
            found(draft, root, node);
        }
    }
}

static void count_use(struct draft *draft, struct fig_node *root, struct fig_node *user)
{
    (void)user;
    draft->use_begin[root->id + 2]++;
}

static void list_use(struct draft *draft, struct fig_node *root, struct fig_node *user)
{
    draft->uses[draft->use_begin[root->id + 1]++] = user;
}

/* Counting sort of the uses by root: begins[id + 1] moves from the begin of id to its end. */
static enum fig_status list_uses(struct draft *draft)
{
    const int count = draft->graph->count;
    each_use(draft, count_use);
    for (int id = 0; id <= count; id++)
        draft->use_begin[id + 1] += draft->use_begin[id];
    draft->uses = calloc((size_t)draft->use_begin[count + 1] + 1, sizeof(struct fig_node *));
    if (!draft->uses)
        return FIG_NOMEM;
    each_use(draft, list_use);
    return FIG_OK;
}

/* Users have larger ids. */
static void mark_late(struct draft *draft)
{
    for (int id = draft->graph->count - 1; id >= 0; id--) {
        draft->late[id] = shape_length(draft->graph->nodes[id]->shape) == 1;
        for (int i = draft->use_begin[id]; i < draft->use_begin[id + 1]; i++)
            draft->late[id] &= draft->late[draft->uses[i]->id];
    }
}

enum fig_status draft_init(struct draft *draft, struct fig_store *store,
                           const struct fig_plan_params *params)
{
    struct fig_graph *graph = params->outputs[0]->graph;
    const size_t count = (size_t)graph->count;
    *draft = (struct draft){ .graph = graph, .store = store, .params = params };
    draft->needed = calloc(count, sizeof(bool));
    draft->direct = calloc(count, sizeof(bool));
    draft->late = calloc(count, sizeof(bool));
    draft->stored = calloc(count, sizeof(bool));
    draft->unit = calloc(count, sizeof(int));
    draft->use_begin = calloc(count + 2, sizeof(int));
    draft->whole = calloc(count, sizeof(struct fig_node *));
    draft->region = calloc(count, sizeof(struct region));
    draft->partial = calloc(count, sizeof(struct region));
    draft->life = calloc(3 * count, sizeof(struct life));
    draft->units = calloc(count, sizeof(struct unit));
    draft->order = calloc(count, sizeof(int));
    if (!draft->needed || !draft->direct || !draft->late || !draft->stored || !draft->unit ||
        !draft->use_begin || !draft->whole || !draft->region || !draft->partial || !draft->life ||
        !draft->units || !draft->order)
        return fail(FIG_NOMEM, "no memory to plan a graph of %zu nodes", count);
    draft->partial_life = draft->life + count;
    draft->scratch_life = draft->life + 2 * count;
    for (size_t id = 0; id < count; id++)
        draft->unit[id] = NO_UNIT;
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
    free(draft->needed);
    free(draft->direct);
    free(draft->late);
    free(draft->stored);
    free(draft->unit);
    free(draft->use_begin);
    free(draft->whole);
    free(draft->region);
    free(draft->partial);
    free(draft->life);
    free(draft->units);
    free(draft->order);
}
