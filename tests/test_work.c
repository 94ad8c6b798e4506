/* SPDX-License-Identifier: MIT */
/* The device that FIGMENT_DEVICE names, driven as plans drive it: each work against an independent
 * double reference, in awkward sizes, with guard words around every region. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"
#include "device/device.h"

enum { REGIONS = 16, GUARD = 256 /* reals between two regions, at least */ };

static bool small(void) /* for simulators: leave the large shapes out */
{
    return getenv("FIGMENT_TEST_SMALL") != NULL;
}

static const double guard = -12345.5;

/* A device, and an arena of regions with guards around them. */
struct bench {
    struct fig_device *device;
    struct buffer *buffer;
    size_t used, total; /* bytes */
    int regions;
    struct region region[REGIONS];
    double *image; /* what the arena should hold in guards */
};

static void bench_open(struct bench *bench, size_t reals)
{
    *bench = (struct bench){ 0 };
    ck_assert_int_eq(fig_device_open(&bench->device, NULL), FIG_OK);
    bench->total = round_up(device_reals(bench->device, reals), DEVICE_ALIGN);
    ck_assert_int_eq(device_alloc(bench->device, bench->total, &bench->buffer), FIG_OK);
    const size_t count = bench->total / device_reals(bench->device, 1);
    bench->image = malloc(count * sizeof(*bench->image));
    ck_assert_ptr_nonnull(bench->image);
    for (size_t i = 0; i < count; i++)
        bench->image[i] = guard;
    const struct region all = { bench->buffer, 0, bench->total };
    ck_assert_int_eq(device_write_doubles(bench->device, all, bench->image), FIG_OK);
}

static bool inside(const struct bench *bench, size_t byte)
{
    for (int i = 0; i < bench->regions; i++) {
        const struct region *region = &bench->region[i];
        if (byte >= region->offset && byte < region->offset + region->size)
            return true;
    }
    return false;
}

static void bench_close(struct bench *bench)
{
    const size_t size = device_reals(bench->device, 1);
    const struct region all = { bench->buffer, 0, bench->total };
    ck_assert_int_eq(device_read_doubles(bench->device, all, bench->image), FIG_OK);
    for (size_t i = 0; i < bench->total / size; i++) {
        if (!inside(bench, i * size))
            ck_assert_msg(bench->image[i] == guard, "word %zu outside of all regions became %g", i,
                          bench->image[i]);
    }
    free(bench->image);
    device_free(bench->device, &bench->buffer);
    fig_device_close(&bench->device);
}

static struct region take(struct bench *bench, size_t count)
{
    const size_t size = device_reals(bench->device, 1);
    ck_assert_int_lt(bench->regions, REGIONS);
    const size_t offset = round_up(bench->used + GUARD * size, DEVICE_ALIGN);
    const struct region region = { bench->buffer, offset, count * size };
    bench->used = region.offset + region.size;
    ck_assert_uint_le(bench->used + GUARD * size, bench->total);
    bench->region[bench->regions++] = region;
    return region;
}

/* A region of normal numbers, which `values` receives as the device keeps them. */
static struct region take_normal(struct bench *bench, size_t count, double *values)
{
    const struct region region = take(bench, count);
    const struct stream stream = { .seed = 7, .stream = (uint32_t)bench->regions };
    random_normal(&stream, values, count);
    ck_assert_int_eq(device_write_doubles(bench->device, region, values), FIG_OK);
    ck_assert_int_eq(device_read_doubles(bench->device, region, values), FIG_OK);
    return region;
}

static void run_work(struct bench *bench, const struct work *work)
{
    struct script *script = NULL;
    ck_assert_int_eq(device_compile(bench->device, work, 1, &script), FIG_OK);
    ck_assert_int_eq(device_run(bench->device, script, 0), FIG_OK);
    ck_assert_int_eq(fig_device_finish(bench->device), FIG_OK);
    device_release(bench->device, &script);
    ck_assert_ptr_null(script);
}

