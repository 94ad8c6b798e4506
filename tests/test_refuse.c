/* SPDX-License-Identifier: MIT */
/* What plans and stores refuse: indices beyond, updates that do not fit, feeds without samples. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <figment/optimizer.h>

#include "base/size.h"
#include "tests/rig.h"

START_TEST(a_store_tells_nothing_of_what_it_does_not_have)
{
    const struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *w = fig_param(rig.graph, "w", fig_shape1(3), (struct fig_init){ 0 });
    struct fig_node *update = fig_optimize(fig_sum(w), "", &sgd);
    rig_plan(&rig, &update, 1);
    ck_assert_str_eq(fig_store_tensor(rig.store, 0)->name, "w");
    ck_assert_str_eq(fig_store_optimizer(rig.store, 0)->prefixes, "");
    for (int beyond = -1; beyond <= 1; beyond += 2) {
        ck_assert_ptr_null(fig_store_tensor(rig.store, beyond));
        ck_assert_ptr_null(fig_store_optimizer(rig.store, beyond));
    }
    rig_close(&rig);
}
END_TEST

/* Whatever the pointer was before. */
START_TEST(what_is_refused_is_null)
{
    char taken[1];
    struct fig_device *device = (void *)taken;
    struct fig_store *store = (void *)taken;
    struct fig_plan *made = (void *)taken;
    struct fig_samples *samples[] = { (void *)taken, (void *)taken, (void *)taken };
    ck_assert_int_ne(fig_device_open(&device, "no such device"), FIG_OK);
    ck_assert_int_eq(fig_store_create(&store, NULL, NULL, 1), FIG_INVALID);
    ck_assert_int_eq(fig_plan_create(&made, NULL, NULL), FIG_INVALID);
    ck_assert_int_eq(fig_samples_create(&samples[0], NULL, 1, 1, NULL, NULL), FIG_INVALID);
    ck_assert_int_eq(fig_samples_create(&samples[1], NULL, 0, 1, (const uint8_t *)taken, NULL),
                     FIG_INVALID);
    ck_assert_int_eq(fig_samples_create_window(&samples[2], NULL, 1, 1, 2, true), FIG_INVALID);
    ck_assert(!device && !store && !made && !samples[0] && !samples[1] && !samples[2]);
}
END_TEST

static enum fig_status plan(struct rig *rig, const struct fig_plan_params *params)
{
    if (!rig->store)
        RIG_OK(fig_store_create(&rig->store, rig->device, rig->graph, RIG_SEED));
    fig_plan_destroy(&rig->plan);
    return fig_plan_create(&rig->plan, rig->store, params);
}

static enum fig_status plan_of(struct rig *rig, struct fig_node *const *outputs, int count)
{
    return plan(rig, &(struct fig_plan_params){ .outputs = outputs, .output_count = count });
}

/* Their loss is the sum of what is in the parameters. */
static struct fig_node *sum_of(struct rig *rig, const char *first, const char *second)
{
    const struct fig_init ones = { .kind = FIG_ONES };
    struct fig_node *w = fig_param(rig->graph, first, fig_shape1(3), ones);
    struct fig_node *u = second ? fig_param(rig->graph, second, fig_shape1(3), ones) : w;
    return fig_add(fig_sum(w), fig_sum(u));
}

START_TEST(a_parameter_in_two_updates_of_a_plan_is_refused)
{
    const struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *loss = sum_of(&rig, "v", "w");
    struct fig_node *all = fig_optimize(loss, "", &sgd), *v = fig_optimize(loss, "v", &sgd);
    struct fig_node *w = fig_optimize(fig_affine(loss, 2, 0), "w", &sgd);
    struct fig_node *shared[] = { all, w }, *apart[] = { v, w, v };
    ck_assert_int_eq(plan_of(&rig, shared, LENGTH(shared)), FIG_INVALID);
    ck_assert_msg(strstr(rig_message(), "plan: w is in the groups of two"), "%s", rig_message());
    RIG_OK(plan_of(&rig, &all, 1));
    RIG_OK(plan_of(&rig, apart, LENGTH(apart)));
    rig_close(&rig);
}
END_TEST

