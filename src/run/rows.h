/* SPDX-License-Identifier: MIT */
/* Images and codes as rows of floats. */
#ifndef RUN_ROWS_H
#define RUN_ROWS_H

#include <stddef.h>

#include <figment/data.h>

enum { CHUNK = 1000 /* images at a time, where there may be many */ };

/* Room for `count` rows of `length` values; FIG_NOMEM with a message. */
enum fig_status make_rows(float **out, int count, size_t length);

/* Images order[first] .. order[first + count - 1] of a dataset; without an order these places. */
enum fig_status load_images(const struct fig_dataset *dataset, const uint32_t *order, int first,
                            int count, float *images);

/* So many places of `all`, drawn by chance, always the same ones, ascending: the first samples of
 * data that are sorted are all of one class, and each n-th of data in turn are too.  For free(). */
enum fig_status pick_places(uint32_t **order, int count, int all);

/* Of the differences of so many values. */
double mean_square(const float *a, const float *b, size_t count);

#endif
