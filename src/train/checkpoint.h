/* SPDX-License-Identifier: MIT */
/* What a training leaves on the disk and goes on from. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include <figment/data.h>
#include <figment/model.h>
#include <figment/plan.h>

#include "base/text.h"
#include "train/session.h"

/* Where a training is. */
struct place {
    uint64_t step;  /* taken so far */
    int epoch;      /* epochs finished */
    int batch;      /* batches done of the next one */
    double seconds; /* of training, over all starts */
    double seen[SESSION_LOSSES]; /* samples of the unfinished epoch that each loss was taken of */
    double sums[SESSION_LOSSES]; /* of the losses over them */
};

struct sample_size {
    int height, width, channels;
    int classes;       /* of the labels that the model uses; 0 if it uses none */
    const struct text *names; /* of the classes, a zero behind each; NULL if there are none */
    const struct fig_scaling *scaling; /* of a table's columns; NULL if there is none */
};

/* Weights, PyTorch's names and layouts, and the scaling as data.mean and data.deviation:
 * RUN/model.safetensors. */
enum fig_status model_save(const char *folder, const struct fig_config *config,
                           struct fig_store *store, const struct place *place,
                           struct sample_size size);
/* What model_save wrote: the size of the samples without names and scaling, and the steps; the
 * names and the scaling, which become the caller's and are empty if there are none; the weights. */
enum fig_status model_size(const char *folder, struct sample_size *size, uint64_t *step);
enum fig_status model_names(const char *folder, struct text *names);
enum fig_status model_scaling(const char *folder, struct fig_scaling *scaling);
enum fig_status model_load(const char *folder, struct fig_store *store);

/* Everything: RUN/checkpoint.safetensors.  Loading refuses a file that does not have just the
 * tensors of the store. */
enum fig_status checkpoint_save(const char *folder, const struct fig_config *config,
                                struct fig_store *store, const struct place *place);
enum fig_status checkpoint_load(const char *folder, const struct fig_config *config,
                                struct fig_store *store, struct place *place);

#endif
