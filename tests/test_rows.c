/* SPDX-License-Identifier: MIT */
/* Every row of cl/unary.cl and cl/binary.cl against formulas of its own: a row without a reference
 * here does not compile. */
#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "graph/node.h"
#include "tests/rig.h"

/* --- References: value, first and second derivative. */

struct unary {
    double p, q;
    bool positive; /* the domain */
    double (*value)(double x, double p, double q);
    double (*slope)(double x, double p, double q);
    double (*curve)(double x, double p, double q);
};

#define FORMULA(name, result)                                                                      \
    static double name(double x, double p, double q)                                               \
    {                                                                                              \
        (void)x, (void)p, (void)q;                                                                 \
        return result;                                                                             \
    }

FORMULA(zero, 0)
FORMULA(one, 1)
FORMULA(two, 2)
FORMULA(first, p)
FORMULA(line, (double)((long double)p * x + q))
FORMULA(step, x > 0)
FORMULA(positive_part, isnan(x) ? x : fmax(x, 0))
FORMULA(leaky, x > 0 ? x : p * x)
FORMULA(leaky_slope, x > 0 ? 1 : p)
FORMULA(elu_value, x > 0 ? x : p * (exp(x) - 1))
FORMULA(elu_slope, x > 0 ? 1 : p * exp(x))
FORMULA(elu_curve, x > 0 ? 0 : p * exp(x))
FORMULA(logistic, (1 + tanh(x / 2)) / 2)
FORMULA(logistic_slope, 1 / (2 + exp(x) + exp(-x)))
FORMULA(logistic_curve, -tanh(x / 2) / (2 + exp(x) + exp(-x)))
FORMULA(tanh_value, isinf(x) ? copysign(1, x) : 1 - 2 / (exp(2 * x) + 1))
FORMULA(tanh_slope, 1 / (cosh(x) * cosh(x)))
FORMULA(tanh_curve, -2 * tanh(x) / (cosh(x) * cosh(x)))
FORMULA(log_one_exp, x > 40 ? x : (double)logl(1 + expl(x)))
FORMULA(exp_value, exp(x))
FORMULA(exp_less_one, (double)(expl(x) - 1))
FORMULA(log_value, log2(x) * 0.693147180559945309417)
FORMULA(inverse, 1 / x)
FORMULA(inverse_slope, -1 / (x * x))
FORMULA(root, x < 0 ? NAN : pow(x, 0.5))
FORMULA(root_slope, 0.5 * pow(x, -0.5))
FORMULA(root_curve, -0.25 * pow(x, -1.5))
FORMULA(square_value, pow(x, 2))
FORMULA(twice, x + x)
FORMULA(absolute, x > 0 ? x : -x)
FORMULA(sign, x > 0 ? 1 : -1)
FORMULA(between, isnan(x) ? x : fmin(fmax(x, p), q))
FORMULA(is_between, x > p && x < q)
FORMULA(mask, x < p ? 0 : q)

static const struct unary
    unary_affine = { -1.5, 0.25, false, line, first, zero },
    unary_relu = { 0, 0, false, positive_part, step, zero },
    unary_leaky_relu = { 0.125, 0, false, leaky, leaky_slope, zero },
    unary_elu = { 0.75, 0, false, elu_value, elu_slope, elu_curve },
    unary_sigmoid = { 0, 0, false, logistic, logistic_slope, logistic_curve },
    unary_tanh = { 0, 0, false, tanh_value, tanh_slope, tanh_curve },
    unary_softplus = { 0, 0, false, log_one_exp, logistic, logistic_slope },
    unary_exp = { 0, 0, false, exp_value, exp_value, exp_value },
    unary_expm1 = { 0, 0, false, exp_less_one, exp_value, exp_value },
    unary_log = { 0, 0, true, log_value, inverse, inverse_slope },
    unary_sqrt = { 0, 0, true, root, root_slope, root_curve },
    unary_square = { 0, 0, false, square_value, twice, two },
    unary_abs = { 0, 0, false, absolute, sign, zero },
    unary_clamp = { -0.5, 0.875, false, between, is_between, zero },
    unary_keep = { 0.25, 4, false, mask, zero, zero };

