/* SPDX-License-Identifier: MIT */
/* Convolutions, their gradients for the image and for the weights: against the oracle's loops over
 * the definition, against each other as adjoints, and against central differences.  Geometry number
 * k is drawn from seed k; FIGMENT_TEST_SEED=k runs that one alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"
#include "tests/oracle.h"
#include "tests/rig.h"

enum { KINDS = 3, OUTPUTS = 3 * KINDS };

static const char *const kind_name[KINDS] = { "conv", "conv_input", "conv_weight" };

/* The operands of a convolution, and what each kind makes of two of them. */
struct bench {
    struct rig rig;
    struct conv conv;
    struct fig_node *x, *y, *weight; /* [n,h,w,c], [n,oh,ow,o] and [o,kh,kw,c] */
    struct fig_node *bias[KINDS];
    struct fig_node *kind[KINDS];    /* shaped as y, x and weight */
};

static int windows(int size, int kernel, int stride, int pad)
{
    return (size + 2 * pad - kernel) / stride + 1;
}

static struct conv completed(struct conv conv)
{
    conv.oh = windows(conv.h, conv.kh, conv.stride, conv.pad);
    conv.ow = windows(conv.w, conv.kw, conv.stride, conv.pad);
    return conv;
}

static struct conv draw_conv(uint64_t seed)
{
    static const int channels[] = { 1, 3, 5, 16 }, batches[] = { 1, 2, 5 };
    const struct stream stream = { .seed = seed, .stream = 0xc0 };
    uint32_t a[4], b[4], c[4];
    random_words(&stream, 0, a);
    random_words(&stream, 1, b);
    random_words(&stream, 2, c);
    struct conv conv = { .n = batches[a[0] % 3], .c = channels[a[1] % 4], .o = channels[a[2] % 4],
                         .kh = 1 + (int)(a[3] % 5), .kw = 1 + (int)(b[0] % 5),
                         .stride = 1 + (int)(b[1] % 3) };
    const int smaller = conv.kh < conv.kw ? conv.kh : conv.kw;
    conv.pad = (int)(b[2] % (uint32_t)smaller);
    conv.h = conv.kh + (int)(b[3] % 9);
    conv.w = conv.kw + (int)(c[0] % 9);
    if (c[1] % 8 == 0) /* the whole image at once */
        conv.h = conv.kh, conv.w = conv.kw, conv.pad = 0;
    if (c[1] % 8 == 1) /* pixel by pixel */
        conv.kh = conv.kw = conv.stride = 1, conv.pad = 0;
    return completed(conv);
}

static void open_inputs(struct bench *bench, struct fig_device *device, const struct conv *p)
{
    const int channels[KINDS] = { p->o, p->c, p->c };
    *bench = (struct bench){ .rig.device = device, .conv = *p };
    RIG_OK(fig_graph_create(&bench->rig.graph));
    bench->x = rig_input(&bench->rig, fig_shape4(p->n, p->h, p->w, p->c), NULL);
    bench->y = rig_input(&bench->rig, fig_shape4(p->n, p->oh, p->ow, p->o), NULL);
    bench->weight = rig_input(&bench->rig, fig_shape4(p->o, p->kh, p->kw, p->c), NULL);
    for (int k = 0; k < KINDS; k++)
        bench->bias[k] = rig_input(&bench->rig, fig_shape1(channels[k]), NULL);
    rig_note("n %d, image %dx%dx%d, other %dx%dx%d, kernel %dx%d, stride %d, pad %d", p->n, p->h,
             p->w, p->c, p->oh, p->ow, p->o, p->kh, p->kw, p->stride, p->pad);
}

static void add_kinds(struct bench *bench)
{
    const struct conv *p = &bench->conv;
    bench->kind[0] = fig_conv(bench->x, bench->weight, p->stride, p->pad);
    bench->kind[1] = fig_conv_input(bench->y, bench->weight, p->stride, p->pad, p->h, p->w);
    bench->kind[2] = node_conv(OP_conv_weight, bench->y, bench->x, p);
}

