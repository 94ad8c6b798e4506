/* SPDX-License-Identifier: MIT */
/* Adversarial autoencoders (Makhzani et al., 2015): an autoencoder whose encoder is also a generator: its
 * codes shall pass for draws of N(0, 1) before a discriminator.  What is drawn is decoded noise. */
#include "base/random.h"
#include "model/config.h"

static const char *const keys[] = { "loss", "reduction", CONTEST_KEYS, NULL };

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    TRY(read_reconstruction(config, root, PART_DECODER));
    return read_contest(config, root);
}

static struct fig_node *decode(struct fig_model *model, const struct fig_config *config,
                               const struct fig_model_params *params, struct fig_node *code,
                               struct fig_node **logits, struct fig_phase *phase)
{
    struct stack stack = stack_of(model, "decoder", params);
    struct fig_node *out = network_apply(&config->networks[PART_DECODER], &stack, code, logits);
    if (phase)
        add_updates(phase, &stack);
    return reconstruction(config, PART_DECODER, out);
}

static enum fig_status add_autoencoder(struct fig_model *model, const struct fig_config *config,
                                       const struct fig_model_params *params,
                                       struct fig_node *images)
{
    struct fig_node *logits;
    struct fig_phase *phase = add_phase(model, "autoencoder");
    model->rebuilt = decode(model, config, params, model->code, &logits, phase);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, model->rebuilt, params));
    model->rebuilt = as_images(model->rebuilt, params);
    phase->tested = true;
    add_loss(phase, "autoencoder",
             reconstruction_loss(config, model->rebuilt, as_images(logits, params), images,
                                 config->reduction));
    if (params->training)
        phase->step = fig_optimize(phase->losses[0], "encoder.,decoder.",
                                   &config->optimizers[PART_DECODER]);
    return fig_graph_status(model->graph);
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    struct fig_node *logits;
    struct contest contest = { .model = model, .graph = model->graph, .config = config,
                               .params = params, .generator = stack_of(model, "encoder", params),
                               .optimizer = &config->optimizers[PART_ENCODER] };
    model->code = network_apply(&config->networks[PART_ENCODER], &contest.generator, images, NULL);
    TRY(add_autoencoder(model, config, params, images));
    model->prior = true;
    model->seed = fig_input(model->graph, "code", fig_node_shape(model->code));
    model->drawn = as_images(decode(model, config, params, model->seed, &logits, NULL), params);
    contest.real = fig_normal(model->graph, fig_node_shape(model->code), STREAM_NOISE);
    contest.fake = contest.passing = model->code;
    return add_contest(&contest);
}

const struct family aae_family = {
    .name = "aae",
    .parts = 1 << PART_ENCODER | 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .keys = keys,
    .read = read,
    .build = build,
};
