/* SPDX-License-Identifier: MIT */
/* Chains on the device that FIGMENT_DEVICE names, against loops in double: broadcasts, sums,
 * outputs over inputs, totals and slots. */
#include "tests/suite.h"

#include <math.h>

#include "base/size.h"
#include "tests/arena.h"
#include "tests/rig.h"

/* y = sigmoid(x * scale + row + column); in place over x; and the sums of y * y. */
static void check_chain(size_t rows, size_t cols)
{
    struct arena arena;
    const size_t n = rows * cols, partials = (n - 1) / PARTIAL + 1;
    arena_open(&arena, n + rows + cols + partials);
    double *x = arena_numbers(&arena, n), *row = arena_numbers(&arena, cols), scale;
    double *column = arena_numbers(&arena, rows), *sums = arena_numbers(&arena, partials);
    struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = n, .ins = 4, .steps = 5, .outs = 2,
        .in = {
            { .region = arena_take_normal(&arena, n, x) },
            { .region = arena_take_normal(&arena, 1, &scale), .inner = 1, .count = 1 },
            { .region = arena_take_normal(&arena, cols, row), .inner = 1, .count = (unsigned)cols },
            { .region = arena_take_normal(&arena, rows, column),
              .inner = (unsigned)cols, .count = (unsigned)rows },
        },
        .step = {
            { .row = ROW_mul, .a = 0, .b = 1 },
            { .row = ROW_add, .a = 4, .b = 2 },
            { .row = ROW_add, .a = 5, .b = 3 },
            { .row = ROW_sigmoid, .a = 6, .b = -1 },
            { .row = ROW_square, .a = 7, .b = -1 },
        },
    } };
    work.chain.out[0] = (struct chain_out){ .region = work.chain.in[0].region, .value = 7 };
    work.chain.out[1] =
        (struct chain_out){ .region = arena_take(&arena, partials), .value = 8, .sum = true };
    arena_run(&arena, &work);
    for (size_t i = 0; i < n; i++) {
        x[i] = 1 / (1 + exp(-(x[i] * scale + row[i % cols] + column[i / cols])));
        sums[i / PARTIAL] += x[i] * x[i];
    }
    /* Issue's bound for a value; a sum of 1024 squares below 1 has 2 sqrt(1024) 2^-24 of it. */
    arena_expect(&arena, work.chain.out[0].region, x, n, 1e-6, 1.3e-6);
    arena_expect(&arena, work.chain.out[1].region, sums, partials, 1e-5, 4e-6);
    arena_close(&arena);
}

START_TEST(chain_with_broadcasts_and_sums_runs_in_place)
{
    static const size_t shapes[][2] = { { 1, 1 }, { 1, 3 }, { 3, 1 }, { 1, 1023 }, { 4, 256 },
                                        { 1025, 1 }, { 1, 1025 }, { 17, 241 }, { 241, 17 },
                                        { 256, 784 }, { 5000, 2 } };
    for (size_t i = 0; i < LENGTH(shapes) - (rig_small() ? 2 : 0); i++)
        check_chain(shapes[i][0], shapes[i][1]);
}
END_TEST

/* An input that an output is stored over is still read by a later step and a later output. */
START_TEST(chain_reads_an_input_before_it_is_overwritten)
{
    enum { N = 4097 };
    struct arena arena;
    arena_open(&arena, 4 * N);
    double *x = arena_numbers(&arena, N), *square = arena_numbers(&arena, N);
    double *sum = arena_numbers(&arena, N), *copy = arena_numbers(&arena, N);
    struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = N, .ins = 1, .steps = 2, .outs = 3,
        .in = { { .region = arena_take_normal(&arena, N, x) } },
        .step = { { .row = ROW_square, .a = 0, .b = -1 }, { .row = ROW_add, .a = 0, .b = 1 } },
    } };
    work.chain.out[0] = (struct chain_out){ .region = work.chain.in[0].region, .value = 1 };
    work.chain.out[1] = (struct chain_out){ .region = arena_take(&arena, N), .value = 2 };
    work.chain.out[2] = (struct chain_out){ .region = arena_take(&arena, N), .value = 0 };
    arena_run(&arena, &work);
    for (size_t i = 0; i < N; i++) {
        copy[i] = x[i];
        square[i] = x[i] * x[i];
        sum[i] = x[i] + square[i];
    }
    arena_expect(&arena, work.chain.out[0].region, square, N, 0, 1e-6);
    arena_expect(&arena, work.chain.out[1].region, sum, N, 1e-6, 1e-6);
    arena_expect(&arena, work.chain.out[2].region, copy, N, 0, 0);
    arena_close(&arena);
}
END_TEST

