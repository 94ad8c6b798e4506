/* SPDX-License-Identifier: MIT */
#include "device/cpu/script.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "device/cpu/chain.h"
#include "device/cpu/memory.h"
#include "device/cpu/product.h"

enum {
    PARTS_A_THREAD = 4,   /* so that a thread which the system delays takes fewer */
    COST_LEAST = 16384,   /* operations on numbers, some microseconds: less is not worth a part */
};

/* A work as it runs: `total` items, rows or elements in parts of `chunk`. */
struct task {
    struct work work;
    void *buffers[KERNEL_BUFFERS];
    struct program *program; /* of the chain, or NULL */
    bool program_after;      /* the chain cannot follow a product part by part */
    size_t total, chunk;     /* items, elements or rows in all and in a part */
    size_t width;            /* elements of a product's row, or other item */
    size_t second_chunk;     /* elements in a part of a chain that runs after its product */
};

struct script {
    int count;
    struct task task[];
};

/* One task on the pool. */
struct launch {
    const struct cpu_device *device;
    const struct task *task;
    atomic_bool failed;
};

/* Items in each part when `total`, each of that cost, are shared out in multiples of `unit`. */
static size_t chunk_for(const struct cpu_device *device, size_t total, size_t unit, size_t cost)
{
    size_t parts = (size_t)pool_threads(device->pool) * PARTS_A_THREAD;
    if (parts > total * cost / COST_LEAST)
        parts = total * cost / COST_LEAST;
    if (parts < 1 || pool_threads(device->pool) == 1)
        parts = 1;
    return round_up((total - 1) / parts + 1, unit);
}

static size_t part_end(size_t begin, size_t chunk, size_t total)
{
    return begin + size_least(total - begin, chunk);
}

static void run_kernel_part(void *context, int part, int thread)
{
    const struct launch *launch = context;
    const struct task *task = launch->task;
    const size_t begin = (size_t)part * task->chunk;
    (void)thread;
    launch->device->native->kernel[task->work.kernel](task->buffers, &task->work.params, begin,
                                                      part_end(begin, task->chunk, task->total));
}

static char *scratch_of(const struct cpu_device *device, int thread)
{
    return device->scratch_size ? device->scratch + (size_t)thread * device->scratch_size : NULL;
}

static void run_elements(const struct launch *launch, size_t begin, size_t end, int thread)
{
    program_run(launch->task->program, begin, end, scratch_of(launch->device, thread));
}

static void run_chain_part(void *context, int part, int thread)
{
    const struct launch *launch = context;
    const struct task *task = launch->task;
    const size_t chunk = task->work.kind == WORK_PRODUCT ? task->second_chunk : task->chunk;
    const size_t begin = (size_t)part * chunk;
    run_elements(launch, begin, part_end(begin, chunk, task->work.chain.n), thread);
}

static bool multiply(const struct launch *launch, size_t begin, size_t end, int thread)
{
    const struct cpu_device *device = launch->device;
    return product_multiply(&(struct product_part){
        .native = device->native,
        .multiply = device->multiply,
        .product = &launch->task->work.product,
        .buffers = launch->task->buffers,
        .begin = begin,
        .end = end,
        .scratch = scratch_of(device, thread),
    });
}

/* The sums of these rows of the transposed left factor. */
static void sum_rows(const struct launch *launch, size_t begin, size_t end)
{
    const struct product *product = &launch->task->work.product;
    void *buffers[KERNEL_BUFFERS] = { launch->task->buffers[3], launch->task->buffers[0] };
    const struct matrix matrix = { (unsigned)product->k, (unsigned)product->m };
    launch->device->native->kernel[KERNEL_sum_rows](buffers, &matrix, begin, end);
}

/* Rows of the product, and the chain over them while they are in the cache. */
static void run_product_part(void *context, int part, int thread)
{
    struct launch *launch = context;
    const struct task *task = launch->task;
    const size_t begin = (size_t)part * task->chunk;
    const size_t end = part_end(begin, task->chunk, task->total);
    if (!multiply(launch, begin, end, thread))
        atomic_store(&launch->failed, true);
    if (task->buffers[3])
        sum_rows(launch, begin, end);
    if (task->program && !task->program_after)
        run_elements(launch, begin * task->width, end * task->width, thread);
}

static void share(struct launch *launch, size_t total, size_t chunk,
                  void (*part)(void *context, int part, int thread))
{
    pool_run(launch->device->pool, (int)((total - 1) / chunk + 1), part, launch);
}

static enum fig_status run_product(struct launch *launch)
{
    const struct task *task = launch->task;
    const struct product *product = &task->work.product;
    share(launch, task->total, task->chunk, run_product_part);
    if (atomic_load(&launch->failed))
        return fail(FIG_DEVICE, "%s: product [%d,%d] x [%d,%d]: %s failed", task->work.name,
                    product->m, product->k, product->k, product->n,
                    launch->device->base.info.products);
    if (task->program && task->program_after)
        share(launch, task->work.chain.n, task->second_chunk, run_chain_part);
    return FIG_OK;
}

static enum fig_status run_task(const struct cpu_device *device, const struct task *task)
{
    struct launch launch = { .device = device, .task = task };
    if (task->work.kind == WORK_PRODUCT)
        return run_product(&launch);
    share(&launch, task->total, task->chunk,
          task->work.kind == WORK_KERNEL ? run_kernel_part : run_chain_part);
    return FIG_OK;
}

