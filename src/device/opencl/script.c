/* SPDX-License-Identifier: MIT */
#include "device/opencl/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/size.h"
#include "device/opencl/error.h"

/* Is its kernel one of the script's own program? */
static bool is_own(const struct launch *launch)
{
    return launch->kind == LAUNCH_CHAIN || (launch->kind == LAUNCH_PRODUCT && launch->tile);
}

static const char *own_function(const struct script *script)
{
    const struct launch *launch = script->launches;
    while (!is_own(launch))
        launch++;
    return launch->function;
}

static enum fig_status build(struct opencl *cl, struct script *script, const struct text *own)
{
    struct text text = { 0 };
    if (!own->length)
        return FIG_OK;
    enum fig_status status = source_add_dialect(cl, &text);
    text_add(&text, "%s", own->chars);
    if (!status && text.failed)
        status = fail(FIG_NOMEM, "%s: no memory for a script", cl->base.info.name);
    if (!status)
        status = program_build(cl, text.chars, own_function(script), &script->program);
    text_free(&text);
    return status;
}

/* --- kernels and their arguments --- */

/* Sets a kernel's arguments in order, and remembers the first error. */
struct arguments {
    struct opencl *cl;
    struct script *script;
    cl_kernel kernel;
    cl_uint next;
    enum fig_status status;
};

static void set_bytes(struct arguments *args, size_t size, const void *bytes)
{
    if (args->status)
        return;
    const cl_int error = clSetKernelArg(args->kernel, args->next++, size, bytes);
    if (error)
        args->status = opencl_failed(error, "clSetKernelArg", args->cl->base.info.name);
}

static void set_region(struct arguments *args, struct region region)
{
    cl_mem memory = NULL;
    if (!region.buffer)
        region.buffer = args->script->scratch;
    if (!args->status)
        args->status = views_find(args->cl, &args->script->views, region, &memory);
    set_bytes(args, sizeof(cl_mem), &memory);
}

static void set_count(struct arguments *args, size_t count)
{
    const cl_uint number = (cl_uint)count;
    set_bytes(args, sizeof(number), &number);
}

static void set_fresh(struct arguments *args, struct launch *launch, size_t size,
                      const void *bytes)
{
    launch->fresh = (struct fresh){ args->next, size, bytes };
    set_bytes(args, size, bytes);
}

static void set_chain(struct arguments *args, struct launch *launch)
{
    const struct chain *chain = &launch->work->chain;
    for (int i = 0; i < chain->ins; i++) {
        if (i != launch->fused)
            set_region(args, chain->in[i].region);
    }
    for (int i = 0; i < chain->outs; i++)
        set_region(args, chain->out[i].region);
    if (chain->slot)
        set_fresh(args, launch, sizeof(*chain->slot), chain->slot);
}

static void set_product(struct arguments *args, struct launch *launch)
{
    const struct product *p = &launch->work->product;
    set_region(args, p->a);
    set_region(args, p->b);
    set_count(args, product_rows(p));
    set_count(args, (size_t)p->n);
    set_count(args, (size_t)p->k);
    set_region(args, launch->c);
    if (p->sums.buffer)
        set_region(args, p->sums);
    if (launch->fused >= 0)
        set_chain(args, launch);
}

/* Of a kernel of reduce.cl. */
static void set_plain_sums(struct arguments *args, const struct sums *sums)
{
    set_region(args, sums->out);
    set_region(args, sums->in);
    set_bytes(args, sizeof(sums->matrix), &sums->matrix);
    set_count(args, sums_outs(sums));
}

static void set_sums(struct arguments *args, const struct sums *sums)
{
    const size_t cols = sums->matrix.cols;
    if (!args->cl->group_sums) {
        set_plain_sums(args, sums);
        return;
    }
    set_region(args, sums->in);
    set_region(args, sums->out);
    set_count(args, sums_outs(sums));
    set_count(args, sums_terms(sums));
    set_count(args, sums->rows ? 1 : cols);
    set_count(args, sums->rows ? cols : 1);
    set_count(args, sums_width(sums, args->cl->group_limit));
}

static void set_kernel(struct arguments *args, struct launch *launch)
{
    const struct work *work = launch->work;
    const size_t size = kernel_infos[work->kernel].size;
    for (int i = 0; i < kernel_infos[work->kernel].buffers; i++)
        set_region(args, work->buffers[i]);
    if (work->tick)
        set_fresh(args, launch, size, &work->params);
    else
        set_bytes(args, size, &work->params);
    set_count(args, work->n);
}

/* Elements that the launch makes. */
static size_t elements_of(const struct launch *launch)
{
    const struct work *work = launch->work;
    switch (launch->kind) {
    case LAUNCH_PRODUCT:
        return product_rows(&work->product) * (size_t)work->product.n;
    case LAUNCH_CHAIN:
        return work->chain.n;
    case LAUNCH_SUMS:
        return sums_outs(&launch->sums);
    default:
        return work->n;
    }
}

/* Groups of a size that the kernel asks for; 0: any size will do. */
static size_t groups_of(const struct opencl *cl, const struct launch *launch)
{
    const struct work *work = launch->work;
    if (launch->kind == LAUNCH_PRODUCT && launch->tile->m)
        return product_groups(launch->tile, &work->product);
    if (launch->kind == LAUNCH_SUMS && cl->group_sums)
        return size_parts(elements_of(launch), sums_width(&launch->sums, cl->group_limit));
    if (launch->kind == LAUNCH_CHAIN && chain_by_partials(cl, &work->chain))
        return size_parts(work->chain.n, PARTIAL);
    return 0;
}