struct binary {
    struct fig_node *(*build)(struct fig_node *a, struct fig_node *b);
    double (*value)(double a, double b, double unused);
    double (*slope_a)(double a, double b, double unused);
    double (*slope_b)(double a, double b, double unused);
};

FORMULA(sum, x + p)
FORMULA(minus_one, -1)
FORMULA(difference, x - p)
FORMULA(product, x *p)
FORMULA(left, x)
FORMULA(quotient, x / p)
FORMULA(one_over_right, 1 / p)
FORMULA(quotient_slope, -x / (p * p))
FORMULA(cross_entropy, p * log_one_exp(-x, 0, 0) + (1 - p) * log_one_exp(x, 0, 0))
FORMULA(cross_entropy_slope, logistic(x, 0, 0) - p)
FORMULA(minus_left, -x)
FORMULA(larger, isnan(x) || isnan(p) ? NAN : fmax(x, p))
FORMULA(left_is_larger, x > p)
FORMULA(right_is_larger, x < p)

static const struct binary
    binary_add = { fig_add, sum, one, one },
    binary_sub = { fig_sub, difference, one, minus_one },
    binary_mul = { fig_mul, product, first, left },
    binary_div = { fig_div, quotient, one_over_right, quotient_slope },
    binary_max = { fig_max, larger, left_is_larger, right_is_larger },
    binary_bce = { fig_bce, cross_entropy, cross_entropy_slope, minus_left };

