/* SPDX-License-Identifier: MIT */
/* A run on a store that somebody else owns: how a training draws what it has learnt. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include <figment/plan.h>
#include <figment/train.h>

#include "train/checkpoint.h"

enum fig_status run_borrow(struct fig_run **out, const struct fig_config *config,
                           struct fig_device *device, struct fig_store *store,
                           struct sample_size size);

struct fig_device *run_device(const struct fig_run *run);

#endif
