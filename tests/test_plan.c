/* SPDX-License-Identifier: MIT */
/* Plans of particular graphs: how many works they are, what is made or changed in its place, and
 * what a plan remembers and tells. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <figment/nn.h>
#include <figment/optimizer.h>

#include "base/size.h"
#include "tests/rig.h"

/* Two layers: two products forward, two for the weights' gradients and one for the hidden values';
 * biases, activations, the loss, their gradients and their sums come along.  One work adds up the
 * loss's partial sums and scales them, one updates. */
START_TEST(what_can_come_along_with_a_product_does)
{
    struct rig rig;
    struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(64, 30), NULL);
    struct fig_node *logits = fig_dense(fig_relu(fig_dense(x, "w.0", 50)), "w.1", 30);
    struct fig_node *loss = fig_loss_bce(logits, x, FIG_MEAN);
    struct fig_node *outputs[] = { loss, fig_optimize(loss, "w", &sgd) };
    rig_plan(&rig, outputs, 2);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 7);
    rig_close(&rig);
}
END_TEST

/* Three values behind each other, made by three works of their own. */
START_TEST(a_concatenation_is_made_in_place)
{
    enum { LENGTH_EACH = 16 * 32 }; /* a multiple of DEVICE_ALIGN bytes */
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(16, 32), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(32, 32), NULL);
    struct fig_node *parts[] = { fig_matmul(x, w, 0), fig_square(x),
                                 fig_normal(rig.graph, fig_shape2(16, 32), 0x2000) };
    struct fig_node *two = fig_concat(parts[0], parts[1], 0);
    struct fig_node *three = fig_concat(two, parts[2], 0);
    double *seen = rig_evaluate(&rig, three);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, LENGTH(parts));
    for (size_t i = 0; i < LENGTH(parts); i++) {
        double *part = rig_evaluate(&rig, parts[i]);
        ck_assert_mem_eq(seen + i * LENGTH_EACH, part, LENGTH_EACH * sizeof(*part));
        free(part);
    }
    free(seen);
    rig_close(&rig);
}
END_TEST

/* Columns beside each other are no regions, an output outlives what reads it, and one value has one
 * place. */
START_TEST(a_concatenation_that_cannot_be_made_in_place_is_copied)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(16, 32), NULL);
    struct fig_node *a = fig_square(x), *b = fig_relu(x);
    struct fig_node *w = rig_input(&rig, fig_shape2(32, 8), NULL);
    struct fig_node *columns = fig_concat(a, b, 1), *same = fig_concat(a, a, 0);
    struct fig_node *outputs[] = { fig_matmul(fig_concat(a, b, 0), w, 0), a };
    rig_plan(&rig, &columns, 1);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 2 + 2);
    rig_plan(&rig, &same, 1);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 1 + 2);
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 2 + 2 + 1);
    rig_close(&rig);
}
END_TEST

/* A running mean of x, from 1 on. */
static struct fig_node *running_mean(struct rig *rig, struct fig_node *x, struct fig_node **state)
{
    *state = fig_state(rig->graph, "state", fig_node_shape(x), 1);
    return fig_add(fig_affine(*state, 0.75, 0), fig_affine(x, 0.25, 0));
}

static void check_state(struct rig *rig, int run)
{
    const double old = pow(0.75, run);
    double values[40];
    RIG_OK(fig_store_read_doubles(rig->store, fig_store_find(rig->store, "state"), values));
    for (int i = 0; i < 40; i++)
        RIG_NEAR(values[i], old + (1 - old) * rig->values[0][i], 1e-6, 1e-6,
                 "run %d: element %d is %g", run, i, values[i]);
}

START_TEST(a_state_is_changed_in_its_place)
{
    struct rig rig;
    struct fig_node *state;
    rig_open(&rig, NULL);
    struct fig_node *next = running_mean(&rig, rig_input(&rig, fig_shape1(40), NULL), &state);
    struct fig_node *outputs[] = { fig_assign(state, next), next };
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 1);
    for (int run = 1; run < 4; run++) {
        rig_run(&rig, 0);
        check_state(&rig, run);
    }
    rig_close(&rig);
}
END_TEST

