/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/size.h"

#define FOLDER "test_cifar.files"
#define NAMES FOLDER "/batches.meta.txt"
#define TEST FOLDER "/test_batch.bin"

enum { RECORD = 3073 };

static const char ten[] = "a\nb\r\nc\nd\ne\nf\ng\nh\ni\nlast one\n\n";
/* Byte i of record r, so that all planes and records differ. */
static uint8_t value(size_t r, size_t i)
{
    return (uint8_t)(r * 31 + i * 7 + i / 1024 * 100);
}

static void write_batch(const char *path, size_t first, size_t count, size_t size)
{
    uint8_t *bytes = calloc(count + 1, RECORD);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < count * RECORD; i++) {
        const size_t r = first + i / RECORD;
        bytes[i] = i % RECORD ? value(r, i % RECORD - 1) : (uint8_t)(r % 10);
    }
    ck_assert_int_eq(file_write(path, bytes, size), FIG_OK);
    free(bytes);
}

static void prepare(void)
{
    ck_assert_int_eq(folder_create(FOLDER, 0755), FIG_OK);
    write_batch(FOLDER "/data_batch_2.bin", 0, 2, 2 * RECORD);
    write_batch(FOLDER "/data_batch_5.bin", 2, 1, RECORD);
    write_batch(TEST, 18, 2, 2 * RECORD);
    ck_assert_int_eq(file_write(NAMES, ten, strlen(ten)), FIG_OK);
    message[0] = '\0';
}

static void expect(const char *spec, enum fig_split split, size_t first, int count)
{
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_dataset_open(&dataset, spec, split, 1), FIG_OK);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert_int_eq(info->count, count);
    ck_assert(info->height == 32 && info->width == 32 && info->channels == 3 && info->bytes);
    ck_assert_int_eq(info->classes, 10);
    for (size_t i = 0; i < (size_t)count * 3072; i++) {
        const size_t r = i / 3072, pixel = i % 3072 / 3, channel = i % 3;
        ck_assert_int_eq(fig_dataset_labels(dataset)[r], (first + r) % 10);
        ck_assert_int_eq(fig_dataset_bytes(dataset)[i],
                         value(first + r, channel * 1024 + pixel));
    }
    fig_dataset_close(&dataset);
}

static enum fig_status refusal(const char *spec, enum fig_split split)
{
    struct fig_dataset *dataset = (void *)message;
    const enum fig_status status = fig_dataset_open(&dataset, spec, split, 1);
    ck_assert_ptr_null(dataset);
    return status;
}

START_TEST(any_batches_of_a_folder_are_read_in_order)
{
    expect(FOLDER, FIG_TRAIN, 0, 3);
    expect(FOLDER, FIG_TEST, 18, 2);
}
END_TEST

START_TEST(one_file_is_both_halves)
{
    expect(TEST, FIG_TRAIN, 18, 2);
    expect(TEST, FIG_TEST, 18, 2);
}
END_TEST

START_TEST(classes_have_the_names_of_the_file)
{
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_dataset_open(&dataset, FOLDER ":only=b", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 1);
    ck_assert_str_eq(fig_dataset_class_name(dataset, 1), "b");
    ck_assert_str_eq(fig_dataset_class_name(dataset, 9), "last one");
    fig_dataset_close(&dataset);
    remove(NAMES);
    ck_assert_int_eq(fig_dataset_open(&dataset, FOLDER, FIG_TRAIN, 1), FIG_OK);
    ck_assert_str_eq(fig_dataset_class_name(dataset, 9), "9");
    fig_dataset_close(&dataset);
}
END_TEST

static const struct {
    const char *names;
    size_t size;
    const char *reason;
} wrong_names[] = {
    { "", 0, "0 names" },
    { "a\nb\n", 4, "2 names of classes; CIFAR-10 has 10" },
    { "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk", 21, "11 names" },
    { "a\n\0", 3, "offset 2: a zero byte" },
};

START_TEST(other_than_ten_names_are_refused)
{
    ck_assert_int_eq(file_write(NAMES, wrong_names[_i].names, wrong_names[_i].size), FIG_OK);
    ck_assert_int_eq(refusal(FOLDER, FIG_TEST), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, NAMES));
    ck_assert_msg(strstr(message, wrong_names[_i].reason), "%s", message);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    for (int size = 2 * RECORD - 1; size >= 0; size--) {
        ck_assert_int_eq(truncate(TEST, size), 0);
        if (size == RECORD)
            continue;
        ck_assert_int_eq(refusal(FOLDER, FIG_TEST), FIG_FORMAT);
        ck_assert_ptr_nonnull(strstr(message, TEST));
    }
}
END_TEST

START_TEST(a_label_above_nine_is_refused_with_its_place)
{
    static uint8_t bytes[2 * RECORD];
    bytes[RECORD] = 10;
    ck_assert_int_eq(file_write(TEST, bytes, sizeof(bytes)), FIG_OK);
    ck_assert_int_eq(refusal(FOLDER, FIG_TEST), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "offset 3073: label 10"));
}
END_TEST

START_TEST(a_half_without_batches_is_refused)
{
    remove(TEST);
    ck_assert_int_eq(refusal(FOLDER, FIG_TEST), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "no test_batch.bin"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cifar");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, prepare, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, any_batches_of_a_folder_are_read_in_order);
    tcase_add_test(tests, one_file_is_both_halves);
    tcase_add_test(tests, classes_have_the_names_of_the_file);
    tcase_add_loop_test(tests, other_than_ten_names_are_refused, 0, LENGTH(wrong_names));
    tcase_add_test(tests, every_truncation_is_refused);
    tcase_add_test(tests, a_label_above_nine_is_refused_with_its_place);
    tcase_add_test(tests, a_half_without_batches_is_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
