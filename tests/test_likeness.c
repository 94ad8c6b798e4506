/* SPDX-License-Identifier: MIT */
/* What samples are compared with the data by: distances of features, and the nets that see them. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/size.h"
#include "data/dataset.h"
#include "evaluate/classifier.h"
#include "evaluate/frechet.h"
#include "evaluate/manifold.h"

#include "scratch.h"

/* --- Points: more than fit into one block of products */

enum { REALS = 1300, DRAWNS = 1100, WIDTH = 3, NEAR = 5 };
static float real_values[REALS * WIDTH], drawn_values[DRAWNS * WIDTH];
static const struct rows real = { real_values, REALS }, drawn = { drawn_values, DRAWNS };

static void make_points(void)
{
    const double real_speeds[WIDTH] = { 12.9898, 78.233, 37.719 };
    const double drawn_speeds[WIDTH] = { 7.7231, 5.119, 3.337 };
    for (int i = 0; i < REALS * WIDTH; i++)
        real_values[i] = (float)sin(real_speeds[i % WIDTH] * (i / WIDTH));
    for (int i = 0; i < DRAWNS * WIDTH; i++)
        drawn_values[i] = (float)(0.3 + 0.8 * sin(drawn_speeds[i % WIDTH] * (i / WIDTH)) *
                                  sin(0.29 * (i / WIDTH)));
}

static struct products *open_products(void)
{
    struct products *products;
    ck_assert_int_eq(products_create(&products, scratch_device(), WIDTH), FIG_OK);
    make_points();
    return products;
}

static void close_products(struct products **products)
{
    products_destroy(products);
    ck_assert_ptr_null(*products);
}

/* --- Distances of distributions */

/* Two points for each axis, mean +- a_j: the covariance is diag(2 a_j^2 / (2 WIDTH - 1)), and the
 * distance of two such sets |m - n|^2 + sum_j (sqrt(A_j) - sqrt(B_j))^2. */
START_TEST(gaussians_along_the_axes_have_a_closed_form)
{
    const double a[WIDTH] = { 3, 1, 0.25 }, b[WIDTH] = { 1, 2, 0 }, shift = 0.5;
    float first[2 * WIDTH * WIDTH], second[2 * WIDTH * WIDTH];
    double expected = 0, distance;
    for (int r = 0; r < 2 * WIDTH; r++) {
        for (int j = 0; j < WIDTH; j++) {
            const double step = r / 2 == j ? r % 2 ? -1 : 1 : 0;
            first[r * WIDTH + j] = (float)(step * a[j]);
            second[r * WIDTH + j] = (float)(shift + step * b[j]);
        }
    }
    for (int j = 0; j < WIDTH; j++)
        expected += shift * shift + pow(a[j] - b[j], 2) * 2 / (2 * WIDTH - 1);
    ck_assert_int_eq(frechet_distance((struct rows){ first, 2 * WIDTH },
                                      (struct rows){ second, 2 * WIDTH }, WIDTH, &distance),
                     FIG_OK);
    /* Eigenvalues are exact to 1e-15 of the largest, their roots to 3e-8. */
    ck_assert_double_eq_tol(distance, expected, 1e-6);
}
END_TEST

/* The numbers are numpy's: trace(A + B - 2 scipy.linalg.sqrtm(A @ B)) of the covariances of
 * these points, and the mean of ((x @ y.T) / 3 + 1)**3 over pairs of two. */
START_TEST(distances_of_distributions_are_those_of_numpy)
{
    struct products *products = open_products();
    double distance;
    ck_assert_int_eq(frechet_distance(real, drawn, WIDTH, &distance), FIG_OK);
    ck_assert_double_eq_tol(distance, 0.5418217213991336, 1e-6); /* of floats about 1 */
    ck_assert_int_eq(frechet_distance(real, real, WIDTH, &distance), FIG_OK);
    ck_assert_double_eq_tol(distance, 0, 1e-6);
    ck_assert_int_eq(kernel_distance(products, WIDTH, real, drawn, &distance), FIG_OK);
    ck_assert_double_eq_tol(distance, 0.34419808386917605, 1e-5); /* products in float */
    close_products(&products);
}
END_TEST

