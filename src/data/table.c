/* SPDX-License-Identifier: MIT */
#include "data/table.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "data/scaling.h"

enum { EVERY = 5 };

size_t half_count(size_t samples, enum fig_split split)
{
    const size_t tests = samples / EVERY;
    if (!tests || split == FIG_WHOLE)
        return samples;
    return split == FIG_TEST ? tests : samples - tests;
}

size_t half_index(size_t i, size_t samples, enum fig_split split)
{
    if (samples < EVERY || split == FIG_WHOLE)
        return i;
    return split == FIG_TEST ? EVERY * i + EVERY - 1 : i + i / (EVERY - 1);
}

/* The rows that train: those of class `only`, or all if it is negative. */
struct training {
    const struct table *table;
    size_t count; /* of the training half, other classes among them */
    int only;
};

/* The i-th row, or NULL if it is of another class. */
static const double *training_row(const struct training *training, size_t i)
{
    const struct table *table = training->table;
    const size_t row = half_index(i, table->rows, FIG_TRAIN);
    if (training->only >= 0 && table->labels[row] != training->only)
        return NULL;
    return table->values + row * table->columns;
}

static size_t find_means(const struct training *training, double *mean)
{
    size_t used = 0;
    for (size_t i = 0; i < training->count; i++) {
        const double *row = training_row(training, i);
        if (!row)
            continue;
        used++;
        for (size_t c = 0; c < training->table->columns; c++)
            mean[c] += (row[c] - mean[c]) / (double)used;
    }
    return used;
}

/* Returns the number of columns that are constant but for rounding. */
static int find_deviations(const struct training *training, size_t used, const double *mean,
                           double *deviation)
{
    int constant = 0;
    for (size_t i = 0; i < training->count; i++) {
        const double *row = training_row(training, i);
        for (size_t c = 0; row && c < training->table->columns; c++)
            deviation[c] += (row[c] - mean[c]) * (row[c] - mean[c]) / (double)used;
    }
    for (size_t c = 0; c < training->table->columns; c++) {
        deviation[c] = sqrt(deviation[c]);
        if (deviation[c] > 1e-12 * fabs(mean[c]))
            continue;
        deviation[c] = 1;
        constant++;
    }
    return constant;
}

static enum fig_status find_scaling(struct fig_scaling *scaling, const struct table *table,
                                    const struct source *source, int only)
{
    const struct training training = { table, half_count(table->rows, FIG_TRAIN), only };
    TRY(scaling_create(scaling, (int)table->columns));
    const size_t used = find_means(&training, scaling->mean);
    if (!used)
        return fail(FIG_INVALID, "%s: only=%s: none of its rows is in the training half",
                    source->spec, source_option(source, "only"));
    const int constant = find_deviations(&training, used, scaling->mean, scaling->deviation);
    if (constant)
        log_warning("%s: %d of %zu columns are constant in the training half", source->spec,
                    constant, table->columns);
    return FIG_OK;
}

/* The model's scaling, if it knows so many columns, or else the table's own. */
static enum fig_status choose_scaling(struct fig_scaling *scaling, const struct table *table,
                                      const struct source *source, int only)
{
    const struct fig_scaling *wish = source->form.scaling;
    const bool fits = wish && (!wish->columns || (size_t)wish->columns == table->columns);
    return fits ? scaling_copy(scaling, wish) : find_scaling(scaling, table, source, only);
}

static enum fig_status standardise(float *out, const struct table *table, size_t row,
                                   const struct fig_scaling *scaling, const char *spec)
{
    const double *numbers = table->values + row * table->columns;
    for (size_t c = 0; c < table->columns; c++) {
        if (!scaling_apply(scaling, c, numbers[c], &out[c]))
            return fail(FIG_FORMAT, "%s: row %zu, column %zu: %g is beyond floats as it is to be "
                        "standardised", spec, row + 1, c + 1, numbers[c]);
    }
    return FIG_OK;
}

static enum fig_status fill_half(struct fig_dataset *dataset, const struct table *table,
                                 const struct source *source)
{
    const size_t count = half_count(table->rows, source->asked);
    dataset->values = malloc(count * table->columns * sizeof(float));
    dataset->labels = table->labels ? malloc(count) : NULL;
    if (!dataset->values || (table->labels && !dataset->labels))
        return fail(FIG_NOMEM, "%s: no memory for %zu rows", source->spec, count);
    for (size_t i = 0; i < count; i++) {
        const size_t row = half_index(i, table->rows, source->asked);
        TRY(standardise(dataset->values + i * table->columns, table, row, &dataset->scaling,
                        source->spec));
        if (table->labels)
            dataset->labels[i] = table->labels[row];
    }
    dataset->info.count = (int)count;
    return FIG_OK;
}

enum fig_status table_finish(struct fig_dataset *dataset, const struct table *table,
                             const struct source *source)
{
    int only;
    TRY(source_only(source, dataset, &only));
    TRY(choose_scaling(&dataset->scaling, table, source, only));
    dataset->info.height = dataset->info.width = 1;
    dataset->info.channels = (int)table->columns;
    dataset->info.table = true;
    dataset->info.whole = source->asked == FIG_WHOLE;
    return fill_half(dataset, table, source);
}
