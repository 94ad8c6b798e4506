/* SPDX-License-Identifier: MIT */
/* The health monitor's rules: each speaks of its illness and of nothing else. */
#include "tests/suite.h"

#include <math.h>
#include <string.h>

#include "train/health.h"

/* A healthy training of a model that has everything. */
static const struct signs healthy = { .sample_spread = 0.19, .data_spread = 0.2,
                                      .sample_contrast = 0.3, .data_contrast = 0.3, .kl = 25,
                                      .discriminator = 0.5, .generator = 1.2, .loss = 0.1,
                                      .first_loss = 0.2 };

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

START_TEST(every_illness_is_named)
{
    struct signs signs = healthy;
    signs.sample_spread = 0.01;
    ck_assert(strstr(complaints(&signs), "mode collapse") != NULL);
    signs = healthy;
    signs.sample_contrast = 0.001;
    ck_assert(strstr(complaints(&signs), "blank") != NULL);
    signs = healthy;
    signs.kl = 0.01;
    ck_assert(strstr(complaints(&signs), "posterior collapse") != NULL);
    signs = healthy;
    signs.discriminator = 0.001;
    signs.generator = 12;
    ck_assert(strstr(complaints(&signs), "discriminator always wins") != NULL);
    signs = healthy;
    signs.loss = 0.31;
    ck_assert(strstr(complaints(&signs), "1.5 times") != NULL);
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

int main(void)
{
    Suite *suite = suite_create("health");
    TCase *tcase = tcase_create("health");
    tcase_add_test(tcase, a_healthy_training_and_an_unknown_one_are_not_complained_of);
    tcase_add_test(tcase, every_illness_is_named);
    tcase_add_test(tcase, spread_is_over_samples_and_contrast_over_pixels);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
