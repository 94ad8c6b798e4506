/* SPDX-License-Identifier: MIT */
/* Norms, and what they remember: batch norm's running statistics, spectral norm's direction;
 * activations; and classifiers of which not every row is known. */
#include "tests/suite.h"

#include <math.h>

#include <figment/nn.h>
#include <figment/plan.h>

#include "scratch.h"

enum { ROWS = 37, COLS = 5, OUT = 6, IN = 9 };

static struct fig_device *device;
static struct fig_graph *graph;
static struct fig_store *store;

static void set_up(void)
{
    device = scratch_device();
    ck_assert_int_eq(fig_graph_create(&graph), FIG_OK);
}

static void tear_down(void)
{
    fig_store_destroy(&store);
    fig_graph_destroy(&graph);
    scratch_remove();
}

static struct fig_plan *plan_of(struct fig_node *const *outputs, int count)
{
    struct fig_plan *plan;
    if (!store)
        ck_assert_msg(fig_store_create(&store, device, graph, 7) == FIG_OK, "%s", message);
    const struct fig_plan_params params = { .outputs = outputs, .output_count = count };
    ck_assert_msg(fig_plan_create(&plan, store, &params) == FIG_OK, "%s", message);
    return plan;
}

static void read_tensor(const char *name, float *values)
{
    ck_assert_int_eq(fig_store_read(store, fig_store_find(store, name), values), FIG_OK);
}

static void write_tensor(const char *name, const float *values)
{
    ck_assert_int_eq(fig_store_write(store, fig_store_find(store, name), values), FIG_OK);
}

/* Column means and biased variances in double. */
static void moments(const float *x, double mean[COLS], double variance[COLS])
{
    for (int c = 0; c < COLS; c++) {
        mean[c] = variance[c] = 0;
        for (int r = 0; r < ROWS; r++)
            mean[c] += (double)x[r * COLS + c] / ROWS;
        for (int r = 0; r < ROWS; r++)
            variance[c] += pow(x[r * COLS + c] - mean[c], 2) / ROWS;
    }
}

START_TEST(batch_norm_normalises_by_the_batch_and_follows_it)
{
    float x[ROWS * COLS], y[ROWS * COLS], running[COLS], spread[COLS], used[ROWS * COLS];
    double mean[COLS], variance[COLS];
    struct fig_node *updates[2];
    struct fig_node *in = fig_input(graph, "x", fig_shape2(ROWS, COLS));
    struct fig_node *train = fig_batchnorm(in, "bn", true, updates);
    struct fig_node *use = fig_batchnorm(in, "bn", false, NULL);
    struct fig_node *const outputs[] = { train, updates[0], updates[1] };
    struct fig_plan *plan = plan_of(outputs, 3), *use_plan = plan_of(&use, 1);
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] = (float)(sin(i * 1.7) * (1 + i % COLS) + 3 * (i % COLS));
    moments(x, mean, variance);
    ck_assert_int_eq(fig_plan_write(plan, in, x), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, train, y), FIG_OK);
    read_tensor("bn.running_mean", running);
    read_tensor("bn.running_var", spread);
    ck_assert_int_eq(fig_plan_write(use_plan, in, x), FIG_OK);
    ck_assert_int_eq(fig_plan_run(use_plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(use_plan, use, used), FIG_OK);
    for (int i = 0; i < ROWS * COLS; i++) {
        const int c = i % COLS;
        const double new_mean = 0.1 * mean[c];
        const double new_var = 0.9 + 0.1 * variance[c] * ROWS / (ROWS - 1);
        /* Float sums of 37 numbers below 20, divided by deviations above 0.5. */
        ck_assert_double_eq_tol(y[i], (x[i] - mean[c]) / sqrt(variance[c] + 1e-5), 2e-5);
        ck_assert_double_eq_tol(running[c], new_mean, 1e-5);
        ck_assert_double_eq_tol(spread[c], new_var, 1e-5);
        ck_assert_double_eq_tol(used[i], (x[i] - new_mean) / sqrt(new_var + 1e-5), 2e-5);
    }
    fig_plan_destroy(&plan);
    fig_plan_destroy(&use_plan);
}
END_TEST

/* A row's layer norm, and the slope of the sum of its squares: of u = 2 y weight and the normalised
 * x, n, it is (u - mean of u - n * mean of u n) / deviation. */
