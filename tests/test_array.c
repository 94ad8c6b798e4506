/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/array.h>

#include "base/file.h"
#include "base/size.h"

#define PATH "test_array.npy"

static const struct fig_array shapes[] = {
    { .rank = 1, .dim = { 7 } },
    { .rank = 2, .dim = { 3, 5 } },
    { .rank = 3, .dim = { 2, 1, 9 } },
    { .rank = 4, .dim = { 2, 3, 4, 1 } },
};

static size_t length_of(const struct fig_array *array)
{
    size_t length = 1;
    for (int i = 0; i < array->rank; i++)
        length *= (size_t)array->dim[i];
    return length;
}

START_TEST(an_array_comes_back_as_it_was_written)
{
    struct fig_array array = shapes[_i], back;
    const size_t length = length_of(&array);
    float values[24] = { -0.0f, 1e-45f, 3.4e38f, INFINITY };
    for (size_t i = 4; i < length; i++)
        values[i] = (float)i / 7;
    array.values = values;
    ck_assert_msg(!fig_array_write(PATH, &array), "%s", message);
    ck_assert_msg(!fig_array_read(&back, PATH), "%s", message);
    ck_assert_int_eq(back.rank, array.rank);
    ck_assert_mem_eq(back.dim, array.dim, sizeof(back.dim));
    ck_assert_mem_eq(back.values, values, length * sizeof(float));
    fig_array_free(&back);
    ck_assert_ptr_null(back.values);
}
END_TEST

/* The bytes that numpy 1.24 writes for np.save(f, np.float32([[1, 2]])). */
START_TEST(a_file_is_what_numpy_writes)
{
    float values[] = { 1, 2 };
    char expected[128 + 8];
    void *bytes;
    size_t size;
    memset(expected, ' ', sizeof(expected));
    const char start[] = "\x93NUMPY\x01\x00\x76\x00"
                         "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
    memcpy(expected, start, sizeof(start) - 1);
    memcpy(expected + 127, "\n\0\0\x80\x3f\0\0\0\x40", 9);
    const struct fig_array array = { .rank = 2, .dim = { 1, 2 }, .values = values };
    ck_assert_int_eq(fig_array_write(PATH, &array), FIG_OK);
    ck_assert_int_eq(file_read(PATH, 1 << 20, &bytes, &size), FIG_OK);
    ck_assert_uint_eq(size, sizeof(expected));
    ck_assert_mem_eq(bytes, expected, size);
    free(bytes);
}
END_TEST

START_TEST(a_table_is_written_as_csv_with_all_its_digits)
{
    float values[] = { 0.1f, -2, 1e-20f, 16777217.0f };
    struct fig_array array = { .rank = 2, .dim = { 2, 2 }, .values = values };
    void *bytes;
    size_t size;
    ck_assert_int_eq(fig_array_write("test_array.csv", &array), FIG_OK);
    ck_assert_int_eq(file_read("test_array.csv", 1 << 20, &bytes, &size), FIG_OK);
    ck_assert_str_eq(bytes, "0.100000001,-2\n9.99999968e-21,16777216\n");
    free(bytes);
    array.rank = 3;
    array.dim[2] = 1;
    ck_assert_int_eq(fig_array_write("test_array.csv", &array), FIG_INVALID);
    ck_assert_int_eq(fig_array_write("test_array.txt", &array), FIG_INVALID);
    remove("test_array.csv");
}
END_TEST

static enum fig_status read_text(struct fig_array *array, const char *text)
{
    ck_assert_int_eq(file_write("test_array.csv", text, strlen(text)), FIG_OK);
    const enum fig_status status = fig_array_read(array, "test_array.csv");
    remove("test_array.csv");
    return status;
}

START_TEST(the_numbers_of_a_csv_are_read)
{
    static const char *const texts[] = {
        "1,-2.5\n3,4e-20\n", "a,b\n1,-2.5\n3,4e-20\n", "\"x.png\",1,-2.5\n7.png,3,4e-20\n",
        "name,a,b\nx.png,1,-2.5\n7.png,3,4e-20\n" };
    const float values[] = { 1, -2.5f, 3, 4e-20f };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct fig_array array;
        ck_assert_msg(!read_text(&array, texts[i]), "%s", message);
        ck_assert(array.rank == 2 && array.dim[0] == 2 && array.dim[1] == 2);
        ck_assert_mem_eq(array.values, values, sizeof(values));
        fig_array_free(&array);
    }
}
END_TEST

START_TEST(a_csv_of_other_things_than_numbers_is_refused)
{
    static const char *const texts[] = { "", "a,b\n", "1,2\n3\n", "1,2\nx,3\n", "x,1\ny,z\n",
                                         ",0,1\n0,1,2\n", "nan,1\n2,3\n" };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct fig_array array;
        ck_assert_int_eq(read_text(&array, texts[i]), FIG_FORMAT);
        ck_assert_ptr_null(array.values);
        fig_array_free(&array);
    }
}
END_TEST

