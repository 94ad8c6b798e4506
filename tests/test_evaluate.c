/* SPDX-License-Identifier: MIT */
/* What is measured of trained models, and of what they draw, against sums by definition. */
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <figment/evaluate.h>

#include "base/random.h"
#include "base/size.h"
#include "data/dataset.h"
#include "evaluate/evaluation.h"
#include "evaluate/nearest.h"
#include "scratch.h"
#include "trained.h"

START_TEST(metrics_have_names_of_their_own)
{
    for (int i = 0; i < FIG_METRICS; i++) {
        ck_assert(*fig_metric_info(i)->name && *fig_metric_info(i)->summary);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(fig_metric_info(i)->name, fig_metric_info(j)->name);
    }
    ck_assert_ptr_null(fig_metric_info(-1));
    ck_assert_ptr_null(fig_metric_info(FIG_METRICS));
}
END_TEST

/* --- What is drawn */

static void open_gan(void)
{
    static const char *const overrides[] = { "data=synthetic:200", "seed=7", "epochs=1", NULL };
    open_trained("gan-small", overrides);
}

static double nearest(const float *image, const struct fig_dataset *dataset)
{
    double least = INFINITY;
    float other[LENGTH_28];
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const int length = info->height * info->width * info->channels;
    for (int i = 0; i < info->count; i++) {
        double sum = 0;
        fig_dataset_sample(dataset, i, other);
        for (int k = 0; k < length; k++)
            sum += pow((double)image[k] - (double)other[k], 2);
        least = fmin(least, sqrt(sum));
    }
    return least;
}

static double mean_of_nearest(const float *images, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += nearest(images + i * LENGTH_28, trained.train);
    return sum / count;
}

START_TEST(samples_are_compared_with_the_data_by_definition)
{
    static float drawn[FIG_DRAWN_SAMPLES * LENGTH_28];
    double deviation = 0;
    open_gan();
    ck_assert_int_eq(fig_run_sample(trained.run, 0, 0, FIG_DRAWN_SAMPLES, drawn), FIG_OK);
    for (int k = 0; k < LENGTH_28; k++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < FIG_DRAWN_SAMPLES; i++)
            mean += (double)drawn[i * LENGTH_28 + k] / FIG_DRAWN_SAMPLES;
        for (int i = 0; i < FIG_DRAWN_SAMPLES; i++)
            variance += pow((double)drawn[i * LENGTH_28 + k] - mean, 2) / FIG_DRAWN_SAMPLES;
        deviation += sqrt(variance) / LENGTH_28;
    }
    ck_assert_double_eq_tol(metric("sample_std", 0), deviation, 1e-9);
    const double ratio = mean_of_nearest(drawn, FIG_DRAWN_SAMPLES) /
                         mean_of_nearest(trained.images, TEST_IMAGES);
    ck_assert_double_eq_tol(metric("nn_ratio", 0), ratio, 1e-6); /* of nearly equal neighbours */
    close_trained();
}
END_TEST

static void judge(struct fig_mixture *mixture, struct fig_findings *findings)
{
    static const char *const names[] = { "fd84", "kid84", "recall", "coverage", "classes",
                                         "kl_uniform", "confidence" };
    const struct fig_evaluation evaluation = { .run = trained.run, .train = trained.train,
                                               .test = trained.test, .mixture = mixture };
    bool wanted[FIG_METRICS] = { false };
    for (size_t i = 0; i < LENGTH(names); i++)
        wanted[find_metric(names[i])] = true;
    ck_assert_msg(fig_evaluate(&evaluation, wanted, findings) == FIG_OK, "%s", message);
}

/* The mean of two numbers has this distance from both. */
static void check_difference(const struct fig_measure *measure)
{
    ck_assert_double_ge(measure->difference, 0);
    ck_assert_double_lt(measure->difference, 2 * fabs(measure->value));
}

START_TEST(samples_are_judged_between_real_images_and_noise)
{
    char path[SCRATCH_PATH];
    struct fig_findings drawn, mixed;
    struct fig_mixture *mixture;
    open_vae();
    judge(NULL, &drawn);
    ck_assert_int_eq(drawn.seen, TEST_IMAGES);
    ck_assert_uint_ne(drawn.nets[0].hash, drawn.nets[1].hash);
    ck_assert_double_gt(drawn.nets[0].accuracy, 0.3);
    const struct fig_measure *distance = &drawn.measures[find_metric("fd84")];
    ck_assert_double_lt(distance->floor, distance->value);
    ck_assert_double_lt(distance->floor, distance->ceiling);
    check_difference(distance);
    const struct fig_measure *coverage = &drawn.measures[find_metric("coverage")];
    ck_assert_double_gt(coverage->floor, coverage->value);
    ck_assert_double_gt(coverage->floor, coverage->ceiling);
    ck_assert_double_ge(drawn.measures[find_metric("classes")].floor, 9); /* of the 10 */
    ck_assert(isnan(drawn.measures[find_metric("mse")].value)); /* was not asked for */
    ck_assert_int_eq(fig_mixture_open(&mixture, trained.run, scratch_path("run", path), 3), FIG_OK);
    judge(mixture, &mixed);
    ck_assert_uint_eq(mixed.nets[0].hash, drawn.nets[0].hash);
    ck_assert_double_eq(mixed.measures[find_metric("fd84")].floor, distance->floor);
    ck_assert_double_ne(mixed.measures[find_metric("fd84")].value, distance->value);
    fig_mixture_close(&mixture);
    close_trained();
}
END_TEST

