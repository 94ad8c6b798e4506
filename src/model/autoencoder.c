/* SPDX-License-Identifier: MIT */
/* Autoencoders: encoder and decoder, trained to draw their input again.  Parameters are ae.0, ae.1, ...
 * through both networks. */
#include "model/config.h"

static const char *const keys[] = { "loss", "reduction", NULL };

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    return read_reconstruction(config, root, PART_DECODER);
}

static struct fig_node *decode(const struct fig_config *config, struct stack *stack,
                               struct fig_node *code, struct fig_node **logits)
{
    struct fig_node *out = network_apply(&config->networks[PART_DECODER], stack, code, logits);
    return reconstruction(config, PART_DECODER, out);
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    struct stack stack = stack_of("ae", params);
    struct fig_node *logits;
    model->code = network_apply(&config->networks[PART_ENCODER], &stack, images, NULL);
    const int first = stack.next; /* of the decoder's layers */
    model->rebuilt = decode(config, &stack, model->code, &logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, model->rebuilt, sample_values(params)));
    model->rebuilt = as_images(model->rebuilt, params);
    logits = as_images(logits, params);

    struct fig_phase *phase = add_phase(model, "train");
    phase->tested = true;
    add_loss(phase, "loss", reconstruction_loss(config, model->rebuilt, logits, images,
                                                config->reduction));
    add_updates(phase, &stack);
    if (params->training) {
        phase->step = fig_optimize(phase->losses[0], "ae.", &config->settings.optimizer);
        return fig_graph_status(model->graph);
    }
    stack.next = first;
    model->seed = fig_input(model->graph, "code", fig_node_shape(model->code));
    model->drawn = as_images(decode(config, &stack, model->seed, &logits), params);
    return fig_graph_status(model->graph);
}

const struct family autoencoder_family = {
    "autoencoder", 1 << PART_ENCODER | 1 << PART_DECODER, keys, read, build };
