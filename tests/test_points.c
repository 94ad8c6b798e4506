/* SPDX-License-Identifier: MIT */
/* The built-in points in the plane. */
#include "tests/suite.h"

#include <math.h>
#include <string.h>

#include <figment/data.h>

#include "evaluate/evaluation.h"

static const struct {
    const char *spec;
    int modes;
    double deviation, least; /* least: the distance of two neighbouring centres */
} kinds[] = { { "ring", 8, 0.01, 0.765 }, { "grid", 25, 0.05, 2 } };
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static struct fig_dataset *open_points(const char *spec, enum fig_split split, uint64_t seed)
{
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_dataset_open(&dataset, spec, split, seed), FIG_OK);
    return dataset;
}

static double distance(const double *a, const double *b)
{
    return hypot(a[0] - b[0], a[1] - b[1]);
}

START_TEST(modes_lie_apart_from_each_other_around_zero)
{
    struct fig_dataset *dataset = open_points(kinds[_i].spec, FIG_TRAIN, 1);
    const struct fig_modes *modes = fig_dataset_modes(dataset);
    double sum[2] = { 0 }, least = HUGE_VAL;
    ck_assert_int_eq(modes->count, kinds[_i].modes);
    ck_assert(modes->deviation == kinds[_i].deviation);
    for (int i = 0; i < modes->count; i++) {
        sum[0] += modes->centres[i][0];
        sum[1] += modes->centres[i][1];
        for (int k = 0; k < i; k++)
            least = fmin(least, distance(modes->centres[i], modes->centres[k]));
    }
    ck_assert_double_eq_tol(least, kinds[_i].least, 1e-3);
    ck_assert_double_eq_tol(hypot(sum[0], sum[1]), 0, 1e-12);
    fig_dataset_close(&dataset);
}
END_TEST

/* In the plane a Gaussian has 1 - e^(-9/2) = 98.9 % within three deviations; 20000 points tell that
 * to 0.1 %, and the mean square along each axis to 1 %. */
START_TEST(points_are_normal_around_the_mode_that_their_label_names)
{
    struct fig_dataset *dataset = open_points(kinds[_i].spec, FIG_TRAIN, 2);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const struct fig_modes *modes = fig_dataset_modes(dataset);
    double near = 0, square[2] = { 0 };
    ck_assert(info->table && !info->bytes && info->classes == kinds[_i].modes);
    ck_assert(info->height == 1 && info->width == 1 && info->channels == 2);
    ck_assert_int_eq(info->count, 20000);
    for (int i = 0; i < info->count; i++) {
        const int mode = fig_dataset_labels(dataset)[i];
        const float *values = fig_dataset_values(dataset) + 2 * i;
        const double point[2] = { values[0], values[1] };
        ck_assert_int_eq(mode, i % modes->count);
        near += distance(point, modes->centres[mode]) < 3 * modes->deviation;
        for (int k = 0; k < 2; k++)
            square[k] += pow((point[k] - modes->centres[mode][k]) / modes->deviation, 2);
    }
    ck_assert_double_eq_tol(near / info->count, 1 - exp(-4.5), 0.003);
    ck_assert_double_eq_tol(square[0] / info->count, 1, 0.04);
    ck_assert_double_eq_tol(square[1] / info->count, 1, 0.04);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(points_depend_on_seed_and_half_only)
{
    struct fig_dataset *few = open_points("ring:100", FIG_TRAIN, 3);
    struct fig_dataset *many = open_points("ring:1000", FIG_TRAIN, 3);
    struct fig_dataset *other = open_points("ring:100", FIG_TRAIN, 4);
    struct fig_dataset *test = open_points("ring:100", FIG_TEST, 3);
    const size_t size = 200 * sizeof(float);
    const float *values = fig_dataset_values(few);
    ck_assert_int_eq(fig_dataset_info(few)->count, 100);
    ck_assert(memcmp(values, fig_dataset_values(many), size) == 0);
    ck_assert(memcmp(values, fig_dataset_values(other), size) != 0);
    ck_assert(memcmp(values, fig_dataset_values(test), size) != 0);
    fig_dataset_close(&few);
    fig_dataset_close(&many);
    fig_dataset_close(&other);
    fig_dataset_close(&test);
}
END_TEST

START_TEST(a_mode_is_hit_within_three_deviations)
{
    static const float points[] = { 1.0299f, 0, 1, 0.02f, 1.0301f, 0, 0, 0, 0, -1, -0.98f, 0.021f,
                                    NAN, 0 };
    struct fig_dataset *dataset = open_points("ring:8", FIG_TRAIN, 1);
    int hit;
    double near;
    count_modes(fig_dataset_modes(dataset), points, 7, &hit, &near);
    ck_assert_int_eq(hit, 3); /* right by two points, below, left; the others are near to none */
    ck_assert_double_eq_tol(near, 4.0 / 7, 1e-12);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(the_data_themselves_hit_every_mode)
{
    struct fig_dataset *dataset = open_points(kinds[_i].spec, FIG_TEST, 1);
    int hit;
    double near;
    count_modes(fig_dataset_modes(dataset), fig_dataset_values(dataset), 2500, &hit, &near);
    ck_assert_int_eq(hit, kinds[_i].modes);
    ck_assert_double_eq_tol(near, 1 - exp(-4.5), 0.01);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(other_data_have_no_modes)
{
    struct fig_dataset *dataset = open_points("uniform:3", FIG_TRAIN, 1);
    ck_assert_ptr_null(fig_dataset_modes(dataset));
    fig_dataset_close(&dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("points");
    TCase *tcase = tcase_create("points");
    tcase_add_loop_test(tcase, modes_lie_apart_from_each_other_around_zero, 0, KINDS);
    tcase_add_loop_test(tcase, points_are_normal_around_the_mode_that_their_label_names, 0, KINDS);
    tcase_add_test(tcase, points_depend_on_seed_and_half_only);
    tcase_add_test(tcase, a_mode_is_hit_within_three_deviations);
    tcase_add_loop_test(tcase, the_data_themselves_hit_every_mode, 0, KINDS);
    tcase_add_test(tcase, other_data_have_no_modes);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
