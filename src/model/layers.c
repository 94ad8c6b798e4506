/* SPDX-License-Identifier: MIT */
/* Layers become nodes. */
#include "model/layers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "graph/node.h"
#include "model/layer_text.h"
#include "nn/param.h"

/* Room for the assignments of the layer that is next; check_input has seen that there is some. */
static struct fig_node **take_updates(struct stack *stack, int count)
{
    struct fig_node **updates = stack->updates + stack->update_count;
    stack->update_count += stack->training ? count : 0;
    return updates;
}

/* Spectral norm for the next layer, if it asks for it. */
static const struct fig_spectral *spectral_of(const struct layer *layer, struct stack *stack,
                                              struct fig_spectral *spectral)
{
    if (!layer->spectral)
        return NULL;
    *spectral = (struct fig_spectral){ stack->training, take_updates(stack, 1) };
    return spectral;
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
        .spectral = spectral_of(layer, stack, &spectral) };
    if (layer->channels)
        return fig_dense_image(x, name, image);
    image.height = layer->units ? 1 : stack->height;
    image.width = layer->units ? 1 : stack->width;
    image.channels = layer->units ? layer->units : stack->channels;
    struct fig_node *y = fig_dense_image(x, name, image);
    return layer->units ? fig_reshape(y, fig_shape2(fig_node_shape(y).dim[0], layer->units)) : y;
}

static struct fig_conv2d conv_of(const struct layer *layer, struct stack *stack,
                                 struct fig_spectral *spectral)
{
    return (struct fig_conv2d){ .filters = layer->units ? layer->units : stack->channels,
                                .kernel = layer->kernel, .stride = layer->stride,
                                .pad = layer->pad, .output_pad = layer->output_pad,
                                .no_bias = layer->no_bias,
                                .spectral = spectral_of(layer, stack, spectral) };
}

static struct fig_node *apply_conv(const struct layer *layer, struct stack *stack,
                                   struct fig_node *x, const char *name)
{
    struct fig_spectral spectral;
    return fig_conv2d(x, name, conv_of(layer, stack, &spectral));
}

static struct fig_node *apply_deconv(const struct layer *layer, struct stack *stack,
                                     struct fig_node *x, const char *name)
{
    struct fig_spectral spectral;
    return fig_conv2d_transpose(x, name, conv_of(layer, stack, &spectral));
}

static struct fig_node *apply_batchnorm(const struct layer *layer, struct stack *stack,
                                        struct fig_node *x, const char *name)
{
    (void)layer;
    return fig_batchnorm(x, name, stack->training, take_updates(stack, 2));
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
    const struct fig_shape shape = fig_node_shape(x);
    const struct fig_dense plane = { .height = shape.dim[1], .width = shape.dim[2],
                                     .channels = 1, .no_bias = true, .one_hot = true };
    return fig_concat(x, fig_dense_image(labels, name, plane), FIG_RANK - 1);
}

/* Layers with parameters are numbered, those with weights take labels, and some need images. */
static const struct {
    struct fig_node *(*apply)(const struct layer *layer, struct stack *stack, struct fig_node *x,
                              const char *name);
    bool numbered, weighs, images;
} kinds[] = {
    [LAYER_DENSE] = { apply_dense, true, true, false },
    [LAYER_CONV] = { apply_conv, true, true, true },
    [LAYER_DECONV] = { apply_deconv, true, true, true },
    [LAYER_BATCHNORM] = { apply_batchnorm, true, false, false },
    [LAYER_LAYERNORM] = { apply_layernorm, true, false, false },
    [LAYER_DROPOUT] = { apply_dropout, false, false, false },
    [LAYER_MAXPOOL] = { apply_maxpool, false, false, true },
    [LAYER_AVGPOOL] = { apply_avgpool, false, false, true },
    [LAYER_UPSAMPLE] = { apply_upsample, false, false, true },
};

/* --- What a layer can follow */

/* Always false. */
static bool PRINTF_LIKE(3, 4) refuse(const struct layer *layer, const struct fig_node *x,
                                     const char *format, ...)
{
    char reason[256], shape[SHAPE_TEXT];
    struct text place = { 0 };
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    yaml_place(&place, layer->at);
    graph_fail(x->graph, FIG_FORMAT, "%s'%s' on %s: %s", place.failed ? "" : place.chars,
               layer->at->text, shape_text(x->shape, shape), reason);
    text_free(&place);
    return false;
}

static bool check_window(const struct layer *layer, const struct fig_node *x)
{
    const int height = x->shape.dim[1], width = x->shape.dim[2];
    const int kernel = layer->kind == LAYER_DECONV ? 0 : layer->kernel;
    if (height + 2 * layer->pad >= kernel && width + 2 * layer->pad >= kernel)
        return true;
    return refuse(layer, x, "a kernel that images of %dx%d with a pad of %d hold is expected",
                  height, width, layer->pad);
}

/* What the configuration alone does not tell.  After the graph's first error nothing is added. */
static bool check_input(const struct layer *layer, const struct stack *stack,
                        const struct fig_node *x)
{
    const int updates = layer->kind == LAYER_BATCHNORM ? 2 : layer->spectral;
    if (x->graph->status)
        return false;
    if (kinds[layer->kind].images && x->shape.rank != FIG_RANK)
        return refuse(layer, x, "it needs images: put 'dense HxWxC' before it");
    if (stack->height < layer->share || stack->width < layer->share)
        return refuse(layer, x, "samples whose sides are multiples of %d are expected, found %dx%d",
                      layer->share, stack->height, stack->width);
    if (stack->update_count + updates > STACK_UPDATES)
        return refuse(layer, x, "a network has at most %d running statistics, two of each "
                      "batchnorm and one of each spectral layer", STACK_UPDATES);
    return !kinds[layer->kind].images || check_window(layer, x);
}

/* --- Layers one after the other */

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

/* `labels`: those that enter this layer; or NULL.  An error of its nodes says which rule is broken,
 * but not where. */
static struct fig_node *apply(const struct layer *layer, struct stack *stack, struct fig_node *x,
                              struct fig_node *labels, struct fig_node **logits)
{
    *logits = NULL;
    if (!check_input(layer, stack, x))
        return NULL;
    const char *name = graph_text(x->graph, "%s.%d", stack->prefix, stack->next);
    const char *label_name = graph_text(x->graph, "%s.labels", stack->prefix);
    stack->next += kinds[layer->kind].numbered;
    if (name && label_name)
        *logits = apply_named(layer, stack, x, labels, name, label_name);
    struct fig_node *y = fig_activate(*logits, layer->activation);
    if (!y && x->graph->status != FIG_NOMEM)
        yaml_fail(layer->at, "so '%s' cannot stand here", layer->at->text);
    return y;
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

const struct layer *network_find_row_norm(const struct network *network)
{
    bool rows = false;
    for (int i = 0; i < network->count; i++) {
        const struct layer *layer = &network->layers[i];
        if (kinds[layer->kind].weighs)
            rows = layer->kind == LAYER_DENSE && layer->units && !layer->channels;
        if (rows && layer->kind == LAYER_BATCHNORM)
            return layer;
    }
    return NULL;
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