/* Graphs that the store was not made of have fewer parameters of the prefix, or another order. */
START_TEST(an_update_of_other_parameters_than_the_stores_group_is_refused)
{
    static const struct { const char *first, *second; enum fig_status status; } cases[] = {
        { "g.w", NULL, FIG_INVALID }, { "g.u", NULL, FIG_INVALID }, { "g.u", "g.w", FIG_INVALID },
        { "g.w", "g.u", FIG_OK } };
    const struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    struct rig rig, other;
    rig_open(&rig, NULL);
    struct fig_node *update = fig_optimize(sum_of(&rig, "g.w", "g.u"), "g.", &sgd);
    RIG_OK(plan_of(&rig, &update, 1));
    for (size_t i = 0; i < LENGTH(cases); i++) {
        rig_open(&other, NULL);
        other.store = rig.store;
        struct fig_node *loss = sum_of(&other, cases[i].first, cases[i].second);
        struct fig_node *again = fig_optimize(loss, "g.", &sgd);
        ck_assert_int_eq(plan_of(&other, &again, 1), cases[i].status);
        other.store = NULL;
        rig_close(&other);
    }
    rig_close(&rig);
}
END_TEST

/* A plan of another graph steps with the store's settings, so they must be its own as well. */
START_TEST(an_update_with_other_settings_than_the_stores_is_refused)
{
    static const size_t settings[] = {
        offsetof(struct fig_optimizer, rate), offsetof(struct fig_optimizer, beta1),
        offsetof(struct fig_optimizer, beta2), offsetof(struct fig_optimizer, rho),
        offsetof(struct fig_optimizer, momentum), offsetof(struct fig_optimizer, epsilon),
        offsetof(struct fig_optimizer, decay), offsetof(struct fig_optimizer, clip_norm) };
    struct fig_optimizer adam = fig_optimizer_defaults(FIG_ADAM);
    struct rig rig, other;
    rig_open(&rig, NULL);
    rig_open(&other, NULL);
    struct fig_node *update = fig_optimize(sum_of(&rig, "w", NULL), "", &adam);
    RIG_OK(plan_of(&rig, &update, 1));
    other.store = rig.store;
    struct fig_node *loss = sum_of(&other, "w", NULL), *same = fig_optimize(loss, "", &adam);
    RIG_OK(plan_of(&other, &same, 1));
    for (size_t i = 0; i < LENGTH(settings); i++) {
        struct fig_optimizer changed = adam;
        *(double *)(void *)((char *)&changed + settings[i]) += 0.25;
        struct fig_node *again = fig_optimize(loss, "", &changed);
        ck_assert_int_eq(plan_of(&other, &again, 1), FIG_INVALID);
    }
    adam.kind = FIG_ADAMW;
    struct fig_node *again = fig_optimize(loss, "", &adam);
    ck_assert_int_eq(plan_of(&other, &again, 1), FIG_INVALID);
    other.store = NULL;
    rig_close(&other);
    rig_close(&rig);
}
END_TEST

START_TEST(two_optimisers_of_one_name_are_refused)
{
    const struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *loss = sum_of(&rig, "w", NULL);
    fig_optimize(loss, "w", &sgd);
    fig_optimize(fig_square(loss), "w", &sgd);
    RIG_OK(fig_graph_status(rig.graph));
    ck_assert_int_eq(fig_store_create(&rig.store, rig.device, rig.graph, RIG_SEED), FIG_INVALID);
    ck_assert_ptr_null(rig.store);
    ck_assert_msg(strstr(rig_message(), "two optimisers for the prefixes \"w\""), "%s",
                  rig_message());
    rig_close(&rig);
}
END_TEST

/* --- Feeds */

enum { SAMPLES = 10 };

