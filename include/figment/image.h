/* SPDX-License-Identifier: MIT */
#ifndef FIG_IMAGE_H
#define FIG_IMAGE_H

#include <stdint.h>

#include <figment/api.h>
#include <figment/status.h>

FIG_BEGIN

/* A text in a PNG: where the picture comes from. */
struct fig_text {
    const char *key;  /* 1 to 79 bytes of printable Latin-1: "Seed" */
    const char *text; /* UTF-8; what is none is taken for Latin-1 */
};

/* Pictures in rows and columns, filled row by row, with grey lines of 2 pixels between them. */
struct fig_grid {
    const float *images;          /* [count][height][width][channels], 0 is black and 1 white;
                                     what is outside is clamped, NaN is mid grey */
    int count, height, width;     /* each at least 1 */
    int channels;                 /* 1: grey, 3: RGB */
    int columns;                  /* pictures beside each other; 0: a square grid */
    int rows;                     /* what is left of so many is grey; 0: those that are needed */
    int scale;                    /* each pixel becomes scale x scale of them; 0 means 1 */
    const struct fig_text *texts; /* besides "Software: figment"; NULL if there are none */
    int text_count;
};

/* Write the grid as a PNG of 8 bits; an old file at `path` is replaced whole or not at all.
 * A value v becomes floor(255 v + 1/2). */
FIG_API enum fig_status fig_grid_write(const char *path, const struct fig_grid *grid);

/* Points in the plane as a grey picture of side x side pixels, y upwards: a pixel that has n points
 * is 1 - 2^-n. */
struct fig_scatter {
    const float *points; /* [count][2], x and y */
    int count, side;     /* at least 1 */
    double centre[2];    /* of the frame, and how far it reaches from there to each side; points */
    double reach;        /* that lie outside are not drawn */
};

/* Make the frame a little larger than the points take. */
FIG_API void fig_scatter_frame(struct fig_scatter *scatter);
FIG_API void fig_scatter_draw(const struct fig_scatter *scatter, float *image);

/* A picture in memory. */
struct fig_image {
    int height, width; /* each at least 1 */
    int channels;      /* 1: grey, 3: RGB */
    uint8_t *bytes;    /* [height][width][channels] */
};

/* Read a PNG or a JPEG of at most 2^26 pixels, whatever its name: 16 bits become 8, what is
 * transparent is laid over black, an orientation in EXIF is not looked at.  FIG_IO, or FIG_FORMAT
 * for other files, damaged ones, and JPEG in CMYK.  Release with fig_image_free. */
FIG_API enum fig_status fig_image_read(struct fig_image *out, const char *path);
FIG_API void fig_image_free(struct fig_image *image);

/* Scale until the picture just covers height x width, cut off what stands over equally at both
 * ends, and make it grey (luma of BT.601) or RGB.  A shrunken pixel is a mean, weighted by a
 * triangle, of what it covers; a picture that grows is interpolated linearly. */
enum { FIG_IMAGE_SIDE = 4096 }; /* the greatest height and width */
FIG_API enum fig_status fig_image_fit(struct fig_image *image, int height, int width,
                                      int channels);

FIG_END

#endif
