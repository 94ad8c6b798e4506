/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <libdeflate.h>

#include <figment/codec.h>

#include "base/file.h"
#include "base/random.h"
#include "run/packed.h"
#include "scratch.h"

static struct fig_device *device;
static char run_folder[SCRATCH_PATH], other_folder[SCRATCH_PATH], path[SCRATCH_PATH];

/* --- Files */

/* Symbols of normal numbers; the first value is constant, and each has another deviation. */
static void make_packed(struct packed *packed, int count, int length)
{
    ck_assert_int_eq(packed_create(packed, count, length), FIG_OK);
    double *normal = malloc((size_t)count * sizeof(*normal));
    packed->model = UINT64_C(0x0123456789abcdef);
    for (int k = 0; k < length; k++) {
        packed->lowest[k] = -1.5f * (float)k;
        packed->step[k] = 0.25f * (float)k;
        random_normal(&(struct stream){ .seed = 5, .step = (uint32_t)k }, normal, (size_t)count);
        for (int i = 0; i < count; i++)
            packed->symbols[k * count + i] = (uint8_t)fmin(fmax(128 + k * normal[i], 0), 255);
    }
    free(normal);
}

static uint8_t *written(const struct packed *packed, size_t *size)
{
    void *bytes;
    size_t said;
    ck_assert_int_eq(packed_write(packed, path, &said), FIG_OK);
    ck_assert_int_eq(file_read(path, 1 << 24, &bytes, size), FIG_OK);
    ck_assert_uint_eq(*size, said);
    return bytes;
}

static const struct {
    int count, length;
} shapes[] = { { 1, 1 }, { 1, 32 }, { 7, 3 }, { 2000, 1 }, { 5000, 20 } };

START_TEST(packed_codes_come_back)
{
    struct packed packed, found;
    size_t size;
    make_packed(&packed, shapes[_i].count, shapes[_i].length);
    uint8_t *bytes = written(&packed, &size);
    ck_assert_int_eq(packed_parse(&found, path, bytes, size), FIG_OK);
    ck_assert_uint_eq(found.model, packed.model);
    ck_assert_int_eq(found.count, packed.count);
    ck_assert_int_eq(found.length, packed.length);
    const size_t length = (size_t)packed.length;
    ck_assert_mem_eq(found.lowest, packed.lowest, length * sizeof(float));
    ck_assert_mem_eq(found.step, packed.step, length * sizeof(float));
    ck_assert_mem_eq(found.symbols, packed.symbols, length * (size_t)packed.count);
    packed_free(&found);
    packed_free(&packed);
    free(bytes);
}
END_TEST

/* In bits, of the symbols of each value on its own. */
static double entropy_of(const struct packed *packed)
{
    double bits = 0;
    for (int k = 0; k < packed->length; k++) {
        int counts[256] = { 0 };
        for (int i = 0; i < packed->count; i++)
            counts[packed->symbols[k * packed->count + i]]++;
        for (int s = 0; s < 256; s++) {
            if (counts[s])
                bits -= counts[s] * log2((double)counts[s] / packed->count);
        }
    }
    return bits;
}

START_TEST(a_file_is_little_more_than_the_entropy_of_its_symbols)
{
    struct packed packed;
    size_t size;
    make_packed(&packed, 5000, 20);
    free(written(&packed, &size));
    const double bits = 8.0 * (double)size, least = entropy_of(&packed);
    ck_assert_double_gt(bits, least);
    ck_assert_double_lt(bits, 1.04 * least); /* measured: 1.024, tables and head among it */
    packed_free(&packed);
}
END_TEST

START_TEST(a_file_that_is_cut_or_has_a_changed_byte_is_refused)
{
    struct packed packed, found;
    size_t size;
    make_packed(&packed, 20, 4);
    uint8_t *bytes = written(&packed, &size);
    for (size_t i = 0; i < size; i++) {
        ck_assert_int_eq(packed_parse(&found, "cut", bytes, i), FIG_FORMAT);
        bytes[i] ^= 0x10;
        ck_assert_int_eq(packed_parse(&found, "changed", bytes, size), FIG_FORMAT);
        bytes[i] ^= 0x10;
    }
    ck_assert_int_eq(packed_parse(&found, "whole", bytes, size), FIG_OK);
    packed_free(&found);
    packed_free(&packed);
    free(bytes);
}
END_TEST

/* A field of the head, and what is put there; the checksum is right. */
static const struct {
    size_t offset;
    uint32_t value;
    const char *message;
} heads[] = {
    { 0, 0x31474946, "not a file of packed codes" },
    { 4, 2, "version 2; this program reads version 1" },
    { 16, 0, "0 codes of 4 values" },
    { 16, 21, "are not 84 symbols" },
    { 16, 0x7fffffff, "2147483647 codes of 4 values in 1 streams: not in" },
    { 16, 0xffffffff, "4294967295 codes" },
    { 20, 0, "20 codes of 0 values" },
    { 20, 0x40000000, "of 1073741824 values" },
    { 24, 0, "in 0 streams" },
    { 24, 3, "in 3 streams" },
    { 28, 0x7f800000, "not finite" },
    { 60, 0, "stream 1 of 1" },
    { 60, 0xffffffff, "stream 1 of 1" },
};

