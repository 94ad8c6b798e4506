/* SPDX-License-Identifier: MIT */
/* Images and labels in IDX files, plain or gzip'd. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/size.h"

#include "refusal.h"

#define FOLDER "test_idx.files"
#define IMAGES FOLDER "/images"
#define HEADER(type_, dims_) 0, 0, type_, dims_
#define DIM(n_) 0, 0, 0, n_
#define DIM2(n_) 0, 0, n_ / 256, n_ % 256

static const uint8_t images[] = {
    HEADER(8, 3), DIM(2), DIM(3), DIM(2), 0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255,
};
static const uint8_t labels[] = { HEADER(8, 1), DIM(2), 7, 3 };
enum { PACKED_LIMIT = 1000, PIXELS = 12, OFFSET = sizeof(images) - PIXELS };

static void write_plain(const char *path, const void *bytes, size_t size)
{
    ck_assert_int_eq(file_write(path, bytes, size), FIG_OK);
}

static size_t gzip_most(const void *bytes, size_t size, uint8_t *packed, size_t most)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    const size_t length = libdeflate_gzip_compress(compressor, bytes, size, packed, most);
    libdeflate_free_compressor(compressor);
    ck_assert_uint_gt(length, 0);
    return length;
}

static size_t gzip(const void *bytes, size_t size, uint8_t packed[PACKED_LIMIT])
{
    return gzip_most(bytes, size, packed, PACKED_LIMIT);
}

static void write_gzip(const char *path, const void *bytes, size_t size)
{
    uint8_t packed[PACKED_LIMIT];
    write_plain(path, packed, gzip(bytes, size, packed));
}

static void (*const writers[])(const char *path, const void *bytes, size_t size) = {
    write_plain, write_gzip
};

static void prepare(void)
{
    ck_assert_int_eq(folder_create(FOLDER, 0755), FIG_OK);
    message[0] = '\0';
}

static void expect_images(const struct fig_dataset *dataset, int classes)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    ck_assert_int_eq(info->count, 2);
    ck_assert_int_eq(info->height, 3);
    ck_assert_int_eq(info->width, 2);
    ck_assert_int_eq(info->channels, 1);
    ck_assert_int_eq(info->classes, classes);
    ck_assert(info->bytes);
    ck_assert_ptr_null(fig_dataset_values(dataset));
    ck_assert_mem_eq(fig_dataset_bytes(dataset), images + OFFSET, PIXELS);
}

START_TEST(one_file_of_images_is_both_halves_without_labels)
{
    writers[_i](IMAGES, images, sizeof(images));
    for (int split = FIG_TRAIN; split <= FIG_TEST; split++) {
        struct fig_dataset *dataset;
        ck_assert_int_eq(fig_dataset_open(&dataset, IMAGES, (enum fig_split)split, 1), FIG_OK);
        expect_images(dataset, 0);
        ck_assert_ptr_null(fig_dataset_labels(dataset));
        fig_dataset_close(&dataset);
        ck_assert_ptr_null(dataset);
    }
}
END_TEST

static const struct {
    const char *images, *labels;
    enum fig_split split;
    int writer;
} folders[] = {
    { "train-images-idx3-ubyte", "train-labels-idx1-ubyte", FIG_TRAIN, 0 },
    { "train-images-idx3-ubyte.gz", "train-labels.idx1-ubyte.gz", FIG_TRAIN, 1 },
    { "t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte", FIG_TEST, 0 },
    { "t10k-images.idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", FIG_TEST, 1 },
};

START_TEST(a_folder_is_read_however_its_files_are_spelt)
{
    char image_path[PATH_LIMIT], label_path[PATH_LIMIT];
    struct fig_dataset *dataset;
    path_join(image_path, FOLDER, folders[_i].images);
    path_join(label_path, FOLDER, folders[_i].labels);
    writers[folders[_i].writer](image_path, images, sizeof(images));
    ck_assert_int_eq(refusal(FOLDER), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, folders[_i].split == FIG_TRAIN ? "labels" : "images"));

    writers[folders[_i].writer](label_path, labels, sizeof(labels));
    ck_assert_int_eq(fig_dataset_open(&dataset, FOLDER, folders[_i].split, 1), FIG_OK);
    expect_images(dataset, 8);
    ck_assert_mem_eq(fig_dataset_labels(dataset), "\7\3", 2);
    fig_dataset_close(&dataset);
    remove(image_path);
    remove(label_path);
}
END_TEST

START_TEST(as_many_labels_as_images_are_needed)
{
    static const uint8_t three[] = { HEADER(8, 1), DIM(3), 7, 3, 1 };
    const char *const image_path = FOLDER "/train-images-idx3-ubyte";
    const char *const label_path = FOLDER "/train-labels-idx1-ubyte";
    write_plain(image_path, images, sizeof(images));
    write_plain(label_path, three, sizeof(three));
    ck_assert_int_eq(refusal(FOLDER), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "3 labels for 2 images"));
    remove(image_path);
    remove(label_path);
}
END_TEST

static const struct {
    const char *reason;
    size_t size;
    uint8_t bytes[24];
} malformed[] = {
    { "offset 2: values must be of type 08 (bytes), not 0d", 4, { HEADER(0x0d, 3) } },
    { "offset 3: images have 3 dimensions, not 1", 10, { HEADER(8, 1), DIM(2), 7, 3 } },
    { "offset 3: images have 3 dimensions, not 4", 4, { HEADER(8, 4) } },
    { "offset 4: cut short: 4 bytes must follow, 0 do", 4, { HEADER(8, 3) } },
    { "offset 4: dimension 0 is 0", 16, { HEADER(8, 3), DIM(0), DIM(1), DIM(1) } },
    { "offset 12: dimension 2 is 0", 16, { HEADER(8, 3), DIM(1), DIM(1), DIM(0) } },
    { "offset 4: dimension 0 is 4294967295", 16, { HEADER(8, 3), 255, 255, 255, 255, DIM(1) } },
    { "offset 8: dimension 1 is 65536", 16, { HEADER(8, 3), 0, 1, 0, 0, 0, 1, 0, 0, DIM(1) } },
    { "offset 12: dimension 2 is 2", 16, { HEADER(8, 3), 0x40, 0, 0, 0, DIM(1), DIM(2) } },
    { "offset 16: cut short: 1073741824 bytes must follow, 1 do", 17,
      { HEADER(8, 3), 0x40, 0, 0, 0, DIM(1), DIM(1), 9 } },
    { "offset 16: cut short: 2 bytes must follow, 1 do", 17,
      { HEADER(8, 3), DIM(2), DIM(1), DIM(1), 9 } },
    { "offset 17: more bytes follow", 18, { HEADER(8, 3), DIM(1), DIM(1), DIM(1), 9, 9 } },
};

START_TEST(a_malformed_file_is_refused_with_its_reason)
{
    for (size_t i = 0; i < LENGTH(writers); i++) {
        writers[i](IMAGES, malformed[_i].bytes, malformed[_i].size);
        ck_assert_int_eq(refusal(IMAGES), FIG_FORMAT);
        ck_assert_msg(strstr(message, malformed[_i].reason), "not \"%s\": %s",
                      malformed[_i].reason, message);
    }
}
END_TEST

/* What gzip hides is looked at when it is read. */
static const struct {
    const char *plain, *packed;
    size_t size;
    uint8_t bytes[8];
} foreign[] = {
    { "not recognised", "offset 0: IDX files, the only ones that may be gzip'd, start with 0000, this one with 0100", 4,
      { 1, 0, 8, 3 } },
    { "not recognised", "offset 2: values must be of type 08 (bytes), not 07", 4, { 0, 0, 7, 3 } },
    { "not recognised", "offset 0: IDX files, the only ones that may be gzip'd, start with 0000, this one with 6865", 5,
      { 'h', 'e', 'l', 'l', 'o' } },
};