static void expect(struct bench *bench, struct region region, const double *wanted, size_t count,
                   double absolute, double relative)
{
    double *got = malloc(count * sizeof(*got));
    ck_assert_ptr_nonnull(got);
    ck_assert_int_eq(device_read_doubles(bench->device, region, got), FIG_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(got[i] - wanted[i]) <= absolute + relative * fabs(wanted[i]),
                      "%s: element %zu of %zu is %.9g, not %.9g",
                      fig_device_info(bench->device)->name, i, count, got[i], wanted[i]);
    free(got);
}

static double *numbers(size_t count)
{
    double *values = calloc(count, sizeof(*values));
    ck_assert_ptr_nonnull(values);
    return values;
}

/* y = sigmoid(x * scale + row + column); in place over x; and the sums of y * y. */
static void check_chain(size_t rows, size_t cols)
{
    struct bench bench;
    const size_t n = rows * cols, partials = (n - 1) / PARTIAL + 1;
    bench_open(&bench, n + rows + cols + partials + 8 * (GUARD + DEVICE_ALIGN));
    double *x = numbers(n), *row = numbers(cols), *column = numbers(rows), scale;
    struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = n, .ins = 4, .steps = 5, .outs = 2,
        .in = {
            { .region = take_normal(&bench, n, x) },
            { .region = take_normal(&bench, 1, &scale), .inner = 1, .count = 1 },
            { .region = take_normal(&bench, cols, row), .inner = 1, .count = (unsigned)cols },
            { .region = take_normal(&bench, rows, column),
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
        (struct chain_out){ .region = take(&bench, partials), .value = 8, .sum = true };
    run_work(&bench, &work);
    double *sums = numbers(partials);
    for (size_t i = 0; i < n; i++) {
        x[i] = 1 / (1 + exp(-(x[i] * scale + row[i % cols] + column[i / cols])));
        sums[i / PARTIAL] += x[i] * x[i];
    }
    /* Issue's bound for a value; a sum of 1024 squares below 1 has 2 sqrt(1024) 2^-24 of it. */
    expect(&bench, work.chain.out[0].region, x, n, 1e-6, 1.3e-6);
    expect(&bench, work.chain.out[1].region, sums, partials, 1e-5, 4e-6);
    free(x);
    free(row);
    free(column);
    free(sums);
    bench_close(&bench);
}

START_TEST(chain_with_broadcasts_and_sums_runs_in_place)
{
    static const size_t shapes[][2] = { { 1, 1 }, { 1, 3 }, { 3, 1 }, { 1, 1023 }, { 4, 256 },
                                        { 1025, 1 }, { 1, 1025 }, { 17, 241 }, { 241, 17 },
                                        { 256, 784 }, { 5000, 2 } };
    for (size_t i = 0; i < LENGTH(shapes) - (small() ? 2 : 0); i++)
        check_chain(shapes[i][0], shapes[i][1]);
}
END_TEST

/* An input that an output is stored over is still read by a later step and a later output. */
START_TEST(chain_reads_an_input_before_it_is_overwritten)
{
    enum { N = 4097 };
    struct bench bench;
    bench_open(&bench, 4 * N + 8 * (GUARD + DEVICE_ALIGN));
    double *x = numbers(N), *square = numbers(N), *sum = numbers(N), *copy = numbers(N);
    struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = N, .ins = 1, .steps = 2, .outs = 3,
        .in = { { .region = take_normal(&bench, N, x) } },
        .step = { { .row = ROW_square, .a = 0, .b = -1 }, { .row = ROW_add, .a = 0, .b = 1 } },
    } };
    work.chain.out[0] = (struct chain_out){ .region = work.chain.in[0].region, .value = 1 };
    work.chain.out[1] = (struct chain_out){ .region = take(&bench, N), .value = 2 };
    work.chain.out[2] = (struct chain_out){ .region = take(&bench, N), .value = 0 };
    run_work(&bench, &work);
    for (size_t i = 0; i < N; i++) {
        copy[i] = x[i];
        square[i] = x[i] * x[i];
        sum[i] = x[i] + square[i];
    }
    expect(&bench, work.chain.out[0].region, square, N, 0, 1e-6);
    expect(&bench, work.chain.out[1].region, sum, N, 1e-6, 1e-6);
    expect(&bench, work.chain.out[2].region, copy, N, 0, 0);
    free(x);
    free(square);
    free(sum);
    free(copy);
    bench_close(&bench);
}
END_TEST