/* 0 to SAMPLES - 1, one value each, of which `rows` lie on the device. */
static struct fig_samples *count_up(struct fig_device *device, int rows)
{
    struct fig_samples *samples;
    float values[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        values[i] = (float)i;
    RIG_OK(fig_samples_create_window(&samples, device, SAMPLES, 1, rows, false));
    RIG_OK(fig_samples_write(samples, rows, values));
    return samples;
}

static enum fig_status feed(struct rig *rig, struct fig_node *output, struct fig_node *input,
                            struct fig_samples *samples)
{
    const struct fig_feed one = { input, samples };
    return plan(rig, &(struct fig_plan_params){
        .outputs = &output, .output_count = 1, .feeds = &one, .feed_count = 1 });
}

START_TEST(a_batch_that_goes_beyond_the_samples_is_refused)
{
    enum { BATCH = 4, LAST = SAMPLES - BATCH };
    static const uint32_t beyond[] = { LAST + 1, SAMPLES, 100000000, UINT32_MAX };
    struct rig rig;
    double seconds[1] = { 0 };
    const int rows = _i ? 5 : SAMPLES; /* a window, or all */
    rig_open(&rig, NULL);
    struct fig_samples *samples = count_up(rig.device, rows);
    struct fig_node *x = fig_input(rig.graph, "x", fig_shape2(BATCH, 1));
    struct fig_node *y = fig_affine(x, 2, 1);
    RIG_OK(feed(&rig, y, x, samples));
    for (size_t i = 0; i < LENGTH(beyond); i++) {
        ck_assert_int_eq(fig_plan_run(rig.plan, 0, beyond[i]), FIG_INVALID);
        ck_assert_int_eq(fig_plan_time(rig.plan, 0, beyond[i], seconds), FIG_INVALID);
    }
    ck_assert_msg(strstr(rig_message(), "from sample 4294967295 on was asked for") &&
                  strstr(rig_message(), "begins at 6"), "%s", rig_message());
    for (uint32_t first = 0; first <= LAST; first++) {
        RIG_OK(fig_plan_run(rig.plan, 0, first));
        double *seen = rig_read(&rig, y);
        for (int i = 0; i < BATCH; i++)
            ck_assert_double_eq(seen[i], 2 * (((int)first + i) % rows) + 1);
        free(seen);
    }
    fig_samples_destroy(&samples);
    rig_close(&rig);
}
END_TEST

START_TEST(a_feed_that_does_not_fit_is_refused)
{
    struct rig rig, other;
    rig_open(&rig, NULL);
    rig_open(&other, rig.device == rig_device("cpu") ? "cpu64" : "cpu");
    struct fig_samples *samples = count_up(rig.device, SAMPLES);
    struct fig_samples *window = count_up(rig.device, 3), *abroad = count_up(other.device, 3);
    struct fig_samples *pairs;
    RIG_OK(fig_samples_create_window(&pairs, rig.device, SAMPLES, 2, SAMPLES, false));
    struct fig_node *x = fig_input(rig.graph, "x", fig_shape2(3, 1)), *y = fig_affine(x, 2, 1);
    struct fig_node *all = fig_input(rig.graph, "all", fig_shape1(SAMPLES));
    struct fig_node *more = fig_input(rig.graph, "more", fig_shape1(SAMPLES + 1));
    struct fig_node *foreign = fig_input(other.graph, "x", fig_shape2(3, 1));
    RIG_OK(feed(&rig, y, x, window));
    RIG_OK(feed(&rig, y, all, samples));
    ck_assert_int_eq(feed(&rig, y, NULL, samples), FIG_INVALID);
    ck_assert_int_eq(feed(&rig, y, y, samples), FIG_INVALID);
    ck_assert_int_eq(feed(&rig, y, foreign, samples), FIG_INVALID);
    ck_assert_int_eq(feed(&rig, y, x, NULL), FIG_INVALID);
    ck_assert_int_eq(feed(&rig, y, x, abroad), FIG_INVALID);
    ck_assert_int_eq(feed(&rig, y, x, pairs), FIG_SHAPE);
    ck_assert_int_eq(feed(&rig, y, all, window), FIG_SHAPE);
    ck_assert_int_eq(feed(&rig, y, more, samples), FIG_SHAPE);
    ck_assert_msg(strstr(rig_message(), "feed of more: shape [11] and 10 samples of 1 values"),
                  "%s", rig_message());
    fig_samples_destroy(&pairs);
    fig_samples_destroy(&abroad);
    fig_samples_destroy(&window);
    fig_samples_destroy(&samples);
    rig_close(&other);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("refuse");
    TCase *tcase = tcase_create("refuse");
    tcase_add_test(tcase, a_store_tells_nothing_of_what_it_does_not_have);
    tcase_add_test(tcase, what_is_refused_is_null);
    tcase_add_test(tcase, a_parameter_in_two_updates_of_a_plan_is_refused);
    tcase_add_test(tcase, an_update_of_other_parameters_than_the_stores_group_is_refused);
    tcase_add_test(tcase, an_update_with_other_settings_than_the_stores_is_refused);
    tcase_add_test(tcase, two_optimisers_of_one_name_are_refused);
    tcase_add_loop_test(tcase, a_batch_that_goes_beyond_the_samples_is_refused, 0, 2);
    tcase_add_test(tcase, a_feed_that_does_not_fit_is_refused);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
