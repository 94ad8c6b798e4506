/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <figment/image.h>

#include "base/file.h"
#include "base/size.h"

#define PATH "test_image.png"

/* A PNG as libpng reads it: it exits the test if the file is damaged. */
struct picture {
    png_structp png;
    png_infop info;
    int width, height, channels;
    png_bytepp rows;
};

static struct picture picture_read(const char *path)
{
    struct picture p = { .png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL) };
    FILE *file = fopen(path, "rb");
    ck_assert(file && p.png);
    p.info = png_create_info_struct(p.png);
    png_init_io(p.png, file);
    png_read_png(p.png, p.info, PNG_TRANSFORM_IDENTITY, NULL);
    fclose(file);
    p.width = (int)png_get_image_width(p.png, p.info);
    p.height = (int)png_get_image_height(p.png, p.info);
    p.channels = png_get_channels(p.png, p.info);
    p.rows = png_get_rows(p.png, p.info);
    ck_assert_int_eq(png_get_bit_depth(p.png, p.info), 8);
    return p;
}

static void picture_finish(struct picture *p)
{
    png_destroy_read_struct(&p->png, &p->info, NULL);
}

/* NULL if there is none, or not in a chunk of this kind: PNG_TEXT_COMPRESSION_NONE or
 * PNG_ITXT_COMPRESSION_NONE. */
static const char *text_in(const struct picture *p, const char *key, int kind)
{
    png_textp text;
    int count;
    png_get_text(p->png, p->info, &text, &count);
    for (int i = 0; i < count; i++) {
        if (strcmp(text[i].key, key) == 0 && text[i].compression == kind)
            return text[i].text;
    }
    return NULL;
}

static const char *text_of(const struct picture *p, const char *key)
{
    return text_in(p, key, PNG_TEXT_COMPRESSION_NONE);
}

/* Five pictures of 2 x 3, each value another byte. */
static float ramp[5 * 2 * 3 * 3];

static void fill_ramp(void)
{
    for (size_t i = 0; i < LENGTH(ramp); i++)
        ramp[i] = (float)i / 255.0f;
    message[0] = '\0';
}

static const struct fig_grid grids[] = {
    { .images = ramp, .count = 5, .height = 2, .width = 3, .channels = 1, .columns = 2 },
    { .images = ramp, .count = 5, .height = 2, .width = 3, .channels = 3, .columns = 2 },
    { .images = ramp, .count = 5, .height = 2, .width = 3, .channels = 3, .columns = 3,
      .scale = 4 },
    { .images = ramp, .count = 5, .height = 2, .width = 3, .channels = 1 },
    { .images = ramp, .count = 5, .height = 2, .width = 3, .channels = 1, .columns = 9 },
    { .images = ramp, .count = 1, .height = 2, .width = 3, .channels = 1, .scale = 1 },
    { .images = ramp, .count = 2, .height = 2, .width = 3, .channels = 1, .columns = 3, .rows = 2 },
    { .images = ramp, .count = 4, .height = 1, .width = 1, .channels = 1, .columns = 4 },
};
static const int sizes[LENGTH(grids)][3] = { /* columns, width, height */
    { 2, 8, 10 }, { 2, 8, 10 }, { 3, 40, 18 }, { 3, 13, 6 }, { 5, 23, 2 }, { 1, 3, 2 },
    { 3, 13, 6 },
    { 4, 10, 1 },
};

/* What the picture must show at a place, found from the place. */
static int expected(const struct fig_grid *grid, int columns, int y, int x, int channel)
{
    const int scale = grid->scale ? grid->scale : 1;
    const int tile_height = grid->height * scale + 2, tile_width = grid->width * scale + 2;
    const int image = y / tile_height * columns + x / tile_width;
    const int row = y % tile_height / scale, column = x % tile_width / scale;
    if (image >= grid->count || row >= grid->height || column >= grid->width)
        return 128;
    return ((image * grid->height + row) * grid->width + column) * grid->channels + channel;
}