/* The product comes after what the state becomes, and takes it as it was. */
START_TEST(a_state_that_is_read_later_is_changed_at_the_end)
{
    struct rig rig;
    struct fig_node *state;
    rig_open(&rig, NULL);
    struct fig_node *next = running_mean(&rig, rig_input(&rig, fig_shape1(40), NULL), &state);
    struct fig_node *sum = fig_sum(next);
    struct fig_node *column = fig_affine(fig_broadcast(sum, fig_shape2(40, 1)), 2, 0);
    struct fig_node *product = fig_matmul(fig_reshape(state, fig_shape2(1, 40)), column, 0);
    struct fig_node *outputs[] = { fig_assign(state, next), sum, product };
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 4);
    rig_run(&rig, 0);
    check_state(&rig, 1);
    double *total = rig_read(&rig, sum), *seen = rig_read(&rig, product);
    RIG_NEAR(*seen, 40 * 2 * *total, 1e-6, 0, "%g is not 80 times %g", *seen, *total);
    free(total);
    free(seen);
    rig_close(&rig);
}
END_TEST

/* A state of `value`, in one element. */
static struct fig_node *number_state(struct rig *rig, const char *name, double value)
{
    return fig_state(rig->graph, name, fig_shape1(1), value);
}

static double stored(struct rig *rig, const char *name)
{
    double value;
    RIG_OK(fig_store_read_doubles(rig->store, fig_store_find(rig->store, name), &value));
    return value;
}

/* a takes b and b takes c as they were, and c what w was before its step, whichever was made
 * first. */
START_TEST(assignments_take_what_was_there_before_the_run)
{
    static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
    struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    sgd.rate = 0.5;
    for (size_t i = 0; i < LENGTH(orders); i++) {
        struct rig rig;
        rig_open(&rig, NULL);
        struct fig_node *w = fig_param(rig.graph, "w", fig_shape1(1),
                                      (struct fig_init){ .kind = FIG_ONES });
        struct fig_node *states[] = { number_state(&rig, "a", 2), number_state(&rig, "b", 3),
                                      number_state(&rig, "c", 4) };
        struct fig_node *values[] = { states[1], fig_detach(states[2]), w }, *outputs[4];
        for (int k = 0; k < 4; k++) {
            const int which = orders[i][k];
            outputs[k] = which < 3 ? fig_assign(states[which], values[which])
                                   : fig_optimize(fig_sum(w), "w", &sgd);
        }
        rig_plan(&rig, outputs, LENGTH(outputs));
        rig_run(&rig, 0);
        ck_assert_double_eq(stored(&rig, "a"), 3);
        ck_assert_double_eq(stored(&rig, "b"), 4);
        ck_assert_double_eq(stored(&rig, "c"), 1);
        ck_assert_double_eq(stored(&rig, "w"), 0.5);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(assignments_in_a_circle_are_refused)
{
    struct rig rig;
    struct fig_plan *plan;
    rig_open(&rig, NULL);
    struct fig_node *a = number_state(&rig, "a", 2), *b = number_state(&rig, "b", 3);
    struct fig_node *outputs[] = { fig_assign(a, b), fig_assign(b, a) };
    RIG_OK(fig_store_create(&rig.store, rig.device, rig.graph, RIG_SEED));
    const struct fig_plan_params params = { .outputs = outputs, .output_count = 2 };
    ck_assert_int_eq(fig_plan_create(&plan, rig.store, &params), FIG_INVALID);
    ck_assert_msg(strstr(rig_message(), "plan: a and b are in a circle"), "%s", rig_message());
    ck_assert_ptr_null(plan);
    struct fig_node *itself = fig_assign(a, a);
    rig_plan(&rig, &itself, 1);
    rig_close(&rig);
}
END_TEST

/* The scale of what is squared is not kept back until the unrelated sum is known. */
START_TEST(a_number_that_others_wait_for_is_made_alone)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(64, 30), NULL);
    struct fig_node *y = rig_input(&rig, fig_shape2(30, 64), NULL);
    struct fig_node *scaled = fig_mul(fig_square(x), fig_mean(x));
    struct fig_node *outputs[] = { fig_matmul(y, scaled, 0), fig_mean(y) };
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 6);
    rig_close(&rig);
}
END_TEST

/* Partial sums are made by the products' chains; adding them up, a mean of something else and the
 * loss are one work. */
START_TEST(a_loss_and_its_parts_are_one_work)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(64, 30), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(30, 40), NULL);
    struct fig_node *y = fig_matmul(x, w, 0), *z = fig_matmul(y, w, FIG_TRANS_B);
    struct fig_node *first = fig_mean(fig_square(y)), *second = fig_affine(fig_sum(z), 0.5, 0);
    struct fig_node *apart = fig_square(fig_affine(fig_sum(fig_slice(x, 0, 0, 1)), 1, 1));
    struct fig_node *outputs[] = { fig_add(first, second), first, second, apart };
    rig.history = 1;
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 5); /* and the slice, and its sum */
    rig_run(&rig, 0);
    double *both = rig_read(&rig, outputs[0]), *one = rig_read(&rig, first);
    double *other = rig_read(&rig, second);
    RIG_NEAR(*both, *one + *other, 1e-6, 0, "%g is not %g + %g", *both, *one, *other);
    free(both);
    free(one);
    free(other);
    rig_close(&rig);
}
END_TEST