static void normalise_row(const float *x, const float *weight, const float *bias, double *y,
                          double *slope)
{
    double mean = 0, variance = 0, n[COLS], u[COLS], mean_u = 0, mean_un = 0;
    for (int c = 0; c < COLS; c++)
        mean += (double)x[c] / COLS;
    for (int c = 0; c < COLS; c++)
        variance += pow(x[c] - mean, 2) / COLS;
    const double deviation = sqrt(variance + 1e-5);
    for (int c = 0; c < COLS; c++) {
        n[c] = (x[c] - mean) / deviation;
        y[c] = n[c] * (double)weight[c] + (double)bias[c];
        u[c] = 2 * y[c] * (double)weight[c];
        mean_u += u[c] / COLS;
        mean_un += u[c] * n[c] / COLS;
    }
    for (int c = 0; c < COLS; c++)
        slope[c] = (u[c] - mean_u - n[c] * mean_un) / deviation;
}

START_TEST(layer_norm_normalises_each_row)
{
    static const float weight[COLS] = { 1, -0.5f, 2, 0.25f, 3 }, bias[COLS] = { 0, 1, -2, 0.5f, 4 };
    float x[ROWS * COLS], y[ROWS * COLS], slope[ROWS * COLS];
    double wanted[COLS], wanted_slope[COLS];
    struct fig_node *in = fig_input(graph, "x", fig_shape2(ROWS, COLS));
    struct fig_node *outputs[2] = { fig_layernorm(in, "ln") };
    ck_assert_int_eq(fig_gradients(fig_sum(fig_square(outputs[0])), &in, 1, outputs + 1), FIG_OK);
    struct fig_plan *plan = plan_of(outputs, 2);
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] = (float)(sin(i * 1.7) * (1 + i % 3) + i / COLS);
    write_tensor("ln.weight", weight);
    write_tensor("ln.bias", bias);
    ck_assert_int_eq(fig_plan_write(plan, in, x), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[0], y), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[1], slope), FIG_OK);
    for (int i = 0; i < ROWS * COLS; i++) {
        const int c = i % COLS;
        if (c == 0)
            normalise_row(x + i, weight, bias, wanted, wanted_slope);
        /* Floats below 40 of which about as large a mean is subtracted. */
        ck_assert_double_eq_tol(y[i], wanted[c], 1e-4);
        ck_assert_double_eq_tol(slope[i], wanted_slope[c], 1e-3);
    }
    fig_plan_destroy(&plan);
}
END_TEST

/* The largest singular value of a matrix [OUT, IN], by many power iterations in double. */
static double largest_singular_value(const float *w)
{
    double u[OUT], v[IN], sigma = 0;
    for (int o = 0; o < OUT; o++)
        u[o] = 1 + o;
    for (int round = 0; round < 2000; round++) {
        double norm = 0;
        for (int i = 0; i < IN; i++) {
            v[i] = 0;
            for (int o = 0; o < OUT; o++)
                v[i] += u[o] * w[o * IN + i];
            norm += v[i] * v[i];
        }
        sigma = 0;
        for (int o = 0; o < OUT; o++) {
            u[o] = 0;
            for (int i = 0; i < IN; i++)
                u[o] += v[i] / sqrt(norm) * w[o * IN + i];
            sigma += u[o] * u[o];
        }
        for (int o = 0; o < OUT; o++)
            u[o] /= sqrt(sigma);
    }
    return sqrt(sigma);
}

START_TEST(spectral_norm_comes_to_one)
{
    float identity[IN * IN] = { 0 }, bias[OUT], y[IN * OUT], w[OUT * IN], effective[OUT * IN];
    struct fig_node *update = NULL;
    const struct fig_spectral spectral = { true, &update };
    struct fig_node *in = fig_input(graph, "x", fig_shape2(IN, IN));
    struct fig_node *out = fig_dense_image(in, "d", (struct fig_dense){
        .height = 1, .width = 1, .channels = OUT, .spectral = &spectral });
    struct fig_node *const outputs[] = { out, update };
    struct fig_plan *plan = plan_of(outputs, 2);
    for (int i = 0; i < IN; i++)
        identity[i * IN + i] = 1; /* so that the output is the transposed weight */
    ck_assert_int_eq(fig_plan_write(plan, in, identity), FIG_OK);
    for (int step = 0; step < 300; step++)
        ck_assert_int_eq(fig_plan_run(plan, (uint32_t)step, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, out, y), FIG_OK);
    read_tensor("d.weight", w);
    read_tensor("d.bias", bias);
    for (int i = 0; i < OUT * IN; i++)
        effective[i] = y[i % IN * OUT + i / IN];
    ck_assert(largest_singular_value(w) > 1.05);
    ck_assert_double_eq_tol(largest_singular_value(effective), 1, 1e-4);
    fig_plan_destroy(&plan);
}
END_TEST

/* --- Activations */

static double activated(enum fig_activation activation, double x)
{
    switch (activation) {
    case FIG_LINEAR: return x;
    case FIG_RELU: return x > 0 ? x : 0;
    case FIG_LEAKY_RELU: return x > 0 ? x : 0.2 * x;
    case FIG_ELU: return x > 0 ? x : exp(x) - 1;
    case FIG_SIGMOID: return 1 / (1 + exp(-x));
    case FIG_TANH: return tanh(x);
    case FIG_SOFTPLUS: return log(1 + exp(x));
    default: ck_abort_msg("activation %d has no formula: add it", activation); return 0;
    }
}

