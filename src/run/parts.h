/* SPDX-License-Identifier: MIT */
/* A trained model in use: its graph for one batch size, and a plan for each of its parts. */
#ifndef RUN_PARTS_H
#define RUN_PARTS_H

#include <figment/plan.h>
#include <figment/run.h>

#include "base/text.h"
#include "run/labels.h"
#include "run/model_file.h"

enum { RUN_ROWS = 128, RUN_VALUES = 1 << 21 }; /* at a time: so many, fewer of large samples */

/* Each goes from an input of the model to an output, row by row. */
enum part_kind { PART_ENCODE, PART_REBUILD, PART_CORRUPT, PART_CLASSIFY, PART_DIVERGENCES,
                 PART_LIKELIHOODS, PART_DRAW, PART_DECODE, RUN_PARTS };

struct fig_run {
    struct fig_config *config; /* NULL when borrowed */
    const struct fig_config *used;
    struct fig_device *device;
    struct fig_store *store, *own; /* `own` is NULL when borrowed */
    struct fig_model *model;
    int rows; /* that the plans take at a time */
    struct fig_plan *plans[RUN_PARTS]; /* made when first asked for */
    struct fig_run_info info;
    struct model_file file; /* as it was when the run was opened; empty when borrowed */
    struct text names; /* of the classes, a zero behind each; empty when borrowed */
    struct classes drawn, given; /* of what is made of noise and codes, and of images */
    struct fig_scaling scaling; /* of a table's columns; no columns if there is none */
};

/* Values of one row. */
size_t row_values(const struct fig_node *node);

#endif
