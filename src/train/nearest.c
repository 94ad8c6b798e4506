/* SPDX-License-Identifier: MIT */
#include "train/nearest.h"

#include <math.h>
#include <stdlib.h>

#include <figment/plan.h>

#include "base/log.h"
#include "train/evaluation.h"

enum { BLOCK = 1000 /* images of the dataset at a time */ };

/* |a - b|^2 = |a|^2 + |b|^2 - 2 a b: the products of all pairs are a matrix.  It tells which one is
 * nearest; how near is then computed from the difference, which loses no digits. */
struct search {
    struct fig_graph *graph;
    struct fig_node *images, *others, *products; /* [count][length], [BLOCK][length] */
    struct fig_store *store;
    struct fig_plan *plan;
    const struct fig_dataset *dataset;
    size_t length;
    int count;
    float *block, *read; /* [BLOCK][length]; [count][BLOCK] */
    double *least;       /* [count]: of |b|^2 - 2 a b so far */
    int *index;          /* [count]: where that was */
};

static enum fig_status search_open(struct search *search, struct fig_device *device,
                                   const float *images)
{
    const int length = (int)search->length;
    TRY(fig_graph_create(&search->graph));
    search->images = fig_input(search->graph, "images", fig_shape2(search->count, length));
    search->others = fig_input(search->graph, "others", fig_shape2(BLOCK, length));
    search->products = fig_matmul(search->images, search->others, FIG_TRANS_B);
    TRY(fig_graph_status(search->graph));
    TRY(fig_store_create(&search->store, device, search->graph, 0));
    TRY(fig_plan_create(&search->plan, search->store, &(struct fig_plan_params){
        .outputs = &search->products, .output_count = 1 }));
    TRY(make_rows(&search->block, BLOCK, search->length));
    TRY(make_rows(&search->read, search->count, BLOCK));
    search->least = malloc((size_t)search->count * sizeof(*search->least));
    search->index = calloc((size_t)search->count, sizeof(*search->index));
    if (!search->least || !search->index)
        return fail(FIG_NOMEM, "no memory to compare %d images", search->count);
    for (int i = 0; i < search->count; i++)
        search->least[i] = INFINITY;
    return fig_plan_write(search->plan, search->images, images);
}

static void search_close(struct search *search)
{
    free(search->index);
    free(search->least);
    free(search->read);
    free(search->block);
    fig_plan_destroy(&search->plan);
    fig_store_destroy(&search->store);
    fig_graph_destroy(&search->graph);
}

static double distance_square(const float *a, const float *b, size_t length)
{
    double sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

static double square_of(const float *a, size_t length)
{
    double sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += (double)a[i] * (double)a[i];
    return sum;
}

static void keep_least(struct search *search, int first, int rows)
{
    for (int k = 0; k < rows; k++) {
        const double norm = square_of(search->block + (size_t)k * search->length, search->length);
        for (int i = 0; i < search->count; i++) {
            const double value = norm - 2 * (double)search->read[(size_t)i * BLOCK + (size_t)k];
            if (value < search->least[i]) {
                search->least[i] = value;
                search->index[i] = first + k;
            }
        }
    }
}

static enum fig_status search_all(struct search *search)
{
    const int all = fig_dataset_info(search->dataset)->count;
    for (int first = 0; first < all; first += BLOCK) {
        const int rows = all - first < BLOCK ? all - first : BLOCK;
        TRY(load_images(search->dataset, first, rows, search->length, search->block));
        TRY(fig_plan_write(search->plan, search->others, search->block));
        TRY(fig_plan_run(search->plan, 0, 0));
        TRY(fig_plan_read(search->plan, search->products, search->read));
        keep_least(search, first, rows);
    }
    return FIG_OK;
}

enum fig_status nearest_distances(struct fig_device *device, const struct fig_dataset *dataset,
                                  const float *images, int count, double *distances)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    struct search search = {
        .dataset = dataset, .count = count,
        .length = (size_t)info->height * (size_t)info->width * (size_t)info->channels };
    enum fig_status status = search_open(&search, device, images);
    if (!status)
        status = search_all(&search);
    for (int i = 0; !status && i < count; i++) {
        status = fig_dataset_sample(dataset, search.index[i], search.block);
        distances[i] = sqrt(distance_square(images + (size_t)i * search.length, search.block,
                                            search.length));
    }
    search_close(&search);
    return status;
}
