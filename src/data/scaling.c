/* SPDX-License-Identifier: MIT */
/* Numbers in the units of a file, and standardised. */
#include "data/scaling.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "data/dataset.h"

enum fig_status scaling_create(struct fig_scaling *out, int columns)
{
    *out = (struct fig_scaling){ columns, calloc((size_t)columns, sizeof(double)),
                                 calloc((size_t)columns, sizeof(double)) };
    if (out->mean && out->deviation)
        return FIG_OK;
    scaling_free(out);
    return fail(FIG_NOMEM, "no memory for the scaling of %d columns", columns);
}

enum fig_status scaling_copy(struct fig_scaling *out, const struct fig_scaling *scaling)
{
    TRY(scaling_create(out, scaling->columns));
    memcpy(out->mean, scaling->mean, (size_t)scaling->columns * sizeof(double));
    memcpy(out->deviation, scaling->deviation, (size_t)scaling->columns * sizeof(double));
    return FIG_OK;
}

void scaling_free(struct fig_scaling *scaling)
{
    free(scaling->mean);
    free(scaling->deviation);
    *scaling = (struct fig_scaling){ 0 };
}

void fig_scaling_undo(const struct fig_scaling *scaling, float *values, int rows)
{
    for (int row = 0; row < rows; row++, values += scaling->columns) {
        for (int c = 0; c < scaling->columns; c++)
            values[c] = (float)(values[c] * scaling->deviation[c] + scaling->mean[c]);
    }
}

bool scaling_same(const struct fig_scaling *a, const struct fig_scaling *b)
{
    const size_t size = (size_t)a->columns * sizeof(double);
    if (!size || a->columns != b->columns)
        return a->columns == b->columns;
    return memcmp(a->mean, b->mean, size) == 0 && memcmp(a->deviation, b->deviation, size) == 0;
}

/* Every column is (number - mean) / deviation for both; no scaling leaves numbers as they are. */
static void change(struct fig_dataset *dataset, const struct fig_scaling *from,
                   const struct fig_scaling *to)
{
    const size_t columns = (size_t)dataset->info.channels;
    assert(!dataset->info.bytes); /* a table's numbers are floats */
    for (size_t i = 0; i < (size_t)dataset->info.count * columns; i++) {
        const size_t c = i % columns;
        const double number =
            from ? dataset->values[i] * from->deviation[c] + from->mean[c] : dataset->values[i];
        dataset->values[i] = (float)(to ? (number - to->mean[c]) / to->deviation[c] : number);
    }
}

enum fig_status fig_dataset_rescale(struct fig_dataset *dataset, const struct fig_scaling *scaling)
{
    REQUIRE(dataset);
    const struct fig_scaling none = { 0 }, *to = scaling ? scaling : &none;
    struct fig_scaling copy = none;
    if (scaling_same(&dataset->scaling, to))
        return FIG_OK;
    if (!dataset->info.table || (scaling && scaling->columns != dataset->info.channels))
        return fail(FIG_SHAPE, "a scaling of %d columns is not for samples of %dx%dx%d",
                    to->columns, dataset->info.height, dataset->info.width,
                    dataset->info.channels);
    if (scaling)
        TRY(scaling_copy(&copy, scaling));
    change(dataset, fig_dataset_scaling(dataset), scaling);
    scaling_free(&dataset->scaling);
    dataset->scaling = copy;
    return FIG_OK;
}
