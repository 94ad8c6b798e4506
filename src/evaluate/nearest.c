/* SPDX-License-Identifier: MIT */
#include "evaluate/nearest.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"
#include "evaluate/products.h"
#include "run/rows.h"

/* |a - b|^2 = |a|^2 + |b|^2 - 2 a b: the products of all pairs are a matrix.  It tells which one is
 * nearest; how near is then computed from the difference, which loses no digits. */
struct search {
    const struct fig_dataset *dataset;
    size_t length;
    int count;             /* images */
    struct chunk chunk;    /* of the dataset */
    double squares[CHUNK]; /* |b|^2 of the chunk */
    double *least;         /* [count]: of |b|^2 - 2 a b so far */
    int *index;            /* [count]: where that was */
};

static double distance_square(const float *a, const float *b, size_t length)
{
    double sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

static void keep_least(void *context, const struct product_block *block)
{
    struct search *search = context;
    for (int i = 0; i < block->as; i++) {
        const float *products = block->values + (size_t)i * block->stride;
        for (int k = 0; k < block->bs; k++) {
            const double value = search->squares[block->b + k] - 2 * (double)products[k];
            if (value < search->least[block->a + i]) {
                search->least[block->a + i] = value;
                search->index[block->a + i] = search->chunk.first + block->b + k;
            }
        }
    }
}

static enum fig_status search_all(struct search *search, struct products *products,
                                  const float *images)
{
    struct chunk *chunk = &search->chunk;
    const struct rows wanted = { images, search->count };
    for (int i = 0; i < search->count; i++)
        search->least[i] = INFINITY;
    while (chunk_next(chunk)) {
        const struct rows rows = { chunk->rows, chunk->count };
        TRY(load_images(search->dataset, NULL, chunk->first, chunk->count, chunk->rows));
        square_rows(rows, search->length, search->squares);
        TRY(products_visit(products, wanted, rows, keep_least, search));
    }
    return FIG_OK;
}

static enum fig_status find_distances(struct search *search, const float *images,
                                      double *distances)
{
    for (int i = 0; i < search->count; i++) {
        TRY(fig_dataset_sample(search->dataset, search->index[i], search->chunk.rows));
        distances[i] = sqrt(distance_square(images + (size_t)i * search->length,
                                            search->chunk.rows, search->length));
    }
    return FIG_OK;
}

enum fig_status nearest_distances(struct fig_device *device, const struct fig_dataset *dataset,
                                  const float *images, int count, double *distances)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    struct products *products = NULL;
    struct search search = {
        .dataset = dataset, .count = count,
        .length = image_length(info->height, info->width, info->channels),
        .least = malloc((size_t)count * sizeof(*search.least)),
        .index = calloc((size_t)count, sizeof(*search.index)) };
    enum fig_status status = chunk_open(&search.chunk, info->count, search.length);
    if (!status && (!search.least || !search.index))
        status = fail(FIG_NOMEM, "no memory to compare %d images", count);
    if (!status)
        status = products_create(&products, device, search.length);
    if (!status)
        status = search_all(&search, products, images);
    if (!status)
        status = find_distances(&search, images, distances);
    products_destroy(&products);
    free(search.chunk.rows);
    free(search.index);
    free(search.least);
    return status;
}
