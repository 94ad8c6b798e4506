/* SPDX-License-Identifier: MIT */
/* Kernels on the device that FIGMENT_DEVICE names, each against an independent double reference, in
 * awkward sizes. */
#include "tests/suite.h"

#include <math.h>

#include "base/random.h"
#include "base/size.h"
#include "tests/arena.h"
#include "tests/rig.h"

/* 2 sqrt(K) 2^-24 of the sum of absolute values, which is near K here. */
static double sum_bound(size_t count)
{
    return 1e-6 + 1.2e-7 * pow((double)count, 1.5);
}

static void check_matrix(size_t rows, size_t cols)
{
    struct arena arena;
    const size_t count = rows * cols;
    arena_open(&arena, 2 * count + 2 * rows + cols);
    double *x = arena_numbers(&arena, count), *soft = arena_numbers(&arena, count);
    double *by_col = arena_numbers(&arena, cols), *by_row = arena_numbers(&arena, rows);
    double *total = arena_numbers(&arena, rows);
    const struct matrix matrix = { (unsigned)rows, (unsigned)cols };
    const struct region in = arena_take_normal(&arena, count, x);
    const struct work works[] = {
        { .kernel = KERNEL_sum_rows, .buffers = { arena_take(&arena, cols), in }, .n = cols },
        { .kernel = KERNEL_sum_cols, .buffers = { arena_take(&arena, rows), in }, .n = rows },
        { .kernel = KERNEL_log_sum_exp, .buffers = { arena_take(&arena, rows), in }, .n = rows },
        { .kernel = KERNEL_softmax, .buffers = { arena_take(&arena, count), in }, .n = rows },
    };
    for (size_t i = 0; i < LENGTH(works); i++) {
        struct work work = works[i];
        work.name = "matrix";
        work.params.matrix = matrix;
        arena_run(&arena, &work);
    }
    for (size_t i = 0; i < count; i++) {
        by_col[i % cols] += x[i];
        by_row[i / cols] += x[i];
        total[i / cols] += exp(x[i]);
    }
    for (size_t i = 0; i < count; i++)
        soft[i] = exp(x[i]) / total[i / cols];
    for (size_t i = 0; i < rows; i++)
        total[i] = log(total[i]);
    arena_expect(&arena, works[0].buffers[0], by_col, cols, sum_bound(rows), 0);
    arena_expect(&arena, works[1].buffers[0], by_row, rows, sum_bound(cols), 0);
    arena_expect(&arena, works[2].buffers[0], total, rows, 1e-6, 1.3e-6);
    arena_expect(&arena, works[3].buffers[0], soft, count, 1e-6, 4e-6);
    arena_close(&arena);
}

START_TEST(sums_and_softmax_of_rows_and_columns)
{
    static const size_t shapes[][2] = { { 1, 1 }, { 1, 1025 }, { 1025, 1 }, { 3, 5 }, { 65, 10 },
                                        { 2100, 3 }, { 256, 784 }, { 129, 63 }, { 7000, 3 },
                                        { 2, 9000 } };
    for (size_t i = 0; i < LENGTH(shapes) - (rig_small() ? 4 : 0); i++)
        check_matrix(shapes[i][0], shapes[i][1]);
}
END_TEST

/* Rows 1..R-1 of an [R, C] matrix become columns 2.. of a wider one. */
START_TEST(copy_moves_a_block)
{
    enum { R = 37, C = 29, WIDE = 40 };
    struct arena arena;
    arena_open(&arena, R * C + R * WIDE);
    double *in = arena_numbers(&arena, R * C), *out = arena_numbers(&arena, R * WIDE);
    struct work work = { .kernel = KERNEL_copy, .name = "copy", .n = (R - 1) * C };
    work.buffers[1] = arena_take_normal(&arena, R * C, in);
    work.buffers[0] = arena_take_normal(&arena, R * WIDE, out);
    work.params.copy = (struct copy){ .cols = C, .from = C, .from_stride = C, .to = 2,
                                      .to_stride = WIDE };
    arena_run(&arena, &work);
    for (size_t i = C; i < R * C; i++)
        out[(i / C - 1) * WIDE + 2 + i % C] = in[i];
    arena_expect(&arena, work.buffers[0], out, R * WIDE, 0, 0);
    arena_close(&arena);
}
END_TEST

