/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/size.h"

#define FOLDER "test_csv.files"
#define TABLE FOLDER "/table.csv"

static void prepare(void)
{
    ck_assert_int_eq(folder_create(FOLDER, 0755), FIG_OK);
    message[0] = '\0';
}

static void write_table(const char *text)
{
    ck_assert_int_eq(file_write(TABLE, text, strlen(text)), FIG_OK);
}

static struct fig_dataset *opened(const char *spec, enum fig_split split)
{
    struct fig_dataset *dataset;
    const enum fig_status status = fig_dataset_open(&dataset, spec, split, 1);
    ck_assert_msg(!status, "%s", message);
    return dataset;
}

/* What the file had in a row and a column. */
static double number(const struct fig_dataset *dataset, int row, int column)
{
    const struct fig_scaling *scaling = fig_dataset_scaling(dataset);
    const float *values = fig_dataset_values(dataset) + (size_t)row * (size_t)scaling->columns;
    return values[column] * scaling->deviation[column] + scaling->mean[column];
}

/* However the same rows are written: 1 2.5 and -3 400 and 5 6, of classes x, y, x. */
static const struct {
    const char *text, *options;
} spellings[] = {
    { "1,2.5,x\n-3,400,y\n5,6,x\n", ":label=-1" },
    { "1,2.5,x\r\n-3,400,y\r\n5,6,x", ":label=3" },
    { "x;1;2.5\ny;-3;4e2\nx;5;6\n", ":label=1" },
    { "1\tx\t2.5\n-3\ty\t+400\n5\tx\t6\n", ":label=-2" },
    { "a,b,Class\n1,2.5,x\n-3,400,y\n5,6,x\n", ":label=Class" },
    { "a,b,Class\n1,2.5,x\n-3,400,y\n5,6,x\n", ":label=-1" },
    { "\xef\xbb\xbf" "a, Class ,b\n 1 , x , 2.5 \n\n -3,y,400\n  \n5,x,6\n\n\n", ":label=Class" },
    { "\"1\",\"2.5\",\"x\"\n-3,'400','y'\n5,6,  'x'  \n", ":label=-1" },
    { "a;\"b, with; \"\"marks\"\"\";'it''s'\n1;2.5;x\n-3;400;y\n5;6;x\n", ":label=it's" },
};

