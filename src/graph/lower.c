/* SPDX-License-Identifier: MIT */
/* Units become works.  lower_NAME(draft, unit) adds what the operation NAME takes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/draft.h"

static struct work *add_work(struct draft *draft, enum work_kind kind, const char *name)
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

static struct work *add_kernel(struct draft *draft, enum kernel kernel, const char *name, size_t n)
{
    struct work *work = add_work(draft, WORK_KERNEL, name);
    if (!work)
        return NULL;
    work->kernel = kernel;
    work->n = n;
    return work;
}

static struct region region_of(const struct draft *draft, struct fig_node *node)
{
    return draft->region[node_root(node)->id];
}

/* --- Chains */

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

/* What an operand is in memory: a constant is its one number. */
static struct region operand_region(const struct draft *draft, const struct operand *operand)
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

static void add_out(struct chain *chain, struct region region, int value, bool sum)
{
    assert(chain->outs < CHAIN_OUTS); /* fuse.c counted */
    chain->out[chain->outs++] = (struct chain_out){ region, value, sum };
}

static void add_sums(const struct draft *draft, struct work *work, const struct fig_node *node,
                     int value)
{
    for (int i = draft->use_begin[node->id]; i < draft->use_begin[node->id + 1]; i++) {
        const struct fig_node *user = draft->uses[i];
        if (user->op == OP_sum && operand_of(user->in[0]).map.count == 0)
            add_out(&work->chain, draft->partial[user->id], value, true);
    }
}

static bool is_summed(const struct draft *draft, const struct fig_node *node)
{
    for (int i = draft->use_begin[node->id]; i < draft->use_begin[node->id + 1]; i++) {
        if (draft->uses[i]->op == OP_sum && operand_of(draft->uses[i]->in[0]).map.count == 0)
            return true;
    }
    return false;
}

static void fill_chain(const struct draft *draft, const struct unit *unit, struct work *work)
{
    struct chain *chain = &work->chain;
    chain->n = unit->length;
    if (unit->node && is_summed(draft, unit->node))
        find_input(chain, work->product.c, (struct map){ 0, 0 });
    add_steps(draft, unit, work);
    if (unit->node)
        add_sums(draft, work, unit->node, 0); /* the product is input 0 where it is summed */
    for (int k = 0; k < unit->count; k++) {
        const struct fig_node *node = unit->members[k];
        if (draft->stored[node->id])
            add_out(chain, draft->region[node->id], chain->ins + k, false);
        add_sums(draft, work, node, chain->ins + k);
    }
}

/* One value, read through its map and stored element by element (or summed). */
static enum fig_status copy_chain(struct draft *draft, const char *name, struct fig_node *from,
                                  struct region to, bool sum)
{
    struct work *work = add_work(draft, WORK_CHAIN, name);
    if (!work)
        return FIG_NOMEM;
    work->chain.n = shape_length(from->shape);
    add_out(&work->chain, to, operand_input(draft, &work->chain, from), sum);
    return FIG_OK;
}

static enum fig_status lower_rows(struct draft *draft, const struct unit *unit)
{
    struct work *work = add_work(draft, WORK_CHAIN, unit->members[unit->count - 1]->name);
    if (!work)
        return FIG_NOMEM;
    fill_chain(draft, unit, work);
    return FIG_OK;
}

/* --- Operations */

static struct region product_region(const struct draft *draft, const struct unit *unit)
{
    const int id = unit->node->id;
    if (draft->stored[id])
        return draft->region[id];
    for (int k = 0; k < unit->count; k++) {
        if (draft->stored[unit->members[k]->id])
            return draft->region[unit->members[k]->id];
    }
    const struct life *life = &draft->scratch_life[id];
    return (struct region){ draft->arena_buffer, life->offset,
                            device_reals(store_device(draft->store), unit->length) };
}

static enum fig_status lower_matmul(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node, *a = node->in[0];
    const bool trans_a = node->flags & FIG_TRANS_A;
    struct work *work = add_work(draft, WORK_PRODUCT, node->name);
    if (!work)
        return FIG_NOMEM;
    work->product = (struct product){
        .a = region_of(draft, node->in[0]),
        .b = region_of(draft, node->in[1]),
        .c = product_region(draft, unit),
        .trans_a = trans_a,
        .trans_b = node->flags & FIG_TRANS_B,
        .m = node->shape.dim[0],
        .n = node->shape.dim[1],
        .k = a->shape.dim[!trans_a],
    };
    work->product_kept = draft->stored[node->id];
    draft->flops += 2.0 * work->product.m * work->product.n * work->product.k;
    fill_chain(draft, unit, work);
    return FIG_OK;
}

static void tick_gather(struct work *work, uint32_t step)
{
    (void)step;
    work->params.gather.first = *(const uint32_t *)work->context;
}

