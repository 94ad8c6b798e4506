/* SPDX-License-Identifier: MIT */
/* Latent GANs: an autoencoder, and a GAN whose samples are codes of it; what is drawn is decoded.
 * Three phases per batch: the autoencoder, then the contest on the codes of the encoder as just
 * updated, which it does not change.  The autoencoder may train alone for the first epochs
 * (`pretrain`), and then stay as it is (`joint: false`).
 *
 * With labels: condition, generator and discriminator are told the class whose codes they draw and
 * see; the autoencoder is not. */
#include "model/config.h"

static const char *const keys[] = { "loss", "reduction", "pretrain", "joint", GENERATOR_KEYS,
                                    NULL };

static enum fig_status read_turns(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *pretrain = yaml_find(root, "pretrain"), *joint = yaml_find(root, "joint");
    config->joint = true;
    TRY(yaml_int(pretrain, 0, 1 << 24, &config->pretrain));
    TRY(yaml_bool(joint, &config->joint));
    if (!config->joint && !config->pretrain)
        return yaml_fail(joint, "the autoencoder would never train: expected a pretrain of at "
                         "least 1 epoch, or joint: true");
    TRY(put_default(&config->document, "pretrain", config->pretrain));
    return put_word(&config->document, joint, "joint", "true");
}

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    TRY(read_turns(config, root));
    TRY(read_reconstruction(config, root, FIG_MEAN));
    return read_generator(config, root);
}

/* --- The autoencoder */

static enum fig_status add_autoencoder(struct fig_model *model, const struct fig_config *config,
                                       const struct fig_model_params *params,
                                       struct fig_node *images)
{
    struct stack encoder = stack_of(model, "encoder", params);
    struct stack decoder = stack_of(model, "decoder", params);
    struct fig_node *logits;
    model->code = network_apply(&config->networks[PART_ENCODER], &encoder, images, NULL);
    struct fig_node *rebuilt = decoder_draw(config, &decoder, model->code, &logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, rebuilt, params));
    model->rebuilt = as_images(rebuilt, params);
    struct fig_phase *phase = add_phase(model, "autoencoder");
    phase->tested = true;
    phase->end_epoch = config->joint ? 0 : config->pretrain;
    add_updates(phase, &encoder);
    add_updates(phase, &decoder);
    add_loss(phase, "autoencoder", reconstruction_loss(config, model->rebuilt,
                                                       as_images(logits, params), images,
                                                       config->reduction));
    if (params->training)
        phase->step = fig_optimize(phase->losses[0], "encoder.,decoder.",
                                   &config->optimizers[PART_ENCODER]);
    return fig_graph_status(model->graph);
}

/* --- The generator of codes */

static enum fig_status check_codes(const struct fig_config *config, const struct fig_node *code,
                                   const struct fig_node *drawn)
{
    const struct network *generator = &config->networks[PART_GENERATOR];
    const int length = row_length(code), found = row_length(drawn);
    if (found == length)
        return FIG_OK;
    return yaml_fail(generator->layers[generator->count - 1].at,
                     "the generator draws codes of %d values, the encoder makes codes of %d", found,
                     length);
}

/* Images of codes that are not the encoder's own. */
static struct fig_node *draw(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *code)
{
    struct stack stack = stack_of(model, "decoder", params);
    struct fig_node *logits;
    return as_images(decoder_draw(config, &stack, code, &logits), params);
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    TRY(add_autoencoder(model, config, params, images));
    struct stack stack = stack_of(model, "generator", params);
    stack.labels = model->labels;
    model->conditional_decoder = false;
    model->prior = true;
    model->pretrain = config->pretrain;
    model->seed = fig_input(model->graph, "noise", fig_shape2(params->batch, config->latent));
    struct fig_node *drawn = generator_draw(config, &stack, model->seed);
    TRY(fig_graph_status(model->graph));
    TRY(check_codes(config, model->code, drawn));
    TRY(add_generator_contest(model, config, params,
                              fig_reshape(fig_detach(model->code), fig_node_shape(drawn))));
    drawn = generator_show(model, config, params, model->seed);
    model->drawn = draw(model, config, params, fig_reshape(drawn, fig_node_shape(model->code)));
    if (!params->training) {
        model->code_in = fig_input(model->graph, "code", fig_node_shape(model->code));
        model->decoded = draw(model, config, params, model->code_in);
    }
    return fig_graph_status(model->graph);
}

const struct family latent_gan_family = {
    .name = "latent-gan",
    .parts = 1 << PART_ENCODER | 1 << PART_DECODER |
             1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .optimizers = 1 << PART_ENCODER | 1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .labels = 1 << LABELS_CONDITION,
    .told = 1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .keys = keys,
    .read = read,
    .build = build,
};
