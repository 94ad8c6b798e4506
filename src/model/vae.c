/* SPDX-License-Identifier: MIT */
/* Variational autoencoders (Kingma and Welling, 2014).  The loss is the negative evidence bound in
 * nats per sample: the reconstruction error summed over a sample's values, plus beta times the KL
 * divergence of the code from N(0, 1); or, with several samples, the negative importance-weighted
 * bound. */
#include "base/random.h"
#include "model/binarize.h"
#include "model/config.h"
#include "nn/param.h"

static const char *const keys[] = { "loss", "reduction", "latent", "samples", "binarize",
                                    DIVERGENCE_KEYS, NULL };

/* Against a mean over the values the divergence would weigh as many times too much as there are
 * values: it would go to 0, and no code would tell anything. */
static enum fig_status check_reduction(const struct fig_config *config,
                                       const struct yaml *reduction)
{
    if (config->reduction == FIG_SUM)
        return FIG_OK;
    return yaml_fail(reduction, "mean: the divergence is summed over the code and would outweigh a "
                     "mean over the values until no code tells anything: expected sum, or no "
                     "such key");
}

/* Importance weights hold the divergence within them. */
static enum fig_status check_samples(const struct fig_config *config, const struct yaml *samples)
{
    if (config->samples == 1 ||
        (config->beta == 1 && config->beta_warmup == 0 && config->free_bits == 0))
        return FIG_OK;
    return yaml_fail(samples, "%d: an importance-weighted bound has no divergence that could be "
                     "weighed: expected samples 1, or beta 1, beta-warmup 0 and free-bits 0",
                     config->samples);
}

static enum fig_status read_weights(struct fig_config *config, const struct yaml *root)
{
    config->samples = 1;
    TRY(read_divergence(config, root));
    TRY(yaml_int(yaml_find(root, "samples"), 1, 1 << 16, &config->samples));
    TRY(check_samples(config, yaml_find(root, "samples")));
    return put_default(&config->document, "samples", config->samples);
}

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *latent;
    TRY(read_reconstruction(config, root, FIG_SUM));
    TRY(check_reduction(config, yaml_find(root, "reduction")));
    TRY(yaml_require(root, "latent", &latent));
    TRY(yaml_int(latent, 1, 1 << 16, &config->latent));
    TRY(read_weights(config, root));
    return read_binarize(&config->document, &config->settings.binarize);
}

/* --- Networks */

/* `count` blocks of all rows of x. */
static struct fig_node *repeat(struct fig_node *x, int count)
{
    if (!x || count == 1)
        return x;
    struct fig_shape shape = fig_node_shape(x);
    const int values = shape.dim[0] * row_length(x);
    shape.dim[0] *= count;
    return fig_reshape(fig_broadcast(fig_reshape(x, fig_shape1(values)),
                                     fig_shape2(count, values)), shape);
}

struct posterior encode_posterior(struct fig_graph *graph, const struct fig_config *config,
                                  struct stack *stack, struct fig_node *images, int samples)
{
    struct fig_node *body = network_apply(&config->networks[PART_ENCODER], stack, images, NULL);
    struct fig_node *mean = repeat(fig_dense(body, "encoder.mean", config->latent), samples);
    struct fig_node *logvar = repeat(fig_dense(body, "encoder.logvar", config->latent), samples);
    if (!mean)
        return (struct posterior){ 0 };
    struct fig_node *noise = fig_normal(graph, fig_node_shape(mean), STREAM_NOISE);
    struct fig_node *deviation = fig_exp(fig_affine(logvar, 0.5, 0));
    return (struct posterior){ mean, logvar, noise, fig_add(mean, fig_mul(noise, deviation)) };
}

/* Images of a code, by the decoder from its first layer on. */
static struct fig_node *draw(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *code)
{
    struct stack stack = stack_of(model, "decoder", params);
    stack.labels = model->labels;
    struct fig_node *logits;
    return as_images(decoder_draw(config, &stack, code, &logits), params);
}

/* Both networks, from images to what the decoder makes of `samples` codes of each. */
struct pass {
    int samples;
    struct stack encoder, decoder;
    struct posterior posterior;
    struct fig_node *drawn, *logits, *targets; /* `samples` blocks of images */
};