START_TEST(gather_takes_rows_in_the_order_given)
{
    enum { SAMPLES = 50, FIRST = 3, BATCH = 41, C = 77 };
    struct arena arena;
    arena_open(&arena, 4 * SAMPLES * C);
    double *reals = arena_numbers(&arena, SAMPLES * C), *out = arena_numbers(&arena, BATCH * C);
    unsigned char bytes[SAMPLES * C];
    uint32_t order[SAMPLES];
    random_permutation(&(struct stream){ .seed = 1 }, order, SAMPLES);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 31);
    struct region sources[2] = { arena_take(&arena, SAMPLES * C),
                                 arena_take_normal(&arena, SAMPLES * C, reals) };
    struct region words = arena_take(&arena, SAMPLES);
    sources[0].size = sizeof(bytes);
    words.size = sizeof(order);
    ck_assert_int_eq(device_write_bytes(arena.device, sources[0], bytes), FIG_OK);
    ck_assert_int_eq(device_write_bytes(arena.device, words, order), FIG_OK);
    struct work work = { .name = "gather", .n = BATCH * C, .buffers[2] = words };
    work.buffers[0] = arena_take(&arena, BATCH * C);
    work.params.gather = (struct gather){ .first = FIRST, .cols = C, .divisor = 255 };
    for (int kind = 0; kind < 2; kind++) {
        work.kernel = kind ? KERNEL_gather_reals : KERNEL_gather_bytes;
        work.buffers[1] = sources[kind];
        arena_run(&arena, &work);
        for (size_t i = 0; i < BATCH * C; i++) {
            const size_t from = order[FIRST + i / C] * C + i % C;
            out[i] = (kind ? reals[from] : bytes[from]) / 255;
        }
        arena_expect(&arena, work.buffers[0], out, BATCH * C, 0, 1e-7);
    }
    arena_close(&arena);
}
END_TEST

/* Rounding apart, the kernels draw what the host draws. */
START_TEST(random_kernels_draw_the_streams_of_the_contract)
{
    static const size_t counts[] = { 1, 2, 3, 5, 255, 257, 1023, 4097, 100003 };
    for (size_t c = 0; c < LENGTH(counts) - (rig_small() ? 2 : 0); c++) {
        const size_t n = counts[c];
        struct arena arena;
        arena_open(&arena, n);
        const struct stream stream = { .seed = UINT64_C(0x299f31d0a4093822), .stream = 0x3000,
                                       .step = 9 };
        double *wanted = arena_numbers(&arena, n);
        struct work work = { .kernel = KERNEL_uniform, .name = "random", .n = n };
        work.buffers[0] = arena_take(&arena, n);
        work.params.random = (struct random){ 0xa4093822, 0x299f31d0, 0x3000, 9 };
        arena_run(&arena, &work);
        random_uniform(&stream, wanted, n);
        arena_expect(&arena, work.buffers[0], wanted, n, 0, 0);
        work.kernel = KERNEL_normal;
        arena_run(&arena, &work);
        random_normal(&stream, wanted, n);
        /* An angle below 2 pi in float is off by 2.4e-7, times a radius below 5.8. */
        arena_expect(&arena, work.buffers[0], wanted, n, 4e-6, 1.3e-6);
        arena_close(&arena);
    }
}
END_TEST

/* --- Optimisers */

/* What each optimiser does to one parameter, by the definitions of PyTorch. */
struct state {
    double w, g, s, u;
};

static double decayed(const struct state *x, const struct optimizer *o)
{
    return x->g + (double)o->decay * x->w;
}

static void reference_sgd(struct state *x, const struct optimizer *o)
{
    x->w -= (double)o->rate * decayed(x, o);
}

static void reference_momentum(struct state *x, const struct optimizer *o)
{
    x->s = (double)o->momentum * x->s + decayed(x, o);
    x->w -= (double)o->rate * x->s;
}

static void reference_nesterov(struct state *x, const struct optimizer *o)
{
    const double g = decayed(x, o);
    x->s = (double)o->momentum * x->s + g;
    x->w -= (double)o->rate * (g + (double)o->momentum * x->s);
}

static void reference_rmsprop(struct state *x, const struct optimizer *o)
{
    const double g = decayed(x, o);
    x->s = (double)o->rho * x->s + (double)o->leak * g * g;
    x->w -= (double)o->rate * g / (sqrt(x->s) + (double)o->epsilon);
}