/* The sum of x, and the square of it less the sum of twice as many y. */
static void check_totals(size_t count)
{
    struct bench bench;
    double *x = numbers(count), *y = numbers(2 * count), sum = 0, square = 0;
    bench_open(&bench, 3 * count + 2 + 8 * (GUARD + DEVICE_ALIGN));
    const struct region in[] = { take_normal(&bench, count, x), take_normal(&bench, 2 * count, y) };
    const struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = 1, .ins = 2, .steps = 2, .outs = 2,
        .in = { { in[0], 1, (unsigned)count, true }, { in[1], 1, 2 * (unsigned)count, true } },
        .step = { { .row = ROW_sub, .a = 0, .b = 1 }, { .row = ROW_square, .a = 2, .b = -1 } },
        .out = { { .region = take(&bench, 1), .value = 0 },
                 { .region = take(&bench, 1), .value = 3 } },
    } };
    run_work(&bench, &work);
    for (size_t i = 0; i < count; i++) {
        sum += x[i];
        square += x[i] - y[i] - y[count + i];
    }
    /* sqrt(n) 2^-24 of the sum of absolute terms, and at the square twice the root's. */
    const double bound = 1e-6 + 3.6e-7 * sqrt((double)count) * (double)count;
    expect(&bench, work.chain.out[0].region, &sum, 1, bound, 1e-6);
    const double slope = 2 * fabs(square) + bound;
    square *= square;
    expect(&bench, work.chain.out[1].region, &square, 1, slope * bound, 1e-6);
    free(x);
    free(y);
    bench_close(&bench);
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
    struct bench bench;
    struct script *script;
    uint32_t slot = 0;
    double x[N], wanted[SLOTS];
    bench_open(&bench, SLOTS + 2 * N + 8 * (GUARD + DEVICE_ALIGN));
    struct work work = { .kind = WORK_CHAIN, .name = "chain", .chain = {
        .n = N, .ins = 1, .steps = 1, .outs = 2, .slot = &slot,
        .in = { { .region = take_normal(&bench, N, x) } },
        .step = { { .row = ROW_abs, .a = 0, .b = -1 } },
        .out = { { .region = take(&bench, SLOTS), .value = 1, .slot = true },
                 { .region = take(&bench, N), .value = 1 } },
    } };
    ck_assert_int_eq(device_compile(bench.device, &work, 1, &script), FIG_OK);
    for (size_t i = 0; i < LENGTH(slots); i++) {
        slot = slots[i];
        ck_assert_int_eq(device_run(bench.device, script, 0), FIG_OK);
    }
    device_release(bench.device, &script);
    for (size_t i = 0; i < SLOTS; i++)
        wanted[i] = fabs(x[i % N]);
    expect(&bench, work.chain.out[0].region, wanted, SLOTS, 0, 0);
    expect(&bench, work.chain.out[1].region, wanted, N, 0, 0);
    bench_close(&bench);
}
END_TEST

/* Of each row of op(A), which a transposed A is asked for. */
static void check_sums(struct bench *bench, const struct product *product, const double *a)
{
    const size_t rows = (size_t)product->m, depth = (size_t)product->k;
    double *sums = numbers(rows);
    for (size_t i = 0; i < rows * depth; i++)
        sums[i % rows] += a[i];
    expect(bench, product->sums, sums, rows, 1e-6 + 1.2e-7 * (double)depth, 1e-6);
    free(sums);
}

