/* SPDX-License-Identifier: MIT */
/* What models do with labels. */
#include <math.h>

#include "base/random.h"
#include "base/size.h"
#include "model/config.h"

static const char *const uses[] = {
    [LABELS_NONE] = "none",
    [LABELS_CONDITION] = "condition",
    [LABELS_CLASSIFY] = "classify",
};

static bool can_use(const struct fig_config *config, size_t use)
{
    return use == LABELS_NONE || config->family->labels >> use & 1;
}

static enum fig_status read_use(struct fig_config *config)
{
    const char *names[LENGTH(uses) + 1] = { NULL };
    size_t kinds[LENGTH(uses)];
    int count = 0, choice = 0;
    for (size_t use = 0; use < LENGTH(uses); use++) {
        if (can_use(config, use)) {
            names[count] = uses[use];
            kinds[count++] = use;
        }
    }
    TRY(yaml_choice(config->labels.at, names, &choice));
    config->labels.use = (enum label_use)kinds[choice];
    return FIG_OK;
}

/* Each network that is told labels has a place where they can enter. */
static enum fig_status check_networks(const struct fig_config *config)
{
    for (int part = 0; part < PARTS; part++) {
        const struct network *network = &config->networks[part];
        if (config->family->told >> part & 1 && !network_weighs(network))
            return yaml_fail(network->at, "labels: condition: expected a dense, conv or deconv "
                             "layer, through which labels can enter");
    }
    return FIG_OK;
}

static enum fig_status read_classifier(struct fig_config *config, const struct yaml *root)
{
    const struct yaml_range positive = { .high = INFINITY, .above = true, .below = true };
    const struct yaml_range part = { .high = 1, .above = true };
    config->labels.weight = 1;
    TRY(yaml_number(yaml_find(root, "label-weight"), &positive, &config->labels.weight));
    TRY(yaml_number(yaml_find(root, "label-fraction"), &part, &config->settings.labels));
    TRY(put_default(&config->document, "label-weight", config->labels.weight));
    return put_default(&config->document, "label-fraction", config->settings.labels);
}

static enum fig_status refuse_classifier(const struct yaml *root)
{
    static const char *const keys[] = { "label-weight", "label-fraction" };
    for (size_t i = 0; i < LENGTH(keys); i++) {
        if (yaml_find(root, keys[i]))
            return yaml_fail(yaml_find(root, keys[i]), "only with labels: classify");
    }
    return FIG_OK;
}

enum fig_status read_label_use(struct fig_config *config, const struct yaml *root)
{
    config->labels.at = yaml_find(root, "labels");
    TRY(read_use(config));
    TRY(put_word(&config->document, config->labels.at, "labels", uses[LABELS_NONE]));
    config->settings.labels = config->labels.use == LABELS_NONE ? 0 : 1;
    if (config->labels.use == LABELS_CLASSIFY)
        return read_classifier(config, root);
    TRY(refuse_classifier(root));
    return config->labels.use == LABELS_CONDITION ? check_networks(config) : FIG_OK;
}

enum fig_status add_labels(struct fig_model *model, const struct fig_config *config,
                           const struct fig_model_params *params)
{
    if (config->labels.use == LABELS_NONE)
        return FIG_OK;
    if (!params->classes)
        return yaml_fail(config->labels.at, "expected data that have labels; these have none");
    if (config->labels.use == LABELS_CLASSIFY && params->classes < 2)
        return yaml_fail(config->labels.at, "expected data of several classes; these have one");
    model->conditional = model->conditional_decoder = config->labels.use == LABELS_CONDITION;
    model->labels = fig_input(model->graph, "labels", fig_shape2(params->batch, params->classes));
    return fig_graph_status(model->graph);
}

void add_classification(struct fig_phase *phase, const char *name,
                        const struct fig_config *config, const struct classification *what)
{
    struct fig_node *error = fig_loss_cross_entropy(what->logits, what->labels);
    struct fig_node *weighted = fig_affine(error, config->labels.weight, 0);
    add_loss(phase, name, fig_add(what->others, weighted));
    add_loss(phase, "reconstruction", what->reconstruction);
    add_loss(phase, "classification", error);
    if (what->testing || config->settings.labels == 1)
        add_loss(phase, "accuracy", fig_accuracy(what->logits, what->labels));
}

/* For u of [0, classes) column k of `steps` is 1 where u >= k: the class is where they end. */
struct fig_node *draw_classes(struct fig_graph *graph, const struct fig_model_params *params)
{
    const int batch = params->batch, classes = params->classes;
    double starts[FIG_CLASSES];
    for (int k = 0; k < classes; k++)
        starts[k] = k;
    struct fig_node *drawn = fig_uniform(graph, fig_shape2(batch, 1), STREAM_NOISE + 1);
    struct fig_node *start = fig_values(graph, fig_shape1(classes), starts);
    struct fig_node *u = fig_broadcast(fig_affine(drawn, classes, 0), fig_shape2(batch, classes));
    struct fig_node *steps = fig_keep(fig_sub(u, start), 0, 1);
    struct fig_node *later = fig_concat(fig_slice(steps, 1, 1, classes),
                                        fig_constant(graph, fig_shape2(batch, 1), 0), 1);
    return fig_sub(steps, later);
}