static void reference_adagrad(struct state *x, const struct optimizer *o)
{
    const double g = decayed(x, o);
    x->s += g * g;
    x->w -= (double)o->rate * g / (sqrt(x->s) + (double)o->epsilon);
}

static void reference_adadelta(struct state *x, const struct optimizer *o)
{
    const double g = decayed(x, o), epsilon = (double)o->epsilon;
    x->s = (double)o->rho * x->s + (double)o->leak * g * g;
    const double d = sqrt(x->u + epsilon) / sqrt(x->s + epsilon) * g;
    x->u = (double)o->rho * x->u + (double)o->leak * d * d;
    x->w -= (double)o->rate * d;
}

static void adam_step(struct state *x, double g, const struct optimizer *o)
{
    x->s = (double)o->momentum * x->s + (double)o->fresh * g;
    x->u = (double)o->rho * x->u + (double)o->leak * g * g;
    x->w -= (double)o->rate * x->s * (double)o->correct1 /
            (sqrt(x->u) * (double)o->correct2 + (double)o->epsilon);
}

static void reference_adam(struct state *x, const struct optimizer *o)
{
    adam_step(x, decayed(x, o), o);
}

static void reference_adamw(struct state *x, const struct optimizer *o)
{
    x->w -= (double)o->rate * (double)o->decay * x->w;
    adam_step(x, x->g, o);
}

static const struct {
    enum kernel kernel;
    void (*reference)(struct state *x, const struct optimizer *o);
} optimizers[] = {
    { KERNEL_sgd, reference_sgd },           { KERNEL_momentum, reference_momentum },
    { KERNEL_nesterov, reference_nesterov }, { KERNEL_rmsprop, reference_rmsprop },
    { KERNEL_adagrad, reference_adagrad },   { KERNEL_adadelta, reference_adadelta },
    { KERNEL_adam, reference_adam },         { KERNEL_adamw, reference_adamw },
};

static void check_optimizer(size_t which, size_t n)
{
    struct arena arena;
    arena_open(&arena, 4 * n);
    double *values[4];
    struct work work = { .kernel = optimizers[which].kernel, .name = "optimizer", .n = n };
    work.params.optimizer = (struct optimizer){
        .rate = 0.01f, .momentum = 0.9f, .fresh = 0.1f, .rho = 0.95f, .leak = 0.05f,
        .correct1 = 5.2631579f, .correct2 = 4.4721360f, .epsilon = 1e-7f, .decay = 1e-3f,
    };
    for (int b = 0; b < 4; b++) {
        values[b] = arena_numbers(&arena, n);
        work.buffers[b] = arena_take_normal(&arena, n, values[b]);
        for (size_t i = 0; i < n && b >= 2; i++)
            values[b][i] = fabs(values[b][i]); /* roots are taken of moments */
        ck_assert_int_eq(device_write_doubles(arena.device, work.buffers[b], values[b]), FIG_OK);
    }
    arena_run(&arena, &work);
    for (size_t i = 0; i < n; i++) {
        struct state x = { values[0][i], values[1][i], values[2][i], values[3][i] };
        optimizers[which].reference(&x, &work.params.optimizer);
        values[0][i] = x.w;
        values[2][i] = x.s;
        values[3][i] = x.u;
    }
    for (int b = 0; b < 4; b++)
        arena_expect(&arena, work.buffers[b], values[b], n, 1e-6, 1e-6);
    arena_close(&arena);
}

START_TEST(optimizers_step_as_pytorch_defines_them)
{
    static const size_t counts[] = { 1, 3, 1023, 4097 };
    for (size_t which = 0; which < LENGTH(optimizers); which++) {
        for (size_t c = 0; c < LENGTH(counts); c++)
            check_optimizer(which, counts[c]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tests = tcase_create("kernels");
    tcase_add_test(tests, sums_and_softmax_of_rows_and_columns);
    tcase_add_test(tests, copy_moves_a_block);
    tcase_add_test(tests, gather_takes_rows_in_the_order_given);
    tcase_add_test(tests, random_kernels_draw_the_streams_of_the_contract);
    tcase_add_test(tests, optimizers_step_as_pytorch_defines_them);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