static void open_bench(struct bench *bench, struct fig_device *device, const struct conv *conv)
{
    open_inputs(bench, device, conv);
    add_kinds(bench);
}

/* Each kind alone, and with a bias, a function and a sum behind it; every other time nobody reads
 * what the convolution left. */
static int add_outputs(struct bench *bench, bool kept, struct fig_node *outputs[OUTPUTS])
{
    int count = 0;
    for (int k = 0; k < KINDS; k++) {
        struct fig_node *node = bench->kind[k];
        struct fig_node *active = fig_relu(fig_add(node, bench->bias[k]));
        if (kept)
            outputs[count++] = node;
        outputs[count++] = active;
        outputs[count++] = fig_sum(active);
    }
    return count;
}

static void compare(const struct oracle *oracle, const struct fig_node *node, const double *seen)
{
    const struct oracle_value *should = &oracle->nodes[node->id];
    for (size_t i = 0; i < shape_length(node->shape); i++)
        ck_assert_msg(fabs(seen[i] - should->value[i]) <= should->error[i],
                      "%s: node %d, element %zu is %.9g, not %.9g +- %.2g", rig_message(),
                      node->id, i, seen[i], should->value[i], should->error[i]);
}

/* The oracle's values, and the same bits twice. */
static void check_values(const char *device, const struct conv *conv, bool kept)
{
    struct bench bench;
    struct fig_node *outputs[OUTPUTS];
    open_inputs(&bench, rig_device(device), conv);
    struct oracle oracle = { .graph = bench.rig.graph, .epsilon = rig_epsilon(&bench.rig) };
    for (int i = 0; i < bench.rig.inputs; i++)
        oracle_input(&oracle, bench.rig.input[i], bench.rig.values[i]);
    add_kinds(&bench);
    const int count = add_outputs(&bench, kept, outputs);
    oracle_extend(&oracle);
    rig_plan(&bench.rig, outputs, count);
    double *first[OUTPUTS];
    rig_run(&bench.rig, 0);
    for (int i = 0; i < count; i++)
        compare(&oracle, outputs[i], first[i] = rig_read(&bench.rig, outputs[i]));
    rig_run(&bench.rig, 0);
    for (int i = 0; i < count; i++) {
        double *again = rig_read(&bench.rig, outputs[i]);
        const size_t size = shape_length(outputs[i]->shape) * sizeof(*again);
        ck_assert_msg(memcmp(first[i], again, size) == 0, "%s: other bits in a second run",
                      rig_message());
        free(first[i]);
        free(again);
    }
    oracle_finish(&oracle);
    rig_close(&bench.rig);
}

static int geometries(void)
{
    return rig_native() ? 150 : rig_small() ? 4 : 25;
}

static void over_seeds(void (*check)(uint64_t seed))
{
    const char *one = getenv("FIGMENT_TEST_SEED");
    for (int seed = 1; !one && seed <= geometries(); seed++)
        check((uint64_t)seed);
    if (one)
        check(strtoull(one, NULL, 10));
}

static void check_drawn(uint64_t seed)
{
    const struct conv conv = draw_conv(seed);
    check_values(NULL, &conv, seed % 2);
    if (rig_native())
        check_values("cpu64", &conv, seed % 2);
}

START_TEST(convolutions_of_any_geometry_are_what_their_definition_says)
{
    over_seeds(check_drawn);
}
END_TEST

/* Large enough to be shared out and multiplied in blocks of images, the last of them smaller; and
 * taps that no pixel sees. */
