/* SPDX-License-Identifier: MIT */
/* JPEG, baseline and progressive, grey and colour; CMYK is refused. */
#include "data/picture.h"

#include <setjmp.h>

#include <jpeglib.h>
#include <jerror.h>

enum { SCANS_LIMIT = 100 }; /* a small file of many empty scans takes forever otherwise */

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct picture *picture;
    jmp_buf jump;
};

static void on_error(j_common_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    snprintf(decoder->picture->why, PICTURE_WHY, "libjpeg: %.150s", message);
    longjmp(decoder->jump, 1);
}

/* Warnings have a negative level.  These three mean that pixels are missing. */
static void on_message(j_common_ptr jpeg, int level)
{
    struct decoder *decoder = jpeg->client_data;
    const int code = jpeg->err->msg_code;
    char message[JMSG_LENGTH_MAX];
    if (level >= 0)
        return;
    if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE)
        on_error(jpeg);
    jpeg->err->format_message(jpeg, message);
    picture_warn(decoder->picture, message);
}

static void on_progress(j_common_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    if (decoder->jpeg.input_scan_number <= SCANS_LIMIT)
        return;
    snprintf(decoder->picture->why, PICTURE_WHY, "more than %d scans", SCANS_LIMIT);
    longjmp(decoder->jump, 1);
}

static void read_rows(struct jpeg_decompress_struct *jpeg, const struct fig_image *image)
{
    const size_t row = (size_t)image->width * (size_t)image->channels;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[1] = { image->bytes + jpeg->output_scanline * row };
        jpeg_read_scanlines(jpeg, rows, 1);
    }
    jpeg_finish_decompress(jpeg);
}

/* libjpeg reports errors by jumping out of here: no variable of this function changes. */
static enum fig_status decode(struct decoder *decoder, FILE *file, bool header_only)
{
    struct jpeg_decompress_struct *const jpeg = &decoder->jpeg;
    if (setjmp(decoder->jump))
        return FIG_FORMAT;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &decoder->progress;
    jpeg_stdio_src(jpeg, file);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK) {
        snprintf(decoder->picture->why, PICTURE_WHY, "its colours are CMYK; grey and RGB are read");
        return FIG_FORMAT;
    }
    const bool grey = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    const enum fig_status status = picture_size(decoder->picture, jpeg->image_height,
                                                jpeg->image_width, grey ? 1 : 3);
    if (status || header_only)
        return status;
    if (picture_room(decoder->picture))
        return FIG_NOMEM;
    jpeg->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    read_rows(jpeg, &decoder->picture->image);
    return FIG_OK;
}

enum fig_status jpeg_decode(struct picture *picture, FILE *file, bool header_only)
{
    struct decoder decoder = { .picture = picture };
    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.jpeg.client_data = &decoder; /* jpeg_create_decompress leaves these two alone */
    decoder.errors.error_exit = on_error;
    decoder.errors.emit_message = on_message;
    decoder.progress.progress_monitor = on_progress;
    const enum fig_status status = decode(&decoder, file, header_only);
    jpeg_destroy_decompress(&decoder.jpeg);
    return status;
}
