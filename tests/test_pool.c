/* SPDX-License-Identifier: MIT */
/* Pooling and upsampling against loops over windows; the rule for ties is PyTorch's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <figment/nn.h>

#include "base/size.h"
#include "tests/rig.h"

/* Images, and a window of kernel x kernel pixels every `stride` pixels. */
struct geometry {
    int n, h, w, c, kernel, stride;
};

static const struct geometry geometries[] = {
    { 2, 4, 6, 3, 2, 2 },  { 3, 7, 5, 1, 2, 2 },  { 1, 9, 8, 2, 3, 3 }, { 2, 8, 9, 3, 3, 2 },
    { 1, 6, 7, 4, 3, 1 },  { 2, 5, 5, 2, 5, 1 },  { 1, 9, 9, 1, 2, 4 }, { 2, 3, 4, 3, 1, 1 },
    { 1, 28, 28, 6, 4, 3 },
};

static size_t pixel(const struct geometry *g, int n, int y, int x, int c)
{
    return (((size_t)n * (size_t)g->h + (size_t)y) * (size_t)g->w + (size_t)x) * (size_t)g->c +
           (size_t)c;
}

/* What pooling is asked for: its value, and dx for dy = weight. */
struct expected {
    double *value, *gradient;
    struct fig_shape shape;
};

static void pool_window(const struct geometry *g, bool maximum, const double *x, size_t first,
                        double weight, double *value, double *gradient)
{
    const double area = g->kernel * g->kernel;
    size_t best = first;
    double sum = 0;
    for (int tap = 0; tap < g->kernel * g->kernel; tap++) {
        const size_t row = (size_t)(tap / g->kernel) * (size_t)g->w;
        const size_t at = first + (row + (size_t)(tap % g->kernel)) * (size_t)g->c;
        best = x[at] > x[best] ? at : best;
        sum += x[at];
        gradient[at] += maximum ? 0 : weight / area;
    }
    gradient[best] += maximum ? weight : 0;
    *value = maximum ? x[best] : sum / area;
}

static struct expected expect_pool(const struct geometry *g, bool maximum, const double *x,
                                   const double *weights)
{
    struct expected e = { .shape = fig_shape4(g->n, (g->h - g->kernel) / g->stride + 1,
                                              (g->w - g->kernel) / g->stride + 1, g->c) };
    const int *dim = e.shape.dim;
    const size_t count = (size_t)(dim[0] * dim[1] * dim[2] * dim[3]);
    e.value = calloc(count, sizeof(double));
    e.gradient = calloc(pixel(g, g->n, 0, 0, 0), sizeof(double));
    for (size_t i = 0; i < count; i++) {
        const int c = (int)i % dim[3], u = (int)i / dim[3] % dim[2];
        const int v = (int)i / dim[3] / dim[2] % dim[1], n = (int)i / dim[3] / dim[2] / dim[1];
        pool_window(g, maximum, x, pixel(g, n, v * g->stride, u * g->stride, c), weights[i],
                    &e.value[i], e.gradient);
    }
    return e;
}

static struct expected expect_upsample(const struct geometry *g, const double *x,
                                       const double *weights)
{
    const int f = g->kernel;
    struct expected e = { .shape = fig_shape4(g->n, g->h * f, g->w * f, g->c) };
    const size_t count = pixel(g, g->n, 0, 0, 0) * (size_t)f * (size_t)f;
    e.value = calloc(count, sizeof(double));
    e.gradient = calloc(pixel(g, g->n, 0, 0, 0), sizeof(double));
    for (size_t i = 0; i < count; i++) {
        const int c = (int)i % g->c, u = (int)i / g->c % (g->w * f);
        const int v = (int)i / g->c / (g->w * f) % (g->h * f);
        const int n = (int)i / g->c / (g->w * f) / (g->h * f);
        const size_t at = pixel(g, n, v / f, u / f, c);
        e.value[i] = x[at];
        e.gradient[at] += weights[i];
    }
    return e;
}

static void compare(struct rig *rig, const struct fig_node *node, const double *expected)
{
    const struct fig_shape shape = fig_node_shape(node);
    double *seen = rig_read(rig, node);
    /* Sums of at most 25 numbers below 8. */
    for (int i = 0; i < shape.dim[0] * shape.dim[1] * shape.dim[2] * shape.dim[3]; i++)
        RIG_NEAR(seen[i], expected[i], 0, 1e-5, "%s: element %d is %.9g, not %.9g", rig_message(),
                 i, seen[i], expected[i]);
    free(seen);
}

