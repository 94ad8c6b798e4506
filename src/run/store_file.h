/* SPDX-License-Identifier: MIT */
/* The tensors of a store in a file, under their names and in PyTorch's layouts. */
#ifndef RUN_STORE_FILE_H
#define RUN_STORE_FILE_H

#include <stdbool.h>

#include <figment/plan.h>

#include "run/safetensors.h"

/* What is in the file with the parameters and states. */
struct store_file {
    bool moments; /* the optimisers' too, and all in the numbers of the device: a training goes on
                     where it was; else in F32 */
    const struct safe_tensor *others; /* that are not the store's; their names differ from all */
    int other_count;
    struct safe_pair *pairs; /* metadata */
    int pair_count;
};

enum fig_status store_save(const char *path, struct fig_store *store,
                           const struct store_file *file);
/* FIG_FORMAT for a file that has not just these tensors, the others by their number, FIG_NUMERIC
 * for one with a value that is not finite; `path` is for messages. */
enum fig_status store_load(const struct safetensors *content, const char *path,
                           struct fig_store *store, const struct store_file *file);

#endif