START_TEST(a_file_of_another_kind_is_refused)
{
    write_plain(IMAGES, foreign[_i].bytes, foreign[_i].size);
    ck_assert_int_eq(refusal(IMAGES), FIG_FORMAT);
    ck_assert_msg(strstr(message, foreign[_i].plain), "%s", message);
    write_gzip(IMAGES, foreign[_i].bytes, foreign[_i].size);
    ck_assert_int_eq(refusal(IMAGES), FIG_FORMAT);
    ck_assert_msg(strstr(message, foreign[_i].packed), "%s", message);
}
END_TEST

/* The length that the last one tells is not that of all. */
START_TEST(gzip_of_several_members_is_one_file)
{
    struct fig_dataset *dataset;
    uint8_t packed[2 * PACKED_LIMIT];
    char reason[64];
    const size_t first = gzip(images, 9, packed);
    const size_t size = first + gzip(images + 9, sizeof(images) - 9, packed + first);
    write_plain(IMAGES, packed, size);
    ck_assert_int_eq(fig_dataset_open(&dataset, IMAGES, FIG_TRAIN, 1), FIG_OK);
    expect_images(dataset, 0);
    fig_dataset_close(&dataset);
    write_plain(IMAGES, packed, size - 1);
    ck_assert_int_eq(refusal(IMAGES), FIG_FORMAT);
    snprintf(reason, sizeof(reason), "offset %zu: damaged or cut short", first);
    ck_assert_msg(strstr(message, reason), "%s", message);
}
END_TEST