START_TEST(every_pixel_is_where_the_header_says)
{
    const struct fig_grid *grid = &grids[_i];
    ck_assert_int_eq(fig_grid_write(PATH, grid), FIG_OK);
    struct picture p = picture_read(PATH);
    ck_assert_int_eq(p.width, sizes[_i][1]);
    ck_assert_int_eq(p.height, sizes[_i][2]);
    ck_assert_int_eq(p.channels, grid->channels);
    for (int y = 0; y < p.height; y++) {
        for (int i = 0; i < p.width * p.channels; i++) {
            const int x = i / p.channels, channel = i % p.channels;
            ck_assert_int_eq(p.rows[y][i], expected(grid, sizes[_i][0], y, x, channel));
        }
    }
    picture_finish(&p);
}
END_TEST

START_TEST(values_are_rounded_and_clamped_and_nan_is_grey)
{
    static const float values[] = { -1, -INFINITY, 0, 0.4f / 255, 0.6f / 255, 0.5f, 254.4f / 255,
                                    254.6f / 255, 1, 2, INFINITY, NAN };
    static const uint8_t bytes[] = { 0, 0, 0, 0, 1, 128, 254, 255, 255, 255, 255, 128 };
    ck_assert_int_eq(fig_grid_write(PATH, &(struct fig_grid){ .images = values, .count = 1,
                         .height = 1, .width = LENGTH(values), .channels = 1 }), FIG_OK);
    struct picture p = picture_read(PATH);
    ck_assert_mem_eq(p.rows[0], bytes, sizeof(bytes));
    picture_finish(&p);
}
END_TEST

START_TEST(texts_are_in_the_file)
{
    static const char greek[] = "donn\xc3\xa9" "es/\xce\xb1", latin[] = "donn\xe9" "es";
    static const struct fig_text texts[] = { { "Seed", "18446744073709551615" }, { "Model", "" },
                                             { "Data", greek }, { "Old", latin } };
    struct fig_grid grid = grids[0];
    grid.texts = texts;
    grid.text_count = LENGTH(texts);
    ck_assert_int_eq(fig_grid_write(PATH, &grid), FIG_OK);
    struct picture p = picture_read(PATH);
    ck_assert_str_eq(text_of(&p, "Software"), "figment");
    ck_assert_str_eq(text_of(&p, "Seed"), "18446744073709551615");
    ck_assert_str_eq(text_of(&p, "Model"), "");
    ck_assert_pstr_eq(text_in(&p, "Data", PNG_ITXT_COMPRESSION_NONE), greek);
    ck_assert_pstr_eq(text_of(&p, "Old"), latin);
    picture_finish(&p);
}
END_TEST

START_TEST(the_same_grid_gives_the_same_file)
{
    void *first, *second;
    size_t first_size, second_size;
    ck_assert_int_eq(fig_grid_write(PATH, &grids[1]), FIG_OK);
    ck_assert_int_eq(file_read(PATH, 10000, &first, &first_size), FIG_OK);
    ck_assert_int_eq(fig_grid_write(PATH, &grids[1]), FIG_OK);
    ck_assert_int_eq(file_read(PATH, 10000, &second, &second_size), FIG_OK);
    ck_assert_uint_eq(first_size, second_size);
    ck_assert_mem_eq(first, second, first_size);
    free(first);
    free(second);
}
END_TEST

static const struct fig_text long_key = {
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890", "x"
};
static const struct fig_text no_key = { "", "x" };
static const struct fig_grid wrong[] = {
    { .count = 1, .height = 1, .width = 1, .channels = 1 },
    { .images = ramp, .height = 1, .width = 1, .channels = 1 },
    { .images = ramp, .count = 1, .width = 1, .channels = 1 },
    { .images = ramp, .count = 1, .height = 1, .channels = 1 },
    { .images = ramp, .count = 1, .height = 1, .width = 1 },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 2 },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 1, .columns = -1 },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 1, .scale = -1 },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 1, .scale = 2000000 },
    { .images = ramp, .count = 1, .height = 1, .width = 1000001, .channels = 1 },
    { .images = ramp, .count = 1, .height = 2000000000, .width = 1, .channels = 1,
      .scale = 1000000 },
    { .images = ramp, .count = 2000000000, .height = 1, .width = 1, .channels = 1, .columns = 1 },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 1, .text_count = 1 },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 1, .text_count = 1,
      .texts = &long_key },
    { .images = ramp, .count = 1, .height = 1, .width = 1, .channels = 1, .text_count = 1,
      .texts = &no_key },
};