static const struct {
    enum row row;
    const struct unary *unary;
    const struct binary *binary;
} rows[] = {
#define UNARY(name, value, of, d1, d2) { ROW_##name, &unary_##name, NULL },
#define BINARY(name, value, da, db)    { ROW_##name, NULL, &binary_##name },
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

/* --- One graph with every row, fed from three inputs: any numbers, positive ones, and a second
 * operand in (0, 1], which suits division and targets of bce alike. */

struct bench {
    struct rig rig;
    struct fig_node *any, *positive, *right;
    size_t count;
    struct fig_node *y[ROWS];
};

static struct fig_node *left_of(const struct bench *bench, int r)
{
    return rows[r].unary && rows[r].unary->positive ? bench->positive : bench->any;
}

static double *values_of(const struct bench *bench, const struct fig_node *input)
{
    int i = 0;
    while (bench->rig.input[i] != input)
        i++;
    return bench->rig.values[i];
}

static struct fig_node *build(const struct bench *bench, int r)
{
    const struct unary *unary = rows[r].unary;
    return unary ? node_unary(left_of(bench, r), rows[r].row, unary->p, unary->q)
                 : rows[r].binary->build(bench->any, bench->right);
}

static void open_bench(struct bench *bench, const char *device, struct fig_shape shape)
{
    rig_open(&bench->rig, device);
    bench->count = shape_length(shape);
    double *any = rig_random(1, bench->count, -4, 4);
    double *positive = rig_random(2, bench->count, 0.0625, 4);
    double *right = rig_random(3, bench->count, 0.125, 1);
    for (size_t i = 0; i < bench->count; i++) { /* clear of the kinks at -0.5, 0, 0.25, 0.875 */
        const double steps = floor(any[i] * 8);
        any[i] = (float)(steps / 8 + 0.0078125 + 0.875 * (any[i] - steps / 8));
    }
    bench->any = rig_input(&bench->rig, shape, any);
    bench->positive = rig_input(&bench->rig, shape, positive);
    bench->right = rig_input(&bench->rig, shape, right);
    for (int r = 0; r < ROWS; r++)
        bench->y[r] = build(bench, r);
    free(any);
    free(positive);
    free(right);
}

static double expected(const struct bench *bench, int r, size_t i)
{
    const struct unary *unary = rows[r].unary;
    const double x = values_of(bench, left_of(bench, r))[i];
    return unary ? unary->value(x, unary->p, unary->q)
                 : rows[r].binary->value(x, values_of(bench, bench->right)[i], 0);
}

/* MODELS.md: rtol 1.3e-6, atol 1e-5. */
static void check_values(struct fig_shape shape)
{
    struct bench bench;
    open_bench(&bench, NULL, shape);
    rig_plan(&bench.rig, bench.y, ROWS);
    rig_run(&bench.rig, 0);
    for (int r = 0; r < ROWS; r++) {
        double *seen = rig_read(&bench.rig, bench.y[r]);
        for (size_t i = 0; i < bench.count; i++)
            RIG_NEAR(seen[i], expected(&bench, r, i), 1.3e-6, 1e-5, "%s of %zu: %.9g, not %.9g",
                     row_name(rows[r].row), bench.count, seen[i], expected(&bench, r, i));
        free(seen);
    }
    rig_close(&bench.rig);
}

START_TEST(every_row_has_its_value_in_awkward_sizes)
{
    static const int sizes[] = { 31, 1, 3, 255, 256, 257, 1023, 1024, 1025, 4097 };
    const struct fig_shape shapes[] = { fig_shape4(5, 7, 3, 2), fig_shape2(1, 1),
                                        fig_shape2(37, 3) };
    for (size_t i = 0; i < (rig_small() ? 1 : LENGTH(sizes)); i++)
        check_values(fig_shape1(sizes[i]));
    for (size_t i = 0; i < (rig_small() ? 1 : LENGTH(shapes)); i++)
        check_values(shapes[i]);
}
END_TEST

/* --- NaN, Inf and large numbers */

static const double odd[] = { NAN, INFINITY, -INFINITY, 0, 1e30, -1e30, 100, -100, 1e-30, -1e-30 };

/* bce at an infinite logit is no number that anybody needs; a float may overflow. */
static bool is_defined(int r, double x)
{
    return rows[r].row != ROW_bce || isfinite(x);
}

START_TEST(every_row_of_nan_and_infinity_is_what_the_formula_says)
{
    struct bench bench;
    open_bench(&bench, NULL, fig_shape1(LENGTH(odd)));
    const bool wide = rig_epsilon(&bench.rig) < 1e-10;
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < LENGTH(odd); i++)
            bench.rig.values[k][i] = bench.rig.input[k] == bench.right ? 0.5 : odd[i];
    }
    rig_plan(&bench.rig, bench.y, ROWS);
    rig_run(&bench.rig, 0);
    for (int r = 0; r < ROWS; r++) {
        double *seen = rig_read(&bench.rig, bench.y[r]);
        for (size_t i = 0; i < LENGTH(odd); i++) {
            const double exact = expected(&bench, r, i);
            const double value = wide ? exact : (double)(float)exact;
            if (is_defined(r, odd[i]))
                RIG_NEAR(seen[i], value, 1.3e-6, 1e-5, "%s(%g) is %g, not %g",
                         row_name(rows[r].row), odd[i], seen[i], value);
        }
        free(seen);
    }
    rig_close(&bench.rig);
}
END_TEST

/* --- Gradients */

enum { MOST_GRADIENTS = 2 * ROWS };

/* The derivative that gradient k should be, at element i; false: there is no such gradient. */
static bool slope_of(const struct bench *bench, int k, bool second, size_t i, double *slope)
{
    const int r = k / 2;
    const struct unary *unary = rows[r].unary;
    const double x = values_of(bench, left_of(bench, r))[i];
    if (unary && k % 2)
        return false;
    if (unary) {
        *slope = (second ? unary->curve : unary->slope)(x, unary->p, unary->q);
    } else {
        const double b = values_of(bench, bench->right)[i];
        *slope = (k % 2 ? rows[r].binary->slope_b : rows[r].binary->slope_a)(x, b, 0);
    }
    return !(second && !unary);
}

/* dy/dx of each row by the gradient of its sum; and of these once more. */
static void add_gradients(struct bench *bench, bool second, struct fig_node **gradients)
{
    for (int r = 0; r < ROWS; r++) {
        struct fig_node *wrt[] = { left_of(bench, r), bench->right };
        const int count = rows[r].unary ? 1 : 2;
        RIG_OK(fig_gradients(fig_sum(bench->y[r]), wrt, count, &gradients[2 * r]));
        if (second && count == 1)
            RIG_OK(fig_gradients(fig_sum(gradients[2 * r]), wrt, 1, &gradients[2 * r]));
    }
}

