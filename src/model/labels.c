/* SPDX-License-Identifier: MIT */
/* What models do with labels. */
#include "model/config.h"

static const char *const uses[] = {
    [LABELS_NONE] = "none",
    [LABELS_CONDITION] = "condition",
    NULL,
};

/* Each network has a place where labels can enter. */
static enum fig_status check_networks(const struct fig_config *config)
{
    for (int part = 0; part < PARTS; part++) {
        const struct network *network = &config->networks[part];
        if (network->count && !network_weighs(network))
            return yaml_fail(network->at, "labels: condition: expected a dense, conv or deconv "
                             "layer, through which labels can enter");
    }
    return FIG_OK;
}

enum fig_status read_label_use(struct fig_config *config, const struct yaml *root)
{
    struct label_plan *labels = &config->labels;
    int use = LABELS_NONE;
    if (!config->family->labels)
        return FIG_OK;
    labels->at = yaml_find(root, "labels");
    TRY(yaml_choice(labels->at, uses, &use));
    labels->use = (enum label_use)use;
    config->settings.labels = use == LABELS_NONE ? 0 : 1;
    if (!labels->at)
        return document_put(&config->document, "labels", uses[LABELS_NONE]);
    return use == LABELS_CONDITION ? check_networks(config) : FIG_OK;
}

enum fig_status add_labels(struct fig_model *model, const struct fig_config *config,
                           const struct fig_model_params *params)
{
    if (config->labels.use == LABELS_NONE)
        return FIG_OK;
    if (!params->classes)
        return yaml_fail(config->labels.at, "expected data that have labels; these have none");
    model->conditional = config->labels.use == LABELS_CONDITION;
    model->labels = fig_input(model->graph, "labels", fig_shape2(params->batch, params->classes));
    return fig_graph_status(model->graph);
}