static enum fig_status lower_input(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node;
    const struct fig_samples *samples = feed_of(draft, node)->samples;
    const enum kernel kernel = samples->bytes ? KERNEL_gather_bytes : KERNEL_gather_reals;
    struct work *work = add_kernel(draft, kernel, node->name, unit->length);
    if (!work)
        return FIG_NOMEM;
    work->buffers[0] = draft->region[node->id];
    work->buffers[1] = samples->values;
    work->buffers[2] = samples->order;
    work->params.gather = (struct gather){ 0, (unsigned)samples->length,
                                           samples->bytes ? 255.0f : 1.0f };
    work->tick = tick_gather;
    work->context = draft->first;
    return FIG_OK;
}

static void tick_random(struct work *work, uint32_t step)
{
    work->params.random.step = step;
}

static enum fig_status lower_random(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node;
    const uint64_t seed = store_seed(draft->store);
    struct work *work = add_kernel(draft, node->kernel, node->name, unit->length);
    if (!work)
        return FIG_NOMEM;
    work->buffers[0] = draft->region[node->id];
    work->params.random = (struct random){ (uint32_t)seed, (uint32_t)(seed >> 32), node->stream, 0 };
    work->tick = tick_random;
    return FIG_OK;
}

static enum fig_status lower_broadcast(struct draft *draft, const struct unit *unit)
{
    return copy_chain(draft, unit->node->name, unit->node, draft->region[unit->node->id], false);
}

static enum fig_status lower_constant(struct draft *draft, const struct unit *unit)
{
    return lower_broadcast(draft, unit);
}

static enum fig_status add_rows_kernel(struct draft *draft, const struct unit *unit,
                                       enum kernel kernel, size_t items)
{
    struct fig_node *from = unit->node->in[0];
    struct work *work = add_kernel(draft, kernel, unit->node->name, items);
    if (!work)
        return FIG_NOMEM;
    work->buffers[0] = draft->region[unit->node->id];
    work->buffers[1] = region_of(draft, from);
    work->params.matrix = (struct matrix){ (unsigned)shape_rows(from->shape),
                                           (unsigned)shape_cols(from->shape) };
    return FIG_OK;
}

static size_t rows_of(const struct unit *unit)
{
    return (size_t)shape_rows(unit->node->in[0]->shape);
}

static enum fig_status lower_sum_rows(struct draft *draft, const struct unit *unit)
{
    return add_rows_kernel(draft, unit, KERNEL_sum_rows, unit->length);
}

static enum fig_status lower_sum_cols(struct draft *draft, const struct unit *unit)
{
    return add_rows_kernel(draft, unit, KERNEL_sum_cols, rows_of(unit));
}

static enum fig_status lower_softmax(struct draft *draft, const struct unit *unit)
{
    return add_rows_kernel(draft, unit, KERNEL_softmax, rows_of(unit));
}

static enum fig_status lower_log_sum_exp(struct draft *draft, const struct unit *unit)
{
    return add_rows_kernel(draft, unit, KERNEL_log_sum_exp, rows_of(unit));
}

/* Partial sums come from the operand's own chain where it has one. */
static enum fig_status lower_sum(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node;
    const struct operand operand = operand_of(node->in[0]);
    const bool fused = !operand.map.count && draft->unit[operand.root->id] != NO_UNIT &&
                       (is_row(operand.root) || operand.root->op == OP_matmul);
    const struct region partial = draft->partial[node->id];
    if (!fused)
        TRY(copy_chain(draft, node->name, node->in[0], partial, true));
    if (!draft->partial_life[node->id].size)
        return FIG_OK;
    struct work *work = add_kernel(draft, KERNEL_sum_cols, node->name, 1);
    if (!work)
        return FIG_NOMEM;
    const size_t count = partial.size / device_reals(store_device(draft->store), 1);
    work->buffers[0] = draft->region[node->id];
    work->buffers[1] = partial;
    work->params.matrix = (struct matrix){ 1, (unsigned)count };
    return FIG_OK;
}

/* Elements from `axis` on, and how many such blocks there are before it. */
static unsigned block_of(struct fig_shape shape, int axis)
{
    unsigned block = 1;
    for (int i = axis; i < shape.rank; i++)
        block *= (unsigned)shape.dim[i];
    return block;
}

static enum fig_status add_copy(struct draft *draft, const char *name, struct region to,
                                struct region from, struct copy copy, size_t n)
{
    struct work *work = add_kernel(draft, KERNEL_copy, name, n);
    if (!work)
        return FIG_NOMEM;
    work->buffers[0] = to;
    work->buffers[1] = from;
    work->params.copy = copy;
    return FIG_OK;
}

static enum fig_status lower_concat(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node;
    const unsigned stride = block_of(node->shape, node->axis);
    unsigned at = 0;
    for (int i = 0; i < 2; i++) {
        const unsigned cols = block_of(node->in[i]->shape, node->axis);
        const struct copy copy = { cols, 0, cols, at, stride };
        TRY(add_copy(draft, node->name, draft->region[node->id], region_of(draft, node->in[i]),
                     copy, shape_length(node->in[i]->shape)));
        at += cols;
    }
    return FIG_OK;
}

