/* SPDX-License-Identifier: MIT */
/* Products on the device that FIGMENT_DEVICE names, with the chain behind them, against the sums of
 * their definition, in awkward sizes. */
#include "tests/suite.h"

#include <math.h>

#include "base/size.h"
#include "tests/arena.h"
#include "tests/rig.h"

/* Of each row of op(A), which a transposed A is asked for. */
static void check_sums(struct arena *arena, const struct product *product, const double *a)
{
    const size_t rows = (size_t)product->m, depth = (size_t)product->k;
    double *sums = arena_numbers(arena, rows);
    for (size_t i = 0; i < rows * depth; i++)
        sums[i % rows] += a[i];
    arena_expect(arena, product->sums, sums, rows, 1e-6 + 1.2e-7 * (double)depth, 1e-6);
}

/* An element of op(A) op(B). */
static double element(const struct product *product, const double *a, const double *b, size_t row,
                      size_t col)
{
    const size_t rows = (size_t)product->m, cols = (size_t)product->n, depth = (size_t)product->k;
    double sum = 0;
    for (size_t l = 0; l < depth; l++)
        sum += a[product->trans_a ? l * rows + row : row * depth + l] *
               b[product->trans_b ? col * depth + l : l * cols + col];
    return sum;
}

/* The product, and after it relu(C + bias) in place of C and its partial sums. */
static void check_product(int m, int n, int k, bool trans_a, bool trans_b)
{
    struct arena arena;
    const size_t rows = (size_t)m, cols = (size_t)n, depth = (size_t)k, count = rows * cols;
    const size_t partials = (count - 1) / PARTIAL + 1;
    arena_open(&arena, rows * depth + depth * cols + count + cols + partials + rows);
    double *a = arena_numbers(&arena, rows * depth), *b = arena_numbers(&arena, depth * cols);
    double *bias = arena_numbers(&arena, cols), *c = arena_numbers(&arena, count);
    double *sums = arena_numbers(&arena, partials);
    struct work work = { .kind = WORK_PRODUCT, .name = "product", .product = {
        .a = arena_take_normal(&arena, rows * depth, a),
        .b = arena_take_normal(&arena, depth * cols, b), .c = arena_take(&arena, count),
        .trans_a = trans_a, .trans_b = trans_b, .m = m, .n = n, .k = k,
    } };
    if (trans_a)
        work.product.sums = arena_take(&arena, rows);
    work.chain = (struct chain){
        .n = count, .ins = 2, .steps = 2, .outs = 2,
        .in = { { .region = work.product.c },
                { .region = arena_take_normal(&arena, cols, bias),
                  .inner = 1, .count = (unsigned)n } },
        .step = { { .row = ROW_add, .a = 0, .b = 1 }, { .row = ROW_relu, .a = 2, .b = -1 } },
        .out = { { .region = work.product.c, .value = 3 },
                 { .region = arena_take(&arena, partials), .value = 3, .sum = true } },
    };
    arena_run(&arena, &work);
    for (size_t i = 0; i < count; i++) {
        const double sum = bias[i % cols] + element(&work.product, a, b, i / cols, i % cols);
        c[i] = sum < 0 ? 0 : sum;
        sums[i / PARTIAL] += c[i];
    }
    /* 2 sqrt(K) 2^-24 of the sum of absolute terms, which is near K here. */
    const double bound = 1e-6 + 1.2e-7 * sqrt(k) * k;
    arena_expect(&arena, work.product.c, c, count, bound, 1e-6);
    arena_expect(&arena, work.chain.out[1].region, sums, partials, 32 * bound, 4e-6);
    if (trans_a)
        check_sums(&arena, &work.product, a);
    arena_close(&arena);
}

START_TEST(products_of_all_transposes_feed_their_chain)
{
    static const int shapes[][3] = { { 1, 1, 1 }, { 1, 33, 100 }, { 33, 1, 100 }, { 5, 7, 3 },
                                     { 37, 128, 65 }, { 9, 11, 2300 }, { 100, 17, 300 },
                                     { 70, 3, 5000 }, { 129, 130, 257 }, { 256, 256, 300 },
                                     { 2560, 37, 270 }, { 30, 512, 300 } };
    for (size_t i = 0; i < LENGTH(shapes) - (rig_small() ? 6 : 0); i++) {
        for (int t = 0; t < 4; t++)
            check_product(shapes[i][0], shapes[i][1], shapes[i][2], t & 1, t & 2);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("product");
    TCase *tests = tcase_create("product");
    tcase_add_test(tests, products_of_all_transposes_feed_their_chain);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
