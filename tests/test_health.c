/* SPDX-License-Identifier: MIT */
/* The health monitor's rules: each speaks of its illness and of nothing else. */
#include "tests/suite.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/size.h"
#include "data/dataset.h"
#include "evaluate/health.h"
#include "evaluate/variety.h"

/* A healthy training of a model that has everything. */
static const struct signs healthy = { .steps = 5000, .left = 3, .sample_spread = 0.19,
                                      .data_spread = 0.2, .rebuilt_spread = 0.15,
                                      .sample_contrast = 0.3, .data_contrast = 0.3,
                                      .sample_classes = 6, .data_classes = 9.5, .kl = 25,
                                      .dead_units = 0.3, .discriminator = 0.5, .generator = 1.2,
                                      .last_discriminator = 0.51, .last_generator = 1.2,
                                      .stall = { 0.01, 6, 2, 0.01 },
                                      .loss = 0.1, .first_loss = 0.2 };

/* The texts of all broken rules, one behind the other. */
static const char *complaints(const struct signs *signs)
{
    static char all[4096];
    bool end = false;
    *all = '\0';
    for (int rule = 0; !end; rule++) {
        const char *text = health_rule(rule, signs, &end);
        strcat(all, text ? text : "");
    }
    return all;
}

START_TEST(a_healthy_training_and_an_unknown_one_are_not_complained_of)
{
    const struct signs unknown = signs_none();
    ck_assert_str_eq(complaints(&healthy), "");
    ck_assert_str_eq(complaints(&unknown), "");
}
END_TEST

/* What changes in a healthy training, and what is said then, alone. */
static const struct {
    size_t sign;
    double value;
    const char *said;
} illnesses[] = {
#define SIGN(name_) offsetof(struct signs, name_)
    { SIGN(sample_spread), 0.01, "mode collapse: the samples" },
    { SIGN(sample_classes), 1.2, "mode collapse: nearly all samples" },
    { SIGN(sample_contrast), 0.001, "the samples are blank" },
    { SIGN(kl), 0.01, "posterior collapse" },
    { SIGN(rebuilt_spread), 0.01, "the reconstructions are nearly alike" },
    { SIGN(last_discriminator), 0.50001, "the losses of discriminator and generator stand still" },
    { SIGN(dead_units), 0.8, "more than three quarters" },
    { SIGN(loss), 0.31, "the loss is 1.5 times" },
#undef SIGN
};

START_TEST(every_illness_is_named_alone)
{
    struct signs signs = healthy;
    memcpy((char *)&signs + illnesses[_i].sign, &illnesses[_i].value, sizeof(double));
    const char *said = complaints(&signs);
    ck_assert_msg(strncmp(said, illnesses[_i].said, strlen(illnesses[_i].said)) == 0, "%s", said);
    ck_assert_msg(strlen(said) < 200, "%s", said); /* no second text behind it */
}
END_TEST

START_TEST(whoever_always_wins_is_named_and_critics_are_not)
{
    struct signs signs = healthy;
    signs.discriminator = 0.001;
    signs.generator = 12;
    ck_assert(strstr(complaints(&signs), "discriminator always wins") != NULL);
    signs.discriminator = 3;
    signs.generator = 0.001;
    ck_assert(strstr(complaints(&signs), "generator always wins") != NULL);
    signs.stall = signs_none().stall;
    ck_assert_str_eq(complaints(&signs), "");
}
END_TEST

static struct stall stall_of(const char *model, const char *set)
{
    struct fig_config *config;
    ck_assert_msg(fig_config_open(&config, model, &set, set != NULL) == FIG_OK, "%s", message);
    const struct stall stall = contest_stall(config);
    fig_config_close(&config);
    return stall;
}

/* A discriminator's loss cannot fall below the entropy of smoothed labels: that of 0.9 is 0.325
 * nats of the real half. */
START_TEST(losses_of_a_side_that_wins_are_those_of_the_adversary)
{
    ck_assert_double_eq_tol(stall_of("gan-small", NULL).won, 0.01, 1e-12);
    ck_assert_double_eq_tol(stall_of("gan-small", "real-label=0.9").won, 0.01 + 0.3250829734 / 2,
                            1e-9);
    ck_assert(stall_of("gan-ls", NULL).beaten < 0.5); /* a generator that is found out always */
    ck_assert(isnan(stall_of("gan-wgan-gp", NULL).won));
    ck_assert(isnan(stall_of("vae-400-20", NULL).lost));
}
END_TEST

