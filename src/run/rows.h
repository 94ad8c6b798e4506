/* SPDX-License-Identifier: MIT */
/* Images and codes as rows of floats. */
#ifndef RUN_ROWS_H
#define RUN_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include <figment/data.h>

/* Room for `count` rows of `length` values; FIG_NOMEM with a message. */
enum fig_status make_rows(float **out, int count, size_t length);

/* Where there may be many samples they are taken in chunks: at most 1000 rows, fewer of long ones,
 * which the same data always divide alike. */
enum { CHUNK = 1000, CHUNK_BYTES = 64 << 20 };
struct chunk {
    int all, most;    /* samples, and rows of a chunk: CHUNK and `all` at most */
    int first, count; /* the chunk has the samples first .. first + count - 1 */
    float *rows;      /* [most][length]; for free() */
};
/* Before the first one. */
enum fig_status chunk_open(struct chunk *chunk, int all, size_t length);
/* False after the last one. */
bool chunk_next(struct chunk *chunk);
/* At most, of any number of samples. */
int chunk_rows(size_t length);

/* Images order[first] .. order[first + count - 1] of a dataset; without an order these places. */
enum fig_status load_images(const struct fig_dataset *dataset, const uint32_t *order, int first,
                            int count, float *images);

/* So many places of `all`, drawn by chance, always the same ones, ascending: the first samples of
 * data that are sorted are all of one class, and each n-th of data in turn are too.  For free(). */
enum fig_status pick_places(uint32_t **order, int count, int all);

/* Of the differences of so many values. */
double mean_square(const float *a, const float *b, size_t count);

#endif
