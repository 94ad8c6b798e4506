/* SPDX-License-Identifier: MIT */
#include "run/rows.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "base/size.h"

enum fig_status make_rows(float **out, int count, size_t length)
{
    size_t size;
    *out = size_mul((size_t)count, length * sizeof(float), &size) ? malloc(size) : NULL;
    return *out ? FIG_OK : fail(FIG_NOMEM, "no memory for %d x %zu values", count, length);
}

int chunk_rows(size_t length)
{
    return (int)size_most(size_least(CHUNK_BYTES / (length * sizeof(float)), CHUNK), 1);
}

enum fig_status chunk_open(struct chunk *chunk, int all, size_t length)
{
    const int most = chunk_rows(length);
    *chunk = (struct chunk){ .all = all, .most = all < most ? all : most };
    return make_rows(&chunk->rows, chunk->most, length);
}

bool chunk_next(struct chunk *chunk)
{
    chunk->first += chunk->count;
    const int left = chunk->all - chunk->first;
    chunk->count = left < chunk->most ? left : chunk->most;
    return chunk->count > 0;
}

enum fig_status load_images(const struct fig_dataset *dataset, const uint32_t *order, int first,
                            int count, float *images)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = image_length(info->height, info->width, info->channels);
    for (int i = first; i < first + count; i++, images += length)
        TRY(fig_dataset_sample(dataset, order ? (int)order[i] : i, images));
    return FIG_OK;
}

static int by_place(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

enum fig_status pick_places(uint32_t **order, int count, int all)
{
    const struct stream stream = { 0, STREAM_SHUFFLE, 0 };
    *order = malloc((size_t)all * sizeof(**order));
    if (!*order)
        return fail(FIG_NOMEM, "no memory for the order of %d samples", all);
    random_permutation(&stream, *order, (uint32_t)all);
    qsort(*order, (size_t)count, sizeof(**order), by_place);
    return FIG_OK;
}

double mean_square(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum / (double)count;
}
