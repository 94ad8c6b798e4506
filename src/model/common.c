/* SPDX-License-Identifier: MIT */
/* What several families do alike: reconstructions and their losses, phases. */
#include "model/config.h"

#include <assert.h>

#include "base/size.h"

enum fig_status read_reconstruction(struct fig_config *config, const struct yaml *root,
                                    enum fig_reduction usual)
{
    static const char *const losses[] = { "mse", "bce", "l1", NULL };
    static const char *const reductions[] = { "mean", "sum", NULL };
    const struct network *network = &config->networks[PART_DECODER];
    const enum fig_activation last = network_activation(network);
    const struct yaml *node, *given = yaml_find(root, "reduction");
    int loss = 0, reduction = (int)usual;
    TRY(yaml_require(root, "loss", &node));
    TRY(yaml_choice(node, losses, &loss));
    TRY(yaml_choice(given, reductions, &reduction));
    TRY(put_word(&config->document, given, "reduction", reductions[reduction]));
    config->loss = (enum loss_kind)loss;
    config->reduction = (enum fig_reduction)reduction;
    /* Cross-entropy is computed from logits. */
    if (config->loss == LOSS_BCE && last != FIG_SIGMOID && last != FIG_LINEAR)
        return yaml_fail(network->layers[network->count - 1].at,
                         "loss bce: expected sigmoid (or linear) as the last activation, found %s",
                         fig_activation_name(last));
    return FIG_OK;
}

struct fig_node *decoder_draw(const struct fig_config *config, struct stack *stack,
                              struct fig_node *code, struct fig_node **logits)
{
    const struct network *decoder = &config->networks[PART_DECODER];
    struct fig_node *out = network_apply(decoder, stack, code, logits);
    const bool left_out = config->loss == LOSS_BCE && network_activation(decoder) == FIG_LINEAR;
    return left_out ? fig_sigmoid(out) : from_range(config, PART_DECODER, out);
}

struct fig_node *reconstruction_loss(const struct fig_config *config, struct fig_node *drawn,
                                     struct fig_node *logits, struct fig_node *images,
                                     enum fig_reduction reduction)
{
    switch (config->loss) {
    case LOSS_BCE:
        return fig_loss_bce(logits, images, reduction);
    case LOSS_L1:
        return fig_loss_l1(drawn, images, reduction);
    case LOSS_MSE:
        break;
    }
    return fig_loss_mse(drawn, images, reduction);
}

struct fig_node *reconstruction_errors(const struct fig_config *config, struct fig_node *drawn,
                                       struct fig_node *logits, struct fig_node *images)
{
    switch (config->loss) {
    case LOSS_BCE:
        return fig_bce(logits, images);
    case LOSS_L1:
        return fig_abs(fig_sub(drawn, images));
    case LOSS_MSE:
        break;
    }
    return fig_square(fig_sub(drawn, images));
}

/* Whether the network can draw any number. */
static bool is_unbounded(const struct fig_config *config, const struct network *network)
{
    const enum fig_activation last = network_activation(network);
    return (last == FIG_LINEAR || last == FIG_LEAKY_RELU) && config->loss != LOSS_BCE;
}

/* The layer that makes images of a part of the data's sides, where they have no such part. */
static const struct layer *find_uneven(const struct network *network,
                                       const struct fig_model_params *params)
{
    for (int i = 0; i < network->count; i++) {
        const int share = network->layers[i].share;
        if (share && (params->height % share || params->width % share))
            return &network->layers[i];
    }
    return NULL;
}

static enum fig_status refuse_size(const struct network *network, int found,
                                   const struct fig_model_params *params)
{
    const struct layer *uneven = find_uneven(network, params);
    const int values = sample_values(params);
    if (uneven)
        return yaml_fail(uneven->at, "from '%s' on, this network draws %d values, a sample of the "
                         "data has %d: expected samples whose sides are multiples of %d, found "
                         "%dx%d", uneven->at->text, found, values, uneven->share, params->height,
                         params->width);
    const struct layer *last = &network->layers[network->count - 1];
    if (last->kind == LAYER_DENSE)
        return yaml_fail(last->at, "this network draws %d values, a sample of the data has %d: "
                         "expected 'dense %d ...' or 'dense data ...'", found, values, values);
    return yaml_fail(last->at, "this network draws %d values, a sample of the data has %d: "
                     "expected layers that end with images of %dx%dx%d", found, values,
                     params->height, params->width, params->channels);
}