/* Five runs of a plan that remembers three, with an input that grows. */
START_TEST(single_numbers_are_remembered_whoever_makes_them)
{
    enum { RUNS = 5, SLOTS = 3 };
    struct rig rig;
    const double start = 0;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape1(1), &start);
    struct fig_node *row = fig_affine(x, 2, 1), *sum = fig_sum(fig_broadcast(x, fig_shape1(40)));
    struct fig_node *outputs[] = { row, x, sum, fig_reshape(row, fig_shape2(1, 1)),
                                   fig_constant(rig.graph, fig_shape1(1), 7) };
    static const double slope[] = { 2, 1, 40, 2, 0 }, shift[] = { 1, 0, 0, 1, 7 };
    rig.history = SLOTS;
    rig_plan(&rig, outputs, LENGTH(outputs));
    for (int run = 0; run < RUNS; run++) {
        rig.values[0][0] = run;
        rig_run(&rig, 0);
    }
    for (size_t i = 0; i < LENGTH(outputs); i++) {
        double values[SLOTS];
        RIG_OK(fig_plan_history(rig.plan, outputs[i], SLOTS, values));
        for (int k = 0; k < SLOTS; k++)
            ck_assert_double_eq(values[k], slope[i] * (RUNS - SLOTS + k) + shift[i]);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(remembering_what_a_chain_makes_takes_no_work)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(8, 5), NULL);
    struct fig_node *outputs[] = { fig_mean(x), fig_affine(fig_mean(x), 2, 0) };
    rig_plan(&rig, outputs, LENGTH(outputs));
    const int works = fig_plan_info(rig.plan)->works;
    rig.history = 4;
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, works);
    rig_close(&rig);
}
END_TEST

START_TEST(works_can_be_told_and_timed_one_by_one)
{
    struct rig rig;
    double seconds[2] = { 0 };
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(40, 30), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(30, 20), NULL);
    struct fig_node *y = fig_sum_rows(fig_matmul(x, w, 0));
    rig_plan(&rig, &y, 1);
    rig_run(&rig, 0);
    double *before = rig_read(&rig, y);
    RIG_OK(fig_plan_time(rig.plan, 0, 0, seconds));
    double *after = rig_read(&rig, y);
    ck_assert(memcmp(before, after, 20 * sizeof(*after)) == 0);
    const struct fig_plan_work *product = fig_plan_work(rig.plan, 0);
    const struct fig_plan_work *sums = fig_plan_work(rig.plan, 1);
    const size_t size = (size_t)fig_device_info(rig.device)->real_size;
    ck_assert_str_eq(product->what, "product");
    ck_assert_double_eq(product->flops, 2.0 * 40 * 30 * 20);
    ck_assert_uint_eq(product->bytes, (40 * 30 + 30 * 20 + 40 * 20) * size);
    ck_assert_str_eq(sums->what, "sum_rows");
    ck_assert_uint_eq(sums->bytes, (40 * 20 + 20) * size);
    ck_assert_ptr_null(fig_plan_work(rig.plan, 2));
    ck_assert(seconds[0] > 0 && seconds[1] > 0);
    free(before);
    free(after);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_test(tcase, what_can_come_along_with_a_product_does);
    tcase_add_test(tcase, a_concatenation_is_made_in_place);
    tcase_add_test(tcase, a_concatenation_that_cannot_be_made_in_place_is_copied);
    tcase_add_test(tcase, a_state_is_changed_in_its_place);
    tcase_add_test(tcase, a_state_that_is_read_later_is_changed_at_the_end);
    tcase_add_test(tcase, assignments_take_what_was_there_before_the_run);
    tcase_add_test(tcase, assignments_in_a_circle_are_refused);
    tcase_add_test(tcase, a_number_that_others_wait_for_is_made_alone);
    tcase_add_test(tcase, a_loss_and_its_parts_are_one_work);
    tcase_add_test(tcase, single_numbers_are_remembered_whoever_makes_them);
    tcase_add_test(tcase, remembering_what_a_chain_makes_takes_no_work);
    tcase_add_test(tcase, works_can_be_told_and_timed_one_by_one);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
