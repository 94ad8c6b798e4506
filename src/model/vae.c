/* SPDX-License-Identifier: MIT */
/* Variational autoencoders (Kingma and Welling, 2014).  The loss is the negative evidence bound in nats
 * per sample: the reconstruction error summed over a sample's values, plus the KL divergence of the
 * code from N(0, 1). */
#include <math.h>

#include "base/random.h"
#include "model/binarize.h"
#include "model/config.h"

static const char *const keys[] = { "loss", "reduction", "latent", "beta", "binarize", NULL };

/* Against a mean over the values the divergence would weigh as many times too much as there are
 * values: it would go to 0, and no code would tell anything. */
static enum fig_status check_reduction(const struct fig_config *config, const struct yaml *reduction)
{
    if (!reduction || config->reduction == FIG_SUM)
        return FIG_OK;
    return yaml_fail(reduction, "mean: the divergence is summed over the code and would outweigh a "
                     "mean over the values until no code tells anything: expected sum, or no "
                     "such key");
}

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *latent;
    const struct yaml_range from_zero = { .high = INFINITY, .below = true };
    TRY(read_reconstruction(config, root, PART_DECODER));
    TRY(check_reduction(config, yaml_find(root, "reduction")));
    TRY(yaml_require(root, "latent", &latent));
    TRY(yaml_int(latent, 1, 1 << 16, &config->latent));
    TRY(read_binarize(&config->document, &config->settings.binarize));
    config->beta = 1;
    TRY(yaml_number(yaml_find(root, "beta"), &from_zero, &config->beta));
    return yaml_find(root, "beta") ? FIG_OK : document_put(&config->document, "beta", "1");
}

/* --- Networks */

static struct posterior encode(struct fig_graph *graph, const struct fig_config *config,
                               struct stack *stack, struct fig_node *images)
{
    struct fig_node *body = network_apply(&config->networks[PART_ENCODER], stack, images, NULL);
    struct fig_node *mean = fig_dense(body, "encoder.mean", config->latent);
    struct fig_node *logvar = fig_dense(body, "encoder.logvar", config->latent);
    if (!mean)
        return (struct posterior){ NULL };
    struct fig_node *noise = fig_normal(graph, fig_node_shape(mean), STREAM_NOISE);
    struct fig_node *deviation = fig_exp(fig_affine(logvar, 0.5, 0));
    return (struct posterior){ mean, logvar, noise, fig_add(mean, fig_mul(noise, deviation)) };
}

static struct fig_node *decode(const struct fig_config *config, struct stack *stack,
                               struct fig_node *code, struct fig_node **logits)
{
    struct fig_node *out = network_apply(&config->networks[PART_DECODER], stack, code, logits);
    return reconstruction(config, PART_DECODER, out);
}

/* Images of a code, by the decoder from its first layer on. */
static struct fig_node *draw(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *code)
{
    struct stack stack = stack_of(model, "decoder", params);
    stack.labels = model->labels;
    struct fig_node *logits;
    return as_images(decode(config, &stack, code, &logits), params);
}

/* Both networks, from images to what the decoder makes of a code of each. */
struct pass {
    struct stack encoder, decoder;
    struct fig_node *images;
    struct posterior posterior;
    struct fig_node *drawn, *logits;
};

static enum fig_status run_networks(struct pass *pass, struct fig_model *model,
                                    const struct fig_config *config,
                                    const struct fig_model_params *params,
                                    struct fig_node *images)
{
    pass->encoder = stack_of(model, "encoder", params);
    pass->decoder = stack_of(model, "decoder", params);
    pass->encoder.labels = pass->decoder.labels = model->labels;
    pass->images = images;
    pass->posterior = encode(model->graph, config, &pass->encoder, images);
    pass->drawn = decode(config, &pass->decoder, pass->posterior.code, &pass->logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, pass->drawn, params));
    pass->drawn = as_images(pass->drawn, params);
    pass->logits = as_images(pass->logits, params);
    return FIG_OK;
}

/* --- Phases */

static void add_losses(struct fig_phase *phase, const struct fig_config *config,
                       const struct pass *pass)
{
    struct fig_node *error = reconstruction_loss(config, pass->drawn, pass->logits, pass->images,
                                                 FIG_SUM);
    struct fig_node *kl = divergence(&pass->posterior);
    phase->tested = true;
    add_loss(phase, "loss", fig_add(error, fig_affine(kl, config->beta, 0)));
    add_loss(phase, "reconstruction", error);
    add_loss(phase, "kl", kl);
}

static enum fig_status add_training(struct fig_model *model, const struct fig_config *config,
                                    const struct fig_model_params *params,
                                    struct fig_node *images)
{
    struct pass pass;
    images = binarize_images(config->settings.binarize, model->graph, images);
    TRY(run_networks(&pass, model, config, params, images));
    struct fig_phase *phase = add_phase(model, "train");
    add_updates(phase, &pass.encoder);
    add_updates(phase, &pass.decoder);
    add_losses(phase, config, &pass);
    if (params->training)
        phase->step = fig_optimize(phase->losses[0], "encoder.,decoder.",
                                   &config->settings.optimizer);
    return FIG_OK;
}

static enum fig_status add_use(struct fig_model *model, const struct fig_config *config,
                               const struct fig_model_params *params, struct fig_node *images)
{
    struct pass pass;
    TRY(run_networks(&pass, model, config, params, images));
    model->likelihoods = likelihoods(&pass.posterior, reconstruction_errors(config, pass.drawn,
                                                                            pass.logits, images));
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
    .labels = 1 << LABELS_CONDITION,
    .keys = keys,
    .read = read,
    .build = build,
};