START_TEST(a_head_that_lies_is_refused)
{
    struct packed packed, found;
    size_t size;
    make_packed(&packed, 20, 4);
    uint8_t *bytes = written(&packed, &size);
    for (size_t i = 0; i < 4; i++)
        bytes[heads[_i].offset + i] = (uint8_t)(heads[_i].value >> 8 * i);
    const uint32_t sum = libdeflate_crc32(0, bytes, size - 4);
    for (size_t i = 0; i < 4; i++)
        bytes[size - 4 + i] = (uint8_t)(sum >> 8 * i);
    ck_assert_int_eq(packed_parse(&found, "lie", bytes, size), FIG_FORMAT);
    ck_assert_msg(strstr(message, heads[_i].message), "%s", message);
    packed_free(&packed);
    free(bytes);
}
END_TEST

/* --- Models */

enum { COUNT = 150, VALUES = 784 }; /* more than a batch, and than the probes */

static float images[COUNT * VALUES];

static void train(const char *model, const char *name, const char *override)
{
    const char *const overrides[] = { "data=synthetic:600", "batch=20", "epochs=20", override,
                                      NULL };
    ck_assert_int_eq(scratch_train(device, &(struct scratch_training){ .model = model,
                                                                       .run = name },
                                   overrides), FIG_OK);
}

static void prepare(void)
{
    struct fig_dataset *data;
    device = scratch_device();
    scratch_path("run", run_folder);
    scratch_path("other", other_folder);
    scratch_path("codes.figz", path);
    train("ae-shallow", "run", NULL);
    train("vae-dense", "other", "beta=0.05");
    ck_assert_int_eq(fig_dataset_open(&data, "synthetic:150", FIG_TEST, 1), FIG_OK);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(fig_dataset_sample(data, i, images + i * VALUES), FIG_OK);
    fig_dataset_close(&data);
}

static void finish(void)
{
    scratch_remove();
}

static struct fig_run *opened(const char *folder)
{
    struct fig_run *run;
    ck_assert_msg(fig_run_open(&run, folder, device) == FIG_OK, "%s", message);
    return run;
}

static struct fig_compressed compressed(struct fig_run *run, double tolerance, int count)
{
    struct fig_compressed result;
    const struct fig_compression how = { path, tolerance };
    ck_assert_int_eq(fig_compress(run, &how, images, count, &result), FIG_OK);
    return result;
}

START_TEST(images_come_back_with_the_error_that_was_told)
{
    struct fig_run *run = opened(_i ? other_folder : run_folder);
    const struct fig_compressed result = compressed(run, 0.1, COUNT);
    float *found;
    int count;
    double squares = 0;
    ck_assert_int_eq(fig_decompress(run, path, &found, &count), FIG_OK);
    ck_assert_int_eq(count, COUNT);
    for (int i = 0; i < COUNT * VALUES; i++)
        squares += pow((double)found[i] - images[i], 2);
    ck_assert_double_eq_tol(squares / (COUNT * VALUES), result.mse, 1e-9 * result.mse);
    ck_assert_double_eq_tol(result.bits_per_pixel, 8.0 * (double)result.bytes / (COUNT * VALUES),
                            1e-12);
    free(found);
    fig_run_close(&run);
}
END_TEST

START_TEST(a_tolerance_is_about_the_error_that_steps_add)
{
    static const double tolerances[] = { 0.3, 0.1, 0.03, 0.01 };
    struct fig_run *run = opened(_i ? other_folder : run_folder);
    size_t before = 0;
    for (size_t i = 0; i < 4; i++) {
        const struct fig_compressed result = compressed(run, tolerances[i], COUNT);
        const double added = result.mse / result.own_mse - 1;
        /* Values that are left out add less, and large steps are not linear. */
        ck_assert_double_lt(added, 1.5 * tolerances[i]);
        ck_assert_uint_gt(result.bytes, before);
        before = result.bytes;
    }
    fig_run_close(&run);
}
END_TEST

START_TEST(one_image_alone_can_be_kept)
{
    struct fig_run *run = opened(run_folder);
    const struct fig_compressed result = compressed(run, 0.1, 1);
    float *found;
    int count;
    ck_assert_int_eq(fig_decompress(run, path, &found, &count), FIG_OK);
    ck_assert_int_eq(count, 1);
    ck_assert_double_eq_tol(result.mse, result.own_mse, 1e-9); /* its values are the ranges */
    free(found);
    fig_run_close(&run);
}
END_TEST

START_TEST(codes_of_another_model_are_refused)
{
    struct fig_run *run = opened(run_folder), *other = opened(other_folder);
    float *found;
    int count;
    compressed(run, 0.1, 10);
    ck_assert_int_eq(fig_decompress(other, path, &found, &count), FIG_INVALID);
    ck_assert_ptr_nonnull(strstr(message, "codes of another model"));
    ck_assert_ptr_null(found);
    fig_run_close(&other);
    fig_run_close(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec");
    TCase *tests = tcase_create("codec");
    tcase_add_unchecked_fixture(tests, prepare, finish);
    tcase_add_loop_test(tests, packed_codes_come_back, 0, sizeof(shapes) / sizeof(*shapes));
    tcase_add_test(tests, a_file_is_little_more_than_the_entropy_of_its_symbols);
    tcase_add_test(tests, a_file_that_is_cut_or_has_a_changed_byte_is_refused);
    tcase_add_loop_test(tests, a_head_that_lies_is_refused, 0, sizeof(heads) / sizeof(*heads));
    tcase_add_loop_test(tests, images_come_back_with_the_error_that_was_told, 0, 2);
    tcase_add_loop_test(tests, a_tolerance_is_about_the_error_that_steps_add, 0, 2);
    tcase_add_test(tests, one_image_alone_can_be_kept);
    tcase_add_test(tests, codes_of_another_model_are_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
