/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include <figment/image.h>

#include "base/file.h"
#include "base/size.h"

#define PATH "test_picture.image"

enum { WIDTH = 5, HEIGHT = 3 };

/* --- Files, as libpng and libjpeg write them */

/* Value i of a row, in the units of the file's type. */
static uint8_t sample(int y, int i)
{
    return (uint8_t)(y * 50 + i * 17 + (i % 3) * 40);
}

struct png {
    int type, depth;
    bool interlaced, transparent; /* the colour or the grey value of the first pixel, by tRNS */
};

static void write_png(const char *path, const struct png *kind)
{
    static png_color palette[4] = { { 0, 0, 0 }, { 255, 0, 0 }, { 10, 20, 30 }, { 1, 2, 255 } };
    static png_byte alpha[2] = { 0, 128 };
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *file = fopen(path, "wb");
    png_byte rows[HEIGHT][WIDTH * 8];
    png_bytep pointers[HEIGHT];
    ck_assert(file && !setjmp(png_jmpbuf(png)));
    png_init_io(png, file);
    png_set_IHDR(png, info, WIDTH, HEIGHT, kind->depth, kind->type,
                 kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (kind->type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 4);
    if (kind->transparent)
        png_set_tRNS(png, info, alpha, 2, &(png_color_16){ .gray = sample(0, 0) });
    png_write_info(png, info);
    for (int y = 0; y < HEIGHT; y++) {
        pointers[y] = rows[y];
        for (int i = 0; i < WIDTH * 8; i++)
            rows[y][i] = sample(y, i);
    }
    png_write_image(png, pointers);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

struct jpeg {
    int height, width, channels;
    J_COLOR_SPACE space;
    bool progressive;
};

/* A slope, which survives compression. */
static uint8_t slope(int y, int x, int channel)
{
    return (uint8_t)(channel == 0 ? 40 + 4 * x : channel == 1 ? 40 + 4 * y : 200 - 2 * x);
}

static void write_jpeg(const char *path, const struct jpeg *kind)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    JSAMPLE row[4 * 64];
    JSAMPROW rows[1] = { row };
    ck_assert_ptr_nonnull(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)kind->width;
    jpeg.image_height = (JDIMENSION)kind->height;
    jpeg.input_components = kind->channels;
    jpeg.in_color_space = kind->space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (kind->progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < kind->height; y++) {
        for (int i = 0; i < kind->width * kind->channels; i++)
            row[i] = slope(y, i / kind->channels, i % kind->channels);
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

/* --- What is read */

static struct fig_image opened(void)
{
    struct fig_image image;
    message[0] = '\0';
    const enum fig_status status = fig_image_read(&image, PATH);
    ck_assert_msg(!status && !*message, "%s", message);
    return image;
}

static void expect_refusal(const char *reason)
{
    struct fig_image image = { 1, 1, 1, (void *)message };
    ck_assert_int_eq(fig_image_read(&image, PATH), FIG_FORMAT);
    ck_assert_msg(strstr(message, PATH) && strstr(message, reason), "not \"%s\": %s", reason,
                  message);
    fig_image_free(&image);
}

static const struct png grey_pngs[] = {
    { PNG_COLOR_TYPE_GRAY, 8, false, false }, { PNG_COLOR_TYPE_GRAY, 8, true, false },
    { PNG_COLOR_TYPE_GRAY, 8, false, true },  { PNG_COLOR_TYPE_GRAY, 16, false, false },
    { PNG_COLOR_TYPE_GRAY, 1, false, false }, { PNG_COLOR_TYPE_GRAY, 2, true, false },
    { PNG_COLOR_TYPE_GRAY, 4, false, false }, { PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, false },
    { PNG_COLOR_TYPE_GRAY_ALPHA, 16, true, false },
};

/* Bits of a row from the front, as a fraction of their greatest value. */
static double fraction(const struct png *kind, int y, int value)
{
    const int bits = kind->depth;
    if (bits >= 8)
        return bits == 8 ? sample(y, value) / 255.0
                         : (sample(y, 2 * value) * 256 + sample(y, 2 * value + 1)) / 65535.0;
    const int byte = sample(y, value * bits / 8), shift = 8 - bits - value * bits % 8;
    return (double)(byte >> shift & ((1 << bits) - 1)) / ((1 << bits) - 1);
}

/* Rounding of 16 bits, of alpha, and of both. */
static void expect_byte(int got, double expected)
{
    ck_assert_msg(fabs(got - 255 * expected) <= 1.01, "%d for %g", got, 255 * expected);
}

START_TEST(grey_png_of_every_kind_is_grey)
{
    const struct png *kind = &grey_pngs[_i];
    const bool alpha = kind->type == PNG_COLOR_TYPE_GRAY_ALPHA;
    write_png(PATH, kind);
    struct fig_image image = opened();
    ck_assert(image.height == HEIGHT && image.width == WIDTH && image.channels == 1);
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        const int y = i / WIDTH, x = i % WIDTH;
        double expected = fraction(kind, y, alpha ? 2 * x : x);
        if (alpha)
            expected *= fraction(kind, y, 2 * x + 1);
        if (kind->transparent && sample(y, x) == sample(0, 0))
            expected = 0;
        expect_byte(image.bytes[i], expected);
    }
    fig_image_free(&image);
    ck_assert_ptr_null(image.bytes);
}
END_TEST

static const struct png colour_pngs[] = {
    { PNG_COLOR_TYPE_RGB, 8, false, false }, { PNG_COLOR_TYPE_RGB, 16, true, false },
    { PNG_COLOR_TYPE_RGB_ALPHA, 8, true, false }, { PNG_COLOR_TYPE_RGB_ALPHA, 16, false, false },
};

START_TEST(colour_png_is_rgb_over_black)
{
    const struct png *kind = &colour_pngs[_i];
    const int stride = kind->type == PNG_COLOR_TYPE_RGB ? 3 : 4;
    write_png(PATH, kind);
    struct fig_image image = opened();
    ck_assert(image.height == HEIGHT && image.width == WIDTH && image.channels == 3);
    for (int i = 0; i < HEIGHT * WIDTH * 3; i++) {
        const int y = i / 3 / WIDTH, x = i / 3 % WIDTH;
        const double alpha = stride == 4 ? fraction(kind, y, stride * x + 3) : 1;
        expect_byte(image.bytes[i], alpha * fraction(kind, y, stride * x + i % 3));
    }
    fig_image_free(&image);
}
END_TEST

START_TEST(a_palette_becomes_its_colours)
{
    static const uint8_t colours[2][4][3] = {
        { { 0, 0, 0 }, { 255, 0, 0 }, { 10, 20, 30 }, { 1, 2, 255 } },
        { { 0, 0, 0 }, { 128, 0, 0 }, { 10, 20, 30 }, { 1, 2, 255 } },
    };
    write_png(PATH, &(struct png){ PNG_COLOR_TYPE_PALETTE, 2, _i / 2, _i % 2 });
    struct fig_image image = opened();
    ck_assert_int_eq(image.channels, 3);
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        const int x = i % WIDTH, index = sample(i / WIDTH, x / 4) >> (6 - x % 4 * 2) & 3;
        ck_assert_mem_eq(image.bytes + 3 * i, colours[_i % 2][index], 3);
    }
    fig_image_free(&image);
}
END_TEST

static const struct jpeg jpegs[] = {
    { 16, 24, 3, JCS_RGB, false }, { 16, 24, 3, JCS_RGB, true },
    { 17, 9, 1, JCS_GRAYSCALE, false }, { 1, 1, 1, JCS_GRAYSCALE, true },
};

START_TEST(a_jpeg_shows_what_was_compressed)
{
    const struct jpeg *kind = &jpegs[_i];
    write_jpeg(PATH, kind);
    struct fig_image image = opened();
    ck_assert(image.height == kind->height && image.width == kind->width);
    ck_assert_int_eq(image.channels, kind->channels);
    for (int i = 0; i < kind->height * kind->width * kind->channels; i++) {
        const int pixel = i / kind->channels;
        const int expected = slope(pixel / kind->width, pixel % kind->width, i % kind->channels);
        ck_assert_int_le(abs(image.bytes[i] - expected), 6); /* chroma at half the size */
    }
    fig_image_free(&image);
}
END_TEST

START_TEST(cmyk_is_refused)
{
    write_jpeg(PATH, &(struct jpeg){ 8, 8, 4, JCS_CMYK, false });
    expect_refusal("CMYK");
}
END_TEST

static void write_some(int kind)
{
    if (kind < 2)
        write_jpeg(PATH, &jpegs[kind]);
    else
        write_png(PATH, &(struct png){ PNG_COLOR_TYPE_RGB, 8, kind == 3, false });
}

START_TEST(every_truncation_is_refused)
{
    void *bytes;
    size_t size;
    write_some(_i);
    ck_assert_int_eq(file_read(PATH, 10000, &bytes, &size), FIG_OK);
    free(bytes);
    for (off_t left = (off_t)size - 1; left >= 0; left--) {
        ck_assert_int_eq(truncate(PATH, left), 0);
        expect_refusal("");
    }
}
END_TEST

/* Some bytes mean nothing; the others give other pixels or an error, never harm. */
START_TEST(any_changed_byte_is_survived)
{
    void *all;
    size_t size;
    write_some(_i);
    ck_assert_int_eq(file_read(PATH, 10000, &all, &size), FIG_OK);
    FILE *file = fopen(PATH, "r+b");
    for (size_t i = 0; i < 2 * size; i++) {
        const uint8_t byte = ((uint8_t *)all)[i / 2];
        struct fig_image image;
        fseek(file, (long)(i / 2), SEEK_SET);
        fputc(i % 2 ? 255 : byte ^ 1, file);
        fflush(file);
        (void)fig_image_read(&image, PATH);
        fig_image_free(&image);
        fseek(file, (long)(i / 2), SEEK_SET);
        fputc(byte, file);
    }
    fclose(file);
    free(all);
}
END_TEST

/* IHDR of 65536 x 65536 with its checksum, and nothing else. */
START_TEST(a_header_of_too_many_pixels_is_refused)
{
    static const uint8_t head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\0\0\0\0"
                                  "\x49\xef\x6f\x3f\0\0\0\0IDAT\x35\xaf\x06\x1e";
    ck_assert_int_eq(file_write(PATH, head, sizeof(head) - 1), FIG_OK);
    expect_refusal("65536 x 65536 pixels; from 1 to");
}
END_TEST

START_TEST(other_files_are_refused)
{
    struct fig_image image;
    ck_assert_int_eq(file_write(PATH, "GIF89a", 6), FIG_OK);
    expect_refusal("neither PNG nor JPEG");
    ck_assert_int_eq(fig_image_read(&image, "absent.png"), FIG_IO);
    ck_assert_int_eq(fig_image_read(&image, "."), FIG_IO);
    ck_assert_ptr_nonnull(strstr(message, "not a regular file"));
    ck_assert_int_eq(fig_image_read(NULL, PATH), FIG_INVALID);
}
END_TEST

/* --- Pictures made to fit */

static struct fig_image picture(int height, int width, int channels)
{
    const size_t size = (size_t)height * (size_t)width * (size_t)channels;
    struct fig_image image = { height, width, channels, malloc(size) };
    for (size_t i = 0; i < size; i++)
        image.bytes[i] = (uint8_t)(i * 37 % 251);
    return image;
}

/* The definition, in double and without separating the axes. */
static double expected_value(const struct fig_image *from, int height, int width, int place)
{
    const double scale = fmin((double)from->height / height, (double)from->width / width);
    const double radius = scale > 1 ? scale : 1;
    const int pixel = place / from->channels;
    const double v = (from->height - scale * height) / 2 + (pixel / width + 0.5) * scale;
    const double u = (from->width - scale * width) / 2 + (pixel % width + 0.5) * scale;
    double sum = 0, weights = 0;
    for (int i = 0; i < from->height * from->width; i++) {
        const double dy = fabs(i / from->width + 0.5 - v), dx = fabs(i % from->width + 0.5 - u);
        if (dy >= radius || dx >= radius)
            continue;
        const double weight = (1 - dy / radius) * (1 - dx / radius);
        sum += weight * from->bytes[i * from->channels + place % from->channels];
        weights += weight;
    }
    return sum / weights;
}

static const int fits[][5] = { /* height, width, channels, wished height and width */
    { 7, 7, 1, 7, 7 }, { 28, 28, 1, 14, 14 }, { 31, 17, 3, 8, 8 }, { 5, 9, 3, 20, 20 },
    { 9, 30, 1, 9, 12 }, { 1, 1, 3, 4, 2 }, { 100, 3, 1, 3, 3 }, { 13, 64, 1, 32, 32 },
    { 40, 40, 3, 1, 1 },
};

START_TEST(a_picture_that_is_made_to_fit_has_the_means_of_what_it_covers)
{
    const int *fit = fits[_i];
    const struct fig_image from = picture(fit[0], fit[1], fit[2]);
    struct fig_image image = picture(fit[0], fit[1], fit[2]);
    ck_assert_int_eq(fig_image_fit(&image, fit[3], fit[4], fit[2]), FIG_OK);
    ck_assert(image.height == fit[3] && image.width == fit[4] && image.channels == fit[2]);
    for (int i = 0; i < fit[3] * fit[4] * fit[2]; i++) /* half for rounding */
        ck_assert_double_eq_tol(image.bytes[i], expected_value(&from, fit[3], fit[4], i), 0.501);
    free(from.bytes);
    fig_image_free(&image);
}
END_TEST

START_TEST(colours_become_grey_and_grey_has_three_channels)
{
    struct fig_image image = picture(1, 2, 3);
    memcpy(image.bytes, "\377\0\0\12\310\144", 6);
    ck_assert_int_eq(fig_image_fit(&image, 1, 2, 1), FIG_OK);
    ck_assert_mem_eq(image.bytes, "\114\204", 2); /* 76.2 and 131.8 */
    ck_assert_int_eq(fig_image_fit(&image, 1, 2, 3), FIG_OK);
    ck_assert_mem_eq(image.bytes, "\114\114\114\204\204\204", 6);
    ck_assert_int_eq(fig_image_fit(&image, 1, 2, 2), FIG_INVALID);
    ck_assert_int_eq(fig_image_fit(&image, 0, 2, 3), FIG_INVALID);
    ck_assert_int_eq(fig_image_fit(&image, 1, FIG_IMAGE_SIDE + 1, 3), FIG_INVALID);
    fig_image_free(&image);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("picture");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, grey_png_of_every_kind_is_grey, 0, LENGTH(grey_pngs));
    tcase_add_loop_test(tests, colour_png_is_rgb_over_black, 0, LENGTH(colour_pngs));
    tcase_add_loop_test(tests, a_palette_becomes_its_colours, 0, 4);
    tcase_add_loop_test(tests, a_jpeg_shows_what_was_compressed, 0, LENGTH(jpegs));
    tcase_add_test(tests, cmyk_is_refused);
    tcase_add_loop_test(tests, every_truncation_is_refused, 0, 4);
    tcase_add_loop_test(tests, any_changed_byte_is_survived, 0, 4);
    tcase_add_test(tests, a_header_of_too_many_pixels_is_refused);
    tcase_add_test(tests, other_files_are_refused);
    tcase_add_loop_test(tests, a_picture_that_is_made_to_fit_has_the_means_of_what_it_covers, 0,
                        LENGTH(fits));
    tcase_add_test(tests, colours_become_grey_and_grey_has_three_channels);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