/* In the first steps of a healthy one the divergence is 0, and a decoder draws one grey picture. */
START_TEST(what_may_still_grow_is_complained_of_when_the_training_ends)
{
    struct signs signs = healthy;
    signs.steps = 400;
    signs.kl = 0.3;
    signs.rebuilt_spread = 0.0001;
    ck_assert_str_eq(complaints(&signs), "");
    signs.left = 0;
    ck_assert(strstr(complaints(&signs), "posterior collapse") != NULL);
    signs.kl = NAN;
    ck_assert(strstr(complaints(&signs), "the reconstructions are nearly alike") != NULL);
}
END_TEST

START_TEST(a_young_generator_may_draw_nearly_one_picture)
{
    struct signs signs = healthy;
    signs.steps = 79;
    signs.sample_spread = 0.02;
    signs.sample_classes = 1;
    ck_assert_str_eq(complaints(&signs), "");
    signs.sample_spread = 0.001;
    ck_assert(strstr(complaints(&signs), "mode collapse: the samples") != NULL);
}
END_TEST

START_TEST(two_classes_collapse_into_one)
{
    struct signs signs = healthy;
    signs.data_classes = 2;
    signs.sample_classes = 1.5;
    ck_assert_str_eq(complaints(&signs), "");
    signs.sample_classes = 1.05;
    ck_assert(strstr(complaints(&signs), "one class") != NULL);
    signs.data_classes = 1; /* data of one class: nothing to lose */
    signs.sample_classes = 1;
    ck_assert_str_eq(complaints(&signs), "");
}
END_TEST

START_TEST(spread_is_over_samples_and_contrast_over_pixels)
{
    /* Three samples of two pixels; deviations of {1,2,3} and {1,1,1}, of {1,1}, {2,1}, {3,1}. */
    static const float samples[] = { 1, 1, 2, 1, 3, 1 };
    double spread, contrast;
    spread_and_contrast(samples, 3, 2, &spread, &contrast);
    ck_assert_double_eq_tol(spread, (sqrt(2.0 / 3) + 0) / 2, 1e-12);
    ck_assert_double_eq_tol(contrast, (0 + 0.5 + 1) / 3, 1e-12);
}
END_TEST

START_TEST(code_values_that_say_nothing_are_dead)
{
    /* Of four columns one moves, one hardly, two not at all. */
    static const float codes[] = { 1, 5, 0, 2, 2, 5.001f, 0, 2, 4, 5, 0, 2 };
    ck_assert_double_eq(dead_share(codes, 3, 4), 0.75);
    ck_assert_double_eq(dead_share(codes + 2, 1, 2), 1);
}
END_TEST

/* Three classes around 0, 10 and 20, the last without samples. */
START_TEST(classes_are_counted_by_the_nearest_mean)
{
    enum { COUNT = 6 };
    static float values[COUNT] = { -1, 9, 1, 11, 0, 10 };
    static uint8_t labels[COUNT] = { 0, 1, 0, 1, 0, 1 };
    static const float equal[] = { -3, 4, 6, 30 }, one[] = { 1, 2, 3, 4 };
    const struct fig_dataset dataset = {
        .info = { .count = COUNT, .height = 1, .width = 1, .channels = 1, .classes = 3 },
        .values = values, .labels = labels };
    struct class_means means;
    double classes;
    ck_assert_int_eq(class_means_create(&means, &dataset), FIG_OK);
    ck_assert_int_eq(effective_classes(&means, equal, 4, &classes), FIG_OK);
    ck_assert_double_eq_tol(classes, 2, 1e-12);
    ck_assert_int_eq(effective_classes(&means, one, 4, &classes), FIG_OK);
    ck_assert_double_eq_tol(classes, 1, 1e-12);
    ck_assert_int_eq(effective_classes(&means, values, 3, &classes), FIG_OK); /* 2/3 and 1/3 */
    ck_assert_double_eq_tol(classes, 3 / pow(4, 1.0 / 3), 1e-12);
    class_means_free(&means);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("health");
    TCase *tcase = tcase_create("health");
    tcase_add_test(tcase, a_healthy_training_and_an_unknown_one_are_not_complained_of);
    tcase_add_loop_test(tcase, every_illness_is_named_alone, 0, LENGTH(illnesses));
    tcase_add_test(tcase, whoever_always_wins_is_named_and_critics_are_not);
    tcase_add_test(tcase, losses_of_a_side_that_wins_are_those_of_the_adversary);
    tcase_add_test(tcase, what_may_still_grow_is_complained_of_when_the_training_ends);
    tcase_add_test(tcase, a_young_generator_may_draw_nearly_one_picture);
    tcase_add_test(tcase, two_classes_collapse_into_one);
    tcase_add_test(tcase, spread_is_over_samples_and_contrast_over_pixels);
    tcase_add_test(tcase, code_values_that_say_nothing_are_dead);
    tcase_add_test(tcase, classes_are_counted_by_the_nearest_mean);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
