/* SPDX-License-Identifier: MIT */
/* Images and codes as rows of floats. */
#ifndef RUN_ROWS_H
#define RUN_ROWS_H

#include <stddef.h>

#include <figment/data.h>

enum { CHUNK = 1000 /* images at a time, where there may be many */ };

/* Room for `count` rows of `length` values; FIG_NOMEM with a message. */
enum fig_status make_rows(float **out, int count, size_t length);

/* Images first .. first + count - 1 of a dataset, where there are as many. */
enum fig_status load_images(const struct fig_dataset *dataset, int first, int count,
                            size_t length, float *images);

/* Of the differences of so many values. */
double mean_square(const float *a, const float *b, size_t count);

#endif
