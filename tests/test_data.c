/* SPDX-License-Identifier: MIT */
/* What a dataset is named by: counts, options, paths; and the numbers of `uniform`. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/size.h"

#include "refusal.h"

#define FOLDER "test_data.files"

static void prepare(void)
{
    ck_assert_int_eq(folder_create(FOLDER, 0755), FIG_OK);
    message[0] = '\0';
}

START_TEST(a_path_that_is_nothing_we_know_is_refused)
{
    ck_assert_int_eq(refusal(FOLDER "/absent"), FIG_INVALID);
    ck_assert_ptr_nonnull(strstr(message, "no such file"));
    ck_assert_int_eq(refusal("synthetics"), FIG_INVALID);
    ck_assert_int_eq(refusal(""), FIG_INVALID);
    ck_assert_int_eq(folder_create(FOLDER "/empty", 0755), FIG_OK);
    ck_assert_int_eq(refusal(FOLDER "/empty"), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "train-images-idx3-ubyte"));
}
END_TEST

static const char *const wrong_counts[] = {
    "synthetic:", "synthetic:0", "synthetic:-1", "synthetic: 5", "synthetic:5x", "synthetic:5:5",
    "synthetic:99999999999999999999", "synthetic:134217729", "uniform:+1", "uniform:1e3",
    "uniform:171197",
};

START_TEST(a_wrong_count_is_refused)
{
    ck_assert_int_eq(refusal(wrong_counts[_i]), FIG_INVALID);
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    struct fig_dataset *dataset;
    float out[784];
    ck_assert_int_eq(fig_dataset_open(NULL, "uniform", FIG_TRAIN, 1), FIG_INVALID);
    ck_assert_int_eq(fig_dataset_open(&dataset, NULL, FIG_TRAIN, 1), FIG_INVALID);
    ck_assert_int_eq(fig_dataset_open(&dataset, "uniform", (enum fig_split)3, 1), FIG_INVALID);
    ck_assert_int_eq(fig_dataset_open(&dataset, "uniform:3", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_sample(dataset, 3, out), FIG_INVALID);
    ck_assert_int_eq(fig_dataset_sample(dataset, -1, out), FIG_INVALID);
    ck_assert_int_eq(fig_dataset_sample(dataset, 0, NULL), FIG_INVALID);
    fig_dataset_close(&dataset);
}
END_TEST

/* Philox4x32-10 once more, from its paper. */
static void philox_reference(const uint32_t start[4], uint64_t seed, uint32_t c[4])
{
    uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    memcpy(c, start, 4 * sizeof(*c));
    for (int round = 0; round < 10; round++) {
        const uint64_t a = UINT64_C(0xD2511F53) * c[0], b = UINT64_C(0xCD9E8D57) * c[2];
        const uint32_t next[4] = { (uint32_t)(b >> 32) ^ c[1] ^ key[0], (uint32_t)b,
                                   (uint32_t)(a >> 32) ^ c[3] ^ key[1], (uint32_t)a };
        memcpy(c, next, sizeof(next));
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
}

START_TEST(the_reference_gives_the_published_words)
{
    static const uint32_t zeros[4] = { 0 };
    static const uint32_t published[4] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 };
    uint32_t words[4];
    philox_reference(zeros, 0, words);
    ck_assert_mem_eq(words, published, sizeof(words));
}
END_TEST

START_TEST(uniform_is_the_fourth_power_of_its_stream)
{
    static const uint64_t seeds[] = { 42, UINT64_C(0xfedcba9876543210) };
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_dataset_open(&dataset, "uniform:5", FIG_TEST, seeds[_i]), FIG_OK);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert(info->count == 5 && info->height == 28 && info->width == 28 && info->channels == 1);
    ck_assert(!info->bytes && !info->classes && !fig_dataset_bytes(dataset));
    ck_assert_ptr_null(fig_dataset_labels(dataset));
    for (uint32_t i = 0; i < 5 * 784; i++) {
        const uint32_t counter[4] = { i / 4, 0, 0x3000, 0 };
        uint32_t words[4];
        philox_reference(counter, seeds[_i], words);
        const double want = pow((words[i % 4] >> 8) / 16777216.0, 4);
        const float got = fig_dataset_values(dataset)[i];
        ck_assert_double_le(fabs(got - want), 6e-8 * want); /* half a bit of a float */
    }
    float sample[784];
    ck_assert_int_eq(fig_dataset_sample(dataset, 4, sample), FIG_OK);
    ck_assert_mem_eq(sample, fig_dataset_values(dataset) + 4 * 784, sizeof(sample));
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(uniform_has_1024_samples_and_the_first_do_not_depend_on_the_count)
{
    struct fig_dataset *all, *one;
    ck_assert_int_eq(fig_dataset_open(&all, "uniform", FIG_TRAIN, 7), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&one, "uniform:1", FIG_TRAIN, 7), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(all)->count, 1024);
    ck_assert_mem_eq(fig_dataset_values(all), fig_dataset_values(one), 784 * sizeof(float));
    fig_dataset_close(&all);
    fig_dataset_close(&one);
}
END_TEST

