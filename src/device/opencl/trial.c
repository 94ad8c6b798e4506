/* SPDX-License-Identifier: MIT */
#include "device/opencl/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/size.h"

/* Memory of a trial, on the host as on the device: regions one after the other. */
struct arena {
    struct opencl *cl;
    struct buffer *buffer;
    float *host;
    size_t size, used; /* bytes */
};

static enum fig_status arena_create(struct arena *arena, struct opencl *cl, size_t size)
{
    *arena = (struct arena){ .cl = cl, .size = size };
    arena->host = calloc(1, size);
    if (!arena->host)
        return fail(FIG_NOMEM, "%s: no memory for the self-test", cl->base.info.name);
    return opencl_alloc(&cl->base, size, &arena->buffer);
}

static void arena_destroy(struct arena *arena)
{
    free(arena->host);
    if (arena->buffer)
        opencl_free(&arena->cl->base, arena->buffer);
}

static size_t room(size_t count)
{
    return round_up(count * sizeof(float), DEVICE_ALIGN) + DEVICE_ALIGN; /* a guard behind it */
}

/* `count` numbers in [-0.5, 0.5), and the same behind them. */
static struct region arena_take(struct arena *arena, size_t count)
{
    const struct region region = { arena->buffer, arena->used, count * sizeof(float) };
    float *values = arena->host + arena->used / sizeof(float);
    for (size_t i = 0; i < room(count) / sizeof(float); i++)
        values[i] = (float)((i * 2654435761u + region.offset) >> 8 & 0xFFFF) / 65536 - 0.5f;
    arena->used += room(count);
    return region;
}

static float *host(const struct arena *arena, struct region region)
{
    return arena->host + region.offset / sizeof(float);
}

static struct region whole(const struct arena *arena)
{
    return (struct region){ arena->buffer, 0, arena->size };
}

/* Run the works on what the host has; the device's memory afterwards, which the caller frees. */
static float *run_works(struct arena *arena, const struct work *works, int count)
{
    struct fig_device *device = &arena->cl->base;
    struct script *script = NULL;
    float *after = malloc(arena->size);
    if (!after || opencl_compile(device, works, count, &script)) {
        free(after);
        return NULL;
    }
    enum fig_status status = opencl_write(device, whole(arena), arena->host);
    if (!status)
        status = opencl_run(device, script, 0, NULL);
    if (!status)
        status = opencl_read(device, whole(arena), after);
    opencl_release(device, script);
    if (status) {
        free(after);
        return NULL;
    }
    return after;
}

static bool close_to(double got, double expected, double tolerance)
{
    return fabs(got - expected) <= tolerance; /* false for NaN */
}

/* --- products --- */

static const double relu_slope = 0.25;

static void make_product(struct arena *arena, struct work *work, int m, int n, int k, int number)
{
    const size_t rows = (size_t)m, cols = (size_t)n, terms = (size_t)k;
    *work = (struct work){ .kind = WORK_PRODUCT, .name = "the self-test's product" };
    work->product = (struct product){
        .a = arena_take(arena, rows * terms), .b = arena_take(arena, terms * cols),
        .c = arena_take(arena, rows * cols), .trans_a = number & 1, .trans_b = number >> 1 & 1,
        .m = m, .n = n, .k = k,
    };
    if (work->product.trans_a)
        work->product.sums = arena_take(arena, rows);
    work->chain = (struct chain){
        .n = rows * cols, .ins = 2, .steps = 2, .outs = 1,
        .in = { { .region = work->product.c },
                { .region = arena_take(arena, cols), .inner = 1, .count = (unsigned)n } },
        .step = { { .row = ROW_add, .a = 0, .b = 1 },
                  { .row = ROW_leaky_relu, .a = 2, .b = -1, .p = (float)relu_slope } },
        .out = { { .region = work->product.c, .value = 3 } },
    };
}

static double product_element(const struct arena *arena, const struct work *work, size_t at)
{
    const struct product *p = &work->product;
    const float *a = host(arena, p->a), *b = host(arena, p->b);
    const size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
    const size_t row = at / n, col = at % n;
    double sum = host(arena, work->chain.in[1].region)[col];
    for (size_t t = 0; t < k; t++)
        sum += (double)(p->trans_a ? a[t * m + row] : a[row * k + t]) *
               (double)(p->trans_b ? b[col * k + t] : b[t * n + col]);
    return sum < 0 ? relu_slope * sum : sum;
}

