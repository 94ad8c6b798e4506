/* SPDX-License-Identifier: MIT */
/* A configuration as families see it. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <figment/model.h>

#include "model/layers.h"

enum loss_kind { LOSS_MSE, LOSS_BCE, LOSS_L1 };

struct fig_config {
    struct document document;
    struct fig_settings settings;
    const struct family *family;
    struct network encoder, decoder;
    enum loss_kind loss;
    enum fig_reduction reduction;
};

/* A family of models: one file each, one row in family.c. */
struct family {
    const char *name;
    const char *const *keys; /* its own, beside those that all have; ends with NULL */
    enum fig_status (*read)(struct fig_config *config, const struct yaml *root);
    /* Adds nodes and phases to a model that has its graph and its images; an error of shapes is
     * in the graph. */
    enum fig_status (*build)(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images);
};

extern const struct family autoencoder_family;

/* The family of that name; the error lists all. */
enum fig_status family_find(const struct yaml *name, const struct family **out);

/* The text of a reference model, NULL if there is none of that name. */
const char *reference_text(const char *name);

#endif
