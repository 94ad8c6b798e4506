/* SPDX-License-Identifier: MIT */
/* Layers become nodes. */
#include "model/layers.h"

#include <stdlib.h>

#include "base/random.h"
#include "graph/node.h"
#include "model/layer_text.h"
#include "nn/param.h"

/* Room for the assignments of the layer that is next; NULL, and the graph's error, if it is used
 * up. */
static struct fig_node **take_updates(struct stack *stack, const struct fig_node *x, int count)
{
    struct fig_node **updates = stack->updates + stack->update_count;
    if (stack->update_count + count > STACK_UPDATES) {
        graph_fail(x->graph, FIG_INVALID, "%s.%d: a network has at most %d running statistics, two "
                   "of each batchnorm and one of each spectral layer", stack->prefix, stack->next,
                   STACK_UPDATES);
        return NULL;
    }
    stack->update_count += stack->training ? count : 0;
    return updates;
}

/* Spectral norm for the next layer, if it asks for it. */
static const struct fig_spectral *spectral_of(const struct layer *layer, struct stack *stack,
                                              const struct fig_node *x,
                                              struct fig_spectral *spectral)
{
    struct fig_node **update = layer->spectral ? take_updates(stack, x, 1) : NULL;
    *spectral = (struct fig_spectral){ stack->training, update };
    return update ? spectral : NULL;
}

static struct fig_node *apply_dense(const struct layer *layer, struct stack *stack,
                                    struct fig_node *x, const char *name)
{
    struct fig_spectral spectral;
    const int share = layer->share;
    struct fig_dense image = {
        .height = share ? stack->height / share : layer->height,
        .width = share ? stack->width / share : layer->width,
        .channels = layer->channels, .no_bias = layer->no_bias, .one_hot = layer->one_hot,
        .spectral = spectral_of(layer, stack, x, &spectral) };
    if (layer->channels)
        return fig_dense_image(x, name, image);
    image.height = layer->units ? 1 : stack->height;
    image.width = layer->units ? 1 : stack->width;
    image.channels = layer->units ? layer->units : stack->channels;
    struct fig_node *y = fig_dense_image(x, name, image);
    return layer->units ? fig_reshape(y, fig_shape2(fig_node_shape(y).dim[0], layer->units)) : y;
}

static struct fig_conv2d conv_of(const struct layer *layer, struct stack *stack,
                                 const struct fig_node *x, struct fig_spectral *spectral)
{
    return (struct fig_conv2d){ .filters = layer->units ? layer->units : stack->channels,
                                .kernel = layer->kernel, .stride = layer->stride,
                                .pad = layer->pad, .output_pad = layer->output_pad,
                                .no_bias = layer->no_bias,
                                .spectral = spectral_of(layer, stack, x, spectral) };
}

static struct fig_node *apply_conv(const struct layer *layer, struct stack *stack,
                                   struct fig_node *x, const char *name)
{
    struct fig_spectral spectral;
    return fig_conv2d(x, name, conv_of(layer, stack, x, &spectral));
}

static struct fig_node *apply_deconv(const struct layer *layer, struct stack *stack,
                                     struct fig_node *x, const char *name)
{
    struct fig_spectral spectral;
    return fig_conv2d_transpose(x, name, conv_of(layer, stack, x, &spectral));
}

static struct fig_node *apply_batchnorm(const struct layer *layer, struct stack *stack,
                                        struct fig_node *x, const char *name)
{
    (void)layer;
    struct fig_node **updates = take_updates(stack, x, 2);
    return updates ? fig_batchnorm(x, name, stack->training, updates) : NULL;
}

static struct fig_node *apply_layernorm(const struct layer *layer, struct stack *stack,
                                        struct fig_node *x, const char *name)
{
    (void)layer;
    (void)stack;
    return fig_layernorm(x, name);
}

static struct fig_node *apply_dropout(const struct layer *layer, struct stack *stack,
                                      struct fig_node *x, const char *name)
{
    const uint32_t stream = STREAM_DROPOUT + (uint32_t)(*stack->dropouts)++;
    (void)name;
    return stack->training ? fig_dropout(x, layer->rate, stream) : x;
}

static struct fig_node *apply_maxpool(const struct layer *layer, struct stack *stack,
                                      struct fig_node *x, const char *name)
{
    (void)stack;
    (void)name;
    return fig_maxpool(x, layer->kernel, layer->stride);
}

static struct fig_node *apply_avgpool(const struct layer *layer, struct stack *stack,
                                      struct fig_node *x, const char *name)
{
    (void)stack;
    (void)name;
    return fig_avgpool(x, layer->kernel, layer->stride);
}