START_TEST(the_same_table_is_read_however_it_is_written)
{
    static const double expected[] = { 1, 2.5, -3, 400, 5, 6 };
    char spec[PATH_LIMIT];
    write_table(spellings[_i].text);
    snprintf(spec, sizeof(spec), TABLE "%s", spellings[_i].options);
    struct fig_dataset *dataset = opened(spec, FIG_TRAIN);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert_int_eq(info->count, 3);
    ck_assert(info->height == 1 && info->width == 1 && info->channels == 2);
    ck_assert(info->table && !info->bytes && info->classes == 2);
    ck_assert_mem_eq(fig_dataset_labels(dataset), "\0\1\0", 3);
    ck_assert_str_eq(fig_dataset_class_name(dataset, 0), "x");
    ck_assert_str_eq(fig_dataset_class_name(dataset, 1), "y");
    for (int i = 0; i < 6; i++) /* floats of about 1 times a deviation of 200 */
        ck_assert_double_eq_tol(number(dataset, i / 2, i % 2), expected[i], 4e-5);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(each_fifth_row_tests)
{
    write_table("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n");
    static const int expected[2][10] = { { 0, 1, 2, 3, 5, 6, 7, 8, 10, 11 }, { 4, 9 } };
    static const int counts[2] = { 10, 2 };
    for (int split = FIG_TRAIN; split <= FIG_TEST; split++) {
        struct fig_dataset *dataset = opened(TABLE, (enum fig_split)split);
        ck_assert_int_eq(fig_dataset_info(dataset)->count, counts[split]);
        ck_assert_int_eq(fig_dataset_info(dataset)->classes, 0);
        ck_assert_ptr_null(fig_dataset_labels(dataset));
        for (int i = 0; i < counts[split]; i++)
            ck_assert_double_eq_tol(number(dataset, i, 0), expected[split][i], 1e-5);
        fig_dataset_close(&dataset);
    }
}
END_TEST

START_TEST(columns_are_standardised_by_the_training_half)
{
    write_table("1600000001,7\n1600000002,7\n1600000003,7\n1600000004,7\n1600000010,8\n");
    const double deviation = sqrt(1.25);
    struct fig_dataset *dataset = opened(TABLE, FIG_TRAIN);
    for (int i = 0; i < 4; i++) {
        float out[2];
        ck_assert_int_eq(fig_dataset_sample(dataset, i, out), FIG_OK);
        ck_assert_double_eq_tol(out[0], (i - 1.5) / deviation, 1e-6);
        ck_assert(out[1] == 0);
    }
    ck_assert_ptr_nonnull(strstr(message, "1 of 2 columns are constant"));
    fig_dataset_close(&dataset);
    dataset = opened(TABLE, FIG_TEST);
    ck_assert_double_eq_tol(fig_dataset_scaling(dataset)->mean[0], 1600000002.5, 1e-6);
    ck_assert_double_eq_tol(fig_dataset_scaling(dataset)->deviation[0], deviation, 1e-9);
    ck_assert_double_eq_tol(fig_dataset_values(dataset)[0], 7.5 / deviation, 1e-5);
    ck_assert(fig_dataset_values(dataset)[1] == 1);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(one_class_alone_trains_and_scales)
{
    write_table("0,good\n10,bad\n2,good\n99,bad\n1,good\n4,good\n");
    struct fig_dataset *dataset = opened(TABLE ":label=2,only=good", FIG_TRAIN);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 3);
    ck_assert_double_eq_tol(fig_dataset_scaling(dataset)->mean[0], 2, 1e-12);
    ck_assert_double_eq_tol(number(dataset, 2, 0), 4, 1e-6);
    ck_assert_mem_eq(fig_dataset_labels(dataset), "\1\1\1", 3);
    fig_dataset_close(&dataset);
    dataset = opened(TABLE ":label=2,only=good", FIG_TEST);
    ck_assert_double_eq_tol(fig_dataset_scaling(dataset)->mean[0], 2, 1e-12);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 1);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(classes_that_are_numbers_are_in_their_order)
{
    static const char *const names[] = { "-1", "2", "10" };
    write_table("0,'10'\n1,'-1'\n2,'2'\n");
    struct fig_dataset *dataset = opened(TABLE ":label=-1", FIG_TRAIN);
    ck_assert_mem_eq(fig_dataset_labels(dataset), "\2\0\1", 3);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(fig_dataset_class_name(dataset, i), names[i]);
    fig_dataset_close(&dataset);
}
END_TEST

static const struct {
    const char *text, *options, *reason;
    enum fig_status status;
} refused[] = {
    { "", "", "line 1: the file is empty", FIG_FORMAT },
    { "\n \n\r\n", "", "line 4: the file is empty", FIG_FORMAT },
    { "a,b\n", "", "line 2: no numbers follow", FIG_FORMAT },
    { "1,2\n3\n", "", "line 2: 1 columns; the first line has 2", FIG_FORMAT },
    { "1,2\n\n3,4,\n", "", "line 3: 3 columns; the first line has 2", FIG_FORMAT },
    { "1,2\n3,\n", "", "line 2, column 2: a value is missing", FIG_FORMAT },
    { "1,2\nNA,4\n", "", "line 2, column 1: a value is missing", FIG_FORMAT },
    { "?,2\n", "", "line 1, column 1: a value is missing", FIG_FORMAT },
    { "1,2\n3,four\n", "", "line 2, column 2: not a number (label=COLUMN", FIG_FORMAT },
    { "1,2\n3,0x10\n", "", "`0x10`", FIG_FORMAT },
    { "1,2\n3,1e999\n", "", "`1e999`", FIG_FORMAT },
    { "1,2\n3,inf\n", "", "`inf`", FIG_FORMAT },
    { "1,2\n3,1 2\n", "", "`1 2`", FIG_FORMAT },
    { "1;2\n3,5;4\n", "", "line 2, column 1: not a number", FIG_FORMAT },
    { "1,\"2\n", "", "line 1, column 2: a quote is not closed", FIG_FORMAT },
    { "1,'2'3\n", "", "line 1, column 2: text follows the closing quote: `3`", FIG_FORMAT },
    { "1,x\n2,\n", ":label=2", "line 2, column 2: a label is missing", FIG_FORMAT },
    { "x\ny\n", ":label=1", "line 1: one column, and it has the labels", FIG_FORMAT },
    { "a,b\n1,2\n", ":label=c", "no column has the name `c`", FIG_INVALID },
    { "1,2\n", ":label=0", "columns are counted from 1", FIG_INVALID },
    { "1,2\n", ":label=3", "label=3: a whole number from -2 to 2", FIG_INVALID },
    { "1,2\n", ":label=-3", "label=-3: a whole number from -2 to 2", FIG_INVALID },
    { "1,2\n", ":label=1.5", "label=1.5: a whole number", FIG_INVALID },
    { "1,2\n", ":only=3", "there are no labels", FIG_INVALID },
    { "1,2\n", ":label=2,only=3", "no class has this name", FIG_INVALID },
    { "1,2\n1,2\n1,2\n1,2\n1,3\n", ":label=2,only=3", "none of its rows", FIG_INVALID },
    { "1,2\n", ":labels=2", "no option `labels` for this format; there are: label only",
      FIG_INVALID },
};

START_TEST(a_malformed_table_is_refused_with_its_place)
{
    char spec[PATH_LIMIT];
    struct fig_dataset *dataset = (void *)message;
    write_table(refused[_i].text);
    snprintf(spec, sizeof(spec), TABLE "%s", refused[_i].options);
    ck_assert_int_eq(fig_dataset_open(&dataset, spec, FIG_TRAIN, 1), refused[_i].status);
    ck_assert_ptr_null(dataset);
    ck_assert_ptr_nonnull(strstr(message, TABLE));
    ck_assert_msg(strstr(message, refused[_i].reason), "not \"%s\": %s", refused[_i].reason,
                  message);
}
END_TEST

/* Names of classes go on into JSON. */
static const struct {
    const char *name;
    enum fig_status status;
} named[] = {
    { "M\xc3\xbcller", FIG_OK }, { "\xe2\x82\xac", FIG_OK }, { "\xf0\x9f\x98\x80", FIG_OK },
    { "M\xfcller", FIG_FORMAT }, { "\xc3", FIG_FORMAT }, { "\xe2\x82", FIG_FORMAT },
    { "\x80", FIG_FORMAT }, { "\xc0\xaf", FIG_FORMAT }, { "\xe0\x9f\xbf", FIG_FORMAT },
    { "\xed\xa0\x80", FIG_FORMAT }, { "\xf4\x90\x80\x80", FIG_FORMAT }, { "\xff", FIG_FORMAT },
};

START_TEST(a_class_has_a_name_in_utf8)
{
    char text[64];
    struct fig_dataset *dataset;
    snprintf(text, sizeof(text), "1,%s\n", named[_i].name);
    write_table(text);
    ck_assert_int_eq(fig_dataset_open(&dataset, TABLE ":label=2", FIG_TRAIN, 1), named[_i].status);
    if (dataset)
        ck_assert_str_eq(fig_dataset_class_name(dataset, 0), named[_i].name);
    else
        ck_assert_ptr_nonnull(strstr(message, "which is no UTF-8 in one line"));
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
    struct fig_dataset *dataset;
    ck_assert_int_eq(file_write(TABLE, "1,2\n\0,4\n", 8), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&dataset, TABLE, FIG_TRAIN, 1), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "offset 4: a zero byte"));
}
END_TEST

