/* SPDX-License-Identifier: MIT */
/* The noise that samples are drawn from: scaled, and truncated. */
#include "tests/suite.h"

#include <math.h>

#include "run/run.h"
#include "scratch.h"

enum { COUNT = 200, LENGTH = 101 };

static float plain[COUNT * LENGTH], other[COUNT * LENGTH];

static void draw(float *out, struct fig_noise how)
{
    ck_assert_msg(noise_draw(&how, LENGTH, out) == FIG_OK, "%s", message);
}

START_TEST(a_sample_has_the_same_noise_whatever_comes_with_it)
{
    draw(plain, (struct fig_noise){ .seed = 5, .count = COUNT, .truncation = 0.7 });
    draw(other, (struct fig_noise){ .seed = 5, .first = 150, .count = 50, .truncation = 0.7 });
    ck_assert_mem_eq(other, plain + 150 * LENGTH, 50 * LENGTH * sizeof(float));
    draw(other, (struct fig_noise){ .seed = 6, .count = 1, .truncation = 0.7 });
    ck_assert_mem_ne(other, plain, LENGTH * sizeof(float));
}
END_TEST

START_TEST(a_temperature_scales_the_noise)
{
    draw(plain, (struct fig_noise){ .seed = 5, .count = COUNT });
    draw(other, (struct fig_noise){ .seed = 5, .count = COUNT, .temperature = 0.25 });
    for (int i = 0; i < COUNT * LENGTH; i++) /* a power of two: exact */
        ck_assert_float_eq(other[i], 0.25f * plain[i]);
}
END_TEST

/* What is inside stays; what is outside is N(0, 1) given that it is inside, whose variance is
 * 1 - 2 T phi(T) / (2 Phi(T) - 1). */
START_TEST(truncated_noise_is_a_truncated_normal)
{
    static const double limits[] = { 0.01, 0.5, 1, 2.5 };
    draw(plain, (struct fig_noise){ .seed = 5, .count = COUNT });
    for (size_t k = 0; k < sizeof(limits) / sizeof(*limits); k++) {
        const double limit = limits[k], inside = erf(limit / sqrt(2));
        const double density = exp(-limit * limit / 2) / sqrt(2 * 3.14159265358979);
        const double expected = 1 - 2 * limit * density / inside;
        double mean = 0, square = 0;
        draw(other, (struct fig_noise){ .seed = 5, .count = COUNT, .truncation = limit });
        for (int i = 0; i < COUNT * LENGTH; i++) {
            const double value = (double)other[i], before = (double)plain[i];
            ck_assert_msg(fabs(value) <= limit, "%g is outside %g", value, limit);
            ck_assert(fabs(before) > limit || value == before);
            mean += value / (COUNT * LENGTH);
            square += value * value / (COUNT * LENGTH);
        }
        /* Four deviations of means of 20200 values that are at most `limit`. */
        ck_assert_double_le(fabs(mean), 0.028 * sqrt(expected));
        ck_assert_double_le(fabs(square - expected), 0.028 * limit * limit);
    }
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const struct fig_noise cases[] = {
        { .count = 1, .temperature = -1 }, { .count = 1, .temperature = NAN },
        { .count = 1, .truncation = -1 },  { .count = 1, .truncation = 0.001 },
        { .count = 1, .truncation = NAN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        ck_assert_int_eq(noise_draw(&cases[i], LENGTH, other), FIG_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("noise");
    TCase *tcase = tcase_create("noise");
    tcase_add_test(tcase, a_sample_has_the_same_noise_whatever_comes_with_it);
    tcase_add_test(tcase, a_temperature_scales_the_noise);
    tcase_add_test(tcase, truncated_noise_is_a_truncated_normal);
    tcase_add_test(tcase, nonsense_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