static const struct {
    const char *options, *reason;
} wrong_options[] = {
    { ":only=2x", "no class has this name; there are: 0 1 2 3 4 5 6 7" },
    { ":size=3", "no option `size` for this format; there are: only" },
    { ":only=7,only=7", "given twice" },
    { ":only=7,", "options are NAME=VALUE" },
    { ":only=7,only", "options are NAME=VALUE" },
    { ":only=", "options are NAME=VALUE" },
    { ":only=0", "none of its samples is in the training half" },
    { ":a=1,only=7", "no option `a`" },
    { ":7=only", "no such file" },
};

static const uint8_t images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4 };
static const uint8_t labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 7, 3 };

static void half_path(char path[PATH_LIMIT], const char *split, const char *kind)
{
    snprintf(path, PATH_LIMIT, FOLDER "/%s-%s-ubyte", split, kind);
}

/* Two images of two pixels, of the classes 7 and 3. */
static void write_half(const char *split)
{
    char path[PATH_LIMIT];
    half_path(path, split, "images-idx3");
    ck_assert_int_eq(file_write(path, images, sizeof(images)), FIG_OK);
    half_path(path, split, "labels-idx1");
    ck_assert_int_eq(file_write(path, labels, sizeof(labels)), FIG_OK);
}

static void remove_half(const char *split)
{
    char path[PATH_LIMIT];
    half_path(path, split, "images-idx3");
    remove(path);
    half_path(path, split, "labels-idx1");
    remove(path);
}

START_TEST(a_wrong_option_is_refused)
{
    char spec[PATH_LIMIT];
    struct fig_dataset *dataset;
    snprintf(spec, sizeof(spec), FOLDER "%s", wrong_options[_i].options);
    write_half("train");
    ck_assert_int_eq(fig_dataset_open(&dataset, spec, FIG_TRAIN, 1), FIG_INVALID);
    ck_assert_ptr_nonnull(strstr(message, FOLDER));
    ck_assert_msg(strstr(message, wrong_options[_i].reason), "not \"%s\": %s",
                  wrong_options[_i].reason, message);
    remove_half("train");
}
END_TEST

START_TEST(one_class_alone_is_kept_in_the_training_half)
{
    struct fig_dataset *dataset;
    write_half("train");
    write_half("t10k");
    ck_assert_int_eq(fig_dataset_open(&dataset, FOLDER ":only=3", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 1);
    ck_assert_int_eq(fig_dataset_info(dataset)->classes, 8);
    ck_assert_mem_eq(fig_dataset_bytes(dataset), "\3\4", 2);
    ck_assert_int_eq(fig_dataset_labels(dataset)[0], 3);
    ck_assert_str_eq(fig_dataset_class_name(dataset, 7), "7");
    ck_assert_ptr_null(fig_dataset_class_name(dataset, 8));
    ck_assert_ptr_null(fig_dataset_class_name(dataset, -1));
    fig_dataset_close(&dataset);
    ck_assert_int_eq(fig_dataset_open(&dataset, FOLDER ":only=3", FIG_TEST, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 2);
    fig_dataset_close(&dataset);
    remove_half("train");
    remove_half("t10k");
}
END_TEST

START_TEST(a_path_that_exists_is_not_searched_for_options)
{
    struct fig_dataset *dataset;
    ck_assert_int_eq(file_write(FOLDER "/file:only=3", images, sizeof(images)), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&dataset, FOLDER "/file:only=3", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 2);
    fig_dataset_close(&dataset);
    remove(FOLDER "/file:only=3");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, prepare, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_path_that_is_nothing_we_know_is_refused);
    tcase_add_loop_test(tests, a_wrong_count_is_refused, 0, LENGTH(wrong_counts));
    tcase_add_test(tests, wrong_arguments_are_refused);
    tcase_add_loop_test(tests, a_wrong_option_is_refused, 0, LENGTH(wrong_options));
    tcase_add_test(tests, one_class_alone_is_kept_in_the_training_half);
    tcase_add_test(tests, a_path_that_exists_is_not_searched_for_options);
    tcase_add_test(tests, the_reference_gives_the_published_words);
    tcase_add_loop_test(tests, uniform_is_the_fourth_power_of_its_stream, 0, 2);
    tcase_add_test(tests, uniform_has_1024_samples_and_the_first_do_not_depend_on_the_count);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