START_TEST(at_most_256_classes_are_told_apart)
{
    char text[4096];
    for (int classes = 256; classes <= 257; classes++) {
        struct fig_dataset *dataset;
        size_t used = 0;
        for (int i = 0; i < classes; i++)
            used += (size_t)sprintf(text + used, "1;%d\n", i);
        write_table(text);
        ck_assert_int_eq(fig_dataset_open(&dataset, TABLE ":label=2", FIG_TRAIN, 1),
                         classes == 256 ? FIG_OK : FIG_FORMAT);
        fig_dataset_close(&dataset);
    }
    ck_assert_ptr_nonnull(strstr(message, "line 257, column 2: more than 256"));
}
END_TEST

/* Nothing to compare: a shorter table may be one.  What counts is that none of them hurts. */
START_TEST(every_truncation_is_read_or_refused)
{
    static const char text[] = "a;\"b\"\"\";Class\r\n1;'2.5';x\r\n-3;4e2;'y'\r\n5;6;x\r\n";
    write_table(text);
    for (int size = sizeof(text) - 1; size >= 0; size--) {
        struct fig_dataset *dataset;
        ck_assert_int_eq(truncate(TABLE, size), 0);
        const enum fig_status status =
            fig_dataset_open(&dataset, TABLE ":label=Class", FIG_TRAIN, 1);
        ck_assert(status == FIG_OK || strstr(message, TABLE));
        fig_dataset_close(&dataset);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, prepare, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, the_same_table_is_read_however_it_is_written, 0,
                        LENGTH(spellings));
    tcase_add_test(tests, each_fifth_row_tests);
    tcase_add_test(tests, columns_are_standardised_by_the_training_half);
    tcase_add_test(tests, one_class_alone_trains_and_scales);
    tcase_add_test(tests, classes_that_are_numbers_are_in_their_order);
    tcase_add_loop_test(tests, a_malformed_table_is_refused_with_its_place, 0, LENGTH(refused));
    tcase_add_loop_test(tests, a_class_has_a_name_in_utf8, 0, LENGTH(named));
    tcase_add_test(tests, a_zero_byte_is_refused);
    tcase_add_test(tests, at_most_256_classes_are_told_apart);
    tcase_add_test(tests, every_truncation_is_read_or_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