enum fig_status check_drawn(const struct fig_config *config, enum part part,
                            const struct fig_node *out, const struct fig_model_params *params)
{
    const struct network *network = &config->networks[part];
    if (row_length(out) != sample_values(params))
        return refuse_size(network, row_length(out), params);
    if (params->unbounded && !is_unbounded(config, network))
        return yaml_fail(network->layers[network->count - 1].at,
                         "the data have values outside [0, 1], as standardised tables do: expected "
                         "a linear last layer like 'dense data', and loss mse or l1; found %s%s",
                         fig_activation_name(network_activation(network)),
                         config->loss == LOSS_BCE ? " and loss bce" : "");
    return FIG_OK;
}

struct fig_phase *add_phase(struct fig_model *model, const char *name)
{
    struct fig_phase *phase = &model->phases[model->phase_count++];
    *phase = (struct fig_phase){ .name = name, .every = 1 };
    return phase;
}

void add_loss(struct fig_phase *phase, const char *name, struct fig_node *loss)
{
    phase->losses[phase->loss_count] = loss;
    phase->loss_names[phase->loss_count++] = name;
}

enum fig_status add_autoencoder_step(struct fig_phase *phase, const struct fig_config *config,
                                     const struct pupils *pupils)
{
    const char *const prefixes[] = { [PART_ENCODER] = pupils->encoder,
                                     [PART_DECODER] = pupils->decoder };
    struct fig_group groups[LENGTH(prefixes)];
    struct fig_node *steps[LENGTH(prefixes)];
    int count = 0;
    if (!config->optimizer_at[PART_ENCODER] && !config->optimizer_at[PART_DECODER]) {
        phase->step = fig_optimize(phase->losses[0], pupils->all, &config->settings.optimizer);
        return FIG_OK;
    }
    for (size_t part = 0; part < LENGTH(prefixes); part++) {
        if (prefixes[part])
            groups[count++] = (struct fig_group){ prefixes[part], &config->optimizers[part] };
        else if (config->optimizer_at[part])
            return yaml_fail(config->optimizer_at[part], "there is nothing to learn: expected a "
                             "network with parameters, or no such key");
    }
    TRY(fig_optimize_groups(phase->losses[0], groups, count, steps));
    phase->step = steps[0];
    for (int i = 1; i < count; i++)
        phase->updates[phase->update_count++] = steps[i];
    return FIG_OK;
}

struct stack stack_of(struct fig_model *model, const char *prefix,
                      const struct fig_model_params *params)
{
    return (struct stack){ .prefix = prefix, .training = params->training,
                           .dropouts = &model->dropouts, .height = params->height,
                           .width = params->width, .channels = params->channels };
}

int sample_values(const struct fig_model_params *params)
{
    return params->height * params->width * params->channels;
}

int row_length(const struct fig_node *node)
{
    const struct fig_shape shape = fig_node_shape(node);
    int values = 1;
    for (int i = 1; i < shape.rank; i++)
        values *= shape.dim[i];
    return values;
}

struct fig_node *as_rows(struct fig_node *node)
{
    return fig_reshape(node, fig_shape2(fig_node_shape(node).dim[0], row_length(node)));
}

struct fig_node *as_images(struct fig_node *drawn, const struct fig_model_params *params)
{
    return fig_reshape(drawn, fig_shape4(params->batch, params->height, params->width,
                                         params->channels));
}

void add_updates(struct fig_phase *phase, const struct stack *stack)
{
    assert(phase->update_count + stack->update_count <= FIG_UPDATES);
    for (int i = 0; i < stack->update_count; i++)
        phase->updates[phase->update_count++] = stack->updates[i];
}
