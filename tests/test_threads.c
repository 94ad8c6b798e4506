/* SPDX-License-Identifier: MIT */
/* The pool, and the promise that the number of threads changes no bit of a result. */
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"
#include "base/threads.h"
#include "device/device.h"

enum { PARTS = 1000, THREADS = 5 };

struct tally {
    int calls[PARTS];
    int threads[THREADS]; /* parts that each thread did; only it writes here */
};

static void count_call(void *context, int part, int thread)
{
    struct tally *tally = context;
    tally->calls[part]++;
    tally->threads[thread]++;
}

START_TEST(every_part_is_done_once)
{
    struct pool *pool = NULL;
    static struct tally tally;
    ck_assert_int_eq(pool_create(&pool, THREADS), FIG_OK);
    for (int round = 1; round <= 200; round++) {
        const int parts = round % 7 == 0 ? PARTS : round % 5;
        memset(&tally, 0, sizeof(tally));
        pool_run(pool, parts, count_call, &tally);
        int sum = 0;
        for (int i = 0; i < THREADS; i++)
            sum += tally.threads[i];
        ck_assert_int_eq(sum, parts);
        for (int i = 0; i < PARTS; i++)
            ck_assert_int_eq(tally.calls[i], i < parts);
    }
    pool_destroy(&pool);
    ck_assert_ptr_null(pool);
}
END_TEST

/* A product with a chain and partial sums behind it, a chain, row and column sums, normal numbers
 * and an optimiser: all that shares out items. */
enum { M = 203, N = 117, K = 331, COUNT = M * N, PARTIALS = (COUNT - 1) / PARTIAL + 1 };

struct layout {
    struct region a, b, c, bias, sums, rows, cols, noise, moment, update;
};

static struct region take(struct buffer *buffer, size_t *used, size_t size)
{
    const struct region region = { buffer, *used, size };
    *used = round_up(*used + size, DEVICE_ALIGN);
    return region;
}

static struct layout lay_out(const struct fig_device *device, struct buffer *buffer, size_t *used)
{
    const size_t real = device_reals(device, 1);
    return (struct layout){
        .a = take(buffer, used, M * K * real), .b = take(buffer, used, K * N * real),
        .c = take(buffer, used, COUNT * real), .bias = take(buffer, used, N * real),
        .sums = take(buffer, used, PARTIALS * real), .rows = take(buffer, used, N * real),
        .cols = take(buffer, used, M * real), .noise = take(buffer, used, COUNT * real),
        .moment = take(buffer, used, COUNT * real), .update = take(buffer, used, COUNT * real),
    };
}

static struct work draw(struct region out, size_t count, unsigned stream)
{
    return (struct work){ .kernel = KERNEL_normal, .name = "normal", .buffers = { out },
                          .n = count, .params.random = { .seed_low = 3, .stream = stream } };
}

static int add_works(struct work works[8], const struct layout *at)
{
    int count = 0;
    works[count++] = draw(at->a, M * K, 1);
    works[count++] = draw(at->b, K * N, 2);
    works[count++] = draw(at->bias, N, 3);
    works[count++] = draw(at->noise, COUNT, 4);
    works[count++] = (struct work){
        .kind = WORK_PRODUCT, .name = "product",
        .product = { at->a, at->b, at->c, .trans_b = true, .m = M, .n = N, .k = K },
        .chain = { .n = COUNT, .ins = 3, .steps = 4, .outs = 2,
                   .in = { { .region = at->c }, { at->bias, 1, N }, { .region = at->noise } },
                   .step = { { .row = ROW_add, .a = 0, .b = 1 },
                             { .row = ROW_tanh, .a = 3, .b = -1 },
                             { .row = ROW_mul, .a = 4, .b = 2 },
                             { .row = ROW_softplus, .a = 5, .b = -1 } },
                   .out = { { .region = at->c, .value = 6 },
                            { .region = at->sums, .value = 4, .sum = true } } },
    };
    works[count++] = (struct work){ .kernel = KERNEL_sum_rows, .name = "rows",
        .buffers = { at->rows, at->c }, .n = N, .params.matrix = { M, N } };
    works[count++] = (struct work){ .kernel = KERNEL_sum_cols, .name = "cols",
        .buffers = { at->cols, at->c }, .n = M, .params.matrix = { M, N } };
    works[count++] = (struct work){ .kernel = KERNEL_adadelta, .name = "adadelta",
        .buffers = { at->c, at->noise, at->moment, at->update }, .n = COUNT,
        .params.optimizer = { .rate = 1, .rho = 0.95f, .leak = 0.05f, .epsilon = 1e-7f } };
    return count;
}

/* All bytes that the works leave behind with so many threads; the caller frees. */
static void *bytes_with(const char *device_name, const char *threads, size_t *size)
{
    struct fig_device *device = NULL;
    struct buffer *buffer = NULL;
    struct script *script = NULL;
    struct work works[8];
    ck_assert_int_eq(setenv("FIGMENT_THREADS", threads, 1), 0);
    ck_assert_int_eq(fig_device_open(&device, device_name), FIG_OK);
    ck_assert_int_eq(fig_device_info(device)->units, atoi(threads));
    *size = 0;
    lay_out(device, NULL, size);
    ck_assert_int_eq(device_alloc(device, *size, &buffer), FIG_OK);
    size_t used = 0;
    const struct layout layout = lay_out(device, buffer, &used);
    const int count = add_works(works, &layout);
    ck_assert_int_eq(device_compile(device, works, count, &script), FIG_OK);
    for (uint32_t step = 0; step < 3; step++)
        ck_assert_int_eq(device_run(device, script, step), FIG_OK);
    void *bytes = malloc(*size);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(device_read_bytes(device, (struct region){ buffer, 0, *size }, bytes), FIG_OK);
    device_release(device, &script);
    device_free(device, &buffer);
    fig_device_close(&device);
    return bytes;
}

START_TEST(the_number_of_threads_changes_no_bit)
{
    static const char *const devices[] = { "cpu", "cpu64" }, *const threads[] = { "2", "3", "7" };
    size_t size;
    void *one = bytes_with(devices[_i], "1", &size);
    for (size_t t = 0; t < LENGTH(threads); t++) {
        void *many = bytes_with(devices[_i], threads[t], &size);
        ck_assert_msg(memcmp(one, many, size) == 0, "%s: 1 and %s threads differ", devices[_i],
                      threads[t]);
        free(many);
    }
    free(one);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("threads");
    tcase_add_test(tcase, every_part_is_done_once);
    tcase_add_loop_test(tcase, the_number_of_threads_changes_no_bit, 0, 2);
    tcase_set_timeout(tcase, 60);
    Suite *suite = suite_create("threads");
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