START_TEST(a_wrong_grid_is_refused_and_the_old_file_stays)
{
    ck_assert_int_eq(file_write(PATH, "old", 3), FIG_OK);
    ck_assert_int_eq(fig_grid_write(PATH, &wrong[_i]), FIG_INVALID);
    ck_assert_str_ne(message, "");
    void *bytes;
    size_t size;
    ck_assert_int_eq(file_read(PATH, 100, &bytes, &size), FIG_OK);
    ck_assert_str_eq(bytes, "old");
    free(bytes);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error)
{
    ck_assert_int_eq(fig_grid_write("absent/" PATH, &grids[0]), FIG_IO);
    ck_assert_ptr_nonnull(strstr(message, "absent/" PATH));
}
END_TEST

/* Wherever the disk is full, also inside libpng, the old file stays and nothing else does. */
START_TEST(a_full_disk_leaves_the_old_file)
{
    char temporary[PATH_LIMIT];
    struct rlimit old, limit;
    ck_assert_int_eq(fig_grid_write(PATH, &grids[0]), FIG_OK);
    snprintf(temporary, sizeof(temporary), "%s.%ld.0.tmp", PATH, (long)getpid());
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 20;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    static float noise[300 * 300];
    for (size_t i = 0; i < LENGTH(noise); i++)
        noise[i] = (float)(i * i * 7919 % 1009) / 1009;
    const enum fig_status small = fig_grid_write(PATH, &grids[0]);
    const enum fig_status large = fig_grid_write(PATH, &(struct fig_grid){ .images = noise,
        .count = 1, .height = 300, .width = 300, .channels = 1 });
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(small, FIG_IO);
    ck_assert_int_eq(large, FIG_IO);
    ck_assert(!path_exists(temporary));
    struct picture p = picture_read(PATH);
    ck_assert_int_eq(p.width, sizes[0][1]);
    picture_finish(&p);
}
END_TEST

/* The frame is [-1, 3] x [-2, 2]: 4 x 4 pixels of side 1, the upper row from y = 1. */
START_TEST(points_are_counted_in_pixels_of_a_frame)
{
    static const float points[] = { -0.5f, 1.5f, 2.5f, -1.5f, 2.6f, -1.4f, 2.7f, -1.3f,
                                    0, 0, 3, 0, 0, 2, -1.1f, 0, NAN, 0 };
    const struct fig_scatter scatter = { .points = points, .count = 9, .side = 4,
                                         .centre = { 1, 0 }, .reach = 2 };
    float image[16], want[16] = { 0 };
    want[0] = 0.5f;   /* above, left */
    want[15] = 0.875f; /* three points below, right */
    want[5] = 0.5f;   /* 0, 0 is the lower left corner of its pixel; the others lie outside */
    fig_scatter_draw(&scatter, image);
    for (int i = 0; i < 16; i++)
        ck_assert_msg(image[i] == want[i], "pixel %d is %g, not %g", i, image[i], want[i]);
}
END_TEST

START_TEST(a_frame_is_a_little_larger_than_its_points)
{
    static const float points[] = { 1, 5, 3, 15 }, one[] = { 2, 7 };
    struct fig_scatter scatter = { .points = points, .count = 2, .side = 8 };
    fig_scatter_frame(&scatter);
    ck_assert(scatter.centre[0] == 2 && scatter.centre[1] == 10);
    ck_assert_double_eq_tol(scatter.reach, 5.5, 1e-12);
    struct fig_scatter single = { .points = one, .count = 1, .side = 8 };
    fig_scatter_frame(&single);
    ck_assert(single.centre[0] == 2 && single.centre[1] == 7 && single.reach == 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, fill_ramp, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_pixel_is_where_the_header_says, 0, LENGTH(grids));
    tcase_add_test(tests, values_are_rounded_and_clamped_and_nan_is_grey);
    tcase_add_test(tests, texts_are_in_the_file);
    tcase_add_test(tests, the_same_grid_gives_the_same_file);
    tcase_add_loop_test(tests, a_wrong_grid_is_refused_and_the_old_file_stays, 0, LENGTH(wrong));
    tcase_add_test(tests, a_folder_that_is_not_there_is_an_error);
    tcase_add_test(tests, a_full_disk_leaves_the_old_file);
    tcase_add_test(tests, points_are_counted_in_pixels_of_a_frame);
    tcase_add_test(tests, a_frame_is_a_little_larger_than_its_points);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