static bool sums_are_right(const struct arena *arena, const struct product *p, const float *after)
{
    const float *a = host(arena, p->a), *sums = after + p->sums.offset / sizeof(float);
    for (int row = 0; p->sums.buffer && row < p->m; row++) {
        double expected = 0;
        for (int t = 0; t < p->k; t++)
            expected += (double)a[(size_t)t * (size_t)p->m + (size_t)row];
        if (close_to(sums[row], expected, 1e-5 + 1e-6 * p->k))
            continue;
        log_warning("%s: self-test: [%d,%d] x [%d,%d], A^T: the sum of row %d is %.9g instead of "
                    "%.9g", arena->cl->base.info.name, p->m, p->k, p->k, p->n, row,
                    (double)sums[row], expected);
        return false;
    }
    return true;
}

static bool product_is_right(const struct arena *arena, const struct work *work, const float *after)
{
    const struct product *p = &work->product;
    const size_t count = work->chain.n, start = p->c.offset / sizeof(float);
    const size_t stride = count > 100000 ? 997 : 1;
    const double tolerance = 1e-5 + 1e-6 * p->k;
    for (size_t i = 0; i < count; i += stride) {
        const double expected = product_element(arena, work, i);
        if (close_to(after[start + i], expected, tolerance))
            continue;
        log_warning("%s: self-test: [%d,%d] x [%d,%d]%s%s: element %zu is %.9g instead of %.9g",
                    arena->cl->base.info.name, p->m, p->k, p->k, p->n, p->trans_a ? ", A^T" : "",
                    p->trans_b ? ", B^T" : "", i, (double)after[start + i], expected);
        return false;
    }
    const size_t guard = room(count) - count * sizeof(float);
    if (memcmp(after + start + count, host(arena, p->c) + count, guard) == 0)
        return true;
    log_warning("%s: self-test: [%d,%d] x [%d,%d]: writes outside its result",
                arena->cl->base.info.name, p->m, p->k, p->k, p->n);
    return false;
}

static size_t product_room(int m, int n, int k)
{
    const size_t rows = (size_t)m, cols = (size_t)n, terms = (size_t)k;
    return room(rows * terms) + room(terms * cols) + room(rows * cols) + room(cols) + room(rows);
}

bool trial_products(struct opencl *cl, int m, int n, int k)
{
    struct arena arena;
    struct work works[4];
    float *after = NULL;
    if (!arena_create(&arena, cl, 4 * product_room(m, n, k))) {
        for (int i = 0; i < 4; i++)
            make_product(&arena, &works[i], m, n, k, i);
        after = run_works(&arena, works, 4);
    }
    bool right = after != NULL;
    for (int i = 0; right && i < 4; i++)
        right = product_is_right(&arena, &works[i], after) &&
                sums_are_right(&arena, &works[i].product, after);
    free(after);
    arena_destroy(&arena);
    return right;
}

/* Ends with a read, because not every driver waits in clFinish. */
static double time_script(struct fig_device *device, struct script *script, struct region result)
{
    double best = INFINITY;
    float element;
    result.size = sizeof(element);
    for (int i = 0; i < 4 && !(i > 1 && best > 0.1); i++) { /* the first warms up */
        const double start = clock_now();
        if (opencl_run(device, script, 0, NULL) || opencl_read(device, result, &element))
            return INFINITY;
        const double took = clock_now() - start;
        best = i > 0 && took < best ? took : best;
    }
    return best;
}

double trial_seconds(struct opencl *cl, int m, int n, int k)
{
    struct arena arena;
    struct work work;
    struct script *script = NULL;
    double took = INFINITY;
    if (!arena_create(&arena, cl, product_room(m, n, k))) {
        make_product(&arena, &work, m, n, k, 0);
        if (!opencl_write(&cl->base, whole(&arena), arena.host) &&
            !opencl_compile(&cl->base, &work, 1, &script)) {
            took = time_script(&cl->base, script, work.product.c);
            opencl_release(&cl->base, script);
        }
    }
    arena_destroy(&arena);
    return took;
}

/* --- kernels --- */

enum { CHAIN_LENGTH = 2500, ROW_LENGTH = 50, ROWS = CHAIN_LENGTH / ROW_LENGTH };