enum { MAXPOOL, AVGPOOL, UPSAMPLE, LAYERS };

static struct fig_node *build(const struct geometry *g, int layer, struct fig_node *x)
{
    if (layer == UPSAMPLE)
        return fig_upsample(x, g->kernel);
    return (layer == MAXPOOL ? fig_maxpool : fig_avgpool)(x, g->kernel, g->stride);
}

static void check(const char *device, const struct geometry *g, int layer)
{
    struct rig rig;
    rig_open(&rig, device);
    rig_note("layer %d, image %d,%d,%d,%d, kernel %d, stride %d", layer, g->n, g->h, g->w, g->c,
             g->kernel, g->stride);
    const size_t values = pixel(g, g->n, 0, 0, 0);
    double *x = rig_random(1, values, 0, 4);
    for (size_t i = 0; i < values; i++)
        x[i] = floor(x[i]); /* so that many are equal */
    struct fig_node *in = rig_input(&rig, fig_shape4(g->n, g->h, g->w, g->c), x);
    struct fig_node *y = build(g, layer, in), *outputs[2] = { y };
    RIG_OK(fig_graph_status(rig.graph));
    struct fig_node *weights = rig_input(&rig, fig_node_shape(y), NULL);
    const struct expected e =
        layer == UPSAMPLE ? expect_upsample(g, x, rig.values[1])
                          : expect_pool(g, layer == MAXPOOL, x, rig.values[1]);
    for (int i = 0; i < FIG_RANK; i++)
        ck_assert_int_eq(fig_node_shape(y).dim[i], e.shape.dim[i]);
    RIG_OK(fig_gradients(fig_sum(fig_mul(y, weights)), &in, 1, outputs + 1));
    rig_plan(&rig, outputs, 2);
    rig_run(&rig, 0);
    compare(&rig, outputs[0], e.value);
    compare(&rig, outputs[1], e.gradient);
    free(e.value);
    free(e.gradient);
    free(x);
    rig_close(&rig);
}

START_TEST(layers_and_their_gradients_are_what_loops_over_windows_say)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        check(NULL, &geometries[_i], layer);
        if (rig_native())
            check("cpu64", &geometries[_i], layer);
    }
}
END_TEST

START_TEST(what_no_window_fits_into_is_refused)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape4(1, 3, 5, 2), NULL);
    ck_assert_ptr_null(fig_maxpool(x, 4, 4));
    ck_assert_str_eq(fig_graph_error(rig.graph), "maxpool: kernel 4, stride 4 on [1,3,5,2]: images "
                     "[n,h,w,c] that hold the kernel and sizes of at least 1 are expected");
    rig_close(&rig);
}
END_TEST

/* Too wide, too high, and 2^31 values. */
START_TEST(what_would_become_too_large_is_refused)
{
    static const struct { int batch, height, width, factor; const char *text; } cases[] = {
        { 1, 1, 41, 100, "upsample: [1,1,41,2] by 100: at most 4096x4096 pixels" },
        { 1, 3, 1, 1 << 20, "upsample: [1,3,1,2] by 1048576: at most 4096x4096 pixels" },
        { 64, 1, 1, 4096, "upsample: [64,1,1,2] by 4096: at most 4096x4096 pixels, and fewer than "
                          "2^31 values in all, are expected" } };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct rig rig;
        rig_open(&rig, NULL);
        struct fig_node *x = rig_input(&rig, fig_shape4(cases[i].batch, cases[i].height,
                                                        cases[i].width, 2), NULL);
        ck_assert_ptr_null(fig_upsample(x, cases[i].factor));
        ck_assert_msg(strstr(fig_graph_error(rig.graph), cases[i].text), "%s",
                      fig_graph_error(rig.graph));
        rig_close(&rig);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");
    tcase_add_loop_test(tcase, layers_and_their_gradients_are_what_loops_over_windows_say, 0,
                        LENGTH(geometries));
    tcase_add_test(tcase, what_no_window_fits_into_is_refused);
    tcase_add_test(tcase, what_would_become_too_large_is_refused);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