/* Its room is doubled, from less than where large pages begin to more than that. */
START_TEST(a_large_gzip_of_several_members_keeps_every_byte)
{
    enum { SIDE = 2560, MEMBERS = 5, ALL = SIDE * SIDE, PART = ALL / MEMBERS, MOST = ALL / 4 };
    static const uint8_t header[] = { HEADER(8, 3), DIM(1), DIM2(SIDE), DIM2(SIDE) };
    struct fig_dataset *dataset;
    uint8_t *bytes = malloc(ALL), *packed = malloc(MOST);
    ck_assert(bytes && packed);
    for (int i = 0; i < ALL; i++)
        bytes[i] = (uint8_t)(i % 251 + i / PART);
    size_t size = gzip(header, sizeof(header), packed);
    for (int i = 0; i < MEMBERS; i++)
        size += gzip_most(bytes + i * PART, PART, packed + size, MOST - size);
    write_plain(IMAGES, packed, size);
    ck_assert_int_eq(fig_dataset_open(&dataset, IMAGES, FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->width, SIDE);
    ck_assert_int_eq(memcmp(fig_dataset_bytes(dataset), bytes, ALL), 0);
    fig_dataset_close(&dataset);
    free(packed);
    free(bytes);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    void *bytes;
    size_t size;
    writers[_i](IMAGES, images, sizeof(images));
    ck_assert_int_eq(file_read(IMAGES, 1000, &bytes, &size), FIG_OK);
    for (size_t i = 0; i < size; i++) {
        write_plain(IMAGES, bytes, i);
        ck_assert_int_eq(refusal(IMAGES), FIG_FORMAT);
    }
    free(bytes);
}
END_TEST

/* Some bytes of gzip's header mean nothing: the time, the system. */
START_TEST(a_changed_byte_of_gzip_is_refused_or_changes_nothing)
{
    void *all;
    size_t size;
    int refused = 0;
    write_gzip(IMAGES, images, sizeof(images));
    ck_assert_int_eq(file_read(IMAGES, 1000, &all, &size), FIG_OK);
    uint8_t *bytes = all;
    for (size_t i = 0; i < 8 * size; i++) {
        struct fig_dataset *dataset;
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        write_plain(IMAGES, bytes, size);
        if (fig_dataset_open(&dataset, IMAGES, FIG_TRAIN, 1))
            refused++;
        else
            expect_images(dataset, 0);
        fig_dataset_close(&dataset);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    ck_assert_int_ge(refused, 8 * ((int)size - 8));
    free(all);
}
END_TEST

START_TEST(a_sample_of_bytes_is_a_fraction_of_255)
{
    struct fig_dataset *dataset;
    float out[7] = { [6] = -1 };
    write_plain(IMAGES, images, sizeof(images));
    ck_assert_int_eq(fig_dataset_open(&dataset, IMAGES, FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_sample(dataset, 1, out), FIG_OK);
    for (int i = 0; i < 6; i++)
        ck_assert(out[i] == (float)(250 + i) / 255.0f);
    ck_assert(out[6] == -1);
    fig_dataset_close(&dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idx");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, prepare, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, one_file_of_images_is_both_halves_without_labels, 0, 2);
    tcase_add_loop_test(tests, a_folder_is_read_however_its_files_are_spelt, 0, LENGTH(folders));
    tcase_add_test(tests, as_many_labels_as_images_are_needed);
    tcase_add_loop_test(tests, a_malformed_file_is_refused_with_its_reason, 0, LENGTH(malformed));
    tcase_add_loop_test(tests, every_truncation_is_refused, 0, LENGTH(writers));
    tcase_add_loop_test(tests, a_file_of_another_kind_is_refused, 0, LENGTH(foreign));
    tcase_add_test(tests, gzip_of_several_members_is_one_file);
    tcase_add_test(tests, a_large_gzip_of_several_members_keeps_every_byte);
    tcase_add_test(tests, a_changed_byte_of_gzip_is_refused_or_changes_nothing);
    tcase_add_test(tests, a_sample_of_bytes_is_a_fraction_of_255);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