/* --- Balls, by two loops over all points */

static double between(const float *a, const float *b)
{
    double sum = 0;
    for (int k = 0; k < WIDTH; k++)
        sum += pow((double)a[k] - (double)b[k], 2);
    return sqrt(sum);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Distance to the NEAR-th nearest other point: the first of the sorted is the point itself. */
static double radius(struct rows rows, int point)
{
    static double distances[REALS];
    for (int i = 0; i < rows.count; i++)
        distances[i] = between(rows.values + i * WIDTH, rows.values + point * WIDTH);
    qsort(distances, (size_t)rows.count, sizeof(double), ascending);
    return distances[NEAR];
}

static struct manifold looped(void)
{
    static double real_radii[REALS], drawn_radii[DRAWNS];
    struct manifold out = { 0 };
    for (int i = 0; i < REALS; i++)
        real_radii[i] = radius(real, i);
    for (int j = 0; j < DRAWNS; j++)
        drawn_radii[j] = radius(drawn, j);
    for (int i = 0; i < REALS; i++) {
        int recalled = 0, covered = 0;
        for (int j = 0; j < DRAWNS; j++) {
            const double distance = between(real_values + i * WIDTH, drawn_values + j * WIDTH);
            recalled |= distance < drawn_radii[j];
            covered |= distance < real_radii[i];
            out.density += (double)(distance < real_radii[i]) / (NEAR * DRAWNS);
        }
        out.recall += (double)recalled / REALS;
        out.coverage += (double)covered / REALS;
    }
    for (int j = 0; j < DRAWNS; j++) {
        int precise = 0;
        for (int i = 0; i < REALS; i++)
            precise |= between(real_values + i * WIDTH, drawn_values + j * WIDTH) < real_radii[i];
        out.precision += (double)precise / DRAWNS;
    }
    return out;
}

START_TEST(balls_hold_what_two_loops_find_in_them)
{
    struct products *products = open_products();
    const struct manifold expected = looped();
    struct manifold found;
    ck_assert_int_eq(manifold_compare(products, WIDTH, real, drawn, NEAR, &found), FIG_OK);
    /* Products in float may decide otherwise at the edge: for two points at most. */
    ck_assert_double_eq_tol(found.precision, expected.precision, 2.0 / DRAWNS);
    ck_assert_double_eq_tol(found.recall, expected.recall, 2.0 / REALS);
    ck_assert_double_eq_tol(found.density, expected.density, 2.0 / DRAWNS);
    ck_assert_double_eq_tol(found.coverage, expected.coverage, 2.0 / REALS);
    ck_assert_double_gt(expected.precision, 0.1);
    ck_assert_double_lt(expected.coverage, 0.9);
    close_products(&products);
}
END_TEST

START_TEST(one_point_drawn_again_and_again_is_precise_and_covers_nothing)
{
    struct products *products = open_products();
    struct manifold found;
    for (int i = 0; i < DRAWNS * WIDTH; i++)
        drawn_values[i] = real_values[i % WIDTH];
    ck_assert_int_eq(manifold_compare(products, WIDTH, real, drawn, NEAR, &found), FIG_OK);
    ck_assert_double_eq(found.precision, 1);
    ck_assert_double_le(found.recall, 10.0 / REALS);
    ck_assert_double_le(found.coverage, 20.0 / REALS);
    close_products(&products);
}
END_TEST

/* --- The classifier */

static uint64_t open_and_look(struct fig_device *device, const struct fig_dataset *dataset,
                              uint64_t seed, double *accuracy)
{
    enum { LOOKED_AT = 300 /* no whole number of batches */ };
    static float images[LOOKED_AT * 784], features[LOOKED_AT * FEATURES];
    static float probabilities[LOOKED_AT * 10];
    struct classifier *classifier;
    ck_assert_msg(classifier_open(&classifier, device, dataset, seed) == FIG_OK, "%s", message);
    const uint64_t hash = classifier_hash(classifier);
    *accuracy = 0;
    for (int i = 0; i < LOOKED_AT; i++)
        ck_assert_int_eq(fig_dataset_sample(dataset, i, images + i * 784), FIG_OK);
    ck_assert_int_eq(classifier_look(classifier, images, LOOKED_AT, features, probabilities),
                     FIG_OK);
    for (int i = 0; i < LOOKED_AT; i++) {
        const float *row = probabilities + i * 10;
        int best = 0;
        for (int k = 1; k < 10; k++)
            best = row[k] > row[best] ? k : best;
        *accuracy += (double)(fig_dataset_labels(dataset)[i] == best) / LOOKED_AT;
    }
    classifier_close(&classifier);
    return hash;
}

static void damage(const char *folder)
{
    char command[2 * SCRATCH_PATH];
    snprintf(command, sizeof(command),
             "for f in %s/figment/classifiers/*-0.safetensors; do echo x >> $f; done", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_classifier_learns_the_data_once_for_each_seed)
{
    char folder[SCRATCH_PATH];
    double first, again, other;
    struct fig_dataset *data, *more;
    struct fig_device *device = scratch_device();
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", scratch_path("cache", folder), 1), 0);
    ck_assert_int_eq(fig_dataset_open(&data, "synthetic:600", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&more, "synthetic:601", FIG_TRAIN, 1), FIG_OK);
    const uint64_t hash = open_and_look(device, data, 0, &first);
    ck_assert_double_gt(first, 0.8);
    ck_assert_uint_eq(open_and_look(device, data, 0, &again), hash);
    ck_assert_double_eq(again, first);
    ck_assert_uint_ne(open_and_look(device, data, 1, &other), hash);
    ck_assert_uint_ne(open_and_look(device, more, 0, &other), hash);
    damage(folder);
    ck_assert_uint_eq(open_and_look(device, data, 0, &again), hash); /* trained anew */
    fig_dataset_close(&more);
    fig_dataset_close(&data);
    scratch_remove();
}
END_TEST

/* The smallest images, colours, two classes, fewer than a batch: all are learnt by heart. */
START_TEST(a_classifier_takes_small_pictures_in_colour_and_few_of_them)
{
    enum { COUNT = 40, HEIGHT = 12, LENGTH_13 = HEIGHT * 13 * 3 };
    static float values[COUNT * LENGTH_13], features[COUNT * FEATURES], probabilities[COUNT * 2];
    uint8_t labels[COUNT];
    struct classifier *classifier;
    struct fig_device *device = scratch_device();
    char folder[SCRATCH_PATH];
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", scratch_path("cache", folder), 1), 0);
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % 2;
        for (int k = 0; k < LENGTH_13; k++)
            values[i * LENGTH_13 + k] = (float)((k % 3 == i % 2) * 0.5 + (i * k % 7) * 0.05);
    }
    const struct fig_dataset dataset = {
        .info = { .count = COUNT, .height = HEIGHT, .width = 13, .channels = 3, .classes = 2 },
        .values = values, .labels = labels };
    ck_assert_msg(classifier_open(&classifier, device, &dataset, 0) == FIG_OK, "%s", message);
    ck_assert_int_eq(classifier_look(classifier, values, COUNT, features, probabilities), FIG_OK);
    for (int i = 0; i < COUNT; i++)
        ck_assert_float_gt(probabilities[2 * i + i % 2], 0.5f);
    classifier_close(&classifier);
    scratch_remove();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("likeness");
    TCase *tests = tcase_create("likeness");
    tcase_add_test(tests, gaussians_along_the_axes_have_a_closed_form);
    tcase_add_test(tests, distances_of_distributions_are_those_of_numpy);
    tcase_add_test(tests, balls_hold_what_two_loops_find_in_them);
    tcase_add_test(tests, one_point_drawn_again_and_again_is_precise_and_covers_nothing);
    tcase_add_test(tests, a_classifier_learns_the_data_once_for_each_seed);
    tcase_add_test(tests, a_classifier_takes_small_pictures_in_colour_and_few_of_them);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
