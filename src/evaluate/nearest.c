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
    int count, first;  /* images, and which one of the dataset is the block's first */
    float *block;      /* [PRODUCT_ROWS][length] of the dataset */
    double squares[PRODUCT_ROWS]; /* |b|^2 of the block */
    double *least;     /* [count]: of |b|^2 - 2 a b so far */
    int *index;        /* [count]: where that was */
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
        const float *products = block->values + (size_t)i * PRODUCT_ROWS;
        for (int k = 0; k < block->bs; k++) {
            const double value = search->squares[k] - 2 * (double)products[k];
            if (value < search->least[block->a + i]) {
                search->least[block->a + i] = value;
                search->index[block->a + i] = search->first + k;
            }
        }
    }
}

static enum fig_status search_all(struct search *search, struct products *products,
                                  const float *images)
{
    const int all = fig_dataset_info(search->dataset)->count;
    const struct rows wanted = { images, search->count };
    for (int i = 0; i < search->count; i++)
        search->least[i] = INFINITY;
    for (search->first = 0; search->first < all; search->first += PRODUCT_ROWS) {
        const int left = all - search->first;
        const struct rows block = { search->block, left < PRODUCT_ROWS ? left : PRODUCT_ROWS };
        TRY(load_images(search->dataset, NULL, search->first, block.count, search->block));
        square_rows(block, search->length, search->squares);
        TRY(products_visit(products, wanted, block, keep_least, search));
    }
    return FIG_OK;
}

static enum fig_status find_distances(struct search *search, const float *images,
                                      double *distances)
{
    for (int i = 0; i < search->count; i++) {
        TRY(fig_dataset_sample(search->dataset, search->index[i], search->block));
        distances[i] = sqrt(distance_square(images + (size_t)i * search->length, search->block,
                                            search->length));
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
    enum fig_status status = make_rows(&search.block, PRODUCT_ROWS, search.length);
    if (!status && (!search.least || !search.index))
        status = fail(FIG_NOMEM, "no memory to compare %d images", count);
    if (!status)
        status = products_create(&products, device, search.length);
    if (!status)
        status = search_all(&search, products, images);
    if (!status)
        status = find_distances(&search, images, distances);
    products_destroy(&products);
    free(search.block);
    free(search.index);
    free(search.least);
    return status;
}
