/* SPDX-License-Identifier: MIT */
/* Generative adversarial networks: the generator draws samples of noise, and the discriminator sees
 * the data in the generator's range. */
#include "model/config.h"

static const char *const keys[] = { GENERATOR_KEYS, NULL };

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    struct stack stack = stack_of(model, "generator", params);
    stack.labels = model->labels;
    model->prior = true;
    model->seed = fig_input(model->graph, "noise", fig_shape2(params->batch, config->latent));
    struct fig_node *drawn = generator_draw(config, &stack, model->seed);
    TRY(fig_graph_status(model->graph));
    TRY(check_range(config, PART_GENERATOR, drawn, params));
    TRY(add_generator_contest(model, config, params, to_range(config, PART_GENERATOR, images)));
    drawn = as_images(generator_show(model, config, params, model->seed), params);
    model->drawn = from_range(config, PART_GENERATOR, drawn);
    return fig_graph_status(model->graph);
}

const struct family gan_family = {
    .name = "gan",
    .parts = 1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .optimizers = 1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .labels = 1 << LABELS_CONDITION,
    .told = 1 << PART_GENERATOR | 1 << PART_DISCRIMINATOR,
    .keys = keys,
    .read = read_generator,
    .build = build,
};