static size_t group_of(struct opencl *cl, const struct launch *launch)
{
    if (launch->kind == LAUNCH_PRODUCT && launch->tile->m)
        return launch->tile->items;
    if (launch->kind == LAUNCH_SUMS && cl->group_sums)
        return cl->group_limit;
    return cl->serial ? 1 : program_group(cl, launch->kernel);
}

static void set_sizes(struct opencl *cl, struct launch *launch)
{
    const size_t groups = groups_of(cl, launch), n = elements_of(launch);
    const size_t group = group_of(cl, launch);
    const bool product = launch->kind == LAUNCH_PRODUCT;
    if (groups)
        launch->global[0] = groups * group;
    else
        launch->global[0] = cl->serial ? size_parts(n, SERIAL_SPAN) : round_up(n, group);
    launch->global[1] = product ? product_phases(&launch->work->product) : 1;
    launch->global[2] = launch->parts;
    launch->local[0] = group;
    launch->local[1] = launch->local[2] = 1;
}

static enum fig_status prepare_clblast(struct opencl *cl, struct script *script,
                                       struct launch *launch)
{
    const struct product *product = &launch->work->product;
    TRY(views_find(cl, &script->views, product->a, &launch->operands[0]));
    TRY(views_find(cl, &script->views, product->b, &launch->operands[1]));
    return views_find(cl, &script->views, launch->c, &launch->operands[2]);
}

static enum fig_status prepare(struct opencl *cl, struct script *script, struct launch *launch)
{
    if (launch->kind == LAUNCH_PRODUCT && !launch->tile)
        return prepare_clblast(cl, script, launch);
    TRY(program_kernel(cl, is_own(launch) ? script->program : cl->kernels, launch->function,
                       &launch->kernel));
    struct arguments args = { .cl = cl, .script = script, .kernel = launch->kernel };
    switch (launch->kind) {
    case LAUNCH_PRODUCT:
        set_product(&args, launch);
        break;
    case LAUNCH_CHAIN:
        set_chain(&args, launch);
        set_count(&args, launch->work->chain.n);
        break;
    case LAUNCH_SUMS:
        set_sums(&args, &launch->sums);
        break;
    case LAUNCH_KERNEL:
        set_kernel(&args, launch);
        break;
    }
    set_sizes(cl, launch);
    return args.status;
}

static enum fig_status compile(struct opencl *cl, struct script *script)
{
    struct text text = { 0 };
    enum fig_status status = script_plan(cl, script, &text);
    if (!status)
        status = build(cl, script, &text);
    text_free(&text);
    if (!status && script->scratch_size)
        status = opencl_alloc(&cl->base, script->scratch_size, &script->scratch);
    for (int i = 0; !status && i < script->launch_count; i++)
        status = prepare(cl, script, &script->launches[i]);
    return status;
}

enum fig_status opencl_compile(struct fig_device *device, const struct work *works, int count,
                               struct script **out)
{
    struct script *script = calloc(1, sizeof(*script));
    if (!script)
        return fail(FIG_NOMEM, "%s: no memory for a script", device->info.name);
    script->works = calloc((size_t)count, sizeof(*script->works));
    script->launches = calloc((size_t)count, LAUNCHES * sizeof(*script->launches));
    script->work_count = count;
    enum fig_status status = FIG_OK;
    if (!script->works || !script->launches)
        status = fail(FIG_NOMEM, "%s: no memory for a script", device->info.name);
    else
        memcpy(script->works, works, (size_t)count * sizeof(*works));
    if (!status)
        status = compile(opencl_of(device), script);
    if (status)
        opencl_release(device, script);
    else
        *out = script;
    return status;
}

/* --- every step --- */

static enum fig_status run_launch(struct opencl *cl, struct launch *launch, uint32_t step)
{
    struct work *work = launch->work;
    const struct fresh *fresh = &launch->fresh;
    if (!launch->kernel)
        return clblast_run(cl, &work->product, launch->operands);
    if (work->tick)
        work->tick(work, step);
    if (fresh->size)
        CL_TRY(clSetKernelArg(launch->kernel, fresh->index, fresh->size, fresh->bytes),
               work->name);
    CL_TRY(clEnqueueNDRangeKernel(cl->queue, launch->kernel, 3, NULL, launch->global,
                                  launch->local, 0, NULL, NULL), work->name);
    return FIG_OK;
}

static enum fig_status time_launch(struct opencl *cl, struct launch *launch, uint32_t step,
                                   double *seconds)
{
    const double start = clock_now();
    TRY(run_launch(cl, launch, step));
    TRY(opencl_finish(&cl->base));
    *seconds += clock_now() - start;
    return FIG_OK;
}

enum fig_status opencl_run(struct fig_device *device, struct script *script, uint32_t step,
                           double *seconds)
{
    for (int i = 0; i < script->launch_count; i++) {
        struct launch *launch = &script->launches[i];
        if (seconds)
            TRY(time_launch(opencl_of(device), launch, step,
                            &seconds[launch->work - script->works]));
        else
            TRY(run_launch(opencl_of(device), launch, step));
    }
    CL_TRY(clFlush(opencl_of(device)->queue), device->info.name);
    return FIG_OK;
}

void opencl_release(struct fig_device *device, struct script *script)
{
    (void)opencl_finish(device); /* its kernels may still be running */
    for (int i = 0; i < script->launch_count; i++) {
        if (script->launches[i].kernel)
            clReleaseKernel(script->launches[i].kernel);
    }
    views_finish(&script->views);
    if (script->scratch)
        opencl_free(device, script->scratch);
    if (script->program)
        clReleaseProgram(script->program);
    free(script->launches);
    free(script->works);
    free(script);
}
