/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <figment/data.h>

#include "base/hash.h"

enum { SIDE = 28, SIZE = SIDE * SIDE };

static struct fig_dataset *open_digits(const char *spec, enum fig_split split, uint64_t seed)
{
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_dataset_open(&dataset, spec, split, seed), FIG_OK);
    return dataset;
}

static const uint8_t *image(const struct fig_dataset *dataset, int index)
{
    return fig_dataset_bytes(dataset) + (size_t)index * SIZE;
}

START_TEST(the_set_is_28x28_bytes_in_ten_classes_of_equal_size)
{
    static const int counts[] = { [FIG_TRAIN] = 10000, [FIG_TEST] = 2000 };
    struct fig_dataset *dataset = open_digits("synthetic", (enum fig_split)_i, 1);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    int found[10] = { 0 };
    ck_assert_int_eq(info->count, counts[_i]);
    ck_assert(info->height == SIDE && info->width == SIDE && info->channels == 1);
    ck_assert(info->bytes && info->classes == 10 && !fig_dataset_values(dataset));
    for (int i = 0; i < info->count; i++)
        found[fig_dataset_labels(dataset)[i]]++;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(found[i], counts[_i] / 10);
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(an_image_depends_on_seed_split_and_index_only)
{
    struct fig_dataset *few = open_digits("synthetic:50", FIG_TEST, 7);
    struct fig_dataset *many = open_digits("synthetic:500", FIG_TEST, 7);
    ck_assert_mem_eq(image(few, 0), image(many, 0), 50 * SIZE);
    ck_assert_mem_eq(fig_dataset_labels(few), fig_dataset_labels(many), 50);
    fig_dataset_close(&few);
    fig_dataset_close(&many);
}
END_TEST

/* 600000 would take 448 MiB. */
START_TEST(what_is_too_large_for_the_memory_is_drawn_as_it_is_used)
{
    enum { MANY = 600000 };
    static float sample[SIZE];
    static uint8_t rows[2 * SIZE];
    struct fig_dataset *few = open_digits("synthetic:50", FIG_TRAIN, 7), *seven;
    struct fig_dataset *many = open_digits("synthetic:600000", FIG_TRAIN, 7);
    struct fig_dataset *test = open_digits("synthetic:600000", FIG_TEST, 7);
    ck_assert(fig_dataset_info(many)->drawn && !fig_dataset_info(few)->drawn);
    ck_assert_int_eq(fig_dataset_info(many)->count, MANY);
    ck_assert_int_eq(fig_dataset_info(test)->count, 10000);
    ck_assert_ptr_null(fig_dataset_bytes(many));
    ck_assert_int_eq(fig_dataset_labels(many)[MANY - 1], 9);
    ck_assert_int_eq(fig_dataset_rows(many, (const uint32_t[]){ MANY - 1, 49 }, 2, rows), FIG_OK);
    ck_assert_mem_eq(rows + SIZE, image(few, 49), SIZE);
    ck_assert_int_ne(memcmp(rows, rows + SIZE, SIZE), 0);
    ck_assert_int_eq(fig_dataset_rows(many, (const uint32_t[]){ MANY }, 1, rows), FIG_INVALID);
    ck_assert_int_eq(fig_dataset_sample(many, 49, sample), FIG_OK);
    for (int i = 0; i < SIZE; i++)
        ck_assert(sample[i] == image(few, 49)[i] / 255.0f);
    ck_assert_int_eq(fig_dataset_collect(many, 50), FIG_OK);
    ck_assert(!fig_dataset_info(many)->drawn && fig_dataset_info(many)->count == 50);
    ck_assert_mem_eq(image(many, 0), image(few, 0), 50 * SIZE);
    ck_assert_int_eq(fig_dataset_open(&seven, "synthetic:600000:only=7", FIG_TRAIN, 7),
                     FIG_INVALID);
    fig_dataset_close(&test);
    fig_dataset_close(&many);
    fig_dataset_close(&few);
}
END_TEST

/* The number is what gcc on x86-64 drew; it changes when the drawing is meant to change. */
START_TEST(the_images_are_the_same_on_every_machine)
{
    struct fig_dataset *dataset = open_digits("synthetic:1000", FIG_TRAIN, 1);
    ck_assert_uint_eq(hash_bytes(HASH_START, image(dataset, 0), 1000 * SIZE),
                      UINT64_C(0x95929c146ef47582));
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(all_64_bits_of_the_seed_matter)
{
    struct fig_dataset *one = open_digits("synthetic:50", FIG_TRAIN, 7);
    struct fig_dataset *other = open_digits("synthetic:50", FIG_TRAIN, 7 + (UINT64_C(1) << _i));
    for (int i = 0; i < 50; i++)
        ck_assert_int_ne(memcmp(image(one, i), image(other, i), SIZE), 0);
    fig_dataset_close(&one);
    fig_dataset_close(&other);
}
END_TEST

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

START_TEST(no_image_is_there_twice_in_both_halves_together)
{
    enum { COUNT = 2000 };
    static uint64_t hashes[2 * COUNT];
    for (int split = FIG_TRAIN; split <= FIG_TEST; split++) {
        struct fig_dataset *dataset = open_digits("synthetic:2000", (enum fig_split)split, 7);
        for (int i = 0; i < COUNT; i++)
            hashes[split * COUNT + i] = hash_bytes(HASH_START, image(dataset, i), SIZE);
        fig_dataset_close(&dataset);
    }
    qsort(hashes, 2 * COUNT, sizeof(*hashes), compare);
    for (int i = 1; i < 2 * COUNT; i++)
        ck_assert(hashes[i] != hashes[i - 1]);
}
END_TEST

START_TEST(larger_images_have_the_same_digits_within_a_black_border)
{
    enum { LARGE = 32, BORDER = (LARGE - SIDE) / 2, COUNT = 10 };
    struct fig_dataset *plain = open_digits("synthetic:10", FIG_TEST, 7);
    struct fig_dataset *framed = open_digits("synthetic:10:size=32", FIG_TEST, 7);
    const uint8_t *pixels = fig_dataset_bytes(framed);
    ck_assert_int_eq(fig_dataset_info(framed)->height, LARGE);
    ck_assert_int_eq(fig_dataset_info(framed)->width, LARGE);
    for (int p = 0; p < COUNT * LARGE * LARGE; p++) {
        const int y = p / LARGE % LARGE - BORDER, x = p % LARGE - BORDER;
        const bool inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
        const uint8_t *digit = image(plain, p / (LARGE * LARGE));
        ck_assert_int_eq(pixels[p], inside ? digit[y * SIDE + x] : 0);
    }
    fig_dataset_close(&plain);
    fig_dataset_close(&framed);
    ck_assert_int_eq(fig_dataset_open(&plain, "synthetic:size=27", FIG_TEST, 7), FIG_INVALID);
}
END_TEST

/* What MNIST promises: black ground, white ink, nothing cut off, centred. */
START_TEST(ink_is_white_on_black_whole_and_near_the_middle)
{
    struct fig_dataset *dataset = open_digits("synthetic:2000", FIG_TRAIN, 3);
    for (int i = 0; i < 2000; i++) {
        const uint8_t *pixels = image(dataset, i);
        double mass = 0, x = 0, y = 0;
        int black = 0, brightest = 0, border = 0;
        for (int p = 0; p < SIZE; p++) {
            const int row = p / SIDE, column = p % SIDE;
            mass += pixels[p];
            x += pixels[p] * (column + 0.5);
            y += pixels[p] * (row + 0.5);
            black += pixels[p] == 0;
            brightest = pixels[p] > brightest ? pixels[p] : brightest;
            if (!row || !column || row == SIDE - 1 || column == SIDE - 1)
                border = pixels[p] > border ? pixels[p] : border;
        }
        ck_assert_int_ge(black, SIZE / 2);
        ck_assert_int_ge(brightest, 150);
        ck_assert_msg(border == 0, "image %d touches the border: %d", i, border);
        ck_assert_double_ge(mass / SIZE, 255 * 0.02);
        ck_assert_double_le(fabs(x / mass - SIDE / 2), 3);
        ck_assert_double_le(fabs(y / mass - SIDE / 2), 3);
    }
    fig_dataset_close(&dataset);
}
END_TEST

static int nearest(const uint8_t *pixels, double mean[10][SIZE])
{
    double best = HUGE_VAL;
    int which = -1;
    for (int k = 0; k < 10; k++) {
        double distance = 0;
        for (int p = 0; p < SIZE; p++)
            distance += (pixels[p] - mean[k][p]) * (pixels[p] - mean[k][p]);
        if (distance < best) {
            best = distance;
            which = k;
        }
    }
    return which;
}

/* The simplest classifier there is gets 82 % of MNIST's test images right; 72 % leaves room for
 * another drawing of the digits, and 10 % would be chance. */
START_TEST(the_digits_can_be_told_apart)
{
    static double mean[10][SIZE];
    struct fig_dataset *train = open_digits("synthetic:5000", FIG_TRAIN, 5);
    struct fig_dataset *test = open_digits("synthetic:1000", FIG_TEST, 5);
    int right = 0;
    for (int i = 0; i < 5000; i++) {
        for (int p = 0; p < SIZE; p++)
            mean[fig_dataset_labels(train)[i]][p] += image(train, i)[p] / 500.0;
    }
    for (int i = 0; i < 1000; i++)
        right += nearest(image(test, i), mean) == fig_dataset_labels(test)[i];
    ck_assert_int_ge(right, 720);
    fig_dataset_close(&train);
    fig_dataset_close(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("synthetic");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, the_set_is_28x28_bytes_in_ten_classes_of_equal_size, 0, 2);
    tcase_add_test(tests, an_image_depends_on_seed_split_and_index_only);
    tcase_add_test(tests, what_is_too_large_for_the_memory_is_drawn_as_it_is_used);
    tcase_add_test(tests, the_images_are_the_same_on_every_machine);
    tcase_add_loop_test(tests, all_64_bits_of_the_seed_matter, 0, 64);
    tcase_add_test(tests, no_image_is_there_twice_in_both_halves_together);
    tcase_add_test(tests, larger_images_have_the_same_digits_within_a_black_border);
    tcase_add_test(tests, ink_is_white_on_black_whole_and_near_the_middle);
    tcase_add_test(tests, the_digits_can_be_told_apart);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