/* The sum of x, and the square of it less the sum of twice as many y. */
static void check_totals(size_t count)
{
    struct arena arena;
    double sum = 0, square = 0;
    arena_open(&arena, 3 * count + 2);
    double *x = arena_numbers(&arena, count), *y = arena_numbers(&arena, 2 * count);
    const struct region in[] = { arena_take_normal(&arena, count, x),
                                 arena_take_normal(&arena, 2 * count, y) };
    const struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = 1, .ins = 2, .steps = 2, .outs = 2,
        .in = { { in[0], 1, (unsigned)count, true }, { in[1], 1, 2 * (unsigned)count, true } },
        .step = { { .row = ROW_sub, .a = 0, .b = 1 }, { .row = ROW_square, .a = 2, .b = -1 } },
        .out = { { .region = arena_take(&arena, 1), .value = 0 },
                 { .region = arena_take(&arena, 1), .value = 3 } },
    } };
    arena_run(&arena, &work);
    for (size_t i = 0; i < count; i++) {
        sum += x[i];
        square += x[i] - y[i] - y[count + i];
    }
    /* sqrt(n) 2^-24 of the sum of absolute terms, and at the square twice the root's. */
    const double bound = 1e-6 + 3.6e-7 * sqrt((double)count) * (double)count;
    arena_expect(&arena, work.chain.out[0].region, &sum, 1, bound, 1e-6);
    const double slope = 2 * fabs(square) + bound;
    square *= square;
    arena_expect(&arena, work.chain.out[1].region, &square, 1, slope * bound, 1e-6);
    arena_close(&arena);
}

START_TEST(chain_of_one_element_adds_up_its_inputs)
{
    static const size_t counts[] = { 2, 3, 31, 98, 257, 5000 };
    for (size_t i = 0; i < LENGTH(counts); i++)
        check_totals(counts[i]);
}
END_TEST

START_TEST(chain_stores_in_the_slot_as_it_is_when_it_runs)
{
    enum { N = 3, SLOTS = 9 };
    static const uint32_t slots[] = { 6, 0, 3 };
    struct arena arena;
    struct script *script;
    uint32_t slot = 0;
    double x[N], wanted[SLOTS];
    arena_open(&arena, SLOTS + 2 * N);
    struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = N, .ins = 1, .steps = 1, .outs = 2, .slot = &slot,
        .in = { { .region = arena_take_normal(&arena, N, x) } },
        .step = { { .row = ROW_abs, .a = 0, .b = -1 } },
        .out = { { .region = arena_take(&arena, SLOTS), .value = 1, .slot = true },
                 { .region = arena_take(&arena, N), .value = 1 } },
    } };
    ck_assert_int_eq(device_compile(arena.device, &work, 1, &script), FIG_OK);
    for (size_t i = 0; i < LENGTH(slots); i++) {
        slot = slots[i];
        ck_assert_int_eq(device_run(arena.device, script, 0), FIG_OK);
    }
    device_release(arena.device, &script);
    for (size_t i = 0; i < SLOTS; i++)
        wanted[i] = fabs(x[i % N]);
    arena_expect(&arena, work.chain.out[0].region, wanted, SLOTS, 0, 0);
    arena_expect(&arena, work.chain.out[1].region, wanted, N, 0, 0);
    arena_close(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chain");
    TCase *tests = tcase_create("chain");
    tcase_add_test(tests, chain_with_broadcasts_and_sums_runs_in_place);
    tcase_add_test(tests, chain_reads_an_input_before_it_is_overwritten);
    tcase_add_test(tests, chain_of_one_element_adds_up_its_inputs);
    tcase_add_test(tests, chain_stores_in_the_slot_as_it_is_when_it_runs);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
