/* SPDX-License-Identifier: MIT */
/* Which calls of the driver a script's works are, and the text of their kernels. */
#include <stdio.h>

#include "base/size.h"
#include "device/opencl/script.h"

struct planner {
    struct opencl *cl;
    struct script *script;
    struct text *text;
};

static struct launch *add_launch(struct planner *planner, enum launch_kind kind, struct work *work)
{
    struct launch *launch = &planner->script->launches[planner->script->launch_count++];
    *launch = (struct launch){ .kind = kind, .work = work, .fused = -1, .parts = 1 };
    return launch;
}

/* Memory for what only the next launch reads. */
static struct region scratch(struct planner *planner, size_t reals)
{
    const size_t size = round_up(reals * sizeof(float), DEVICE_ALIGN);
    planner->script->scratch_size = size_most(planner->script->scratch_size, size);
    return (struct region){ .size = size };
}

static void add_chain(struct planner *planner, struct work *work)
{
    struct launch *launch = add_launch(planner, LAUNCH_CHAIN, work);
    chain_kernel(planner->cl, planner->text, &work->chain, launch->function);
}

static void name_kernel(struct launch *launch, enum kernel kernel)
{
    snprintf(launch->function, NAME_LIMIT, "k_%s", kernel_infos[kernel].name);
}

static void add_kernel(struct planner *planner, struct work *work)
{
    name_kernel(add_launch(planner, LAUNCH_KERNEL, work), work->kernel);
}

static struct launch *add_sums_once(struct planner *planner, struct work *work, struct sums sums)
{
    struct launch *launch = add_launch(planner, LAUNCH_SUMS, work);
    launch->sums = sums;
    if (planner->cl->group_sums)
        snprintf(launch->function, NAME_LIMIT, "sums");
    else
        name_kernel(launch, sums.rows ? KERNEL_sum_rows : KERNEL_sum_cols);
    return launch;
}

/* Few sums of many terms: first parts of them, then the sums of these. */
static void add_sums(struct planner *planner, struct work *work, struct sums sums)
{
    const struct opencl *cl = planner->cl;
    const size_t outs = sums_outs(&sums);
    const size_t parts = cl->group_sums ? sums_parts(&sums, cl->group_limit,
                                                     (unsigned)cl->base.info.units) : 1;
    const struct region out = sums.out;
    if (parts > 1) {
        sums.out = scratch(planner, parts * outs);
        add_sums_once(planner, work, sums)->parts = parts;
        sums = (struct sums){ .in = sums.out, .rows = true,
                              .matrix = { (unsigned)parts, (unsigned)outs } };
    }
    sums.out = out;
    add_sums_once(planner, work, sums);
}

static void add_work_sums(struct planner *planner, struct work *work)
{
    add_sums(planner, work, (struct sums){
        .in = work->buffers[1], .out = work->buffers[0], .matrix = work->params.matrix,
        .rows = work->kernel == KERNEL_sum_rows });
}

static enum fig_status add_clblast(struct planner *planner, struct work *work)
{
    const struct product *product = &work->product;
    add_launch(planner, LAUNCH_PRODUCT, work)->c = product->c;
    if (product->sums.buffer)
        add_sums(planner, work, (struct sums){
            .in = product->a, .out = product->sums, .rows = true,
            .matrix = { (unsigned)product->k, (unsigned)product->m } });
    return clblast_prepare(planner->cl, product);
}

/* Several products of a part of the terms each, and their sum. */
static enum fig_status add_split_product(struct planner *planner, struct launch *launch)
{
    const struct product *product = &launch->work->product;
    const size_t elements = (size_t)product->m * (size_t)product->n;
    launch->c = scratch(planner, launch->parts * elements);
    add_sums_once(planner, launch->work, (struct sums){
        .in = launch->c, .out = product->c, .rows = true,
        .matrix = { (unsigned)launch->parts, (unsigned)elements } });
    return product_kernel(planner->text, launch->tile, launch->work, -1, launch->function);
}

static enum fig_status add_own_product(struct planner *planner, struct work *work)
{
    struct launch *launch = add_launch(planner, LAUNCH_PRODUCT, work);
    launch->tile = product_tile(planner->cl, &work->product, &launch->parts);
    if (launch->parts > 1)
        return add_split_product(planner, launch);
    launch->c = work->product.c;
    launch->fused = product_fused(work);
    return product_kernel(planner->text, launch->tile, work, launch->fused, launch->function);
}

static enum fig_status add_product(struct planner *planner, struct work *work)
{
    product_flatten(&work->product);
    const int before = planner->script->launch_count;
    if (product_by_clblast(planner->cl, &work->product))
        TRY(add_clblast(planner, work));
    else
        TRY(add_own_product(planner, work));
    if (work->chain.outs && planner->script->launches[before].fused < 0)
        add_chain(planner, work);
    return FIG_OK;
}

static enum fig_status add_work(struct planner *planner, struct work *work)
{
    if (work->kind == WORK_PRODUCT)
        return add_product(planner, work);
    if (work->kind == WORK_CHAIN)
        add_chain(planner, work);
    else if (work->kernel == KERNEL_sum_rows || work->kernel == KERNEL_sum_cols)
        add_work_sums(planner, work);
    else
        add_kernel(planner, work);
    return FIG_OK;
}

enum fig_status script_plan(struct opencl *cl, struct script *script, struct text *text)
{
    struct planner planner = { cl, script, text };
    for (int i = 0; i < script->work_count; i++)
        TRY(add_work(&planner, &script->works[i]));
    return text->failed ? fail(FIG_NOMEM, "%s: no memory for a script", cl->base.info.name)
                        : FIG_OK;
}
