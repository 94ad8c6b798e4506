/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/size.h"

#define FOLDER "test_numpy.files"
#define SAMPLES FOLDER "/set.npy"
#define LABELS FOLDER "/set.labels.npy"

static void prepare(void)
{
    ck_assert_int_eq(folder_create(FOLDER, 0755), FIG_OK);
    remove(LABELS);
    message[0] = '\0';
}

/* As NumPy writes it, little-endian like this machine. */
static void write_array(const char *path, const char *type, const char *shape, const void *numbers,
                        size_t size)
{
    char file[2048] = "\x93NUMPY\x01\x00\x76\x00";
    const int text = snprintf(file + 10, 118, "{'descr': '%s', 'fortran_order': False, "
                                              "'shape': (%s), }", type, shape);
    memset(file + 10 + text, ' ', (size_t)(118 - text));
    file[127] = '\n';
    memcpy(file + 128, numbers, size);
    ck_assert_int_eq(file_write(path, file, 128 + size), FIG_OK);
}

static const double numbers[] = { 0, 0.25, 0.5, 0.75, 1, 0.125, 0.0625, 0.875, 0.375, 0.625, 0.5,
                                  0.25 };

/* The numbers as one of three types, bytes as 8 times their value; returns the size. */
static size_t as_type(char type, char out[96])
{
    for (size_t i = 0; i < 12; i++) {
        const float single = (float)numbers[i];
        const uint8_t byte = (uint8_t)(8 * numbers[i]);
        if (type == '8')
            memcpy(out + 8 * i, &numbers[i], 8);
        else if (type == '4')
            memcpy(out + 4 * i, &single, 4);
        else
            memcpy(out + i, &byte, 1);
    }
    return type == '8' ? 96 : type == '4' ? 48 : 12;
}

static const struct {
    const char *type, *shape;
    int count, height, width, channels;
} shapes[] = {
    { "<f4", "2, 2, 1, 3", 2, 2, 1, 3 }, { "<f8", "2, 2, 3, 1", 2, 2, 3, 1 },
    { "|u1", "1, 2, 2, 3", 1, 2, 2, 3 }, { "<f8", "3, 2, 2", 3, 2, 2, 1 },
    { "|u1", "4, 1, 3", 4, 1, 3, 1 },    { "<f4", "2, 6", 2, 1, 1, 6 },
    { "<f8", "1, 12", 1, 1, 1, 12 },     { "|u1", "3, 4", 3, 1, 1, 4 },
};

