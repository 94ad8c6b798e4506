/* SPDX-License-Identifier: MIT */
/* Generators: from noise to what a discriminator takes for real. */
#include "base/random.h"
#include "model/config.h"

struct fig_node *generator_draw(const struct fig_config *config, struct stack *stack,
                                struct fig_node *noise)
{
    stack->next = 0;
    stack->update_count = 0;
    return network_apply(&config->networks[PART_GENERATOR], stack, noise, NULL);
}

enum fig_status add_generator_contest(struct fig_model *model, const struct fig_config *config,
                                      const struct fig_model_params *params, struct fig_node *real)
{
    const struct fig_shape shape = fig_shape2(params->batch, config->latent);
    struct contest contest = {
        .model = model, .graph = model->graph, .config = config, .params = params, .real = real,
        .generator = stack_of(model, "generator", params),
        .optimizer = &config->optimizers[PART_GENERATOR], .labels = model->labels };
    contest.generator.labels = model->labels;
    struct fig_node *noise[2];
    for (int k = 0; k < 2; k++)
        noise[k] = fig_normal(model->graph, shape, STREAM_NOISE + (uint32_t)k);
    contest.fake = fig_reshape(generator_draw(config, &contest.generator, noise[0]),
                               fig_node_shape(real));
    contest.passing = fig_reshape(generator_draw(config, &contest.generator, noise[1]),
                                  fig_node_shape(real));
    return add_contest(&contest);
}
