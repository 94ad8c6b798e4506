/* SPDX-License-Identifier: MIT */
/* Variational autoencoders whose decoder is also a generator (Larsen et al., 2016): what a
 * reconstruction has to match are not the pixels but the features that the discriminator sees in
 * them, the output of one of its layers.  Three phases:
 *     encoder        beta KL(q(z|x) || p(z)) + E, where E = 1/2 |features(x) - features(x')|^2 for
 *                    the reconstruction x' of a code of q(z|x); beta is warmed up, and the
 *                    divergence what is beyond the free bits, where that is asked for
 *     discriminator  x against x' and decoded codes of p(z) = N(0, 1), as many of each
 *     generator      the decoder: to pass with both of them, + gamma E
 * Each meets the networks as the one before left them, where the paper has all gradients of one
 * point.  What is drawn is decoded noise. */
#include <math.h>

#include "base/random.h"
#include "model/config.h"

static const char *const keys[] = { "gamma", "feature-layer", DIVERGENCE_KEYS, GENERATOR_KEYS,
                                    NULL };

/* A layer of the discriminator before its last one; the one before it unless told otherwise. */
static enum fig_status read_feature_layer(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *layer = yaml_find(root, "feature-layer");
    const int count = config->networks[PART_DISCRIMINATOR].count;
    if (count < 2)
        return yaml_fail(config->networks[PART_DISCRIMINATOR].at, "expected at least two layers: "
                         "the features of a vae-gan are the output of one before the last");
    config->feature_layer = count - 2;
    TRY(yaml_int(layer, 0, count - 2, &config->feature_layer));
    return put_default(&config->document, "feature-layer", config->feature_layer);
}

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    const struct yaml_range from_zero = { .high = INFINITY, .below = true };
    config->gamma = 1;
    TRY(read_divergence(config, root));
    TRY(yaml_number(yaml_find(root, "gamma"), &from_zero, &config->gamma));
    TRY(put_default(&config->document, "gamma", config->gamma));
    TRY(read_feature_layer(config, root));
    TRY(read_generator(config, root));
    if (config->pack > 1)
        return yaml_fail(yaml_find(root, "pack"), "%d: features are compared of single samples: "
                         "expected 1", config->pack);
    return FIG_OK;
}

static struct fig_node *features(struct fig_model *model, const struct fig_config *config,
                                 const struct fig_model_params *params, struct fig_node *samples)
{
    struct stack stack = stack_of(model, "discriminator", params);
    stack.labels = model->labels;
    struct network network = config->networks[PART_DISCRIMINATOR];
    network.count = config->feature_layer + 1;
    return network_apply(&network, &stack, samples, NULL);
}

static struct fig_node *decode(const struct fig_config *config, struct stack *stack,
                               struct fig_node *code)
{
    return network_apply(&config->networks[PART_DECODER], stack, code, NULL);
}

/* Images of a code, by the decoder of parameters `prefix`. */
static struct fig_node *draw(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, const char *prefix,
                             struct fig_node *code)
{
    struct stack stack = stack_of(model, prefix, params);
    stack.labels = model->labels;
    return from_range(config, PART_DECODER, as_images(decode(config, &stack, code), params));
}

/* The encoder's codes are for the decoder that it learns with; noise is for its average, if any. */
static void add_use(struct fig_model *model, const struct fig_config *config,
                    const struct fig_model_params *params, const struct posterior *posterior)
{
    const struct fig_shape shape = fig_node_shape(posterior->mean);
    model->code = posterior->mean;
    model->divergences = divergences(posterior);
    model->rebuilt = draw(model, config, params, "decoder", model->code);
    model->code_in = fig_input(model->graph, "code", shape);
    model->decoded = draw(model, config, params, "decoder", model->code_in);
    model->prior = true;
    model->seed = fig_input(model->graph, "noise", shape);
    model->drawn = draw(model, config, params, config->ema > 0 ? "average.decoder" : "decoder",
                        model->seed);
}

static void add_encoder(struct fig_model *model, const struct fig_config *config,
                        const struct fig_model_params *params, const struct stack *encoder,
                        const struct posterior *posterior, struct fig_node *error)
{
    struct fig_phase *phase = add_phase(model, "encoder");
    struct fig_node *kl = weigh_divergence(phase, model, config, params->training, posterior);
    phase->tested = true;
    add_updates(phase, encoder);
    add_loss(phase, "encoder", fig_add(kl, error));
    add_loss(phase, "kl", divergence(posterior, 0));
    add_loss(phase, "features", error);
    if (params->training)
        phase->step = fig_optimize(phase->losses[0], "encoder.",
                                   &config->optimizers[PART_ENCODER]);
}

/* Networks and codes, as far as the phases share them. */
struct pass {
    struct stack encoder, decoder;
    struct posterior posterior;
    struct fig_node *drawn; /* reconstructions, and behind them decoded noise */
};

static enum fig_status run_networks(struct pass *pass, struct fig_model *model,
                                    const struct fig_config *config,
                                    const struct fig_model_params *params,
                                    struct fig_node *images)
{
    pass->encoder = stack_of(model, "encoder", params);
    pass->decoder = stack_of(model, "decoder", params);
    pass->encoder.labels = model->labels;
    pass->decoder.labels = model->labels ? fig_concat(model->labels, model->labels, 0) : NULL;
    pass->posterior = encode_posterior(model->graph, config, &pass->encoder, images, 1);
    struct fig_node *noise = fig_normal(model->graph, fig_shape2(params->batch, config->latent),
                                        STREAM_NOISE + 1);
    pass->drawn = decode(config, &pass->decoder, fig_concat(pass->posterior.code, noise, 0));
    TRY(fig_graph_status(model->graph));
    return check_range(config, PART_DECODER, pass->drawn, params);
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    struct pass pass;
    TRY(run_networks(&pass, model, config, params, images));
    struct fig_node *real = to_range(config, PART_DECODER, images);
    struct fig_node *drawn = fig_reshape(pass.drawn, fig_shape4(
        2 * params->batch, params->height, params->width, params->channels));
    struct fig_node *rebuilt = fig_slice(drawn, 0, 0, params->batch);
    struct fig_node *error = fig_affine(
        fig_loss_mse(features(model, config, params, rebuilt),
                     features(model, config, params, real), FIG_SUM), 0.5, 0);
    add_encoder(model, config, params, &pass.encoder, &pass.posterior, error);
    TRY(add_contest(&(struct contest){
        .model = model, .graph = model->graph, .config = config, .params = params,
        .matches = { { .judge = "discriminator", .real = real, .fake = drawn, .passing = drawn,
                       .labels = model->labels } },
        .match_count = 1, .beside = fig_affine(error, config->gamma, 0),
        .generator = pass.decoder, .optimizer = &config->optimizers[PART_DECODER] }));
    add_use(model, config, params, &pass.posterior);
    return fig_graph_status(model->graph);
}

const struct family vae_gan_family = {
    .name = "vae-gan",
    .parts = 1 << PART_ENCODER | 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .optimizers = 1 << PART_ENCODER | 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .labels = 1 << LABELS_CONDITION,
    .told = 1 << PART_ENCODER | 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .keys = keys,
    .read = read,
    .build = build,
};