/* Errors of a slope are those of its value and of y, which it may be written in. */
static void check_slopes(const char *device, bool second)
{
    struct bench bench;
    struct fig_node *gradients[MOST_GRADIENTS] = { NULL }, *outputs[MOST_GRADIENTS];
    int count = 0;
    open_bench(&bench, device, fig_shape1(257));
    add_gradients(&bench, second, gradients);
    for (int k = 0; k < MOST_GRADIENTS; k++) {
        if (gradients[k])
            outputs[count++] = gradients[k];
    }
    rig_plan(&bench.rig, outputs, count);
    rig_run(&bench.rig, 0);
    const double tolerance = 64 * rig_epsilon(&bench.rig);
    for (int k = 0; k < MOST_GRADIENTS; k++) {
        double slope, *seen = gradients[k] ? rig_read(&bench.rig, gradients[k]) : NULL;
        for (size_t i = 0; seen && i < bench.count; i++) {
            if (slope_of(&bench, k, second, i, &slope))
                RIG_NEAR(seen[i], slope, tolerance, tolerance, "%s: derivative %d at %g is %.9g, "
                         "not %.9g", row_name(rows[k / 2].row), second ? 2 : 1,
                         values_of(&bench, left_of(&bench, k / 2))[i], seen[i], slope);
        }
        free(seen);
    }
    rig_close(&bench.rig);
}

START_TEST(every_row_has_its_derivative)
{
    check_slopes(NULL, false);
    check_slopes("cpu64", false);
}
END_TEST

START_TEST(every_row_has_its_second_derivative)
{
    check_slopes(NULL, true);
    check_slopes("cpu64", true);
}
END_TEST

/* x + eps d for all inputs at once. */
static double loss_beside(struct bench *bench, struct fig_node *loss, double *const *directions,
                          double eps)
{
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < bench->count; i++)
            bench->rig.values[k][i] += eps * directions[k][i];
    }
    rig_run(&bench->rig, 0);
    double *value = rig_read(&bench->rig, loss), result = *value;
    free(value);
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < bench->count; i++)
            bench->rig.values[k][i] -= eps * directions[k][i];
    }
    return result;
}

/* MODELS.md: cpu64, eps 1e-6, atol 1e-5, rtol 1e-3, one random direction. */
static void check_differences(int r)
{
    struct bench bench;
    double *directions[3], slope = 0;
    open_bench(&bench, "cpu64", fig_shape2(37, 3));
    struct fig_node *weights = fig_normal(bench.rig.graph, bench.y[r]->shape, 1);
    struct fig_node *loss = fig_sum(fig_mul(weights, bench.y[r])), *outputs[4] = { loss };
    RIG_OK(fig_gradients(loss, bench.rig.input, 3, outputs + 1));
    rig_plan(&bench.rig, outputs, 4);
    rig_run(&bench.rig, 0);
    for (int k = 0; k < 3; k++) {
        double *gradient = rig_read(&bench.rig, outputs[1 + k]);
        directions[k] = rig_random(10 + (uint64_t)k, bench.count, -1, 1);
        for (size_t i = 0; i < bench.count; i++)
            slope += gradient[i] * directions[k][i];
        free(gradient);
    }
    const double seen = (loss_beside(&bench, loss, directions, 1e-6) -
                         loss_beside(&bench, loss, directions, -1e-6)) / 2e-6;
    RIG_NEAR(slope, seen, 1e-3, 1e-5, "%s: the gradient says %.9g, differences %.9g",
             row_name(rows[r].row), slope, seen);
    for (int k = 0; k < 3; k++)
        free(directions[k]);
    rig_close(&bench.rig);
}

START_TEST(every_gradient_is_what_central_differences_say)
{
    check_differences(_i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *tcase = tcase_create("rows");
    tcase_add_test(tcase, every_row_has_its_value_in_awkward_sizes);
    tcase_add_test(tcase, every_row_of_nan_and_infinity_is_what_the_formula_says);
    tcase_add_test(tcase, every_row_has_its_derivative);
    tcase_add_test(tcase, every_row_has_its_second_derivative);
    tcase_add_loop_test(tcase, every_gradient_is_what_central_differences_say, 0, ROWS);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