/* A file of version 1, with the header and so many bytes of numbers behind it. */
static void write_file(const char *header, size_t numbers)
{
    char bytes[8192] = "\x93NUMPY\x01";
    const size_t length = strlen(header);
    bytes[8] = (char)(length & 255);
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + 10, header, length);
    ck_assert_int_eq(file_write(PATH, bytes, 10 + length + numbers), FIG_OK);
}

static const struct {
    const char *header;
    size_t numbers; /* bytes */
} accepted[] = {
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8 },
    { "{'shape':(2,),'fortran_order':False,'descr':'<f4'}", 8 },
    { "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}      \n", 16 },
};

START_TEST(headers_that_others_write_are_read)
{
    struct fig_array array;
    write_file(accepted[_i].header, accepted[_i].numbers);
    ck_assert_msg(!fig_array_read(&array, PATH), "%s", message);
    ck_assert_uint_eq(length_of(&array), 2);
    ck_assert(array.values[0] == 0 && array.values[1] == 0);
    fig_array_free(&array);
}
END_TEST

#define DICT(shape_) "{'descr': '<f4', 'fortran_order': False, 'shape': " shape_ "}"
static const struct {
    const char *header;
    size_t numbers; /* bytes */
    const char *message;
} refused[] = {
    { DICT("(2,)"), 7, "promises 8 bytes" },
    { DICT("(2,)"), 9, "promises 8 bytes" },
    { DICT("(0,)"), 0, "1 or more" },
    { DICT("(-1,)"), 4, "'shape' must be" },
    { DICT("()"), 4, "'shape' must be" },
    { DICT("(1, 1, 1, 1, 1)"), 4, "'shape' must be" },
    { DICT("(1 1)"), 4, "'shape' must be" },
    { DICT("(4294967296,)"), 4, "'shape' must be" },
    { DICT("(99999999999999999999999,)"), 4, "'shape' must be" },
    { DICT("(2147483647, 2147483647, 2147483647, 2147483647)"), 4, "fit in memory" },
    { DICT("(2147483647, 65536)"), 4, "promises" },
    { DICT("(1,) "), 8, "promises 4 bytes" },
    { "{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", 4, "'descr' must be" },
    { "{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", 4, "'descr' must be" },
    { "{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", 4, "'fortran_order' must be" },
    { "{'descr': '<f4', 'shape': (1,)}", 4, "not a dict" },
    { "{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", 4, "once each" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4, "not a dict" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,", 4, "'shape' must be" },
    { "{'descr': '<f4'", 4, "not a dict" },
    { "{'descr'", 4, "'descr' must be" },
    { "", 4, "not a dict" },
};
#undef DICT

START_TEST(headers_that_lie_are_refused)
{
    struct fig_array array;
    write_file(refused[_i].header, refused[_i].numbers);
    ck_assert_int_eq(fig_array_read(&array, PATH), FIG_FORMAT);
    ck_assert_msg(strstr(message, refused[_i].message), "%s", message);
    ck_assert_ptr_null(array.values);
    fig_array_free(&array);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} stubs[] = {
    { "", 0 },
    { "\x93NUMPY", 6 },
    { "\x93NUMPX\x01\0\0\0", 10 },
    { "\x93NUMPY\x04\0\0\0", 10 },
    { "\x93NUMPY\x01\0\xff", 9 },
    { "\x93NUMPY\x01\0\xff\xff", 10 },
    { "\x93NUMPY\x02\0\xff\xff\xff\xff", 12 },
    { "\x93NUMPY\xff\0\0\0\0\0", 12 },
};

START_TEST(stubs_of_files_are_refused)
{
    struct fig_array array;
    ck_assert_int_eq(file_write(PATH, stubs[_i].bytes, stubs[_i].size), FIG_OK);
    ck_assert_int_eq(fig_array_read(&array, PATH), FIG_FORMAT);
    ck_assert_ptr_null(array.values);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("array");
    TCase *tests = tcase_create("array");
    tcase_add_loop_test(tests, an_array_comes_back_as_it_was_written, 0, LENGTH(shapes));
    tcase_add_test(tests, a_file_is_what_numpy_writes);
    tcase_add_test(tests, a_table_is_written_as_csv_with_all_its_digits);
    tcase_add_test(tests, the_numbers_of_a_csv_are_read);
    tcase_add_test(tests, a_csv_of_other_things_than_numbers_is_refused);
    tcase_add_loop_test(tests, headers_that_others_write_are_read, 0, LENGTH(accepted));
    tcase_add_loop_test(tests, headers_that_lie_are_refused, 0, LENGTH(refused));
    tcase_add_loop_test(tests, stubs_of_files_are_refused, 0, LENGTH(stubs));
    suite_add_tcase(suite, tests);
    const int status = suite_main(suite);
    remove(PATH);
    return status;
}
