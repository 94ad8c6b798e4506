/* SPDX-License-Identifier: MIT */
#ifndef FIG_IMAGE_H
#define FIG_IMAGE_H

#include <figment/api.h>
#include <figment/status.h>

FIG_BEGIN

/* A tEXt chunk of a PNG: where the picture comes from. */
struct fig_text {
    const char *key;  /* 1 to 79 bytes of printable Latin-1: "Seed" */
    const char *text; /* Latin-1 */
};

/* Pictures in rows and columns, filled row by row, with grey lines of 2 pixels between them. */
struct fig_grid {
    const float *images;          /* [count][height][width][channels], 0 is black and 1 white;
                                     what is outside is clamped, NaN is mid grey */
    int count, height, width;     /* each at least 1 */
    int channels;                 /* 1: grey, 3: RGB */
    int columns;                  /* pictures beside each other; 0: a square grid */
    int scale;                    /* each pixel becomes scale x scale of them; 0 means 1 */
    const struct fig_text *texts; /* besides "Software: figment"; NULL if there are none */
    int text_count;
};

/* Write the grid as a PNG of 8 bits; an old file at `path` is replaced whole or not at all.
 * A value v becomes floor(255 v + 1/2). */
FIG_API enum fig_status fig_grid_write(const char *path, const struct fig_grid *grid);

FIG_END

#endif
