/* SPDX-License-Identifier: MIT */
/* PNG of every kind becomes 8 bits of grey or RGB, over black where it is transparent. */
#include "data/picture.h"

#include <png.h>

enum { CHUNK_LIMIT = 8 << 20, CHUNKS_LIMIT = 1000 };

static void on_error(png_structp png, png_const_charp message)
{
    struct picture *picture = png_get_error_ptr(png);
    snprintf(picture->why, PICTURE_WHY, "libpng: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    picture_warn(png_get_error_ptr(png), message);
}

static void set_transforms(png_structp png)
{
    const png_color_16 black = { 0 };
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_background(png, &black, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1);
}

static void read_rows(png_structp png, const struct fig_image *image)
{
    const size_t row = (size_t)image->width * (size_t)image->channels;
    const int passes = png_set_interlace_handling(png);
    png_start_read_image(png);
    for (int pass = 0; pass < passes; pass++) {
        for (int y = 0; y < image->height; y++)
            png_read_row(png, image->bytes + (size_t)y * row, NULL);
    }
    png_read_end(png, NULL);
}

/* libpng reports errors by jumping out of here: no variable of this function changes. */
static enum fig_status decode(png_structp png, png_infop info, struct picture *picture, FILE *file,
                              bool header_only)
{
    if (setjmp(png_jmpbuf(png)))
        return FIG_FORMAT;
    png_init_io(png, file);
    png_set_user_limits(png, PICTURE_PIXELS, PICTURE_PIXELS);
    png_set_chunk_malloc_max(png, CHUNK_LIMIT);
    png_set_chunk_cache_max(png, CHUNKS_LIMIT);
    png_read_info(png, info);
    const bool colour = png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR;
    const enum fig_status status =
        picture_size(picture, png_get_image_height(png, info), png_get_image_width(png, info),
                     colour ? 3 : 1);
    if (status || header_only)
        return status;
    if (picture_room(picture))
        return FIG_NOMEM;
    set_transforms(png);
    read_rows(png, &picture->image);
    return FIG_OK;
}

enum fig_status png_decode(struct picture *picture, FILE *file, bool header_only)
{
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, picture, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    enum fig_status status = FIG_NOMEM;
    if (info)
        status = decode(png, info, picture, file, header_only);
    else
        snprintf(picture->why, PICTURE_WHY, "no memory to decode it");
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}
