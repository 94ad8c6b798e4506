/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "run/mixture.h"

enum { COUNT = 6000, LENGTH = 2, KNOWN = 3 };

/* Weights, means, and factors by rows. */
static const struct {
    double weight, mean[LENGTH], factor[LENGTH][LENGTH];
} known[KNOWN] = {
    { 0.5, { 0, 0 }, { { 1, 0 }, { 0.5, 0.5 } } },
    { 0.3, { 8, 2 }, { { 0.5, 0 }, { -1, 1 } } },
    { 0.2, { -3, 9 }, { { 2, 0 }, { 0, 0.25 } } },
};

static float points[COUNT * LENGTH];

static void draw_known(void)
{
    static double uniform[COUNT], normal[COUNT * LENGTH];
    random_uniform(&(struct stream){ .seed = 1 }, uniform, COUNT);
    random_normal(&(struct stream){ .seed = 2 }, normal, COUNT * LENGTH);
    for (int i = 0; i < COUNT; i++) {
        const int k = uniform[i] < 0.5 ? 0 : uniform[i] < 0.8 ? 1 : 2;
        const double *z = normal + i * LENGTH;
        for (int j = 0; j < LENGTH; j++)
            points[i * LENGTH + j] = (float)(known[k].mean[j] + known[k].factor[j][0] * z[0] +
                                             known[k].factor[j][1] * z[1]);
    }
}

static double covariance(const double *factor, int i, int j)
{
    return factor[i * 2] * factor[j * 2] + factor[i * 2 + 1] * factor[j * 2 + 1];
}

START_TEST(a_known_mixture_is_found_again)
{
    struct mixture *mixture;
    int rounds = 100;
    draw_known();
    ck_assert_int_eq(mixture_create(&mixture, KNOWN, LENGTH), FIG_OK);
    ck_assert_int_eq(mixture_fit(mixture, points, COUNT, (uint64_t)_i, NULL, &rounds), FIG_OK);
    for (int k = 0; k < KNOWN; k++) {
        int at = 0;
        for (int j = 1; j < KNOWN; j++) {
            if (fabs(mixture->means[j * 2] - known[k].mean[0]) <
                fabs(mixture->means[at * 2] - known[k].mean[0]))
                at = j;
        }
        /* 1200 points or more: standard errors are below 0.02, 2 / sqrt(1200) = 0.06 and
         * 4 sqrt(2 / 1200) = 0.16; about four of each. */
        ck_assert_double_eq_tol(mixture->weights[at], known[k].weight, 0.03);
        for (int i = 0; i < LENGTH; i++) {
            ck_assert_double_eq_tol(mixture->means[at * 2 + i], known[k].mean[i], 0.25);
            for (int j = 0; j < LENGTH; j++)
                ck_assert_double_eq_tol(covariance(mixture->factors + at * 4, i, j),
                                        covariance(known[k].factor[0], i, j), 0.65);
        }
    }
    mixture_destroy(&mixture);
    ck_assert_ptr_null(mixture);
}
END_TEST

/* Of a mixture of pairs, by the formula for the inverse of a 2 x 2 matrix. */
static double mean_log_density(const struct mixture *mixture, double regular)
{
    double total = 0;
    for (int i = 0; i < COUNT; i++) {
        double density = 0;
        for (int k = 0; k < mixture->count; k++) {
            const double *f = mixture->factors + k * 4;
            const double a = covariance(f, 0, 0), b = covariance(f, 0, 1);
            const double c = covariance(f, 1, 1), det = a * c - b * b;
            const double x = (double)points[i * 2] - mixture->means[k * 2];
            const double y = (double)points[i * 2 + 1] - mixture->means[k * 2 + 1];
            const double square = (c * x * x - 2 * b * x * y + a * y * y) / det;
            density += mixture->weights[k] * exp(-0.5 * square) / (2 * acos(-1) * sqrt(det));
            if (i == 0)
                total -= 0.5 * regular * (a + c) / det;
        }
        total += log(density);
    }
    return total / COUNT;
}

static double mean_variance(void)
{
    double total = 0;
    for (int j = 0; j < LENGTH; j++) {
        double mean = 0, square = 0;
        for (int i = 0; i < COUNT; i++)
            mean += (double)points[i * 2 + j] / COUNT;
        for (int i = 0; i < COUNT; i++)
            square += pow((double)points[i * 2 + j] - mean, 2) / COUNT;
        total += square / LENGTH;
    }
    return total;
}