START_TEST(activations_are_their_formulas)
{
    const enum fig_activation activation = (enum fig_activation)_i;
    float x[ROWS], y[ROWS];
    struct fig_node *in = fig_input(graph, "x", fig_shape1(ROWS));
    struct fig_node *out = fig_affine(fig_activate(in, activation), 1, 0);
    struct fig_plan *plan = plan_of(&out, 1);
    for (int i = 0; i < ROWS; i++)
        x[i] = (float)(i - ROWS / 2) / 4;
    ck_assert_int_eq(fig_plan_write(plan, in, x), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, out, y), FIG_OK);
    for (int i = 0; i < ROWS; i++) /* floats below 5, and what drivers may be off */
        ck_assert_double_eq_tol(y[i], activated(activation, (double)x[i]), 5e-6);
    fig_plan_destroy(&plan);
}
END_TEST

/* --- Classifiers */

enum { CASES = 5, CLASSES = 3 };
static const float scores[CASES * CLASSES] = {
    2, -1, 0.5f, 0, 3, 1, -2, 4, 4.5f, 1, 1, 0, 5, 6, 7 };
static const float targets[CASES * CLASSES] = { 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0 };

/* ln of the sum of e^score of a row. */
static double log_sum(const float *row)
{
    double sum = 0;
    for (int k = 0; k < CLASSES; k++)
        sum += exp((double)row[k]);
    return log(sum);
}

/* Rows 1 and 4 have no target: rows 0, 2 and 3 make the mean.  Row 2 is wrong, row 3 a tie. */
START_TEST(a_classifier_learns_from_the_known_rows_alone)
{
    struct fig_node *x = fig_input(graph, "x", fig_shape2(CASES, CLASSES)), *slope;
    struct fig_node *target = fig_input(graph, "target", fig_shape2(CASES, CLASSES));
    struct fig_node *loss = fig_loss_cross_entropy(x, target);
    float got_loss, accuracy, gradient[CASES * CLASSES];
    double expected = 0;
    ck_assert_int_eq(fig_gradients(loss, &x, 1, &slope), FIG_OK);
    struct fig_node *const outputs[] = { loss, fig_accuracy(x, target), slope };
    struct fig_plan *plan = plan_of(outputs, 3);
    ck_assert_int_eq(fig_plan_write(plan, x, scores), FIG_OK);
    ck_assert_int_eq(fig_plan_write(plan, target, targets), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[0], &got_loss), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[1], &accuracy), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[2], gradient), FIG_OK);
    for (int row = 0; row < CASES; row++) {
        const bool known = row != 1 && row != 4;
        const double all = log_sum(scores + row * CLASSES);
        for (int k = row * CLASSES; k < (row + 1) * CLASSES; k++) {
            const double score = (double)scores[k], wanted = (double)targets[k];
            expected += wanted * (all - score) / 3;
            ck_assert_double_eq_tol(gradient[k], known * (exp(score - all) - wanted) / 3, 1e-6);
        }
    }
    ck_assert_double_eq_tol(got_loss, expected, 1e-6);
    ck_assert_double_eq_tol(accuracy, 2.0 / 3, 1e-6);
    fig_plan_destroy(&plan);
}
END_TEST

START_TEST(a_classifier_without_known_rows_loses_nothing)
{
    struct fig_node *x = fig_input(graph, "x", fig_shape2(CASES, CLASSES));
    struct fig_node *target = fig_constant(graph, fig_shape2(CASES, CLASSES), 0);
    struct fig_node *const outputs[] = { fig_loss_cross_entropy(x, target),
                                         fig_accuracy(x, target) };
    struct fig_plan *plan = plan_of(outputs, 2);
    float loss = 1, accuracy = 1;
    ck_assert_int_eq(fig_plan_write(plan, x, scores), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[0], &loss), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[1], &accuracy), FIG_OK);
    ck_assert(loss == 0 && accuracy == 0);
    fig_plan_destroy(&plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn");
    TCase *tcase = tcase_create("nn");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, batch_norm_normalises_by_the_batch_and_follows_it);
    tcase_add_test(tcase, layer_norm_normalises_each_row);
    tcase_add_test(tcase, spectral_norm_comes_to_one);
    tcase_add_loop_test(tcase, activations_are_their_formulas, 0, FIG_ACTIVATIONS);
    tcase_add_test(tcase, a_classifier_learns_from_the_known_rows_alone);
    tcase_add_test(tcase, a_classifier_without_known_rows_loses_nothing);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