static struct fig_node *apply_upsample(const struct layer *layer, struct stack *stack,
                                       struct fig_node *x, const char *name)
{
    (void)stack;
    (void)name;
    return fig_upsample(x, layer->factor);
}

/* Labels beside the input of a dense layer: its output is the sum of both parts. */
static struct fig_node *sum_labels(const struct layer *layer, struct stack *stack,
                                   struct fig_node *labels, struct fig_node *y, const char *name)
{
    struct layer embedding = *layer;
    embedding.no_bias = embedding.one_hot = true;
    embedding.spectral = false; /* the norm of y by x stays as it is */
    return fig_add(y, apply_dense(&embedding, stack, labels, name));
}

/* Labels as a channel behind those of images. */
static struct fig_node *join_labels(struct fig_node *labels, struct fig_node *x, const char *name)
{
    const struct fig_shape shape = x ? fig_node_shape(x) : fig_shape1(1);
    const struct fig_dense plane = { .height = shape.dim[1], .width = shape.dim[2],
                                     .channels = 1, .no_bias = true, .one_hot = true };
    if (shape.rank != FIG_RANK)
        return x; /* the convolution refuses it */
    return fig_concat(x, fig_dense_image(labels, name, plane), FIG_RANK - 1);
}

/* Layers with parameters are numbered, and those with weights take labels. */
static const struct {
    struct fig_node *(*apply)(const struct layer *layer, struct stack *stack, struct fig_node *x,
                              const char *name);
    bool numbered, weighs;
} kinds[] = {
    [LAYER_DENSE] = { apply_dense, true, true },
    [LAYER_CONV] = { apply_conv, true, true },
    [LAYER_DECONV] = { apply_deconv, true, true },
    [LAYER_BATCHNORM] = { apply_batchnorm, true, false },
    [LAYER_LAYERNORM] = { apply_layernorm, true, false },
    [LAYER_DROPOUT] = { apply_dropout, false, false },
    [LAYER_MAXPOOL] = { apply_maxpool, false, false },
    [LAYER_AVGPOOL] = { apply_avgpool, false, false },
    [LAYER_UPSAMPLE] = { apply_upsample, false, false },
};

static struct fig_node *apply_named(const struct layer *layer, struct stack *stack,
                                    struct fig_node *x, struct fig_node *labels, const char *name,
                                    const char *label_name)
{
    if (labels && layer->kind != LAYER_DENSE)
        x = join_labels(labels, x, label_name);
    struct fig_node *y = kinds[layer->kind].apply(layer, stack, x, name);
    if (labels && layer->kind == LAYER_DENSE)
        y = sum_labels(layer, stack, labels, y, label_name);
    return y;
}

/* `labels`: those that enter this layer; or NULL. */
static struct fig_node *apply(const struct layer *layer, struct stack *stack, struct fig_node *x,
                              struct fig_node *labels, struct fig_node **logits)
{
    const char *name = graph_text(x->graph, "%s.%d", stack->prefix, stack->next);
    const char *label_name = graph_text(x->graph, "%s.labels", stack->prefix);
    stack->next += kinds[layer->kind].numbered;
    *logits = name && label_name ? apply_named(layer, stack, x, labels, name, label_name) : NULL;
    return fig_activate(*logits, layer->activation);
}

struct fig_node *network_apply(const struct network *network, struct stack *stack,
                               struct fig_node *x, struct fig_node **logits)
{
    struct fig_node *before = x, *labels = stack->labels;
    for (int i = 0; x && i < network->count; i++) {
        const struct layer *layer = &network->layers[i];
        const bool weighs = kinds[layer->kind].weighs;
        x = apply(layer, stack, x, weighs ? labels : NULL, &before);
        labels = weighs ? NULL : labels;
    }
    if (logits)
        *logits = before;
    return x;
}

bool network_weighs(const struct network *network)
{
    for (int i = 0; i < network->count; i++) {
        if (kinds[network->layers[i].kind].weighs)
            return true;
    }
    return false;
}

enum fig_activation network_activation(const struct network *network)
{
    return network->count ? network->layers[network->count - 1].activation : FIG_LINEAR;
}

enum fig_status network_read(struct network *network, const struct yaml *list)
{
    TRY(yaml_expect(list, YAML_LIST));
    if (list->count == 0)
        return yaml_fail(list, "expected a list of at least one layer");
    network->at = list;
    network->layers = calloc((size_t)list->count, sizeof(*network->layers));
    if (!network->layers)
        return fail(FIG_NOMEM, "no memory for %d layers", list->count);
    for (const struct yaml *item = list->first; item; item = item->next)
        TRY(layer_read(&network->layers[network->count++], item));
    return FIG_OK;
}

void network_free(struct network *network)
{
    free(network->layers);
    *network = (struct network){ 0 };
}
