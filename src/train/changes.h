/* SPDX-License-Identifier: MIT */
/* What may change between a checkpoint and the training that goes on from it. */
#ifndef TRAIN_CHANGES_H
#define TRAIN_CHANGES_H

#include <figment/model.h>

/* `before` is the configuration, as YAML, that the checkpoint at `path` was trained with.  What
 * would make it another training is FIG_INVALID; epochs, steps and what changes no number are free;
 * a warning tells of everything else. */
enum fig_status changes_check(const char *path, const char *before,
                              const struct fig_config *config);

#endif
