/* SPDX-License-Identifier: MIT */
#ifndef FIG_CODEC_H
#define FIG_CODEC_H

#include <stddef.h>

#include <figment/api.h>
#include <figment/run.h>
#include <figment/status.h>

FIG_BEGIN

/* --- Compression: codes of images in a file, in coarse steps, for the model that made them. */

struct fig_compression {
    const char *path; /* of the file to write, which names the run's model.safetensors by a hash;
                         an old one is replaced whole or not at all; NULL: only tell what it would
                         be */
    double tolerance; /* squared error that steps may add, as a part of the model's own; > 0 */
};
#define FIG_COMPRESSION_DEFAULTS { NULL, 0.1 }

struct fig_compressed {
    size_t bytes;          /* of the whole file */
    double bits_per_pixel; /* all of them, over count * height * width */
    double mse;            /* per value, of what the file holds */
    double own_mse;        /* of the codes as they are */
};

/* Images as fig_run_encode takes them.  A code's values are rounded to at most 256 levels, in steps
 * of their own, such that each of the n values adds the same squared error to an image,
 *     step^2 / 12 * s = tolerance * E / n
 * where E is the model's own squared error of an image, and s the squared change of an image that
 * a unit of this value makes, as measured on the first 100 images.  Values whose range is smaller
 * than their step are not kept.  FIG_INVALID for a model without codes, or one whose
 * decoder is told the class beside them. */
FIG_API enum fig_status fig_compress(struct fig_run *run, const struct fig_compression *how,
                                     const float *images, int count, struct fig_compressed *out);

/* The images of such a file, [count][height][width][channels]; the caller frees.  FIG_INVALID if
 * another model made it, FIG_FORMAT if it is damaged. */
FIG_API enum fig_status fig_decompress(struct fig_run *run, const char *path, float **images,
                                       int *count);

FIG_END

#endif
