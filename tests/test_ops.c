/* SPDX-License-Identifier: MIT */
/* Operations that are no rows, and losses: values and gradients against the oracle, and on cpu64
 * against central differences.  Sizes are no multiples of anything. */
#include <math.h>
#include <stdlib.h>

#include <figment/nn.h>

#include "base/size.h"
#include "tests/oracle.h"
#include "tests/rig.h"

enum { ROWS = 37, COLS = 31, INNER = 19, STEP = 3 };

/* What operations are made of. */
struct sources {
    struct fig_node *a, *b;           /* [ROWS, COLS] */
    struct fig_node *row, *column, *one;
    struct fig_node *right, *turned;  /* [COLS, INNER] and [INNER, COLS] */
    struct fig_node *image;           /* [5, 7, 3, 2] */
    struct fig_node *target;          /* [ROWS, COLS] in (0, 1) */
    struct fig_node *counting;        /* [COLS], given with the graph */
};

enum { SOURCES = 8 }; /* that gradients are taken of: all but the target */

/* [COLS]: 0.5, 1.5, ... */
static struct fig_node *counting_row(struct rig *rig)
{
    double values[COLS];
    for (int i = 0; i < COLS; i++)
        values[i] = i + 0.5;
    return fig_values(rig->graph, fig_shape1(COLS), values);
}

static struct sources open_sources(struct rig *rig, const char *device)
{
    rig_open(rig, device);
    double *target = rig_random(99, ROWS * COLS, 0.0625, 0.9375);
    const struct sources sources = {
        .a = rig_input(rig, fig_shape2(ROWS, COLS), NULL),
        .b = rig_input(rig, fig_shape2(ROWS, COLS), NULL),
        .row = rig_input(rig, fig_shape1(COLS), NULL),
        .column = rig_input(rig, fig_shape2(ROWS, 1), NULL),
        .one = rig_input(rig, fig_shape1(1), NULL),
        .right = rig_input(rig, fig_shape2(COLS, INNER), NULL),
        .turned = rig_input(rig, fig_shape2(INNER, COLS), NULL),
        .image = rig_input(rig, fig_shape4(5, 7, 3, 2), NULL),
        .target = rig_input(rig, fig_shape2(ROWS, COLS), target),
        .counting = counting_row(rig),
    };
    free(target);
    return sources;
}

/* The gradient of the sum of y^2. */
static struct fig_node *slope_of_squares(struct fig_node *y, struct fig_node *x)
{
    struct fig_node *gradient = NULL;
    RIG_OK(fig_gradients(fig_sum(fig_square(y)), &x, 1, &gradient));
    return gradient;
}

