/* SPDX-License-Identifier: MIT */
/* Variational autoencoders (Kingma and Welling, 2014).  The loss is the negative evidence bound in nats
 * per sample: the reconstruction error summed over a sample's values, plus the KL divergence of the
 * code from N(0, 1). */
#include <math.h>

#include "base/random.h"
#include "model/config.h"

static const char *const keys[] = { "loss", "latent", "beta", NULL };

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *latent;
    const struct yaml_range from_zero = { .high = INFINITY, .below = true };
    TRY(read_reconstruction(config, root, PART_DECODER));
    TRY(yaml_require(root, "latent", &latent));
    TRY(yaml_int(latent, 1, 1 << 16, &config->latent));
    config->beta = 1;
    TRY(yaml_number(yaml_find(root, "beta"), &from_zero, &config->beta));
    return yaml_find(root, "beta") ? FIG_OK : document_put(&config->document, "beta", "1");
}

/* 1/2 (e^logvar - 1 - logvar + mean^2), summed over the code, meant over the batch. */
static struct fig_node *divergence(struct fig_node *mean, struct fig_node *logvar)
{
    struct fig_node *terms = fig_add(fig_sub(fig_expm1(logvar), logvar), fig_square(mean));
    return fig_affine(fig_sum(terms), 0.5 / fig_node_shape(mean).dim[0], 0);
}

static struct fig_node *draw_code(struct fig_model *model, struct fig_node *mean,
                                  struct fig_node *logvar)
{
    struct fig_node *noise = fig_normal(model->graph, fig_node_shape(mean), STREAM_NOISE);
    return fig_add(mean, fig_mul(noise, fig_exp(fig_affine(logvar, 0.5, 0))));
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

static void add_losses(struct fig_phase *phase, const struct fig_config *config,
                       const struct fig_model_params *params, struct fig_node *reconstruction,
                       struct fig_node *kl)
{
    struct fig_node *loss = fig_add(reconstruction, fig_affine(kl, config->beta, 0));
    phase->tested = true;
    add_loss(phase, "loss", loss);
    add_loss(phase, "reconstruction", reconstruction);
    add_loss(phase, "kl", kl);
    if (params->training)
        phase->step = fig_optimize(loss, "encoder.,decoder.", &config->settings.optimizer);
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    struct stack encoder = stack_of(model, "encoder", params);
    struct stack decoder = stack_of(model, "decoder", params);
    encoder.labels = decoder.labels = model->labels;
    struct fig_node *logits;
    struct fig_node *body = network_apply(&config->networks[PART_ENCODER], &encoder, images, NULL);
    struct fig_node *mean = fig_dense(body, "encoder.mean", config->latent);
    struct fig_node *logvar = fig_dense(body, "encoder.logvar", config->latent);
    struct fig_node *code = draw_code(model, mean, logvar);
    struct fig_node *drawn = decode(config, &decoder, code, &logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, drawn, params));

    drawn = as_images(drawn, params);
    logits = as_images(logits, params);
    struct fig_phase *phase = add_phase(model, "train");
    add_updates(phase, &encoder);
    add_updates(phase, &decoder);
    add_losses(phase, config, params, reconstruction_loss(config, drawn, logits, images, FIG_SUM),
               divergence(mean, logvar));
    if (params->training)
        return fig_graph_status(model->graph);
    model->likelihoods = likelihoods(&(struct posterior){ mean, logvar, code },
                                     reconstruction_errors(config, drawn, logits, images));
    model->code = mean;
    model->rebuilt = draw(model, config, params, mean);
    model->prior = true;
    model->seed = fig_input(model->graph, "code", fig_node_shape(mean));
    model->drawn = draw(model, config, params, model->seed);
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