static enum fig_status lower_slice(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node, *from = node->in[0];
    const unsigned cols = block_of(node->shape, node->axis);
    const unsigned one = block_of(node->shape, node->axis + 1);
    const struct copy copy = { cols, (unsigned)node->begin * one,
                               block_of(from->shape, node->axis), 0, cols };
    return add_copy(draft, node->name, draft->region[node->id], region_of(draft, node->in[0]),
                    copy, unit->length);
}

/* Gradients that could not be computed in their place are copied there. */
static enum fig_status lower_collect(struct draft *draft, const struct unit *unit)
{
    struct region values, gradient;
    for (int i = 0; i < unit->node->ins; i += 2) {
        struct fig_node *in = unit->node->in[i], *param = unit->node->in[i + 1];
        const struct operand operand = operand_of(in);
        const struct region region = operand_region(draft, &operand);
        TRY(store_param(draft->store, param, &values, &gradient));
        if (operand.map.count || region.buffer != gradient.buffer ||
            region.offset != gradient.offset)
            TRY(copy_chain(draft, param->name, in, gradient, false));
    }
    return FIG_OK;
}

static void tick_update(struct work *work, uint32_t step)
{
    struct group *group = work->context;
    const struct fig_optimizer *o = &group->optimizer;
    const double t = (double)++group->state.steps;
    const bool adam = o->kind == FIG_ADAM || o->kind == FIG_ADAMW;
    const double first = adam ? o->beta1 : o->momentum, second = adam ? o->beta2 : o->rho;
    (void)step;
    work->params.optimizer = (struct optimizer){
        .rate = (float)group->state.rate,
        .momentum = (float)first,
        .fresh = (float)(1 - first),
        .rho = (float)second,
        .leak = (float)(1 - second),
        .correct1 = adam ? (float)(1 / (1 - pow(first, t))) : 1,
        .correct2 = adam ? (float)(1 / sqrt(1 - pow(second, t))) : 1,
        .epsilon = (float)o->epsilon,
        .decay = (float)o->decay,
    };
}

static enum fig_status lower_update(struct draft *draft, const struct unit *unit)
{
    static const enum kernel kernels[] = {
        [FIG_SGD] = KERNEL_sgd,           [FIG_MOMENTUM] = KERNEL_momentum,
        [FIG_NESTEROV] = KERNEL_nesterov, [FIG_RMSPROP] = KERNEL_rmsprop,
        [FIG_ADAGRAD] = KERNEL_adagrad,   [FIG_ADADELTA] = KERNEL_adadelta,
        [FIG_ADAM] = KERNEL_adam,         [FIG_ADAMW] = KERNEL_adamw,
    };
    struct fig_node *node = unit->node;
    struct group *group;
    TRY(store_group(draft->store, node, &group));
    const size_t n = group->values.size / device_reals(store_device(draft->store), 1);
    struct work *work = add_kernel(draft, kernels[node->optimizer.kind], node->name, n);
    if (!work)
        return FIG_NOMEM;
    work->buffers[0] = group->values;
    work->buffers[1] = region_of(draft, node->in[0]);
    for (int k = 0; k < optimizer_moments(node->optimizer.kind); k++)
        work->buffers[2 + k] = group->moments[k];
    work->tick = tick_update;
    work->context = group;
    return FIG_OK;
}

/* No unit of its own, or one of rows. */
#define lower_param NULL
#define lower_reshape NULL
#define lower_detach NULL
#define lower_unary NULL
#define lower_binary NULL

static enum fig_status (*const lower[])(struct draft *draft, const struct unit *unit) = {
#define OP(name) lower_##name,
#include "graph/ops.h"
#undef OP
};

/* --- What single-number outputs were */

static void tick_history(struct work *work, uint32_t step)
{
    (void)step;
    work->params.copy.to = *(const uint32_t *)work->context;
}

static enum fig_status add_history(struct draft *draft)
{
    for (int i = 0; i < draft->params->output_count; i++) {
        struct fig_node *node = draft->params->outputs[i];
        if (!draft->params->history || node->op == OP_update || shape_length(node->shape) != 1)
            continue;
        TRY(add_copy(draft, "history", draft->history[i], region_of(draft, node),
                     (struct copy){ 1, 0, 1, 0, 1 }, 1));
        struct work *work = &draft->works[draft->work_count - 1];
        work->tick = tick_history;
        work->context = draft->slot;
    }
    return FIG_OK;
}

enum fig_status draft_lower(struct draft *draft)
{
    for (int i = 0; i < draft->unit_count; i++) {
        const struct unit *unit = &draft->units[draft->order[i]];
        TRY(unit->node ? lower[unit->node->op](draft, unit) : lower_rows(draft, unit));
    }
    return add_history(draft);
}