static enum fig_status run_networks(struct pass *pass, struct fig_model *model,
                                    const struct fig_config *config,
                                    const struct fig_model_params *params,
                                    struct fig_node *images)
{
    pass->encoder = stack_of(model, "encoder", params);
    pass->decoder = stack_of(model, "decoder", params);
    pass->encoder.labels = model->labels;
    pass->decoder.labels = repeat(model->labels, pass->samples);
    pass->targets = repeat(images, pass->samples);
    pass->posterior = encode_posterior(model->graph, config, &pass->encoder, images,
                                       pass->samples);
    pass->drawn = decoder_draw(config, &pass->decoder, pass->posterior.code, &pass->logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, pass->drawn, params));
    pass->drawn = fig_reshape(pass->drawn, fig_node_shape(pass->targets));
    pass->logits = fig_reshape(pass->logits, fig_node_shape(pass->targets));
    return FIG_OK;
}

static struct fig_node *errors_of(const struct fig_config *config, const struct pass *pass)
{
    return reconstruction_errors(config, pass->drawn, pass->logits, pass->targets);
}

/* --- Phases */

static void add_losses(struct fig_phase *phase, struct fig_model *model,
                       const struct fig_config *config, bool training, const struct pass *pass)
{
    struct fig_node *error = reconstruction_loss(config, pass->drawn, pass->logits, pass->targets,
                                                 FIG_SUM);
    struct fig_node *kl = divergence(&pass->posterior, 0), *loss;
    if (config->samples > 1)
        loss = fig_neg(weighted_bound(&pass->posterior, errors_of(config, pass), config->samples));
    else
        loss = fig_add(error, weigh_divergence(phase, model, config, training, &pass->posterior));
    phase->tested = true;
    add_loss(phase, "loss", loss);
    add_loss(phase, "reconstruction", error);
    add_loss(phase, "kl", kl);
}

/* All codes of a batch are in the graph at once. */
static enum fig_status check_blocks(const struct fig_config *config,
                                    const struct fig_model_params *params)
{
    const int values = sample_values(params);
    if (size_fits(config->samples, params->batch, values, 1) &&
        size_fits(config->samples, params->batch, config->latent, 1))
        return FIG_OK;
    return yaml_fail(yaml_find(config->document.root, "samples"), "%d codes of each of %d images: "
                     "expected fewer than 2^31 values in all; a code has %d, an image %d",
                     config->samples, params->batch, config->latent, values);
}

static enum fig_status add_training(struct fig_model *model, const struct fig_config *config,
                                    const struct fig_model_params *params,
                                    struct fig_node *images)
{
    struct pass pass = { .samples = config->samples };
    TRY(check_blocks(config, params));
    images = binarize_images(config->settings.binarize, model->graph, images);
    TRY(run_networks(&pass, model, config, params, images));
    struct fig_phase *phase = add_phase(model, "train");
    add_losses(phase, model, config, params->training, &pass);
    add_updates(phase, &pass.encoder);
    add_updates(phase, &pass.decoder);
    TRY(fig_graph_status(model->graph));
    if (!params->training)
        return FIG_OK;
    return add_autoencoder_step(phase, config, &(struct pupils){
        .all = "encoder.,decoder.", .encoder = "encoder.",
        .decoder = pass.decoder.next ? "decoder." : NULL });
}

static enum fig_status add_use(struct fig_model *model, const struct fig_config *config,
                               const struct fig_model_params *params, struct fig_node *images)
{
    struct pass pass = { .samples = 1 };
    TRY(run_networks(&pass, model, config, params, images));
    model->divergences = divergences(&pass.posterior);
    model->likelihoods = likelihoods(&pass.posterior, errors_of(config, &pass));
    model->code = pass.posterior.mean;
    model->rebuilt = draw(model, config, params, model->code);
    model->prior = true;
    model->seed = fig_input(model->graph, "code", fig_node_shape(model->code));
    model->drawn = draw(model, config, params, model->seed);
    return FIG_OK;
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    TRY(add_training(model, config, params, images));
    if (!params->training)
        TRY(add_use(model, config, params, images));
    return fig_graph_status(model->graph);
}

const struct family vae_family = {
    .name = "vae",
    .parts = 1 << PART_ENCODER | 1 << PART_DECODER,
    .optimizers = 1 << PART_ENCODER | 1 << PART_DECODER,
    .labels = 1 << LABELS_CONDITION,
    .told = 1 << PART_ENCODER | 1 << PART_DECODER,
    .keys = keys,
    .read = read,
    .build = build,
};
