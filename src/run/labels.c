/* SPDX-License-Identifier: MIT */
#include "run/labels.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "base/size.h"
#include "run/parts.h"
#include "run/rows.h"

/* How many of each class keep their label. */
static void find_quotas(const uint8_t *labels, int count, double known,
                        int quotas[FIG_CLASSES])
{
    int counts[FIG_CLASSES] = { 0 };
    for (int i = 0; i < count; i++)
        counts[labels[i]]++;
    for (int label = 0; label < FIG_CLASSES; label++)
        quotas[label] = (int)fmax(1, round(known * counts[label]));
}

/* Samples in an order of the seed, each while its class has not enough. */
static void fill(uint8_t *rows, const uint8_t *labels, int count, const uint32_t *order,
                 struct label_rows wanted)
{
    int quotas[FIG_CLASSES];
    find_quotas(labels, count, wanted.known, quotas);
    for (int i = 0; i < count; i++) {
        const uint8_t label = labels[order[i]];
        if (quotas[label]-- > 0)
            rows[(size_t)order[i] * (size_t)wanted.classes + label] = UINT8_MAX;
    }
}

enum fig_status labels_upload(struct fig_samples **out, struct fig_device *device,
                              const struct fig_dataset *dataset, struct label_rows wanted)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const uint8_t *labels = fig_dataset_labels(dataset);
    const struct stream stream = { wanted.seed, STREAM_LABELS, 0 };
    if (!labels)
        return fail(FIG_INVALID, "labels are expected; the data have none");
    assert(wanted.classes >= info->classes);
    uint8_t *rows = calloc((size_t)info->count, (size_t)wanted.classes);
    uint32_t *order = malloc((size_t)info->count * sizeof(*order));
    enum fig_status status = FIG_NOMEM;
    if (rows && order) {
        random_permutation(&stream, order, (uint32_t)info->count);
        fill(rows, labels, info->count, order, wanted);
        status = fig_samples_create(out, device, info->count, wanted.classes, rows, NULL);
    } else {
        log_error("no memory for the labels of %d samples", info->count);
    }
    free(order);
    free(rows);
    return status;
}

static enum fig_status make_classes(int **values, int count)
{
    *values = malloc(((size_t)count + 1) * sizeof(**values));
    return *values ? FIG_OK : fail(FIG_NOMEM, "no memory for the classes of %d rows", count);
}

enum fig_status classes_copy(struct classes *classes, const int *values, int count)
{
    int *copy;
    TRY(make_classes(&copy, count));
    for (int i = 0; i < count; i++)
        copy[i] = values[i];
    classes_free(classes);
    *classes = (struct classes){ copy, count };
    return FIG_OK;
}

void classes_free(struct classes *classes)
{
    free(classes->values);
    *classes = (struct classes){ 0 };
}

int classes_at(const struct classes *classes, int row, int all)
{
    return classes->count ? classes->values[row % classes->count] : row % all;
}

/* The classes of a dataset as the model counts them.  A run in training has no names, and learns
 * the very classes that it is told. */
static void match_classes(const struct fig_run *run, const struct fig_dataset *dataset,
                          int ours[FIG_CLASSES])
{
    const bool opened = run->config;
    for (int i = 0; i < fig_dataset_info(dataset)->classes; i++)
        ours[i] = opened ? fig_run_class(run, fig_dataset_class_name(dataset, i)) : i;
}

void fig_run_match_labels(const struct fig_run *run, const struct fig_dataset *dataset, int *labels)
{
    const uint8_t *theirs = fig_dataset_labels(dataset);
    int ours[FIG_CLASSES];
    match_classes(run, dataset, ours);
    for (int i = 0; i < fig_dataset_info(dataset)->count; i++)
        labels[i] = theirs ? ours[theirs[i]] : -1;
}

enum fig_status run_load(struct fig_run *run, const struct fig_dataset *dataset,
                         const uint32_t *order, int first, int count, float *images)
{
    const uint8_t *theirs = fig_dataset_labels(dataset);
    int ours[FIG_CLASSES], *classes;
    TRY(load_images(dataset, order, first, count, images));
    TRY(make_classes(&classes, count));
    match_classes(run, dataset, ours);
    for (int i = 0; theirs && i < count; i++)
        classes[i] = ours[theirs[order ? order[first + i] : (uint32_t)(first + i)]];
    classes_free(&run->given);
    run->given = (struct classes){ classes, theirs ? count : 0 };
    return FIG_OK;
}
