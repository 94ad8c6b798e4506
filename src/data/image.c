/* SPDX-License-Identifier: MIT */
#include <figment/image.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/file.h"
#include "base/log.h"
#include "data/utf8.h"

enum { GAP = 2, GREY = 128, SIDE_LIMIT = 1000000 /* libpng's own, by default */ };

/* One PNG on its way to the disk. */
struct canvas {
    const struct fig_grid *grid;
    int columns, scale;
    size_t width, height; /* pixels */
    uint8_t *row;         /* width * channels bytes */
    struct writer writer;
    png_structp png;
    png_infop info;
};

static void on_error(png_structp png, png_const_charp message)
{
    const struct canvas *canvas = png_get_error_ptr(png);
    log_error("%s: libpng: %s", canvas->writer.path, message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    const struct canvas *canvas = png_get_error_ptr(png);
    log_warning("%s: libpng: %s", canvas->writer.path, message);
}

static void on_write(png_structp png, png_bytep bytes, size_t size)
{
    struct canvas *canvas = png_get_io_ptr(png);
    if (writer_add(&canvas->writer, bytes, size))
        png_longjmp(png, 1); /* the writer has said why */
}

static void on_flush(png_structp png)
{
    (void)png; /* writer_commit flushes */
}

static uint8_t to_byte(float value)
{
    if (value != value)
        return GREY;
    return value <= 0 ? 0 : value >= 1 ? 255 : (uint8_t)(value * 255 + 0.5f);
}

/* One row of one picture, each pixel `scale` times. */
static void fill_tile(const struct canvas *canvas, const float *pixels, uint8_t *out)
{
    const int channels = canvas->grid->channels;
    for (int column = 0; column < canvas->grid->width; column++) {
        for (int i = 0; i < canvas->scale * channels; i++)
            *out++ = to_byte(pixels[column * channels + i % channels]);
    }
}

/* Row y of the grid's PNG. */
static void fill_row(const struct canvas *canvas, size_t y)
{
    const struct fig_grid *grid = canvas->grid;
    const size_t channels = (size_t)grid->channels, scale = (size_t)canvas->scale;
    const size_t tile_height = (size_t)grid->height * scale;
    const size_t tile_width = (size_t)grid->width * scale;
    const size_t image_row = (size_t)grid->width * channels;
    const size_t first = y / (tile_height + GAP) * (size_t)canvas->columns;
    const size_t inside = y % (tile_height + GAP);

    memset(canvas->row, GREY, canvas->width * channels);
    for (size_t i = 0; inside < tile_height && i < (size_t)canvas->columns; i++) {
        if (first + i >= (size_t)grid->count)
            break;
        const size_t row = (first + i) * (size_t)grid->height + inside / scale;
        fill_tile(canvas, grid->images + row * image_row,
                  canvas->row + i * (tile_width + GAP) * channels);
    }
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

/* Latin-1 as tEXt, other characters as iTXt: not compressed, of no language, with no other key.
 * libpng's own text structs want strings that may change. */
static void write_text(png_structp png, const char *key, const char *text)
{
    static const png_byte plain[4] = { 0 };
    const bool latin = is_ascii(text) || !is_utf8(text);
    const size_t key_size = strlen(key) + 1, text_size = strlen(text);
    const size_t between = latin ? 0 : sizeof(plain);
    png_write_chunk_start(png, (png_const_bytep)(latin ? "tEXt" : "iTXt"),
                          (png_uint_32)(key_size + between + text_size));
    png_write_chunk_data(png, (png_const_bytep)key, key_size);
    png_write_chunk_data(png, plain, between);
    png_write_chunk_data(png, (png_const_bytep)text, text_size);
    png_write_chunk_end(png);
}

/* libpng reports errors by jumping out of here: no variable of this function changes. */
static bool encode(struct canvas *canvas)
{
    const struct fig_grid *grid = canvas->grid;
    if (setjmp(png_jmpbuf(canvas->png)))
        return false;
    png_set_write_fn(canvas->png, canvas, on_write, on_flush);
    png_set_IHDR(canvas->png, canvas->info, (png_uint_32)canvas->width,
                 (png_uint_32)canvas->height, 8,
                 grid->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(canvas->png, canvas->info);
    write_text(canvas->png, "Software", "figment");
    for (int i = 0; i < grid->text_count; i++)
        write_text(canvas->png, grid->texts[i].key, grid->texts[i].text);
    for (size_t y = 0; y < canvas->height; y++) {
        fill_row(canvas, y);
        png_write_row(canvas->png, canvas->row);
    }
    png_write_end(canvas->png, canvas->info);
    return true;
}

static enum fig_status write_png(struct canvas *canvas, const char *path)
{
    canvas->row = malloc(canvas->width * (size_t)canvas->grid->channels);
    canvas->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, canvas, on_error, on_warning);
    canvas->info = canvas->png ? png_create_info_struct(canvas->png) : NULL;
    if (!canvas->row || !canvas->info)
        return fail(FIG_NOMEM, "%s: no memory to encode %zux%zu pixels", path, canvas->width,
                    canvas->height);
    TRY(writer_open(&canvas->writer, path));
    if (!encode(canvas))
        return FIG_IO;
    return writer_commit(&canvas->writer);
}

/* Room for `count` pictures of `length` pixels and the gaps between them. */
static size_t side(int count, int length, int scale)
{
    return (size_t)count * ((size_t)length * (size_t)scale + GAP) - GAP;
}

static int square_columns(int count)
{
    int columns = 1;
    while ((long long)columns * columns < count)
        columns++;
    return columns;
}

static bool texts_are_valid(const struct fig_grid *grid)
{
    if (grid->text_count < 0 || (grid->text_count && !grid->texts))
        return false;
    for (int i = 0; i < grid->text_count; i++) {
        const struct fig_text *text = &grid->texts[i];
        if (!text->key || !text->text || !*text->key || strlen(text->key) > 79)
            return false;
    }
    return true;
}

enum fig_status fig_grid_write(const char *path, const struct fig_grid *grid)
{
    REQUIRE(path && grid && grid->images);
    REQUIRE(grid->count >= 1 && grid->height >= 1 && grid->width >= 1);
    REQUIRE(grid->channels == 1 || grid->channels == 3);
    REQUIRE(grid->columns >= 0 && grid->rows >= 0 && grid->scale >= 0 && grid->scale <= SIDE_LIMIT);
    REQUIRE(texts_are_valid(grid));

    const int scale = grid->scale ? grid->scale : 1;
    const int wished = grid->columns ? grid->columns : square_columns(grid->count);
    const int columns = wished < grid->count || grid->rows ? wished : grid->count;
    const int needed = (grid->count - 1) / columns + 1;
    const int rows = grid->rows > needed ? grid->rows : needed;
    struct canvas canvas = {
        .grid = grid, .columns = columns, .scale = scale,
        .width = side(columns, grid->width, scale), .height = side(rows, grid->height, scale),
    };
    if (canvas.width > SIDE_LIMIT || canvas.height > SIDE_LIMIT)
        return fail(FIG_INVALID, "%s: a grid of %zux%zu pixels; each side has at most %d", path,
                    canvas.width, canvas.height, SIDE_LIMIT);
    const enum fig_status status = write_png(&canvas, path);
    writer_close(&canvas.writer);
    png_destroy_write_struct(&canvas.png, &canvas.info);
    free(canvas.row);
    return status;
}