/* Each operation is an expression of s. */
#define OPERATIONS(OPERATION)                                                                      \
    OPERATION(sum, fig_sum(s->a))                                                                  \
    OPERATION(mean, fig_mean(s->a))                                                                \
    OPERATION(sum_rows, fig_sum_rows(s->a))                                                        \
    OPERATION(mean_rows, fig_mean_rows(s->image))                                                  \
    OPERATION(sum_cols, fig_sum_cols(s->a))                                                        \
    OPERATION(mean_cols, fig_mean_cols(s->image))                                                  \
    OPERATION(softmax, fig_softmax(s->a))                                                          \
    OPERATION(softmax_of_huge_logits, fig_softmax(fig_affine(s->b, 2000, 0)))                      \
    OPERATION(log_sum_exp, fig_log_sum_exp(s->a))                                                  \
    OPERATION(log_sum_exp_of_huge_logits, fig_log_sum_exp(fig_affine(s->b, 2000, 0)))              \
    OPERATION(matmul, fig_matmul(s->a, s->right, 0))                                               \
    OPERATION(matmul_with_a_transposed, fig_matmul(s->a, s->b, FIG_TRANS_A))                       \
    OPERATION(matmul_with_b_transposed, fig_matmul(s->a, s->turned, FIG_TRANS_B))                  \
    OPERATION(matmul_with_both_transposed,                                                         \
              fig_matmul(s->right, s->a, FIG_TRANS_A | FIG_TRANS_B))                               \
    OPERATION(matmul_of_one_row, fig_matmul(fig_slice(s->a, 0, 5, 6), s->right, 0))                \
    OPERATION(reshape, fig_matmul(fig_reshape(s->a, fig_shape2(COLS, ROWS)), s->column, 0))        \
    OPERATION(concat_rows, fig_concat(s->a, fig_slice(s->b, 0, 0, 2), 0))                          \
    OPERATION(concat_columns, fig_concat(s->column, s->b, 1))                                      \
    OPERATION(concat_in_the_middle, fig_concat(s->image, fig_slice(s->image, 2, 1, 3), 2))         \
    OPERATION(slice_0, fig_slice(s->image, 0, 1, 4))                                               \
    OPERATION(slice_1, fig_slice(s->image, 1, 0, 5))                                               \
    OPERATION(slice_2, fig_slice(s->image, 2, 2, 3))                                               \
    OPERATION(slice_3, fig_slice(s->image, 3, 1, 2))                                               \
    OPERATION(broadcast_of_a_number, fig_mul(s->a, s->one))                                        \
    OPERATION(broadcast_of_a_row, fig_mul(s->row, s->a))                                           \
    OPERATION(broadcast_of_a_column, fig_div(s->a, fig_exp(s->column)))                            \
    OPERATION(broadcast_alone, fig_broadcast(s->row, fig_shape4(2, 3, 5, COLS)))                   \
    OPERATION(values_in_a_chain, fig_mul(s->a, s->counting))                                       \
    OPERATION(values_in_a_product,                                                                 \
              fig_matmul(s->a, fig_reshape(s->counting, fig_shape2(COLS, 1)), 0))                  \
    OPERATION(detach_of_one_factor, fig_mul(s->a, fig_detach(fig_square(s->a))))                   \
    OPERATION(maximum, fig_max(s->a, s->b))                                                        \
    OPERATION(maxpool, fig_maxpool(s->image, 2, 2))                                                \
    OPERATION(avgpool, fig_avgpool(s->image, 2, 1))                                                \
    OPERATION(maxpool_twice_derived, slope_of_squares(fig_maxpool(s->image, 2, 1), s->image))      \
    OPERATION(avgpool_twice_derived, slope_of_squares(fig_avgpool(s->image, 3, 2), s->image))      \
    OPERATION(upsample, fig_upsample(s->image, 3))                                                 \
    OPERATION(dropout, fig_dropout(s->a, 0.25, 0x5001))                                            \
    OPERATION(mse_mean, fig_loss_mse(s->a, s->target, FIG_MEAN))                                   \
    OPERATION(mse_sum, fig_loss_mse(s->a, s->target, FIG_SUM))                                     \
    OPERATION(l1_mean, fig_loss_l1(s->a, s->target, FIG_MEAN))                                     \
    OPERATION(bce_sum, fig_loss_bce(s->a, s->target, FIG_SUM))                                     \
    OPERATION(bce_of_huge_logits, fig_loss_bce(fig_affine(s->a, 1000, 0), s->target, FIG_MEAN))    \
    OPERATION(cross_entropy, fig_loss_cross_entropy(s->a, fig_softmax(s->target)))                 \
    OPERATION(cross_entropy_of_huge_logits,                                                        \
              fig_loss_cross_entropy(fig_affine(s->a, 1000, 0), fig_softmax(s->target)))

#define OPERATION(name, expression)                                                                \
    static struct fig_node *build_##name(const struct sources *s)                                  \
    {                                                                                              \
        return expression;                                                                         \
    }
OPERATIONS(OPERATION)
#undef OPERATION

static const struct operation {
    const char *name;
    struct fig_node *(*build)(const struct sources *s);
} operations[] = {
#define OPERATION(name, expression) { #name, build_##name },
    OPERATIONS(OPERATION)
#undef OPERATION
};
enum { COUNT = sizeof(operations) / sizeof(*operations) };

/* A number that depends on every element of the node. */
static struct fig_node *weigh(struct fig_node *y, uint32_t stream)
{
    return fig_sum(fig_mul(y, fig_uniform(y->graph, y->shape, stream)));
}

static void compare(struct rig *rig, const struct oracle *oracle, const char *name,
                    const char *what, const struct fig_node *node)
{
    double *seen = rig_read(rig, node);
    const struct oracle_value *expected = &oracle->nodes[node->id];
    for (size_t i = 0; i < shape_length(node->shape); i++) {
        const double allowed = 2 * expected->error[i] + 4 * oracle->epsilon;
        ck_assert_msg(fabs(seen[i] - expected->value[i]) <= allowed,
                      "%s: %s: element %zu is %.9g, not %.9g +- %.2g", name, what, i, seen[i],
                      expected->value[i], allowed);
    }
    free(seen);
}

/* All operations in one plan, so that a driver compiles once. */
START_TEST(operations_and_their_gradients_are_what_the_oracle_says)
{
    struct rig rig;
    const struct sources sources = open_sources(&rig, NULL);
    struct fig_node *outputs[COUNT * (1 + SOURCES)];
    struct oracle oracle = { .graph = rig.graph, .epsilon = rig_epsilon(&rig), .seed = RIG_SEED,
                             .step = STEP };
    for (int i = 0; i < rig.inputs; i++)
        oracle_input(&oracle, rig.input[i], rig.values[i]);
    for (int k = 0; k < COUNT; k++) {
        struct fig_node **out = outputs + k * (1 + SOURCES);
        out[0] = operations[k].build(&sources);
        RIG_OK(fig_gradients(weigh(out[0], (uint32_t)k), rig.input, SOURCES, out + 1));
    }
    oracle_extend(&oracle);
    rig_plan(&rig, outputs, LENGTH(outputs));
    rig_run(&rig, STEP);
    for (int k = 0; k < COUNT; k++) {
        for (int i = 0; i <= SOURCES; i++)
            compare(&rig, &oracle, operations[k].name, i ? "gradient" : "value",
                    outputs[k * (1 + SOURCES) + i]);
    }
    oracle_finish(&oracle);
    rig_close(&rig);
}
END_TEST