static const struct conv large[] = {
    { .n = 3, .h = 17, .w = 19, .c = 33, .o = 20, .kh = 5, .kw = 5, .stride = 1, .pad = 2 },
    { .n = 8, .h = 28, .w = 28, .c = 1, .o = 16, .kh = 5, .kw = 5, .stride = 2, .pad = 2 },
    { .n = 1, .h = 37, .w = 41, .c = 5, .o = 7, .kh = 4, .kw = 3, .stride = 2, .pad = 1 },
    { .n = 1, .h = 12, .w = 300, .c = 3, .o = 3, .kh = 2, .kw = 5, .stride = 3, .pad = 1 },
    { .n = 64, .h = 7, .w = 7, .c = 24, .o = 16, .kh = 3, .kw = 3, .stride = 2, .pad = 1 },
    { .n = 37, .h = 28, .w = 6, .c = 3, .o = 5, .kh = 4, .kw = 5, .stride = 2, .pad = 2 },
    { .n = 37, .h = 1, .w = 3, .c = 16, .o = 17, .kh = 3, .kw = 5, .stride = 1, .pad = 1 },
};

START_TEST(convolutions_in_many_parts_are_what_their_definition_says)
{
    const struct conv conv = completed(large[_i]);
    if (rig_small())
        return;
    check_values(NULL, &conv, _i % 2);
    if (rig_native())
        check_values("cpu64", &conv, _i % 2);
}
END_TEST

/* <seen, values of the input>, and in `size` the sum of the absolute terms. */
static double inner(struct bench *bench, const struct fig_node *output, int input, double *size)
{
    double *seen = rig_read(&bench->rig, output), sum = 0;
    for (size_t i = 0; i < shape_length(output->shape); i++) {
        sum += seen[i] * bench->rig.values[input][i];
        *size += fabs(seen[i] * bench->rig.values[input][i]);
    }
    free(seen);
    return sum;
}

static void check_adjoints(uint64_t seed)
{
    static const int other[KINDS] = { 1, 0, 2 }; /* y, x and the weights */
    struct bench bench;
    const struct conv conv = draw_conv(1000 + seed);
    double value[KINDS], size = 0;
    open_bench(&bench, rig_device(NULL), &conv);
    rig_plan(&bench.rig, bench.kind, KINDS);
    rig_run(&bench.rig, 0);
    for (int k = 0; k < KINDS; k++)
        value[k] = inner(&bench, bench.kind[k], other[k], &size);
    for (int k = 1; k < KINDS; k++)
        RIG_NEAR(value[k], value[0], 0, 1e-5 * size / KINDS, "%s: <conv, y> is %.9g, <%s, ...> is "
                 "%.9g", rig_message(), value[0], kind_name[k], value[k]);
    rig_close(&bench.rig);
}

START_TEST(the_three_kinds_are_each_others_adjoints)
{
    over_seeds(check_adjoints);
}
END_TEST

/* `loss` where all inputs moved by eps times their directions. */
static double loss_beside(struct bench *bench, struct fig_node *loss, double *const *directions,
                          double eps)
{
    struct rig *rig = &bench->rig;
    for (int k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < shape_length(rig->input[k]->shape); i++)
            rig->values[k][i] += eps * directions[k][i];
    }
    rig_run(rig, 0);
    double *value = rig_read(rig, loss), result = *value;
    free(value);
    for (int k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < shape_length(rig->input[k]->shape); i++)
            rig->values[k][i] -= eps * directions[k][i];
    }
    return result;
}

/* The slope of `loss` along one random direction: by its gradients, and by central differences. */
static void check_slope(struct bench *bench, struct fig_node *loss, const char *what)
{
    struct rig *rig = &bench->rig;
    struct fig_node *outputs[KINDS + 1] = { loss };
    double *directions[KINDS], slope = 0;
    RIG_OK(fig_gradients(loss, rig->input, KINDS, outputs + 1));
    rig_plan(rig, outputs, KINDS + 1);
    rig_run(rig, 0);
    for (int k = 0; k < KINDS; k++) {
        const size_t length = shape_length(rig->input[k]->shape);
        double *gradient = rig_read(rig, outputs[1 + k]);
        directions[k] = rig_random(10 + (uint64_t)k, length, -1, 1);
        for (size_t i = 0; i < length; i++)
            slope += gradient[i] * directions[k][i];
        free(gradient);
    }
    const double seen = (loss_beside(bench, loss, directions, 1e-6) -
                         loss_beside(bench, loss, directions, -1e-6)) / 2e-6;
    RIG_NEAR(slope, seen, 1e-3, 1e-5 * (1 + fabs(slope)), "%s: %s: the gradient says %.9g, "
             "differences %.9g", rig_message(), what, slope, seen);
    for (int k = 0; k < KINDS; k++)
        free(directions[k]);
}