/* The product, and after it relu(C + bias) in place of C and its partial sums. */
static void check_product(int m, int n, int k, bool trans_a, bool trans_b)
{
    struct bench bench;
    const size_t rows = (size_t)m, cols = (size_t)n, depth = (size_t)k, count = rows * cols;
    const size_t partials = (count - 1) / PARTIAL + 1;
    bench_open(&bench, rows * depth + depth * cols + count + cols + partials + rows +
                                   9 * (GUARD + DEVICE_ALIGN));
    double *a = numbers(rows * depth), *b = numbers(depth * cols), *bias = numbers(cols);
    struct work work = { .kind = WORK_PRODUCT, .name = "product", .product = {
        .a = take_normal(&bench, rows * depth, a), .b = take_normal(&bench, depth * cols, b),
        .c = take(&bench, count), .trans_a = trans_a, .trans_b = trans_b, .m = m, .n = n, .k = k,
    } };
    if (trans_a)
        work.product.sums = take(&bench, rows);
    work.chain = (struct chain){
        .n = count, .ins = 2, .steps = 2, .outs = 2,
        .in = { { .region = work.product.c },
                { .region = take_normal(&bench, cols, bias), .inner = 1, .count = (unsigned)n } },
        .step = { { .row = ROW_add, .a = 0, .b = 1 }, { .row = ROW_relu, .a = 2, .b = -1 } },
        .out = { { .region = work.product.c, .value = 3 },
                 { .region = take(&bench, partials), .value = 3, .sum = true } },
    };
    run_work(&bench, &work);
    double *c = numbers(count), *sums = numbers(partials);
    for (size_t i = 0; i < count; i++) {
        double sum = bias[i % cols];
        for (size_t l = 0; l < depth; l++)
            sum += a[trans_a ? l * rows + i / cols : i / cols * depth + l] *
                   b[trans_b ? i % cols * depth + l : l * cols + i % cols];
        c[i] = sum < 0 ? 0 : sum;
        sums[i / PARTIAL] += c[i];
    }
    /* 2 sqrt(K) 2^-24 of the sum of absolute terms, which is near K here. */
    const double bound = 1e-6 + 1.2e-7 * sqrt(k) * k;
    expect(&bench, work.product.c, c, count, bound, 1e-6);
    expect(&bench, work.chain.out[1].region, sums, partials, 32 * bound, 4e-6);
    if (trans_a)
        check_sums(&bench, &work.product, a);
    free(a);
    free(b);
    free(bias);
    free(c);
    free(sums);
    bench_close(&bench);
}

START_TEST(products_of_all_transposes_feed_their_chain)
{
    static const int shapes[][3] = { { 1, 1, 1 }, { 1, 33, 100 }, { 33, 1, 100 }, { 5, 7, 3 },
                                     { 37, 128, 65 }, { 100, 17, 300 }, { 129, 130, 257 },
                                     { 256, 256, 300 }, { 2560, 37, 270 }, { 30, 512, 300 } };
    for (size_t i = 0; i < LENGTH(shapes) - (small() ? 5 : 0); i++) {
        for (int t = 0; t < 4; t++)
            check_product(shapes[i][0], shapes[i][1], shapes[i][2], t & 1, t & 2);
    }
}
END_TEST

