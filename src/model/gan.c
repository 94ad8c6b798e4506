/* SPDX-License-Identifier: MIT */
/* Generative adversarial networks: the generator draws samples, from tanh in [-1, 1], from sigmoid
 * in [0, 1] or, of a table's columns, linear, and the discriminator sees the data in the same range. */
#include "model/config.h"

static const char *const keys[] = { GENERATOR_KEYS, NULL };

/* Pixels are in [0, 1], columns anywhere. */
static enum fig_status check_range(const struct fig_config *config,
                                   const struct fig_model_params *params)
{
    const struct network *generator = &config->networks[PART_GENERATOR];
    const enum fig_activation last = network_activation(generator);
    const bool table = params->height == 1 && params->width == 1;
    if (last == FIG_TANH || last == FIG_SIGMOID || (table && last == FIG_LINEAR))
        return FIG_OK;
    return yaml_fail(generator->layers[generator->count - 1].at,
                     "expected tanh or sigmoid as the last activation of a generator of %s, found "
                     "%s", table ? "columns, or linear" : "images", fig_activation_name(last));
}

static bool draws_signed(const struct fig_config *config)
{
    return network_activation(&config->networks[PART_GENERATOR]) == FIG_TANH;
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    struct stack stack = stack_of(model, "generator", params);
    stack.labels = model->labels;
    model->prior = true;
    model->seed = fig_input(model->graph, "noise", fig_shape2(params->batch, config->latent));
    struct fig_node *drawn = generator_draw(config, &stack, model->seed);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_GENERATOR, drawn, params));
    TRY(check_range(config, params));
    TRY(add_generator_contest(model, config, params,
                              draws_signed(config) ? fig_affine(images, 2, -1) : images));
    drawn = as_images(generator_show(model, config, params, model->seed), params);
    model->drawn = draws_signed(config) ? fig_affine(drawn, 0.5, 0.5) : drawn;
    return fig_graph_status(model->graph);
}

const struct family gan_family = {
    .name = "gan",
    .parts = 1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .labels = 1 << LABELS_CONDITION,
    .keys = keys,
    .read = read_generator,
    .build = build,
};