/* A number that depends on every element of a node, and not linearly. */
static struct fig_node *loss_of(struct bench *bench, struct fig_node *node, uint32_t stream)
{
    struct fig_node *weights = fig_normal(bench->rig.graph, node->shape, stream);
    return fig_mean(fig_mul(weights, fig_tanh(node)));
}

START_TEST(gradients_and_their_gradients_are_what_central_differences_say)
{
    struct bench bench;
    struct fig_node *gradients[KINDS];
    const struct conv conv = draw_conv(2000 + (uint64_t)_i / KINDS);
    open_bench(&bench, rig_device("cpu64"), &conv);
    struct fig_node *loss = loss_of(&bench, bench.kind[_i % KINDS], 1);
    check_slope(&bench, loss, kind_name[_i % KINDS]);
    RIG_OK(fig_gradients(loss, bench.rig.input, KINDS, gradients));
    struct fig_node *second = loss_of(&bench, gradients[0], 2);
    for (int k = 1; k < KINDS; k++)
        second = fig_add(second, loss_of(&bench, gradients[k], 2 + (uint32_t)k));
    check_slope(&bench, second, "its gradients");
    rig_close(&bench.rig);
}
END_TEST

/* All outputs, one after the other; the caller frees. */
static double *outputs_with(const char *name, const char *threads, const struct conv *conv,
                            size_t *length)
{
    struct bench bench;
    struct fig_device *device = NULL;
    struct fig_node *outputs[OUTPUTS];
    ck_assert_int_eq(setenv("FIGMENT_THREADS", threads, 1), 0);
    RIG_OK(fig_device_open(&device, name));
    ck_assert_int_eq(unsetenv("FIGMENT_THREADS"), 0);
    open_bench(&bench, device, conv);
    const int count = add_outputs(&bench, true, outputs);
    rig_plan(&bench.rig, outputs, count);
    rig_run(&bench.rig, 0);
    double *all = NULL;
    *length = 0;
    for (int i = 0; i < count; i++) {
        const size_t more = shape_length(outputs[i]->shape);
        double *values = rig_read(&bench.rig, outputs[i]);
        all = realloc(all, (*length + more) * sizeof(*all));
        ck_assert_ptr_nonnull(all);
        memcpy(all + *length, values, more * sizeof(*all));
        *length += more;
        free(values);
    }
    rig_close(&bench.rig);
    fig_device_close(&device);
    return all;
}

START_TEST(the_number_of_threads_changes_no_bit)
{
    static const char *const devices[] = { "cpu", "cpu64" }, *const threads[] = { "2", "3" };
    for (size_t i = 0; rig_native() && i < LENGTH(devices) * LENGTH(large); i++) {
        const struct conv conv = completed(large[i / 2]);
        size_t length, again;
        double *one = outputs_with(devices[i % 2], "1", &conv, &length);
        for (size_t t = 0; t < LENGTH(threads); t++) {
            double *more = outputs_with(devices[i % 2], threads[t], &conv, &again);
            ck_assert_uint_eq(length, again);
            ck_assert_msg(memcmp(one, more, length * sizeof(*one)) == 0,
                          "%s: %s threads, other bits", rig_message(), threads[t]);
            free(more);
        }
        free(one);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conv");
    TCase *tcase = tcase_create("convolutions");
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, convolutions_of_any_geometry_are_what_their_definition_says);
    tcase_add_loop_test(tcase, convolutions_in_many_parts_are_what_their_definition_says, 0,
                        LENGTH(large));
    tcase_add_test(tcase, the_three_kinds_are_each_others_adjoints);
    tcase_add_loop_test(tcase, gradients_and_their_gradients_are_what_central_differences_say, 0,
                        8 * KINDS);
    tcase_add_test(tcase, the_number_of_threads_changes_no_bit);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