static void check_matrix(size_t rows, size_t cols)
{
    struct bench bench;
    const size_t count = rows * cols;
    bench_open(&bench, 2 * count + 2 * rows + cols + 8 * (GUARD + DEVICE_ALIGN));
    double *x = numbers(count), *by_col = numbers(cols), *by_row = numbers(rows);
    double *total = numbers(rows), *soft = numbers(count);
    const struct matrix matrix = { (unsigned)rows, (unsigned)cols };
    const struct region in = take_normal(&bench, count, x);
    const struct work works[] = {
        { .kernel = KERNEL_sum_rows, .buffers = { take(&bench, cols), in }, .n = cols },
        { .kernel = KERNEL_sum_cols, .buffers = { take(&bench, rows), in }, .n = rows },
        { .kernel = KERNEL_log_sum_exp, .buffers = { take(&bench, rows), in }, .n = rows },
        { .kernel = KERNEL_softmax, .buffers = { take(&bench, count), in }, .n = rows },
    };
    for (size_t i = 0; i < LENGTH(works); i++) {
        struct work work = works[i];
        work.name = "matrix";
        work.params.matrix = matrix;
        run_work(&bench, &work);
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
    /* 2 sqrt(K) 2^-24 of the sum of absolute values, which is near K here. */
    expect(&bench, works[0].buffers[0], by_col, cols, 1e-6 + 1.2e-7 * pow((double)rows, 1.5), 0);
    expect(&bench, works[1].buffers[0], by_row, rows, 1e-6 + 1.2e-7 * pow((double)cols, 1.5), 0);
    expect(&bench, works[2].buffers[0], total, rows, 1e-6, 1.3e-6);
    expect(&bench, works[3].buffers[0], soft, count, 1e-6, 4e-6);
    free(x);
    free(by_col);
    free(by_row);
    free(total);
    free(soft);
    bench_close(&bench);
}

START_TEST(sums_and_softmax_of_rows_and_columns)
{
    static const size_t shapes[][2] = { { 1, 1 }, { 1, 1025 }, { 1025, 1 }, { 3, 5 }, { 65, 10 },
                                        { 256, 784 }, { 129, 63 } };
    for (size_t i = 0; i < LENGTH(shapes) - (small() ? 2 : 0); i++)
        check_matrix(shapes[i][0], shapes[i][1]);
}
END_TEST

/* Rows 1..R-1 of an [R, C] matrix become columns 2.. of a wider one. */
START_TEST(copy_moves_a_block)
{
    enum { R = 37, C = 29, WIDE = 40 };
    struct bench bench;
    bench_open(&bench, R * C + R * WIDE + 8 * (GUARD + DEVICE_ALIGN));
    double *in = numbers(R * C), *out = numbers(R * WIDE);
    struct work work = { .kernel = KERNEL_copy, .name = "copy", .n = (R - 1) * C };
    work.buffers[1] = take_normal(&bench, R * C, in);
    work.buffers[0] = take_normal(&bench, R * WIDE, out);
    work.params.copy = (struct copy){ .cols = C, .from = C, .from_stride = C, .to = 2,
                                      .to_stride = WIDE };
    run_work(&bench, &work);
    for (size_t i = C; i < R * C; i++)
        out[(i / C - 1) * WIDE + 2 + i % C] = in[i];
    expect(&bench, work.buffers[0], out, R * WIDE, 0, 0);
    free(in);
    free(out);
    bench_close(&bench);
}
END_TEST

START_TEST(gather_takes_rows_in_the_order_given)
{
    enum { SAMPLES = 50, FIRST = 3, BATCH = 41, C = 77 };
    struct bench bench;
    bench_open(&bench, 4 * SAMPLES * C + 8 * (GUARD + DEVICE_ALIGN));
    double *reals = numbers(SAMPLES * C), *out = numbers(BATCH * C);
    unsigned char bytes[SAMPLES * C];
    uint32_t order[SAMPLES];
    random_permutation(&(struct stream){ .seed = 1 }, order, SAMPLES);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 31);
    struct region sources[2] = { take(&bench, SAMPLES * C),
                                 take_normal(&bench, SAMPLES * C, reals) };
    struct region words = take(&bench, SAMPLES);
    sources[0].size = sizeof(bytes);
    words.size = sizeof(order);
    ck_assert_int_eq(device_write_bytes(bench.device, sources[0], bytes), FIG_OK);
    ck_assert_int_eq(device_write_bytes(bench.device, words, order), FIG_OK);
    struct work work = { .name = "gather", .n = BATCH * C, .buffers[2] = words };
    work.buffers[0] = take(&bench, BATCH * C);
    work.params.gather = (struct gather){ .first = FIRST, .cols = C, .divisor = 255 };
    for (int kind = 0; kind < 2; kind++) {
        work.kernel = kind ? KERNEL_gather_reals : KERNEL_gather_bytes;
        work.buffers[1] = sources[kind];
        run_work(&bench, &work);
        for (size_t i = 0; i < BATCH * C; i++) {
            const size_t from = order[FIRST + i / C] * C + i % C;
            out[i] = (kind ? reals[from] : bytes[from]) / 255;
        }
        expect(&bench, work.buffers[0], out, BATCH * C, 0, 1e-7);
    }
    free(reals);
    free(out);
    bench_close(&bench);
}
END_TEST

