/* SPDX-License-Identifier: MIT */
/* Numbers in the units of a file, and standardised. */
#include "data/scaling.h"

#include <assert.h>
#include <math.h>
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
    *out = (struct fig_scaling){ 0 };
    if (!scaling->columns)
        return FIG_OK;
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

bool scaling_apply(const struct fig_scaling *scaling, size_t column, double number, float *out)
{
    if (scaling->columns)
        number = (number - scaling->mean[column]) / scaling->deviation[column];
    *out = (float)number;
    return isfinite(*out);
}

bool scaling_same(const struct fig_scaling *a, const struct fig_scaling *b)
{
    const size_t size = (size_t)a->columns * sizeof(double);
    if (!size || a->columns != b->columns)
        return a->columns == b->columns;
    return memcmp(a->mean, b->mean, size) == 0 && memcmp(a->deviation, b->deviation, size) == 0;
}

/* The table's values by another scaling, into room for as many. */
static enum fig_status convert(const struct fig_dataset *dataset, const struct fig_scaling *to,
                               float *values)
{
    const struct fig_scaling *from = fig_dataset_scaling(dataset);
    const size_t columns = (size_t)dataset->info.channels;
    assert(!dataset->info.bytes); /* a table's numbers are floats */
    for (size_t i = 0; i < (size_t)dataset->info.count * columns; i++) {
        const size_t c = i % columns;
        const double value = dataset->values[i];
        const double number = from ? value * from->deviation[c] + from->mean[c] : value;
        if (!scaling_apply(to, c, number, &values[i]))
            return fail(FIG_FORMAT, "row %zu, column %zu: %g is beyond floats as it is to be "
                        "standardised", i / columns + 1, c + 1, number);
    }
    return FIG_OK;
}

static enum fig_status change(struct fig_dataset *dataset, const struct fig_scaling *to)
{
    const size_t length = (size_t)dataset->info.count * (size_t)dataset->info.channels;
    float *values = malloc(length * sizeof(*values));
    if (!values)
        return fail(FIG_NOMEM, "no memory for %zu values", length);
    const enum fig_status status = convert(dataset, to, values);
    if (!status)
        memcpy(dataset->values, values, length * sizeof(*values));
    free(values);
    return status;
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
    TRY(scaling_copy(&copy, to));
    const enum fig_status status = change(dataset, &copy);
    scaling_free(status ? &copy : &dataset->scaling);
    if (!status)
        dataset->scaling = copy;
    return status;
}
