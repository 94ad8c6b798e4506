/* SPDX-License-Identifier: MIT */
/* What a training goes on from. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include <figment/model.h>
#include <figment/plan.h>

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

/* Everything: RUN/checkpoint.safetensors.  Loading refuses a file that does not have just the
 * tensors of the store, or that another training wrote: see changes.h. */
enum fig_status checkpoint_save(const char *folder, const struct fig_config *config,
                                struct fig_store *store, const struct place *place);
enum fig_status checkpoint_load(const char *folder, const struct fig_config *config,
                                struct fig_store *store, struct place *place);

#endif