static const char *lack(const char *name)
{
    const struct fig_evaluation evaluation = { .run = trained.run, .train = trained.train,
                                               .test = trained.test };
    const char *text = fig_metric_lack(&evaluation, find_metric(name));
    return text ? text : "";
}

/* The model takes samples of another size, but what is lacking is told by the data alone. */
START_TEST(only_pictures_have_a_peak_to_compare_errors_with)
{
    open_vae();
    ck_assert_str_eq(lack("psnr"), "");
    fig_dataset_close(&trained.test);
    ck_assert_int_eq(fig_dataset_open(&trained.test, "ring", FIG_TEST, 7), FIG_OK);
    ck_assert_str_eq(lack("mse"), "");
    ck_assert_str_eq(lack("pca_mse"), "");
    ck_assert_str_eq(lack("psnr"), "the data are a table, no pictures");
    ck_assert_str_eq(lack("bce"), "the data are a table, no pictures");
    ck_assert_str_eq(lack("pca_psnr"), "the data are a table, no pictures");
    close_trained();
}
END_TEST

static void reopen_data(const char *data)
{
    fig_dataset_close(&trained.train);
    fig_dataset_close(&trained.test);
    ck_assert_int_eq(fig_dataset_open(&trained.train, data, FIG_TRAIN, 7), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&trained.test, data, FIG_TEST, 7), FIG_OK);
}

START_TEST(what_a_model_or_its_data_lack_is_said)
{
    open_gan();
    ck_assert_str_eq(lack("mse"), "the model has no codes");
    ck_assert_str_eq(lack("nll"), "the model tells no likelihoods");
    ck_assert_str_eq(lack("fd84"), "");
    ck_assert_str_eq(lack("auroc"),
                     "it takes a test half of classes in the training half and of others");
    reopen_data("uniform:200");
    ck_assert_str_eq(lack("auroc"), "the data have no labels");
    ck_assert_str_eq(lack("sample_std"), "");
    ck_assert_ptr_nonnull(strstr(lack("fd84"), "no labels"));
    reopen_data("synthetic:only=3");
    ck_assert_str_eq(lack("auroc"), "the model has no codes");
    ck_assert_ptr_nonnull(strstr(lack("coverage"), "one class"));
    bool wanted[FIG_METRICS] = { false };
    struct fig_findings findings;
    const struct fig_evaluation evaluation = { .run = trained.run, .train = trained.train,
                                               .test = trained.test };
    wanted[find_metric("coverage")] = true;
    ck_assert_int_eq(fig_evaluate(&evaluation, wanted, &findings), FIG_INVALID);
    ck_assert_ptr_nonnull(strstr(message, "coverage: the training half has one class"));
    reopen_data("synthetic:400000");
    ck_assert_ptr_nonnull(strstr(lack("fd84"), "drawn as they are used"));
    close_trained();
}
END_TEST

/* The distance of two unbiased estimates, which can be negative. */
START_TEST(the_difference_of_two_nets_is_that_of_their_values)
{
    static const struct {
        double first, second, mean, difference;
    } cases[] = { { -1, 3, 1, 4 }, { 3, -1, 1, 4 }, { -2, -5, -3.5, 3 }, { 2, 5, 3.5, 3 } };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct fig_measure found = { 0 };
        add_net(&found, 0, cases[i].first);
        add_net(&found, 1, cases[i].second);
        ck_assert_double_eq(found.value, cases[i].mean);
        ck_assert_double_eq(found.difference, cases[i].difference);
    }
}
END_TEST

/* --- Sorted data */

START_TEST(places_are_picked_from_all)
{
    enum { ALL = 2000, COUNT = 500 };
    uint32_t *order;
    int tenths[10] = { 0 }, remainders[10] = { 0 };
    ck_assert_int_eq(pick_places(&order, COUNT, ALL), FIG_OK);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(order[i] < ALL && (!i || order[i - 1] < order[i]));
        tenths[order[i] / (ALL / 10)]++;
        remainders[order[i] % 10]++;
    }
    for (int i = 0; i < 10; i++) { /* 50 with a deviation below 7 */
        ck_assert_int_le(abs(tenths[i] - 50), 28);
        ck_assert_int_le(abs(remainders[i] - 50), 28);
    }
    free(order);
    ck_assert_int_eq(pick_places(&order, ALL, ALL), FIG_OK);
    for (uint32_t i = 0; i < ALL; i++)
        ck_assert_uint_eq(order[i], i);
    free(order);
}
END_TEST

static const struct {
    int all;
    size_t length;
    int chunks, last;
} divided[] = {
    { 2300, 3, 3, 300 }, { 2000, 3, 2, 1000 }, { 5, 3, 1, 5 }, { 5, 1 << 20, 1, 5 },
    { 33, 1 << 20, 3, 1 }, { 2, 1 << 25, 2, 1 },
};