START_TEST(an_array_is_read_as_its_shape_says)
{
    char bytes[96];
    const char type = shapes[_i].type[2];
    write_array(SAMPLES, shapes[_i].type, shapes[_i].shape, bytes, as_type(type, bytes));
    struct fig_dataset *dataset;
    const enum fig_status status = fig_dataset_open(&dataset, SAMPLES, FIG_TEST, 1);
    ck_assert_msg(!status, "%s", message);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert_int_eq(info->count, shapes[_i].count);
    ck_assert_int_eq(info->height, shapes[_i].height);
    ck_assert_int_eq(info->width, shapes[_i].width);
    ck_assert_int_eq(info->channels, shapes[_i].channels);
    ck_assert(info->table == (strlen(shapes[_i].shape) < 6));
    ck_assert(info->bytes == (type == '1' && !info->table) && !info->classes);
    ck_assert_ptr_null(fig_dataset_scaling(dataset));
    for (int i = 0; i < 12; i++) {
        const double expected = type == '1' ? (int)(8 * numbers[i]) : numbers[i];
        if (info->bytes)
            ck_assert_int_eq(fig_dataset_bytes(dataset)[i], (int)expected);
        else
            ck_assert(fig_dataset_values(dataset)[i] == (float)expected);
    }
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(labels_and_halves_go_with_the_samples)
{
    static const uint8_t samples[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    static const int64_t labels[12] = { 0, 9, 0, 9, 3, 9, 0, 9, 0, 7, 0, 200 };
    struct fig_dataset *dataset;
    write_array(SAMPLES, "|u1", "12, 1, 1", samples, sizeof(samples));
    write_array(LABELS, "<i8", "12,", labels, sizeof(labels));
    ck_assert_int_eq(fig_dataset_open(&dataset, SAMPLES, FIG_TEST, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 2);
    ck_assert_int_eq(fig_dataset_info(dataset)->classes, 201);
    ck_assert_mem_eq(fig_dataset_bytes(dataset), "\4\11", 2);
    ck_assert_mem_eq(fig_dataset_labels(dataset), "\3\7", 2);
    fig_dataset_close(&dataset);
    ck_assert_int_eq(fig_dataset_open(&dataset, SAMPLES ":only=9", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 4);
    ck_assert_mem_eq(fig_dataset_bytes(dataset), "\1\3\5\7", 4);
    fig_dataset_close(&dataset);
    ck_assert_int_eq(fig_dataset_open(&dataset, SAMPLES, FIG_WHOLE, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 12);
    ck_assert(fig_dataset_info(dataset)->whole && !fig_dataset_names(dataset));
    ck_assert_mem_eq(fig_dataset_bytes(dataset), samples, sizeof(samples));
    fig_dataset_close(&dataset);
    ck_assert_int_eq(fig_dataset_open(&dataset, "synthetic:9", FIG_WHOLE, 1), FIG_OK);
    ck_assert(!fig_dataset_info(dataset)->whole);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(a_table_keeps_its_numbers)
{
    static const float table[] = { -3, 1e30f };
    struct fig_dataset *dataset;
    write_array(SAMPLES, "<f4", "2, 1", table, sizeof(table));
    ck_assert_int_eq(fig_dataset_open(&dataset, SAMPLES, FIG_TRAIN, 1), FIG_OK);
    ck_assert_mem_eq(fig_dataset_values(dataset), table, sizeof(table));
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(a_table_of_bytes_can_be_standardised)
{
    static const uint8_t table[] = { 0, 200, 7, 255 };
    static const float expected[] = { -0.5f, 50, 3, 63.75f };
    struct fig_scaling scaling = { 2, (double[]){ 1, 0 }, (double[]){ 2, 4 } };
    struct fig_dataset *dataset;
    write_array(SAMPLES, "|u1", "2, 2", table, sizeof(table));
    ck_assert_int_eq(fig_dataset_open(&dataset, SAMPLES, FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_rescale(dataset, &scaling), FIG_OK);
    ck_assert_mem_eq(fig_dataset_values(dataset), expected, sizeof(expected));
    fig_dataset_close(&dataset);
}
END_TEST

static void expect_refusal(const char *path, const char *reason)
{
    struct fig_dataset *dataset = (void *)message;
    ck_assert_int_eq(fig_dataset_open(&dataset, SAMPLES, FIG_TRAIN, 1), FIG_FORMAT);
    ck_assert_ptr_null(dataset);
    ck_assert_msg(strstr(message, path) && strstr(message, reason), "not \"%s\": %s", reason,
                  message);
}

static const struct {
    const char *type, *shape;
    double value; /* of all numbers, if of type f8 */
    size_t count;
    const char *reason;
} refused[] = {
    { "<f8", "4,", 0, 4, "one dimension" },
    { "<f8", "1, 2, 2, 1, 1", 0, 4, "'shape' must be" },
    { "<f8", "1, 2, 1, 2", 0, 4, "pictures of 2 channels" },
    { "<f8", "1, 2, 3", 0, 4, "promises 48 bytes of numbers; there are 32" },
    { "<f8", "0, 2, 2", 0, 0, "must be 1 or more" },
    { "<f8", "2147483647, 2147483647, 2147483647, 2147483647", 0, 0, "fit in memory" },
    { "<i8", "1, 2, 2", 0, 4, "samples are uint8, float32 or float64" },
    { ">f8", "1, 2, 2", 0, 4, "'descr' must be" },
    { "<f8", "1, 2, 2", 1.5, 4, "offset 128: 1.5; pictures of floats are in [0, 1]" },
    { "<f8", "1, 2, 2", -0.1, 4, "offset 128: -0.1" },
    { "<f8", "1, 2, 2", NAN, 4, "offset 128: nan" },
    { "<f8", "2, 2", NAN, 4, "offset 128: nan; numbers of a table are finite" },
    { "<f8", "2, 2", 1e300, 4, "offset 128: 1e+300" },
};

START_TEST(a_wrong_array_is_refused)
{
    double values[8];
    for (size_t i = 0; i < LENGTH(values); i++)
        values[i] = refused[_i].value;
    write_array(SAMPLES, refused[_i].type, refused[_i].shape, values, 8 * refused[_i].count);
    expect_refusal(SAMPLES, refused[_i].reason);
}
END_TEST

static const struct {
    const char *type, *shape;
    size_t size;
    int32_t labels[4];
    const char *reason;
} wrong_labels[] = {
    { "<i4", "3,", 12, { 0 }, "labels are 2 numbers" },
    { "<i4", "2, 1", 8, { 0 }, "in one dimension" },
    { "<f4", "2,", 8, { 0 }, "uint8, int32 or int64" },
    { "<i4", "2,", 8, { 0, 256 }, "offset 132: label 256; they are from 0 to 255" },
    { "<i4", "2,", 8, { -1, 0 }, "offset 128: label -1" },
    { "<i4", "2,", 7, { 0 }, "promises 8 bytes of numbers; there are 7" },
};

START_TEST(wrong_labels_are_refused)
{
    write_array(SAMPLES, "|u1", "2, 1, 1", "\1\2", 2);
    write_array(LABELS, wrong_labels[_i].type, wrong_labels[_i].shape, wrong_labels[_i].labels,
                wrong_labels[_i].size);
    expect_refusal(LABELS, wrong_labels[_i].reason);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    write_array(SAMPLES, "|u1", "2, 1, 1", "\1\2", 2);
    for (int size = 129; size >= 0; size--) {
        ck_assert_int_eq(truncate(SAMPLES, size), 0);
        expect_refusal(SAMPLES, "");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numpy");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, prepare, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, an_array_is_read_as_its_shape_says, 0, LENGTH(shapes));
    tcase_add_test(tests, labels_and_halves_go_with_the_samples);
    tcase_add_test(tests, a_table_keeps_its_numbers);
    tcase_add_test(tests, a_table_of_bytes_can_be_standardised);
    tcase_add_loop_test(tests, a_wrong_array_is_refused, 0, LENGTH(refused));
    tcase_add_loop_test(tests, wrong_labels_are_refused, 0, LENGTH(wrong_labels));
    tcase_add_test(tests, every_truncation_is_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
