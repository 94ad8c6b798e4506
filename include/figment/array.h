/* SPDX-License-Identifier: MIT */
#ifndef FIG_ARRAY_H
#define FIG_ARRAY_H

#include <figment/api.h>
#include <figment/status.h>

FIG_BEGIN

enum { FIG_ARRAY_RANK = 4 }; /* most dimensions of an array */

/* Numbers that go to other programs: codes [n, code], images [n, height, width, channels]. */
struct fig_array {
    int rank;                /* 1 to 4 */
    int dim[FIG_ARRAY_RANK]; /* each at least 1; row-major, the last one varies fastest */
    float *values;
};

/* Read a NumPy file (.npy, versions 1 to 3) of float32 or float64, little-endian and in C order, of
 * at most 1 GiB; or the numbers of a table, FILE.csv, [lines, columns], without the names of
 * columns and, if the first column is of words, these.  FIG_FORMAT for any other, and for one that
 * is longer or shorter than it says.  Release with fig_array_free, after errors too. */
FIG_API enum fig_status fig_array_read(struct fig_array *out, const char *path);
FIG_API void fig_array_free(struct fig_array *array);

/* Write as the path's suffix says: .npy (float32), or .csv (two dimensions, no header, 9 digits).
 * An old file is replaced whole or not at all. */
FIG_API enum fig_status fig_array_write(const char *path, const struct fig_array *array);

FIG_END

#endif
