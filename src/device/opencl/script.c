/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/size.h"
#include "device/opencl/error.h"
#include "device/opencl/opencl.h"

enum { LAUNCHES = 3 };

/* An argument of a kernel that is set anew before each run. */
struct fresh {
    cl_uint index;
    size_t size; /* 0: there is none */
    const void *bytes;
};

/* One call of the driver in a run. */
struct launch {
    struct work *work;
    char function[NAME_LIMIT];
    const struct tile *tile; /* of a product by our own kernels; else NULL */
    int fused;               /* see product_fused */
    bool product, chain;     /* what of the work it does; neither: its kernel, or */
    bool sums;               /* those of the product, which CLBlast does not make */
    cl_kernel kernel;        /* NULL: CLBlast multiplies */
    struct fresh fresh;
    cl_mem a, b, c;          /* for CLBlast */
    size_t global[2], local[2];
};

struct script {
    struct work *works;
    struct launch *launches; /* at most LAUNCHES for a work */
    int work_count, launch_count;
    struct views views;
    cl_program program;
};

/* --- first: which launches, and the text of their kernels --- */

static struct launch *add_launch(struct script *script, struct work *work)
{
    struct launch *launch = &script->launches[script->launch_count++];
    launch->work = work;
    launch->fused = -1;
    return launch;
}

static void name_kernel(struct launch *launch, enum kernel kernel)
{
    snprintf(launch->function, NAME_LIMIT, "k_%s", kernel_infos[kernel].name);
}

static void add_sums(struct script *script, struct work *work)
{
    if (!work->product.sums.buffer)
        return;
    struct launch *launch = add_launch(script, work);
    launch->sums = true;
    name_kernel(launch, KERNEL_sum_rows);
}

static enum fig_status plan_product(struct opencl *cl, struct script *script,
                                    struct work *work, struct text *text)
{
    product_flatten(&work->product);
    struct launch *launch = add_launch(script, work);
    launch->product = true;
    if (cl->engine == ENGINE_CLBLAST && !work->product.patches) {
        TRY(clblast_prepare(cl, &work->product));
        add_sums(script, work);
    } else {
        launch->tile = product_tile(cl, &work->product);
        launch->fused = product_fused(work);
        launch->chain = launch->fused >= 0;
        TRY(product_kernel(text, launch->tile, work, launch->fused, launch->function));
    }
    if (!work->chain.outs || launch->chain)
        return FIG_OK;
    launch = add_launch(script, work);
    launch->chain = true;
    chain_kernel(cl, text, &work->chain, launch->function);
    return FIG_OK;
}

static enum fig_status plan(struct opencl *cl, struct script *script, struct text *text)
{
    for (int i = 0; i < script->work_count; i++) {
        struct work *work = &script->works[i];
        if (work->kind == WORK_PRODUCT) {
            TRY(plan_product(cl, script, work, text));
            continue;
        }
        struct launch *launch = add_launch(script, work);
        launch->chain = work->kind == WORK_CHAIN;
        if (launch->chain)
            chain_kernel(cl, text, &work->chain, launch->function);
        else
            name_kernel(launch, work->kernel);
    }
    return text->failed ? fail(FIG_NOMEM, "%s: no memory for a script", cl->base.info.name)
                        : FIG_OK;
}

/* A kernel of the script's own program. */
static const char *own_function(const struct script *script)
{
    const struct launch *launch = script->launches;
    while (!launch->function[0] || !(launch->product || launch->chain))
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

/* --- then: kernels and their arguments --- */

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
    set_region(args, p->c);
    if (p->sums.buffer)
        set_region(args, p->sums);
    if (launch->chain)
        set_chain(args, launch);
}

static void set_sums(struct arguments *args, const struct product *p)
{
    const struct matrix matrix = { (unsigned)p->k, (unsigned)p->m };
    set_region(args, p->sums);
    set_region(args, p->a);
    set_bytes(args, sizeof(matrix), &matrix);
    set_count(args, (size_t)p->m);
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
    if (launch->product)
        return product_rows(&work->product) * (size_t)work->product.n;
    if (launch->chain)
        return work->chain.n;
    return launch->sums ? (size_t)work->product.m : work->n;
}

static void set_sizes(struct opencl *cl, struct launch *launch)
{
    const struct work *work = launch->work;
    const size_t n = elements_of(launch);
    size_t *global = launch->global, *local = launch->local;
    const bool tiled = launch->product && launch->tile->m;
    local[0] = tiled ? launch->tile->items : cl->serial ? 1 : program_group(cl, launch->kernel);
    local[1] = 1;
    global[1] = launch->product ? product_phases(&work->product) : 1;
    if (tiled)
        global[0] = product_groups(launch->tile, &work->product) * local[0];
    else if (!launch->product && launch->chain && chain_by_partials(cl, &work->chain))
        global[0] = (n + PARTIAL - 1) / PARTIAL * local[0];
    else if (cl->serial)
        global[0] = (n + SERIAL_SPAN - 1) / SERIAL_SPAN;
    else
        global[0] = round_up(n, local[0]);
}

static enum fig_status prepare(struct opencl *cl, struct script *script, struct launch *launch)
{
    const struct work *work = launch->work;
    if (launch->product && !launch->tile) {
        TRY(views_find(cl, &script->views, work->product.a, &launch->a));
        TRY(views_find(cl, &script->views, work->product.b, &launch->b));
        return views_find(cl, &script->views, work->product.c, &launch->c);
    }
    const bool own = launch->product || launch->chain;
    TRY(program_kernel(cl, own ? script->program : cl->kernels, launch->function,
                       &launch->kernel));
    struct arguments args = { .cl = cl, .script = script, .kernel = launch->kernel };
    if (launch->product) {
        set_product(&args, launch);
    } else if (launch->chain) {
        set_chain(&args, launch);
        set_count(&args, work->chain.n);
    } else if (launch->sums) {
        set_sums(&args, &work->product);
    } else {
        set_kernel(&args, launch);
    }
    set_sizes(cl, launch);
    return args.status;
}

static enum fig_status compile(struct opencl *cl, struct script *script)
{
    struct text text = { 0 };
    enum fig_status status = plan(cl, script, &text);
    if (!status)
        status = build(cl, script, &text);
    text_free(&text);
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

/* --- and then, every step --- */

static enum fig_status run_launch(struct opencl *cl, struct launch *launch, uint32_t step)
{
    struct work *work = launch->work;
    const struct fresh *fresh = &launch->fresh;
    if (!launch->kernel)
        return clblast_run(cl, &work->product, launch->a, launch->b, launch->c);
    if (work->tick)
        work->tick(work, step);
    if (fresh->size)
        CL_TRY(clSetKernelArg(launch->kernel, fresh->index, fresh->size, fresh->bytes),
               work->name);
    CL_TRY(clEnqueueNDRangeKernel(cl->queue, launch->kernel, 2, NULL, launch->global,
                                  launch->local, 0, NULL, NULL), work->name);
    return FIG_OK;
}

static enum fig_status time_launch(struct opencl *cl, struct launch *launch, uint32_t step,
                                   double *seconds)
{
    const double start = clock_now();
    TRY(run_launch(cl, launch, step));
    CL_TRY(clFinish(cl->queue), launch->work->name);
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
    clFinish(opencl_of(device)->queue); /* its kernels may still be running */
    for (int i = 0; i < script->launch_count; i++) {
        if (script->launches[i].kernel)
            clReleaseKernel(script->launches[i].kernel);
    }
    views_finish(&script->views);
    if (script->program)
        clReleaseProgram(script->program);
    free(script->launches);
    free(script->works);
    free(script);
}