enum { CHAIN_WORK, SUMS_WORK, UNIFORM_WORK, WORKS };

static const struct stream stream = { .seed = UINT64_C(0x100000007), .stream = 3, .step = 2 };

/* y = tanh(x + bias) * 0.5, its partial sums, the sums of its columns; random numbers. */
static void make_works(struct arena *arena, struct work works[WORKS])
{
    const struct region x = arena_take(arena, CHAIN_LENGTH), y = arena_take(arena, CHAIN_LENGTH);
    const size_t parts = (CHAIN_LENGTH + PARTIAL - 1) / PARTIAL;
    works[CHAIN_WORK] = (struct work){ .kind = WORK_CHAIN, .name = "the self-test's chain" };
    works[CHAIN_WORK].chain = (struct chain){
        .n = CHAIN_LENGTH, .ins = 2, .steps = 3, .outs = 2,
        .in = { { .region = x },
                { .region = arena_take(arena, ROW_LENGTH), .inner = 1, .count = ROW_LENGTH } },
        .step = { { .row = ROW_add, .a = 0, .b = 1 }, { .row = ROW_tanh, .a = 2, .b = -1 },
                  { .row = ROW_affine, .a = 3, .b = -1, .p = 0.5f } },
        .out = { { .region = y, .value = 4 },
                 { .region = arena_take(arena, parts), .value = 4, .sum = true } },
    };
    works[SUMS_WORK] = (struct work){
        .kind = WORK_KERNEL, .name = "the self-test's sums", .kernel = KERNEL_sum_rows,
        .buffers = { arena_take(arena, ROW_LENGTH), y }, .n = ROW_LENGTH,
        .params.matrix = { ROWS, ROW_LENGTH },
    };
    works[UNIFORM_WORK] = (struct work){
        .kind = WORK_KERNEL, .name = "the self-test's random numbers", .kernel = KERNEL_uniform,
        .buffers = { arena_take(arena, ROW_LENGTH) }, .n = ROW_LENGTH,
        .params.random = { (unsigned)stream.seed, stream.seed >> 32, stream.stream, stream.step },
    };
}

static const float *result(const float *after, struct region region)
{
    return after + region.offset / sizeof(float);
}

static const char *wrong_work(const struct arena *arena, const struct work works[WORKS],
                              const float *after)
{
    const struct chain *chain = &works[CHAIN_WORK].chain;
    const float *x = host(arena, chain->in[0].region), *bias = host(arena, chain->in[1].region);
    double part[CHAIN_LENGTH / PARTIAL + 1] = { 0 }, column[ROW_LENGTH] = { 0 };
    double uniform[ROW_LENGTH];
    for (int i = 0; i < CHAIN_LENGTH; i++) {
        const double y = tanh((double)x[i] + (double)bias[i % ROW_LENGTH]) * 0.5;
        if (!close_to(result(after, chain->out[0].region)[i], y, 1e-5))
            return works[CHAIN_WORK].name;
        part[i / PARTIAL] += y;
        column[i % ROW_LENGTH] += y;
    }
    for (size_t i = 0; i < LENGTH(part); i++) {
        if (!close_to(result(after, chain->out[1].region)[i], part[i], 1e-3))
            return "the self-test's partial sums";
    }
    for (int i = 0; i < ROW_LENGTH; i++) {
        if (!close_to(result(after, works[SUMS_WORK].buffers[0])[i], column[i], 1e-3))
            return works[SUMS_WORK].name;
    }
    random_uniform(&stream, uniform, ROW_LENGTH);
    for (int i = 0; i < ROW_LENGTH; i++) {
        if (!close_to(result(after, works[UNIFORM_WORK].buffers[0])[i], uniform[i], 0))
            return works[UNIFORM_WORK].name;
    }
    return NULL;
}

bool trial_kernels(struct opencl *cl)
{
    struct arena arena;
    struct work works[WORKS];
    float *after = NULL;
    if (!arena_create(&arena, cl, 2 * room(CHAIN_LENGTH) + 4 * room(ROW_LENGTH))) {
        make_works(&arena, works);
        after = run_works(&arena, works, WORKS);
    }
    const char *wrong = after ? wrong_work(&arena, works, after) : "running it at all";
    if (wrong)
        log_error("%s: self-test: %s went wrong", cl->base.info.name, wrong);
    free(after);
    arena_destroy(&arena);
    return !wrong;
}
