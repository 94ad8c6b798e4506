/* SPDX-License-Identifier: MIT */
#include "model/layers.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"

enum { WORDS = 4, WORD_SIZE = 32, UNITS_MOST = 1 << 20 };

/* A layer's text, cut at its spaces. */
struct words {
    char word[WORDS][WORD_SIZE];
    int count;
};

static enum fig_status split(const struct yaml *node, struct words *words)
{
    TRY(yaml_expect(node, YAML_SCALAR));
    words->count = 0;
    for (const char *at = node->text + strspn(node->text, " "); *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        if (words->count == WORDS || length >= WORD_SIZE)
            return yaml_fail(node, "expected a layer like 'dense 128 relu', found '%s'",
                             node->text);
        memcpy(words->word[words->count], at, length);
        words->word[words->count++][length] = '\0';
        at += length;
    }
    return FIG_OK;
}

static enum fig_status read_activation(struct layer *layer, const char *word)
{
    struct text names = { 0 };
    for (int i = 0; i < FIG_ACTIVATIONS; i++) {
        layer->activation = (enum fig_activation)i;
        if (strcmp(word, fig_activation_name(layer->activation)) == 0) {
            text_free(&names);
            return FIG_OK;
        }
        text_add(&names, "%s%s", i ? ", " : "", fig_activation_name(layer->activation));
    }
    const enum fig_status status = yaml_fail(
        layer->at, "expected an activation (one of %s), found '%s'",
        names.chars ? names.chars : "", word);
    text_free(&names);
    return status;
}

static enum fig_status read_dense(struct layer *layer, const struct words *words)
{
    if (words->count < 2 || words->count > 3)
        return yaml_fail(layer->at, "expected 'dense UNITS [ACTIVATION]', found '%s'",
                         layer->at->text);
    const char *units = words->word[1];
    char *end;
    const long count = strtol(units, &end, 10);
    if (strcmp(units, "data") != 0) {
        if (*end || count < 1 || count > UNITS_MOST)
            return yaml_fail(layer->at, "expected 1 to %d units or 'data', found '%s'", UNITS_MOST,
                             units);
        layer->units = (int)count;
    }
    return words->count == 3 ? read_activation(layer, words->word[2]) : FIG_OK;
}

static enum fig_status read_dropout(struct layer *layer, const struct words *words)
{
    char *end = NULL;
    layer->rate = words->count == 2 ? strtod(words->word[1], &end) : -1;
    if (words->count != 2 || *end || !(layer->rate >= 0 && layer->rate < 1))
        return yaml_fail(layer->at, "expected 'dropout RATE' with a rate in [0, 1), found '%s'",
                         layer->at->text);
    return FIG_OK;
}

static struct fig_node *apply_dense(const struct layer *layer, struct stack *stack,
                                    struct fig_node *x, struct fig_node **logits)
{
    struct text name = { 0 };
    text_add(&name, "%s.%d", stack->prefix, stack->next++);
    if (name.failed || !x)
        return NULL;
    *logits = fig_dense(x, name.chars, layer->units ? layer->units : stack->values);
    text_free(&name);
    return fig_activate(*logits, layer->activation);
}

static struct fig_node *apply_dropout(const struct layer *layer, struct stack *stack,
                                      struct fig_node *x, struct fig_node **logits)
{
    const uint32_t stream = STREAM_DROPOUT + (uint32_t)stack->dropouts++;
    *logits = stack->training ? fig_dropout(x, layer->rate, stream) : x;
    return *logits;
}

static const struct {
    const char *name;
    enum fig_status (*read)(struct layer *layer, const struct words *words);
    struct fig_node *(*apply)(const struct layer *layer, struct stack *stack, struct fig_node *x,
                              struct fig_node **logits);
} kinds[] = {
    [LAYER_DENSE] = { "dense", read_dense, apply_dense },
    [LAYER_DROPOUT] = { "dropout", read_dropout, apply_dropout },
};

static enum fig_status read_layer(struct layer *layer, const struct yaml *node)
{
    struct words words;
    TRY(split(node, &words));
    layer->at = node;
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        layer->kind = (enum layer_kind)i;
        if (words.count && strcmp(words.word[0], kinds[i].name) == 0)
            return kinds[i].read(layer, &words);
    }
    return yaml_fail(node, "expected a layer (dense UNITS [ACTIVATION], or dropout RATE), found "
                     "'%s'", node->text);
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
        TRY(read_layer(&network->layers[network->count++], item));
    return FIG_OK;
}

void network_free(struct network *network)
{
    free(network->layers);
    *network = (struct network){ 0 };
}

struct fig_node *network_apply(const struct network *network, struct stack *stack,
                               struct fig_node *x, struct fig_node **logits)
{
    struct fig_node *before = x;
    for (int i = 0; x && i < network->count; i++)
        x = kinds[network->layers[i].kind].apply(&network->layers[i], stack, x, &before);
    if (logits)
        *logits = before;
    return x;
}

enum fig_activation network_activation(const struct network *network)
{
    return network->count ? network->layers[network->count - 1].activation : FIG_LINEAR;
}