START_TEST(the_likelihood_rises_to_what_the_density_says)
{
    enum { ROUNDS = 60 };
    struct mixture *mixture;
    double history[ROUNDS];
    int rounds = ROUNDS;
    draw_known();
    ck_assert_int_eq(mixture_create(&mixture, _i, LENGTH), FIG_OK);
    ck_assert_int_eq(mixture_fit(mixture, points, COUNT, 5, history, &rounds), FIG_OK);
    ck_assert_int_ge(rounds, 2);
    for (int i = 1; i < rounds; i++)
        ck_assert_double_ge(history[i], history[i - 1] - 1e-12); /* sums of 6000 doubles */
    ck_assert_double_eq_tol(history[rounds - 1],
                            mean_log_density(mixture, 1e-3 * mean_variance()), 1e-9);
    mixture_destroy(&mixture);
}
END_TEST

/* Values that never change, copies of few points: what a layer of relu units gives. */
START_TEST(flat_and_repeated_points_are_no_trouble)
{
    static float flat[300 * 3];
    struct mixture *mixture;
    int rounds = 50;
    for (int i = 0; i < 300; i++) {
        flat[i * 3] = (float)(i % 2);
        flat[i * 3 + 1] = 0;
        flat[i * 3 + 2] = (float)(i % 2);
    }
    ck_assert_int_eq(mixture_create(&mixture, 5, 3), FIG_OK);
    ck_assert_int_eq(mixture_fit(mixture, flat, 300, 1, NULL, &rounds), FIG_OK);
    for (int i = 0; i < 5 * 9; i++)
        ck_assert(isfinite(mixture->factors[i]));
    ck_assert_int_eq(mixture_draw(mixture, 1, 0, 300, flat), FIG_OK);
    for (int i = 0; i < 300; i++) {
        ck_assert_double_le(fabs((double)flat[i * 3 + 1]), 0.1);
        ck_assert_double_le(fabs((double)(flat[i * 3] - flat[i * 3 + 2])), 0.1);
    }
    mixture_destroy(&mixture);
}
END_TEST

START_TEST(draws_have_the_moments_of_the_mixture)
{
    struct mixture *mixture;
    float alone[LENGTH];
    double mean[LENGTH] = { 0 }, expected[LENGTH] = { 0 };
    ck_assert_int_eq(mixture_create(&mixture, KNOWN, LENGTH), FIG_OK);
    for (int k = 0; k < KNOWN; k++) {
        mixture->weights[k] = known[k].weight;
        memcpy(mixture->means + k * 2, known[k].mean, sizeof(known[k].mean));
        memcpy(mixture->factors + k * 4, known[k].factor, sizeof(known[k].factor));
    }
    ck_assert_int_eq(mixture_draw(mixture, 9, 0, COUNT, points), FIG_OK);
    ck_assert_int_eq(mixture_draw(mixture, 9, 4321, 1, alone), FIG_OK);
    ck_assert_mem_eq(alone, points + 4321 * LENGTH, sizeof(alone));
    for (int j = 0; j < LENGTH; j++) {
        for (int i = 0; i < COUNT; i++)
            mean[j] += (double)points[i * 2 + j] / COUNT;
        for (int k = 0; k < KNOWN; k++)
            expected[j] += known[k].weight * known[k].mean[j];
        ck_assert_double_eq_tol(mean[j], expected[j], 0.25); /* 4 x 5 / sqrt(6000) */
    }
    /* It has the density that it is drawn from: no other mixture of three fits it much better. */
    const double own = mean_log_density(mixture, 0);
    int rounds = 100;
    ck_assert_int_eq(mixture_fit(mixture, points, COUNT, 3, NULL, &rounds), FIG_OK);
    ck_assert_double_eq_tol(mean_log_density(mixture, 0), own, 17.0 / COUNT); /* 17 parameters */
    mixture_destroy(&mixture);
}
END_TEST

START_TEST(fewer_points_than_gaussians_are_refused)
{
    struct mixture *mixture;
    int rounds = 10;
    ck_assert_int_eq(mixture_create(&mixture, 4, LENGTH), FIG_OK);
    ck_assert_int_eq(mixture_fit(mixture, points, 3, 0, NULL, &rounds), FIG_INVALID);
    mixture_destroy(&mixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mixture");
    TCase *tests = tcase_create("mixture");
    tcase_add_loop_test(tests, a_known_mixture_is_found_again, 0, 3);
    tcase_add_loop_test(tests, the_likelihood_rises_to_what_the_density_says, 1, 6);
    tcase_add_test(tests, flat_and_repeated_points_are_no_trouble);
    tcase_add_test(tests, draws_have_the_moments_of_the_mixture);
    tcase_add_test(tests, fewer_points_than_gaussians_are_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
