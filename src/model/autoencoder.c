/* SPDX-License-Identifier: MIT */
/* Autoencoders: encoder and decoder, trained to draw their input again.  Parameters are ae.0, ae.1, ...
 * through both networks. */
#include "model/config.h"

static const char *const keys[] = { "encoder", "decoder", "loss", "reduction", NULL };

/* Cross-entropy is computed from logits, so the decoder ends in a sigmoid or leaves it out. */
static enum fig_status check_output(const struct fig_config *config)
{
    const enum fig_activation last = network_activation(&config->decoder);
    if (config->loss == LOSS_BCE && last != FIG_SIGMOID && last != FIG_LINEAR)
        return yaml_fail(config->decoder.layers[config->decoder.count - 1].at,
                         "loss bce: expected sigmoid (or linear) as the last activation, found %s",
                         fig_activation_name(last));
    return FIG_OK;
}

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    static const char *const losses[] = { "mse", "bce", "l1", NULL };
    static const char *const reductions[] = { "mean", "sum", NULL };
    const struct yaml *node;
    int loss, reduction = FIG_MEAN;
    TRY(yaml_require(root, "encoder", &node));
    TRY(network_read(&config->encoder, node));
    TRY(yaml_require(root, "decoder", &node));
    TRY(network_read(&config->decoder, node));
    TRY(yaml_require(root, "loss", &node));
    TRY(yaml_choice(node, losses, &loss));
    TRY(yaml_choice(yaml_find(root, "reduction"), reductions, &reduction));
    config->loss = (enum loss_kind)loss;
    config->reduction = (enum fig_reduction)reduction;
    return check_output(config);
}

static struct fig_node *loss_of(const struct fig_config *config, struct fig_node *rebuilt,
                                struct fig_node *logits, struct fig_node *images)
{
    switch (config->loss) {
    case LOSS_BCE:
        return fig_loss_bce(logits, images, config->reduction);
    case LOSS_L1:
        return fig_loss_l1(rebuilt, images, config->reduction);
    case LOSS_MSE:
        break;
    }
    return fig_loss_mse(rebuilt, images, config->reduction);
}

static struct fig_node *decode(const struct fig_config *config, struct stack *stack,
                               struct fig_node *code, struct fig_node **logits)
{
    struct fig_node *out = network_apply(&config->decoder, stack, code, logits);
    const bool sigmoid_left_out = config->loss == LOSS_BCE &&
                                  network_activation(&config->decoder) == FIG_LINEAR;
    return sigmoid_left_out ? fig_sigmoid(out) : out;
}

static enum fig_status check_sizes(const struct fig_config *config, const struct fig_node *out,
                                   int values)
{
    const int found = fig_node_shape(out).dim[1];
    if (found == values)
        return FIG_OK;
    yaml_fail(config->decoder.layers[config->decoder.count - 1].at,
              "the decoder draws %d values, a sample of the data has %d: expected 'dense %d ...' "
              "or 'dense data ...'", found, values, values);
    return FIG_FORMAT;
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    const int values = params->height * params->width * params->channels;
    struct stack stack = { .prefix = "ae", .values = values, .training = params->training };
    struct fig_node *logits;
    model->code = network_apply(&config->encoder, &stack, images, NULL);
    const int first = stack.next; /* of the decoder's layers */
    model->rebuilt = decode(config, &stack, model->code, &logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_sizes(config, model->rebuilt, values));

    struct fig_phase *phase = &model->phases[model->phase_count++];
    *phase = (struct fig_phase){ .name = "train", .loss_count = 1, .tested = true,
                                 .loss_names = { "loss" } };
    phase->losses[0] = loss_of(config, model->rebuilt, logits, images);
    if (params->training) {
        phase->step = fig_optimize(phase->losses[0], "ae.", &config->settings.optimizer);
    } else {
        stack.next = first;
        model->seed = fig_input(model->graph, "code", fig_node_shape(model->code));
        model->drawn = decode(config, &stack, model->seed, &logits);
    }
    return fig_graph_status(model->graph);
}

const struct family autoencoder_family = { "autoencoder", keys, read, build };
