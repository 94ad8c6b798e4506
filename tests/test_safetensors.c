/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "run/safetensors.h"

#define PATH "test.safetensors"

/* A file in memory, as file_read leaves it; the length is put before the header. */
static void *make_file(const char *header, size_t data, size_t *size)
{
    const size_t length = strlen(header);
    *size = 8 + length + data;
    char *bytes = calloc(*size + 1, 1);
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(length >> (8 * i) & 0xff);
    memcpy(bytes + 8, header, length);
    return bytes;
}

static void *copy_of(const void *bytes, size_t size)
{
    char *copy = malloc(size + 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

static float floats[6] = { 1, -2, 0.5f, 3e-38f, 1e30f, -0.0f };
static double doubles[2] = { 1.0 / 3, -1e300 };
static long long longs[1] = { -2 };
static unsigned char octets[3] = { 0, 128, 255 };

static struct safe_tensor tensors[] = {
    { "a.weight", SAFE_F32, 2, { 2, 3 }, floats, 0 },
    { "nothing", SAFE_F32, 2, { 0, 5 }, NULL, 0 },
    { "quote\" back\\ \n\xc3\xa9", SAFE_U8, 1, { 3 }, octets, 0 },
    { "moments", SAFE_F64, 1, { 2 }, doubles, 0 },
    { "step", SAFE_I64, 0, { 0 }, longs, 0 },
};
static struct safe_pair pairs[] = { { "config", "model: x\n\tseed: \"1\"\\ \x01" }, { "", "" } };
static const struct safetensors content = { tensors, LENGTH(tensors), pairs, LENGTH(pairs), NULL, 0,
                                            NULL };

static void expect_content(const struct safetensors *read)
{
    ck_assert_int_eq(read->count, content.count);
    for (int i = 0; i < content.count; i++) {
        const struct safe_tensor *want = &tensors[i];
        const struct safe_tensor *got = safetensors_find(read, want->name);
        ck_assert_ptr_nonnull(got);
        ck_assert_int_eq(got->dtype, want->dtype);
        ck_assert_int_eq(got->rank, want->rank);
        ck_assert_mem_eq(got->dims, want->dims, sizeof(want->dims));
        if (got->size)
            ck_assert_mem_eq(got->data, want->data, got->size);
    }
    ck_assert_uint_eq(safetensors_find(read, "a.weight")->size, sizeof(floats));
    ck_assert_uint_eq(safetensors_find(read, "step")->size, sizeof(longs));
    ck_assert_ptr_null(safetensors_find(read, "a.bias"));
    ck_assert_int_eq(read->pairs, content.pairs);
    for (int i = 0; i < content.pairs; i++)
        ck_assert_str_eq(safetensors_metadata(read, pairs[i].key), pairs[i].value);
    ck_assert_ptr_null(safetensors_metadata(read, "other"));
}

START_TEST(what_is_written_is_read_back_exactly)
{
    struct safetensors read;
    ck_assert_int_eq(safetensors_write(PATH, &content), FIG_OK);
    ck_assert_int_eq(safetensors_open(&read, PATH), FIG_OK);
    expect_content(&read);
    safetensors_close(&read);
    safetensors_close(&read);
    remove(PATH);
}
END_TEST

START_TEST(an_empty_file_is_written_and_read_back)
{
    struct safetensors read;
    ck_assert_int_eq(safetensors_write(PATH, &(struct safetensors){ 0 }), FIG_OK);
    ck_assert_int_eq(safetensors_open(&read, PATH), FIG_OK);
    ck_assert_int_eq(read.count, 0);
    ck_assert_int_eq(read.pairs, 0);
    safetensors_close(&read);
    remove(PATH);
}
END_TEST

/* The bytes by hand from the format's description. */
START_TEST(the_bytes_of_a_small_file_are_those_of_the_format)
{
    static const char want[] =
        "\x88\0\0\0\0\0\0\0"
        "{\"__metadata__\":{\"k\":\"v\"},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]}}"
        "      \0\0\x80\x3f\0\0\0\xc0\x80";
    float values[] = { 1, -2 };
    struct safe_tensor two[] = {
        { "w", SAFE_F32, 1, { 2 }, values, 0 },
        { "b", SAFE_U8, 0, { 0 }, &octets[1], 0 },
    };
    struct safe_pair pair = { "k", "v" };
    void *bytes;
    size_t size;

    const struct safetensors both = { two, 2, &pair, 1, NULL, 0, NULL };
    ck_assert_int_eq(safetensors_write(PATH, &both), FIG_OK);
    ck_assert_int_eq(file_read(PATH, 1000, &bytes, &size), FIG_OK);
    ck_assert_uint_eq(size, sizeof(want) - 1);
    ck_assert_mem_eq(bytes, want, size);
    free(bytes);
    remove(PATH);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_an_error)
{
    ck_assert_int_eq(safetensors_write("/dev/null/x", &content), FIG_IO);
    struct safetensors read;
    ck_assert_int_eq(safetensors_open(&read, "/dev/null/x"), FIG_IO);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    void *bytes;
    size_t size;
    struct safetensors read;
    ck_assert_int_eq(safetensors_write(PATH, &content), FIG_OK);
    ck_assert_int_eq(file_read(PATH, 100000, &bytes, &size), FIG_OK);
    for (size_t length = 0; length < size; length++) {
        message[0] = '\0';
        ck_assert_int_eq(safetensors_parse(&read, "cut", copy_of(bytes, length), length),
                         FIG_FORMAT);
        ck_assert_msg(strncmp(message, "cut: ", 5) == 0, "%zu bytes: %s", length, message);
    }
    free(bytes);
    remove(PATH);
}
END_TEST

/* A changed byte may rename a tensor, retype it within its size or change values; it must not
 * move or resize any. */
static void expect_same_places(const struct safetensors *read)
{
    static const size_t sizes[] = { sizeof(floats), 0, 3, sizeof(doubles), sizeof(longs) };
    size_t end = 0;
    ck_assert_int_eq(read->count, content.count);
    for (int i = 0; i < read->count; i++) {
        ck_assert_ptr_eq(read->tensors[i].data, (const char *)read->tensors[0].data + end);
        ck_assert_uint_eq(read->tensors[i].size, sizes[i]);
        end += sizes[i];
    }
}

START_TEST(every_changed_byte_is_refused_or_moves_nothing)
{
    void *bytes;
    size_t size;
    int accepted = 0;
    ck_assert_int_eq(safetensors_write(PATH, &content), FIG_OK);
    ck_assert_int_eq(file_read(PATH, 100000, &bytes, &size), FIG_OK);
    for (size_t i = 0; i < size; i++) {
        for (int flip = 1; flip < 256; flip++) {
            struct safetensors read;
            unsigned char *changed = copy_of(bytes, size);
            changed[i] ^= (unsigned char)flip;
            if (safetensors_parse(&read, "changed", changed, size))
                continue;
            accepted++;
            expect_same_places(&read);
            safetensors_close(&read);
        }
    }
    ck_assert_int_ge(accepted, 255 * (int)(sizeof(floats) + sizeof(doubles)));
    free(bytes);
    remove(PATH);
}
END_TEST

#define T(name_, dtype_, shape_, offsets_)                                                         \
    "\"" name_ "\":{\"dtype\":\"" dtype_ "\",\"shape\":[" shape_ "],\"data_offsets\":[" offsets_   \
    "]}"

static const struct {
    const char *header;
    size_t data; /* bytes behind the header */
    const char *message;
} hostile[] = {
    { "", 0, "f: the header is no JSON object, from byte 8 on" },
    { "[]", 0, "f: the header is no JSON object, from byte 8 on" },
    { "{} x", 0, "f: the header is no JSON object, from byte 11 on" },
    { "{\"a\":1", 0, "f: the header is no JSON object, from byte 13 on" },
    { "{\"a\":1,", 0, NULL },
    { "{\"a", 0, NULL },
    { "{}", 1, "f: 1 bytes of data, but the last tensor ends at 0" },
    { "{\"a\":1}", 0, "f: tensor 'a': not {\"dtype\", \"shape\", \"data_offsets\"}" },
    { "{\"a\":{}}", 0, "f: tensor 'a': not {\"dtype\", \"shape\", \"data_offsets\"}" },
    { "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[]}}", 1,
      "f: tensor 'a': not {\"dtype\", \"shape\", \"data_offsets\"}" },
    { "{\"a\":{\"dtype\":3,\"shape\":[],\"data_offsets\":[0,1]}}", 1,
      "f: tensor 'a': dtype is not a string" },
    { "{" T("a", "F31", "1", "0,4") "}", 4,
      "f: tensor 'a': dtype 'F31' is unknown" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":{},\"data_offsets\":[0,1]}}", 1,
      "f: tensor 'a': shape is not a list" },
    { "{" T("a", "U8", "1,1,1,1,1,1,1,1,1", "0,1") "}", 1,
      "f: tensor 'a': more than 8 dimensions" },
    { "{" T("a", "F32", "2,-1", "0,4") "}", 4,
      "f: tensor 'a': shape[1] is not a whole number in [0, 2^53)" },
    { "{" T("a", "F32", "1.5", "0,6") "}", 6,
      "f: tensor 'a': shape[0] is not a whole number in [0, 2^53)" },
    { "{" T("a", "F32", "9007199254740992", "0,4") "}", 4,
      "f: tensor 'a': shape[0] is not a whole number in [0, 2^53)" },
    { "{" T("a", "F32", "1e999", "0,4") "}", 4,
      "f: tensor 'a': shape[0] is not a whole number in [0, 2^53)" },
    { "{" T("a", "F32", "\"1\"", "0,4") "}", 4,
      "f: tensor 'a': shape[0] is not a whole number in [0, 2^53)" },
    { "{" T("a", "F32", "4294967296,1073741824,4", "0,4") "}", 4,
      "f: tensor 'a': the product of its shape overflows" },
    { "{" T("a", "F32", "4503599627370496,4503599627370496", "0,4") "}", 4,
      "f: tensor 'a': the product of its shape overflows" },
    { "{" T("a", "F32", "1", "0") "}", 4,
      "f: tensor 'a': data_offsets are not two whole numbers in [0, 2^53)" },
    { "{" T("a", "F32", "1", "0,4,8") "}", 4,
      "f: tensor 'a': data_offsets are not two whole numbers in [0, 2^53)" },
    { "{" T("a", "F32", "1", "-4,0") "}", 4,
      "f: tensor 'a': data_offsets are not two whole numbers in [0, 2^53)" },
    { "{" T("a", "F32", "1", "0,8") "}", 4,
      "f: tensor 'a': data_offsets [0,8] in 4 bytes of data" },
    { "{" T("a", "F32", "1", "4,0") "}", 4,
      "f: tensor 'a': data_offsets [4,0] in 4 bytes of data" },
    { "{" T("a", "F32", "2", "0,4") "}", 4,
      "f: tensor 'a': 8 bytes by its shape, 4 by data_offsets [0,4]" },
    { "{" T("a", "F32", "1", "0,4") "," T("b", "F32", "1", "2,6") "}", 6,
      "f: tensor 'b': begins at 2, but that is an overlap: the one before it ends at 4" },
    { "{" T("a", "F32", "1", "0,4") "," T("b", "F32", "1", "0,4") "}", 4, NULL },
    { "{" T("a", "F32", "1", "0,4") "," T("b", "F32", "0", "2,2") "}", 4, NULL },
    { "{" T("a", "F32", "1", "0,4") "," T("b", "F32", "1", "8,12") "}", 12,
      "f: tensor 'b': begins at 8, but that leaves a hole: the one before it ends at 4" },
    { "{" T("a", "F32", "1", "4,8") "}", 8,
      "f: tensor 'a': begins at 4, but that leaves a hole: the one before it ends at 0" },
    { "{" T("a", "F32", "1", "0,4") "}", 5, "f: 5 bytes of data, but the last tensor ends at 4" },
    { "{" T("a", "U8", "1", "0,1") "," T("a", "U8", "1", "1,2") "}", 2,
      "f: the name 'a' comes twice" },
    { "{\"__metadata__\":[\"x\"]}", 0, "f: __metadata__ is not an object" },
    { "{\"__metadata__\":{\"x\":1}}", 0, "f: __metadata__ 'x' is not a string" },
    { "{\"__metadata__\":{\"x\":\"\",\"x\":\"\"}}", 0, "f: the name 'x' comes twice" },
    { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "f: the name '__metadata__' comes twice" },
};

START_TEST(a_hostile_header_is_refused_with_its_reason)
{
    struct safetensors read;
    size_t size;
    void *bytes = make_file(hostile[_i].header, hostile[_i].data, &size);
    message[0] = '\0';
    ck_assert_int_eq(safetensors_parse(&read, "f", bytes, size), FIG_FORMAT);
    if (hostile[_i].message)
        ck_assert_str_eq(message, hostile[_i].message);
}
END_TEST

START_TEST(a_deeply_nested_header_is_refused)
{
    enum { DEPTH = 100000 };
    struct safetensors read;
    size_t size;
    char *header = malloc(5 * DEPTH + 1);
    ck_assert_ptr_nonnull(header);
    for (int i = 0; i < DEPTH; i++)
        memcpy(header + 5 * i, "{\"a\":", 6);
    void *bytes = make_file(header, 0, &size);
    ck_assert_int_eq(safetensors_parse(&read, "f", bytes, size), FIG_FORMAT);
    free(header);
}
END_TEST

START_TEST(a_header_length_beyond_file_or_limit_is_refused)
{
    struct safetensors read;
    char bytes[10] = { 3, 0, 0, 0, 0, 0, 0, 0, '{', '}' };
    ck_assert_int_eq(safetensors_parse(&read, "f", copy_of(bytes, 10), 10), FIG_FORMAT);
    ck_assert_str_eq(message, "f: a header of 3 bytes in a file of 10; at most 16777216 are read");
    memset(bytes, 0xff, 8);
    ck_assert_int_eq(safetensors_parse(&read, "f", copy_of(bytes, 10), 10), FIG_FORMAT);
    ck_assert_int_eq(safetensors_parse(&read, "f", copy_of(bytes, 7), 7), FIG_FORMAT);
    ck_assert_str_eq(message, "f: 7 bytes are no safetensors file");
}
END_TEST

START_TEST(data_need_not_be_in_the_order_of_the_header)
{
    struct safetensors read;
    size_t size;
    void *bytes = make_file("{" T("b", "U8", "1", "4,5") "," T("e", "U8", "0", "4,4") ","
                            T("a", "I32", "1", "0,4") "}   ", 5, &size);
    ck_assert_int_eq(safetensors_parse(&read, "f", bytes, size), FIG_OK);
    ck_assert_int_eq(read.count, 3);
    ck_assert_str_eq(read.tensors[0].name, "a");
    ck_assert_str_eq(read.tensors[1].name, "e");
    ck_assert_str_eq(read.tensors[2].name, "b");
    safetensors_close(&read);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_is_written_is_read_back_exactly);
    tcase_add_test(tests, an_empty_file_is_written_and_read_back);
    tcase_add_test(tests, the_bytes_of_a_small_file_are_those_of_the_format);
    tcase_add_test(tests, a_file_that_cannot_be_written_is_an_error);
    tcase_add_test(tests, every_truncation_is_refused);
    tcase_add_test(tests, every_changed_byte_is_refused_or_moves_nothing);
    tcase_add_loop_test(tests, a_hostile_header_is_refused_with_its_reason, 0, LENGTH(hostile));
    tcase_add_test(tests, a_deeply_nested_header_is_refused);
    tcase_add_test(tests, a_header_length_beyond_file_or_limit_is_refused);
    tcase_add_test(tests, data_need_not_be_in_the_order_of_the_header);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
