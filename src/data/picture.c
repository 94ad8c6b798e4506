/* SPDX-License-Identifier: MIT */
#include "data/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"

static const struct codec {
    const char *magic;
    size_t size;
    enum fig_status (*decode)(struct picture *picture, FILE *file, bool header_only);
} codecs[] = {
    { "\x89PNG\r\n\x1a\n", 8, png_decode },
    { "\xff\xd8\xff", 3, jpeg_decode },
};

enum fig_status picture_size(struct picture *picture, size_t height, size_t width, int channels)
{
    size_t pixels;
    if (!height || !width || !size_mul(height, width, &pixels) || pixels > PICTURE_PIXELS) {
        snprintf(picture->why, PICTURE_WHY, "%zu x %zu pixels; from 1 to %d are read", width,
                 height, PICTURE_PIXELS);
        return FIG_FORMAT;
    }
    picture->image.height = (int)height;
    picture->image.width = (int)width;
    picture->image.channels = channels;
    return FIG_OK;
}

enum fig_status picture_room(struct picture *picture)
{
    const struct fig_image *image = &picture->image;
    picture->image.bytes =
        calloc((size_t)image->height * (size_t)image->width, (size_t)image->channels);
    if (picture->image.bytes)
        return FIG_OK;
    snprintf(picture->why, PICTURE_WHY, "no memory for %d x %d pixels", image->width,
             image->height);
    return FIG_NOMEM;
}

void picture_warn(struct picture *picture, const char *message)
{
    if (!picture->warnings++)
        snprintf(picture->why, PICTURE_WHY, "%s", message);
}

static const struct codec *find_codec(FILE *file)
{
    char magic[8] = "";
    const size_t size = fread(magic, 1, sizeof(magic), file);
    rewind(file);
    for (size_t i = 0; i < LENGTH(codecs); i++) {
        if (size >= codecs[i].size && memcmp(magic, codecs[i].magic, codecs[i].size) == 0)
            return &codecs[i];
    }
    return NULL;
}

static enum fig_status explain(struct picture *picture, enum fig_status status, const char *why)
{
    snprintf(picture->why, PICTURE_WHY, "%s", why);
    return status;
}

enum fig_status picture_read(struct picture *picture, const char *path, bool header_only)
{
    const char *why;
    *picture = (struct picture){ 0 };
    FILE *file = file_open(path, &why);
    if (!file)
        return explain(picture, FIG_IO, why);
    const struct codec *codec = find_codec(file);
    const enum fig_status status = codec ? codec->decode(picture, file, header_only)
                                         : explain(picture, FIG_FORMAT, "neither PNG nor JPEG");
    fclose(file);
    return status;
}

enum fig_status fig_image_read(struct fig_image *out, const char *path)
{
    struct picture picture;
    REQUIRE(out && path);
    const enum fig_status status = picture_read(&picture, path, false);
    if (status)
        log_error("%s: %s", path, picture.why);
    else if (picture.warnings)
        log_warning("%s: %d warnings while decoding; the first: %s", path, picture.warnings,
                    picture.why);
    *out = picture.image;
    return status;
}

void fig_image_free(struct fig_image *image)
{
    free(image->bytes);
    *image = (struct fig_image){ 0 };
}