/* --- Central differences */

static double value_beside(struct rig *rig, const struct fig_node *loss,
                           double *const directions[SOURCES], double eps)
{
    for (int k = 0; k < SOURCES; k++) {
        for (size_t i = 0; i < shape_length(rig->input[k]->shape); i++)
            rig->values[k][i] += eps * directions[k][i];
    }
    rig_run(rig, STEP);
    double *seen = rig_read(rig, loss), value = *seen;
    free(seen);
    for (int k = 0; k < SOURCES; k++) {
        for (size_t i = 0; i < shape_length(rig->input[k]->shape); i++)
            rig->values[k][i] -= eps * directions[k][i];
    }
    return value;
}

/* detach is meant to differ from its differences. */
static bool has_differences(const struct operation *operation)
{
    return operation->build != build_detach_of_one_factor;
}

/* MODELS.md: eps 1e-6, atol 1e-5, rtol 1e-3, a random direction. */
START_TEST(gradients_are_what_central_differences_say)
{
    struct rig rig;
    const struct operation *operation = &operations[_i];
    const struct sources sources = open_sources(&rig, "cpu64");
    double *directions[SOURCES], slope = 0;
    struct fig_node *loss = weigh(operation->build(&sources), 1), *outputs[1 + SOURCES] = { loss };
    RIG_OK(fig_gradients(loss, rig.input, SOURCES, outputs + 1));
    rig_plan(&rig, outputs, 1 + SOURCES);
    rig_run(&rig, STEP);
    for (int k = 0; k < SOURCES; k++) {
        const size_t length = shape_length(rig.input[k]->shape);
        double *gradient = rig_read(&rig, outputs[1 + k]);
        directions[k] = rig_random(50 + (uint64_t)k, length, -1, 1);
        for (size_t i = 0; i < length; i++)
            slope += gradient[i] * directions[k][i];
        free(gradient);
    }
    const double seen = (value_beside(&rig, loss, directions, 1e-6) -
                         value_beside(&rig, loss, directions, -1e-6)) / 2e-6;
    ck_assert_msg(rig_near(slope, seen, 1e-3, 1e-5) == has_differences(operation),
                  "%s: the gradient says %.9g, differences %.9g", operation->name, slope, seen);
    for (int k = 0; k < SOURCES; k++)
        free(directions[k]);
    rig_close(&rig);
}
END_TEST

/* --- Dropout */

START_TEST(dropout_keeps_its_share_and_passes_gradients_through_the_same_mask)
{
    enum { LENGTH_OF_X = 20000 };
    struct rig rig;
    const double rate = 0.3;
    const size_t length = rig_small() ? 2000 : LENGTH_OF_X;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2((int)length / 50, 50), NULL);
    struct fig_node *y = fig_dropout(x, rate, 0x5000), *outputs[2] = { y };
    RIG_OK(fig_gradients(fig_sum(y), &x, 1, outputs + 1));
    rig_plan(&rig, outputs, 2);
    rig_run(&rig, STEP);
    double *seen = rig_read(&rig, y), *gradient = rig_read(&rig, outputs[1]), kept = 0;
    for (size_t i = 0; i < length; i++) {
        const bool alive = gradient[i] > 0;
        RIG_NEAR(gradient[i], alive ? 1 / (1 - rate) : 0, 1e-6, 0, "gradient %zu is %.9g", i,
                 gradient[i]);
        RIG_NEAR(seen[i], rig.values[0][i] * gradient[i], 1e-6, 0, "element %zu is %.9g", i,
                 seen[i]);
        kept += alive;
    }
    /* Five standard deviations of a binomial share. */
    RIG_NEAR(kept / (double)length, 1 - rate, 0, 5 * sqrt(rate * (1 - rate) / (double)length),
             "a share of %g was kept", kept / (double)length);
    free(seen);
    free(gradient);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops");
    TCase *tcase = tcase_create("ops");
    tcase_add_test(tcase, operations_and_their_gradients_are_what_the_oracle_says);
    tcase_add_loop_test(tcase, gradients_are_what_central_differences_say, 0, COUNT);
    tcase_add_test(tcase,
                   dropout_keeps_its_share_and_passes_gradients_through_the_same_mask);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