/* Rounding apart, the kernels draw what the host draws. */
START_TEST(random_kernels_draw_the_streams_of_the_contract)
{
    static const size_t counts[] = { 1, 2, 3, 5, 255, 257, 1023, 4097, 100003 };
    for (size_t c = 0; c < LENGTH(counts) - (small() ? 2 : 0); c++) {
        const size_t n = counts[c];
        struct bench bench;
        bench_open(&bench, n + 4 * (GUARD + DEVICE_ALIGN));
        const struct stream stream = { .seed = UINT64_C(0x299f31d0a4093822), .stream = 0x3000,
                                       .step = 9 };
        double *wanted = numbers(n);
        struct work work = { .kernel = KERNEL_uniform, .name = "random", .n = n };
        work.buffers[0] = take(&bench, n);
        work.params.random = (struct random){ 0xa4093822, 0x299f31d0, 0x3000, 9 };
        run_work(&bench, &work);
        random_uniform(&stream, wanted, n);
        expect(&bench, work.buffers[0], wanted, n, 0, 0);
        work.kernel = KERNEL_normal;
        run_work(&bench, &work);
        random_normal(&stream, wanted, n);
        /* An angle below 2 pi in float is off by 2.4e-7, times a radius below 5.8. */
        expect(&bench, work.buffers[0], wanted, n, 4e-6, 1.3e-6);
        free(wanted);
        bench_close(&bench);
    }
}
END_TEST

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
    struct bench bench;
    bench_open(&bench, 4 * n + 8 * (GUARD + DEVICE_ALIGN));
    double *values[4];
    struct work work = { .kernel = optimizers[which].kernel, .name = "optimizer", .n = n };
    work.params.optimizer = (struct optimizer){
        .rate = 0.01f, .momentum = 0.9f, .fresh = 0.1f, .rho = 0.95f, .leak = 0.05f,
        .correct1 = 5.2631579f, .correct2 = 4.4721360f, .epsilon = 1e-7f, .decay = 1e-3f,
    };
    for (int b = 0; b < 4; b++) {
        values[b] = numbers(n);
        work.buffers[b] = take_normal(&bench, n, values[b]);
        for (size_t i = 0; i < n && b >= 2; i++)
            values[b][i] = fabs(values[b][i]); /* roots are taken of moments */
        ck_assert_int_eq(device_write_doubles(bench.device, work.buffers[b], values[b]), FIG_OK);
    }
    run_work(&bench, &work);
    for (size_t i = 0; i < n; i++) {
        struct state x = { values[0][i], values[1][i], values[2][i], values[3][i] };
        optimizers[which].reference(&x, &work.params.optimizer);
        values[0][i] = x.w;
        values[2][i] = x.s;
        values[3][i] = x.u;
    }
    for (int b = 0; b < 4; b++) {
        expect(&bench, work.buffers[b], values[b], n, 1e-6, 1e-6);
        free(values[b]);
    }
    bench_close(&bench);
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