enum fig_status script_run(struct fig_device *device, struct script *script, uint32_t step,
                           double *seconds)
{
    for (int i = 0; i < script->count; i++) {
        struct task *task = &script->task[i];
        const double start = seconds ? clock_now() : 0;
        if (task->work.tick)
            task->work.tick(&task->work, step);
        TRY(run_task((const struct cpu_device *)device, task));
        if (seconds)
            seconds[i] += clock_now() - start;
    }
    return FIG_OK;
}

/* What an item costs, and in which multiples items are shared out: where an item is one element,
 * parts end where vectors of any width end, so that the number of threads changes no bit. */
static enum fig_status prepare_kernel(struct cpu_device *device, struct task *task)
{
    const struct matrix *matrix = &task->work.params.matrix;
    size_t cost = 1, unit = PARTIAL;
    switch (task->work.kernel) {
    case KERNEL_sum_rows:
        cost = matrix->rows;
        unit = 16;
        break;
    case KERNEL_sum_cols:
        cost = matrix->cols;
        unit = 4;
        break;
    case KERNEL_softmax:
    case KERNEL_log_sum_exp:
        cost = 16 * (size_t)matrix->cols;
        unit = 4;
        break;
    case KERNEL_uniform:
    case KERNEL_normal:
        cost = 16;
        break;
    default:
        cost = 4;
        break;
    }
    task->total = task->work.n;
    task->chunk = chunk_for(device, task->total, unit, cost);
    for (int i = 0; i < KERNEL_BUFFERS && task->work.buffers[i].buffer; i++)
        task->buffers[i] = region_memory(task->work.buffers[i]);
    return FIG_OK;
}

/* Partial sums begin at multiples of PARTIAL elements, and so must the parts. */
static void align_to_partials(struct task *task)
{
    size_t unit = PARTIAL;
    for (size_t n = task->width; n % 2 == 0 && unit > 1; n /= 2)
        unit /= 2;
    const size_t chunk = round_up(task->chunk, unit);
    if (2 * chunk > 3 * task->chunk && task->chunk < task->total)
        task->program_after = true;
    else
        task->chunk = chunk;
}

/* Scratch for the largest program so far. */
static enum fig_status reserve_scratch(struct cpu_device *device, size_t size)
{
    size = round_up(size, DEVICE_ALIGN);
    if (size <= device->scratch_size)
        return FIG_OK;
    char *scratch = aligned_alloc(DEVICE_ALIGN, size * (size_t)pool_threads(device->pool));
    if (!scratch)
        return fail(FIG_NOMEM, "%s: %zu bytes of scratch for each thread: out of memory",
                    device->base.info.name, size);
    free(device->scratch);
    device->scratch = scratch;
    device->scratch_size = size;
    return FIG_OK;
}

static enum fig_status share_out(struct cpu_device *device, struct task *task)
{
    const struct shares shares = product_share(&task->work.product, device->native->real_size);
    task->total = shares.total;
    task->chunk = shares.chunk;
    task->width = shares.width;
    task->program_after = !shares.width;
    return reserve_scratch(device, shares.scratch);
}

static enum fig_status prepare_product(struct cpu_device *device, struct task *task)
{
    struct product *product = &task->work.product;
    task->buffers[0] = region_memory(product->a);
    task->buffers[1] = region_memory(product->b);
    task->buffers[2] = region_memory(product->c);
    if (product->sums.buffer)
        task->buffers[3] = region_memory(product->sums);
    product_flatten(product);
    TRY(share_out(device, task));
    if (!task->program)
        return FIG_OK;
    if (program_sums(task->program) && !task->program_after)
        align_to_partials(task);
    task->second_chunk =
        chunk_for(device, task->work.chain.n, PARTIAL, program_cost(task->program));
    return FIG_OK;
}

static enum fig_status prepare_chain(struct cpu_device *device, struct task *task)
{
    task->total = task->work.chain.n;
    task->chunk = chunk_for(device, task->total, PARTIAL, program_cost(task->program));
    return FIG_OK;
}

static enum fig_status prepare(struct cpu_device *device, struct task *task)
{
    const struct work *work = &task->work;
    if (work->kind != WORK_KERNEL && work->chain.outs) {
        TRY(program_create(&task->program, device->native, &work->chain));
        TRY(reserve_scratch(device, program_scratch(task->program)));
    }
    static enum fig_status (*const prepare_kind[])(struct cpu_device *, struct task *) = {
        [WORK_KERNEL] = prepare_kernel,
        [WORK_CHAIN] = prepare_chain,
        [WORK_PRODUCT] = prepare_product,
    };
    return prepare_kind[work->kind](device, task);
}

enum fig_status script_compile(struct fig_device *device, const struct work *works, int count,
                               struct script **out)
{
    struct script *script = calloc(1, sizeof(*script) + (size_t)count * sizeof(script->task[0]));
    if (!script)
        return fail(FIG_NOMEM, "a script of %d works: out of memory", count);
    enum fig_status status = FIG_OK;
    for (int i = 0; i < count && !status; i++) {
        script->task[i].work = works[i];
        script->count++;
        status = prepare((struct cpu_device *)device, &script->task[i]);
    }
    if (status)
        script_release(device, script);
    else
        *out = script;
    return status;
}

void script_release(struct fig_device *device, struct script *script)
{
    (void)device;
    for (int i = 0; i < script->count; i++)
        program_destroy(&script->task[i].program);
    free(script);
}
