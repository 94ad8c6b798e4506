/* SPDX-License-Identifier: MIT */
/* The labels of a data set: one-hot on the device, and told to a run. */
#ifndef RUN_LABELS_H
#define RUN_LABELS_H

#include <figment/data.h>
#include <figment/plan.h>
#include <figment/run.h>

struct label_rows {
    int classes;   /* values of a row; at least those of the dataset */
    double known;  /* in (0, 1]: of each class so many samples keep their label, at least one; the
                      rows of all others are 0 */
    uint64_t seed; /* which; unused if all do */
};

/* [count][classes], 1 at the label.  FIG_INVALID, and a message, if the dataset has no labels. */
enum fig_status labels_upload(struct fig_samples **out, struct fig_device *device,
                              const struct fig_dataset *dataset, struct label_rows rows);

/* What a run was told: row i is of class values[i % count]; count 0: nothing yet. */
struct classes {
    int *values; /* -1: of one that the model does not know */
    int count;
};
enum fig_status classes_copy(struct classes *classes, const int *values, int count);
void classes_free(struct classes *classes);
/* The class of a row, in turn among `all` if nothing was told. */
int classes_at(const struct classes *classes, int row, int all);

/* load_images, and the run is told their classes, by its own numbers. */
enum fig_status run_load(struct fig_run *run, const struct fig_dataset *dataset,
                         const uint32_t *order, int first, int count, float *images);

#endif
