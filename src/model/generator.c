/* SPDX-License-Identifier: MIT */
/* Generators: from noise to what a discriminator takes for real, in a range that the last
 * activation has. */
#include "base/random.h"
#include "model/config.h"

enum fig_status read_generator(struct fig_config *config, const struct yaml *root)
{
    const struct yaml_range below_one = { .high = 1, .below = true };
    const struct yaml *latent;
    TRY(yaml_require(root, "latent", &latent));
    TRY(yaml_int(latent, 1, 1 << 16, &config->latent));
    TRY(yaml_number(yaml_find(root, "ema"), &below_one, &config->ema));
    TRY(put_default(&config->document, "ema", config->ema));
    return read_contest(config, root);
}

static enum fig_activation last_activation(const struct fig_config *config, enum part part)
{
    return network_activation(&config->networks[part]);
}

enum fig_status check_range(const struct fig_config *config, enum part part,
                            const struct fig_node *drawn, const struct fig_model_params *params)
{
    const struct network *network = &config->networks[part];
    const enum fig_activation last = last_activation(config, part);
    const bool table = params->height == 1 && params->width == 1;
    TRY(check_drawn(config, part, drawn, params));
    if (last == FIG_TANH || last == FIG_SIGMOID || (table && last == FIG_LINEAR))
        return FIG_OK;
    return yaml_fail(network->layers[network->count - 1].at,
                     "expected tanh or sigmoid as the last activation of a generator of %s, found "
                     "%s", table ? "columns, or linear" : "images", fig_activation_name(last));
}

struct fig_node *to_range(const struct fig_config *config, enum part part, struct fig_node *images)
{
    return last_activation(config, part) == FIG_TANH ? fig_affine(images, 2, -1) : images;
}

struct fig_node *from_range(const struct fig_config *config, enum part part,
                            struct fig_node *drawn)
{
    return last_activation(config, part) == FIG_TANH ? fig_affine(drawn, 0.5, 0.5) : drawn;
}

struct fig_node *generator_draw(const struct fig_config *config, struct stack *stack,
                                struct fig_node *noise)
{
    stack->next = 0;
    stack->update_count = 0;
    return network_apply(&config->networks[PART_GENERATOR], stack, noise, NULL);
}

struct fig_node *generator_show(struct fig_model *model, const struct fig_config *config,
                                const struct fig_model_params *params, struct fig_node *noise)
{
    struct stack stack = stack_of(model, config->ema > 0 ? "average.generator" : "generator",
                                  params);
    stack.labels = model->labels;
    return generator_draw(config, &stack, noise);
}

enum fig_status add_generator_contest(struct fig_model *model, const struct fig_config *config,
                                      const struct fig_model_params *params, struct fig_node *real)
{
    const struct fig_shape shape = fig_shape2(params->batch, config->latent);
    struct contest contest = {
        .model = model, .graph = model->graph, .config = config, .params = params,
        .matches = { { .judge = "discriminator", .real = real, .labels = model->labels } },
        .match_count = 1, .generator = stack_of(model, "generator", params),
        .optimizer = &config->optimizers[PART_GENERATOR] };
    struct match *match = &contest.matches[0];
    contest.generator.labels = model->labels;
    struct fig_node *noise[2];
    for (int k = 0; k < 2; k++)
        noise[k] = fig_normal(model->graph, shape, STREAM_NOISE + (uint32_t)k);
    match->fake = fig_reshape(generator_draw(config, &contest.generator, noise[0]),
                              fig_node_shape(real));
    match->passing = fig_reshape(generator_draw(config, &contest.generator, noise[1]),
                                 fig_node_shape(real));
    return add_contest(&contest);
}