START_TEST(philox_knows_its_answers)
{
    static const struct {
        struct stream stream;
        uint32_t block, word[4];
    } known[] = {
        { { 0, 0, 0 }, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    };
    for (size_t i = 0; i < LENGTH(known); i++) {
        uint32_t word[4];
        random_words(&known[i].stream, known[i].block, word);
        ck_assert_mem_eq(word, known[i].word, sizeof(word));
    }
}
END_TEST

START_TEST(works_that_break_a_rule_are_refused)
{
    struct bench bench;
    struct script *script = NULL;
    bench_open(&bench, 4 * (GUARD + DEVICE_ALIGN));
    const struct region small = take(&bench, 10), other = take(&bench, 1), third = take(&bench, 1);
    const struct work works[] = {
        { .kernel = KERNEL_uniform, .name = "too long", .n = 11, .buffers = { small } },
        { .kernel = KERNEL_uniform, .name = "empty", .n = 0, .buffers = { small } },
        { .kernel = KERNEL_uniform, .name = "no buffer", .n = 10 },
        { .kernel = KERNEL_sgd, .name = "overlap", .n = 10, .buffers = { small, small } },
        { .kind = WORK_CHAIN, .name = "no value", .chain = {
            .n = 10, .ins = 1, .steps = 1, .outs = 1, .in = { { .region = small } },
            .step = { { .row = ROW_add, .a = 0, .b = 1 } },
            .out = { { .region = small, .value = 1 } } } },
        { .kind = WORK_CHAIN, .name = "a total twice", .chain = {
            .n = 2, .ins = 1, .outs = 1, .in = { { small, 1, 10, true } },
            .out = { { .region = other } } } },
        { .kind = WORK_CHAIN, .name = "no slot", .chain = {
            .n = 1, .ins = 1, .outs = 1, .in = { { .region = small } },
            .out = { { .region = other, .slot = true } } } },
        { .kind = WORK_PRODUCT, .name = "onto itself", .product = {
            .a = small, .b = small, .c = small, .m = 1, .n = 1, .k = 1 } },
        { .kind = WORK_PRODUCT, .name = "sums over a factor", .product = {
            .a = small, .b = small, .c = other, .sums = small, .trans_a = true,
            .m = 1, .n = 1, .k = 1 } },
        { .kind = WORK_PRODUCT, .name = "sums of no transpose", .product = {
            .a = small, .b = small, .c = other, .sums = third, .m = 1, .n = 1, .k = 1 } },
    };
    for (size_t i = 0; i < LENGTH(works); i++)
        ck_assert_int_eq(device_compile(bench.device, &works[i], 1, &script), FIG_INVALID);
    struct buffer *huge = NULL;
    ck_assert_int_eq(device_alloc(bench.device, SIZE_MAX / 2, &huge), FIG_NOMEM);
    bench_close(&bench);
}
END_TEST

START_TEST(names_choose_devices)
{
    struct fig_device_info info;
    char reason[256];
    ck_assert_int_ge(fig_device_count(), 1);
    ck_assert_int_eq(fig_device_query(0, &info), FIG_OK);
    ck_assert_str_eq(info.name, "cpu");
    ck_assert_int_eq(fig_device_choose("cpu", &info, reason), FIG_OK);
    ck_assert_int_eq(info.type, FIG_NATIVE);
    ck_assert_int_eq(info.real_size, 4);
    ck_assert_int_eq(fig_device_choose("cpu64", &info, reason), FIG_OK);
    ck_assert_int_eq(info.real_size, 8);
    ck_assert_int_eq(fig_device_choose("no such thing", &info, reason), FIG_NODEVICE);
    ck_assert_int_eq(fig_device_choose("opencl:999", &info, NULL), FIG_NODEVICE);
    ck_assert_int_eq(fig_device_choose("auto", &info, reason), FIG_OK);
    ck_assert(info.type != FIG_HOST && *reason);
    const char *set = getenv("FIGMENT_DEVICE");
    char kept[128];
    snprintf(kept, sizeof(kept), "%s", set ? set : "");
    ck_assert_int_eq(setenv("FIGMENT_DEVICE", "cpu64", 1), 0);
    ck_assert_int_eq(fig_device_choose(NULL, &info, NULL), FIG_OK);
    ck_assert_str_eq(info.name, "cpu64");
    ck_assert_int_eq(setenv("FIGMENT_DEVICE", kept, 1), 0);
    ck_assert_int_eq(fig_device_choose("CPU", &info, NULL), FIG_OK);
    ck_assert_str_eq(info.name, "cpu");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("works");
    tcase_add_test(tests, chain_with_broadcasts_and_sums_runs_in_place);
    tcase_add_test(tests, chain_reads_an_input_before_it_is_overwritten);
    tcase_add_test(tests, chain_of_one_element_adds_up_its_inputs);
    tcase_add_test(tests, chain_stores_in_the_slot_as_it_is_when_it_runs);
    tcase_add_test(tests, products_of_all_transposes_feed_their_chain);
    tcase_add_test(tests, sums_and_softmax_of_rows_and_columns);
    tcase_add_test(tests, copy_moves_a_block);
    tcase_add_test(tests, gather_takes_rows_in_the_order_given);
    tcase_add_test(tests, random_kernels_draw_the_streams_of_the_contract);
    tcase_add_test(tests, optimizers_step_as_pytorch_defines_them);
    tcase_add_test(tests, works_that_break_a_rule_are_refused);
    tcase_add_test(tests, philox_knows_its_answers);
    tcase_add_test(tests, names_choose_devices);
    Suite *suite = suite_create("work");
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