START_TEST(chunks_have_each_sample_once_and_little_memory)
{
    struct chunk chunk;
    int chunks = 0, next = 0, last = 0;
    ck_assert_int_eq(chunk_open(&chunk, divided[_i].all, divided[_i].length), FIG_OK);
    for (; chunk_next(&chunk); chunks++, next += last) {
        ck_assert_int_eq(chunk.first, next);
        ck_assert_int_le(last = chunk.count, chunk.most);
    }
    ck_assert_int_eq(next, divided[_i].all);
    ck_assert_int_eq(chunks, divided[_i].chunks);
    ck_assert_int_eq(last, divided[_i].last);
    free(chunk.rows);
}
END_TEST

enum { SORTED = 2 * FIG_NLL_IMAGES };
static float sorted[SORTED * LENGTH_28]; /* first black images, then white ones */

static void open_sorted(struct fig_dataset *dataset, int first, int count)
{
    for (int i = SORTED / 2 * LENGTH_28; i < SORTED * LENGTH_28; i++)
        sorted[i] = 1;
    *dataset = (struct fig_dataset){
        .info = { .count = count, .height = 28, .width = 28, .channels = 1 },
        .values = sorted + first * LENGTH_28 };
}

static double measured_on(struct fig_dataset *test, const char *name, bool floor)
{
    struct fig_dataset *own = trained.test;
    trained.test = test;
    const struct fig_measure found = measure(name, 1);
    trained.test = own;
    return floor ? found.floor : found.value;
}

START_TEST(sorted_data_are_measured_from_all_of_them)
{
    struct fig_dataset black, white, both;
    open_sorted(&black, 0, SORTED / 2);
    open_sorted(&white, SORTED / 2, SORTED / 2);
    open_sorted(&both, 0, SORTED);
    open_vae();
    /* Half of them are white: a twentieth of 500 or 1000 is over two or three deviations. */
    ck_assert_double_eq(measured_on(&black, "sample_std", true), 0);
    ck_assert_double_eq_tol(measured_on(&both, "sample_std", true), 0.5, 0.01);
    const double low = measured_on(&black, "nll", false), high = measured_on(&white, "nll", false);
    ck_assert_double_lt(low, high);
    ck_assert_double_eq_tol((measured_on(&both, "nll", false) - low) / (high - low), 0.5, 0.05);
    close_trained();
}
END_TEST

START_TEST(images_that_are_in_both_halves_have_no_ratio)
{
    open_gan();
    ck_assert_double_nan(measured_on(trained.train, "nn_ratio", false));
    ck_assert_ptr_nonnull(strstr(message, "nn_ratio: every test image is one of the training"));
    close_trained();
}
END_TEST

/* More samples than fit into one look. */
START_TEST(the_nearest_image_is_found)
{
    enum { COUNT = 2300, WIDTH = 70, QUERIES = 37 };
    const struct stream stream = { .seed = 4 };
    static double numbers[COUNT * WIDTH], distances[QUERIES];
    static float values[COUNT * WIDTH], queries[QUERIES * WIDTH];
    struct fig_device *device = scratch_device();
    random_uniform(&stream, numbers, LENGTH(numbers));
    for (size_t i = 0; i < LENGTH(numbers); i++)
        values[i] = (float)numbers[i];
    memcpy(queries, values + 1999 * WIDTH, sizeof(queries));
    for (int i = 0; i < QUERIES * WIDTH; i += 3)
        queries[i] += (float)(i % 5) * 0.125f;
    struct fig_dataset dataset = {
        .info = { .count = COUNT, .height = 1, .width = WIDTH, .channels = 1 }, .values = values };
    ck_assert_int_eq(nearest_distances(device, &dataset, queries, QUERIES, distances), FIG_OK);
    for (int i = 0; i < QUERIES; i++)
        ck_assert_double_eq_tol(distances[i], nearest(queries + i * WIDTH, &dataset), 1e-5);
    ck_assert_int_eq(nearest_distances(device, &dataset, values + 2299 * WIDTH, 1, distances),
                     FIG_OK);
    ck_assert_double_eq(distances[0], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tests = tcase_create("evaluate");
    tcase_add_test(tests, metrics_have_names_of_their_own);
    tcase_add_test(tests, samples_are_compared_with_the_data_by_definition);
    tcase_add_test(tests, samples_are_judged_between_real_images_and_noise);
    tcase_add_test(tests, only_pictures_have_a_peak_to_compare_errors_with);
    tcase_add_test(tests, what_a_model_or_its_data_lack_is_said);
    tcase_add_test(tests, the_difference_of_two_nets_is_that_of_their_values);
    tcase_add_test(tests, places_are_picked_from_all);
    tcase_add_loop_test(tests, chunks_have_each_sample_once_and_little_memory, 0, LENGTH(divided));
    tcase_add_test(tests, sorted_data_are_measured_from_all_of_them);
    tcase_add_test(tests, images_that_are_in_both_halves_have_no_ratio);
    tcase_add_test(tests, the_nearest_image_is_found);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
