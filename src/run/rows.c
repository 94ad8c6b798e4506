/* SPDX-License-Identifier: MIT */
#include "run/rows.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"

enum fig_status make_rows(float **out, int count, size_t length)
{
    size_t size;
    *out = size_mul((size_t)count, length * sizeof(float), &size) ? malloc(size) : NULL;
    return *out ? FIG_OK : fail(FIG_NOMEM, "no memory for %d x %zu values", count, length);
}

enum fig_status load_images(const struct fig_dataset *dataset, int first, int count,
                            size_t length, float *images)
{
    for (int i = 0; i < count; i++)
        TRY(fig_dataset_sample(dataset, first + i, images + (size_t)i * length));
    return FIG_OK;
}

double mean_square(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum / (double)count;
}
