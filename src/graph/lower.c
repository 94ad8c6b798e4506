/* SPDX-License-Identifier: MIT */
/* Units become works.  lower_NAME(draft, unit) adds what the operation NAME takes. */
#include <math.h>

#include "graph/chain.h"

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
    return draft->nodes[node_root(node)->id].region;
}

/* --- Operations */

static struct region product_region(const struct draft *draft, const struct unit *unit)
{
    const struct plan_node *planned = &draft->nodes[unit->node->id];
    if (planned->stored)
        return planned->region;
    for (int k = 0; k < unit->count; k++) {
        const struct plan_node *member = &draft->nodes[unit->members[k]->id];
        if (member->stored)
            return member->region;
    }
    return (struct region){ draft->arena_buffer, planned->life[LIFE_SCRATCH].offset,
                            device_reals(store_device(draft->store), unit->length) };
}

/* The unit's product, its sizes and kind given, between its operands; then its chain. */
static enum fig_status add_product(struct draft *draft, const struct unit *unit,
                                   struct product product)
{
    const struct fig_node *node = unit->node;
    struct work *work = add_work(draft, WORK_PRODUCT, node->name);
    if (!work)
        return FIG_NOMEM;
    product.a = region_of(draft, node->in[0]);
    product.b = region_of(draft, node->in[1]);
    product.c = product_region(draft, unit);
    work->product = product;
    work->product_kept = draft->nodes[node->id].stored;
    fill_chain(draft, unit, work);
    return FIG_OK;
}

static enum fig_status lower_matmul(struct draft *draft, const struct unit *unit)
{
    const struct fig_node *node = unit->node;
    const bool trans_a = node->flags & FIG_TRANS_A;
    const struct product product = {
        .trans_a = trans_a,
        .trans_b = node->flags & FIG_TRANS_B,
        .m = node->shape.dim[0],
        .n = node->shape.dim[1],
        .k = node->in[0]->shape.dim[!trans_a],
        .sums = unit->sums ? draft->nodes[unit->sums->id].region : (struct region){ 0 },
    };
    return add_product(draft, unit, product);
}

/* A convolution, its gradient for the image, or that for the weights: operands in the order of
 * struct product. */
static enum fig_status add_patches(struct draft *draft, const struct unit *unit,
                                   enum patches patches)
{
    const struct conv *conv = &unit->node->conv;
    const int taps = conv->kh * conv->kw, terms = taps * conv->c;
    const int rows = conv->n * conv->oh * conv->ow;
    const struct product product = {
        .m = patches == PATCHES_INPUT ? conv->n * conv->h * conv->w
             : patches == PATCHES_WEIGHT ? conv->o : rows,
        .n = patches == PATCHES_INPUT ? conv->c : patches == PATCHES_WEIGHT ? terms : conv->o,
        .k = patches == PATCHES_INPUT ? taps * conv->o : patches == PATCHES_WEIGHT ? rows : terms,
        .patches = patches,
        .conv = *conv,
    };
    return add_product(draft, unit, product);
}

static enum fig_status lower_conv(struct draft *draft, const struct unit *unit)
{
    return add_patches(draft, unit, PATCHES_FORWARD);
}

static enum fig_status lower_conv_input(struct draft *draft, const struct unit *unit)
{
    return add_patches(draft, unit, PATCHES_INPUT);
}

static enum fig_status lower_conv_weight(struct draft *draft, const struct unit *unit)
{
    return add_patches(draft, unit, PATCHES_WEIGHT);
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
    work->buffers[0] = draft->nodes[node->id].region;
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
    work->buffers[0] = draft->nodes[node->id].region;
    work->params.random =
        (struct random){ (uint32_t)seed, (uint32_t)(seed >> 32), node->stream, 0 };
    work->tick = tick_random;
    return FIG_OK;
}

static enum fig_status lower_broadcast(struct draft *draft, const struct unit *unit)
{
    struct fig_node *node = unit->node;
    return add_copy_chain(draft, node->name, node, draft->nodes[node->id].region, false);
}

#define lower_constant lower_broadcast

static enum fig_status add_rows_kernel(struct draft *draft, const struct unit *unit,
                                       enum kernel kernel, size_t items)
{
    struct fig_node *from = unit->node->in[0];
    struct work *work = add_kernel(draft, kernel, unit->node->name, items);
    if (!work)
        return FIG_NOMEM;
    work->buffers[0] = draft->nodes[unit->node->id].region;
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

/* One that is no total: its one partial sum is all of it. */
static enum fig_status lower_sum(struct draft *draft, const struct unit *unit)
{
    return add_partials(draft, unit->node);
}

/* Elements that one index of the dimensions before `axis` has: all of those from it on. */
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
    if (draft->nodes[node_root(node->in[0])->id].whole == node)
        return FIG_OK;
    for (int i = 0; i < 2; i++) {
        const unsigned cols = block_of(node->in[i]->shape, node->axis);
        const struct copy copy = { cols, 0, cols, at, stride };
        TRY(add_copy(draft, node->name, draft->nodes[node->id].region,
                     region_of(draft, node->in[i]), copy, shape_length(node->in[i]->shape)));
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
    return add_copy(draft, node->name, draft->nodes[node->id].region, region_of(draft, node->in[0]),
                    copy, unit->length);
}

/* Whether the value was computed there. */
static bool is_at(const struct draft *draft, const struct operand *value, struct region place)
{
    return value->map.count == 0 && region_same(operand_region(draft, value), place);
}

/* Gradients that could not be computed in their place are copied there. */
static enum fig_status lower_collect(struct draft *draft, const struct unit *unit)
{
    struct region values, gradient;
    for (int i = 0; i < unit->node->ins; i += 2) {
        struct fig_node *in = unit->node->in[i], *param = unit->node->in[i + 1];
        const struct operand operand = operand_of(in);
        TRY(store_param(draft->store, param, &values, &gradient));
        if (!is_at(draft, &operand, gradient))
            TRY(add_copy_chain(draft, param->name, in, gradient, false));
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

static enum fig_status lower_assign(struct draft *draft, const struct unit *unit)
{
    struct fig_node *const *in = unit->node->in;
    const struct operand operand = operand_of(in[1]);
    if (is_at(draft, &operand, region_of(draft, in[0])))
        return FIG_OK;
    return add_copy_chain(draft, in[0]->name, in[1], region_of(draft, in[0]), false);
}

/* No unit of its own, or one of rows. */
#define lower_param NULL
#define lower_state NULL
#define lower_values NULL
#define lower_reshape NULL
#define lower_detach NULL
#define lower_unary NULL
#define lower_binary NULL

static enum fig_status (*const lower[])(struct draft *draft, const struct unit *unit) = {
#define OP(name) lower_##name,
#include "graph/ops.h"
#undef OP
};

/* Outputs that are remembered, but not by a chain that makes them. */
static enum fig_status add_histories(struct draft *draft)
{
    for (int i = 0; i < draft->params->output_count; i++) {
        struct fig_node *node = draft->params->outputs[i];
        const struct fig_node *root = node_root(node);
        const bool member = is_row(root) || is_total(root);
        if (!member && history_of(draft, root) == &draft->history[i])
            TRY(add_history_chain(draft, node));
    }
    return FIG_OK;
}

enum fig_status draft_lower(struct draft *draft)
{
    for (int i = 0; i < draft->unit_count; i++) {
        const struct unit *unit = &draft->units[draft->order[i]];
        TRY(unit->node ? lower[unit->node->op](draft, unit) : add_rows(draft, unit));
    }
    return add_histories(draft);
}
