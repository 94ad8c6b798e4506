/* SPDX-License-Identifier: MIT */
/* A trained model on the disk: RUN/model.safetensors has its weights under PyTorch's names and in
 * its layouts, of a table also the scaling, as data.mean and data.deviation. */
#ifndef RUN_MODEL_FILE_H
#define RUN_MODEL_FILE_H

#include <figment/data.h>
#include <figment/model.h>
#include <figment/plan.h>

#include "base/file.h"
#include "base/text.h"
#include "run/safetensors.h"

struct sample_size {
    int height, width, channels;
    int classes;       /* of the labels that the model uses; 0 if it uses none */
    const struct text *names; /* of the classes, a zero behind each; NULL if there are none */
    const struct fig_scaling *scaling; /* of a table's columns; NULL if there is none */
};

/* After so many steps of training. */
enum fig_status model_save(const char *folder, const struct fig_config *config,
                           struct fig_store *store, uint64_t step, struct sample_size size);

/* What model_save wrote, to be closed when it was opened without an error. */
struct model_file {
    char path[PATH_LIMIT];
    struct safetensors content;
};
enum fig_status model_open(struct model_file *file, const char *folder);
void model_close(struct model_file *file);
/* Of the whole file: what was made of one model is not for another. */
uint64_t model_hash(const struct model_file *file);
/* The size of the samples without names and scaling, and the steps; the names and the scaling,
 * which become the caller's and are empty if there are none; the weights. */
enum fig_status model_size(const struct model_file *file, struct sample_size *size,
                           uint64_t *step);
enum fig_status model_names(const struct model_file *file, struct text *names);
enum fig_status model_scaling(const struct model_file *file, struct fig_scaling *scaling);
enum fig_status model_load(const struct model_file *file, struct fig_store *store);

#endif
