/* SPDX-License-Identifier: MIT */
/* The samples of one half of a data set, on the device, with their labels where a model wants them;
 * or the knowledge that the model draws its samples. */
#ifndef TRAIN_SOURCE_H
#define TRAIN_SOURCE_H

#include <stdbool.h>

#include <figment/data.h>
#include <figment/model.h>
#include <figment/plan.h>

#include "run/labels.h"
#include "train/window.h"

struct source {
    struct fig_dataset *dataset;
    struct fig_samples *samples; /* NULL when `uniform` */
    struct window *window;       /* NULL when all samples are on the device */
    struct fig_samples *labels;  /* one-hot, in the same order; NULL until source_label */
    struct fig_dataset_info info;
    bool uniform; /* drawn by the model itself, a fresh batch at every step */
    bool unbounded; /* there are values outside [0, 1]; false until source_upload */
};

/* A half of a data set, on the host only. */
enum fig_status source_open(struct source *source, const char *data, enum fig_split split,
                            uint64_t seed);
/* Before the upload, standardise both halves of a table by the numbers that the model in a run's
 * folder was trained with; a warning says so if the table has others by now. */
enum fig_status source_rescale(struct source *train, struct source *test, const char *folder);
/* Samples that are on a device at a time: all, or as many whole batches as fit, but one at least.
 * The settings' window goes before what fits, rounded up to whole batches. */
int source_rows(const struct fig_dataset_info *info, const struct fig_settings *settings,
                const struct fig_device_info *device);
/* The training half of `uniform` is drawn by the model; all else is uploaded, part by part if it is
 * drawn as it is used, larger than a quarter of the device's memory or than one of its buffers may
 * be, or if the settings say so. */
enum fig_status source_upload(struct source *source, const struct fig_settings *settings,
                              struct fig_device *device);
/* Besides, the labels. */
enum fig_status source_label(struct source *source, struct fig_device *device,
                             struct label_rows rows);
void source_close(struct source *source);

/* The order of samples and labels in an epoch, the same on every device. */
enum fig_status source_shuffle(struct source *source, uint64_t seed, int epoch);
/* To be called before a batch that begins with sample `first` of the order. */
enum fig_status source_reach(struct source *source, int first);

#endif
