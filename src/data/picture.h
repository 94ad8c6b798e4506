/* SPDX-License-Identifier: MIT */
/* Pictures from files.  Nothing here logs: who asks decides whether a bad picture is an error. */
#ifndef DATA_PICTURE_H
#define DATA_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <figment/image.h>

enum {
    PICTURE_PIXELS = 1 << 26, /* most that a header may make us allocate */
    PICTURE_WHY = 200,        /* bytes; what libjpeg's messages need */
};

struct picture {
    struct fig_image image; /* its bytes are NULL if only the header was read */
    char why[PICTURE_WHY];  /* what is wrong, or the first warning */
    int warnings;
};

/* FIG_IO, FIG_FORMAT or FIG_NOMEM with `why`.  Release image.bytes, after errors too. */
enum fig_status picture_read(struct picture *picture, const char *path, bool header_only);

/* Decoders: `file` is at its beginning.  Damage that leaves pixels unknown is an error. */
enum fig_status png_decode(struct picture *picture, FILE *file, bool header_only);
enum fig_status jpeg_decode(struct picture *picture, FILE *file, bool header_only);

/* For them: the picture's size, looked at, and room for its pixels unless header_only. */
enum fig_status picture_size(struct picture *picture, size_t height, size_t width, int channels);
enum fig_status picture_room(struct picture *picture);
void picture_warn(struct picture *picture, const char *message);

#endif
