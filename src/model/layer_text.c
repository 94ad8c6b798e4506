/* SPDX-License-Identifier: MIT */
#include "model/layer_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/size.h"

enum { WORDS = 12, WORD_SIZE = 32, SIZE_MOST = 1 << 20 };

/* A layer's text, cut at its spaces; `at` is the next word to be read. */
struct words {
    const struct yaml *node;
    char word[WORDS][WORD_SIZE];
    int count, at;
};

static enum fig_status split(const struct yaml *node, struct words *words)
{
    TRY(yaml_expect(node, YAML_SCALAR));
    *words = (struct words){ .node = node };
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

static const char *next_word(struct words *words)
{
    return words->at < words->count ? words->word[words->at++] : "";
}

/* A whole number from `low` to SIZE_MOST, of `what`. */
static enum fig_status read_size(struct words *words, const char *what, int low, int *out)
{
    const char *word = next_word(words);
    char *end;
    const long value = strtol(word, &end, 10);
    if (end == word || *end || value < low || value > SIZE_MOST)
        return yaml_fail(words->node, "expected %s from %d to %d, found '%s'", what, low,
                         SIZE_MOST, word);
    *out = (int)value;
    return FIG_OK;
}

/* --- What comes behind the name */

static bool is_data(struct words *words)
{
    const bool data = words->at < words->count && strcmp(words->word[words->at], "data") == 0;
    words->at += data;
    return data;
}

/* data/NxC */
static bool is_share(struct layer *layer, struct words *words)
{
    const char *word = words->at < words->count ? words->word[words->at] : "";
    char rest;
    const int found = sscanf(word, "data/%4dx%5d%c", &layer->share, &layer->channels, &rest);
    const bool share = found == 2 && layer->share > 0 && layer->channels > 0;
    words->at += share;
    return share;
}

static enum fig_status read_dense(struct layer *layer, struct words *words)
{
    const char *word = words->at < words->count ? words->word[words->at] : "";
    char rest;
    if (is_data(words) || is_share(layer, words))
        return FIG_OK;
    if (!strchr(word, 'x'))
        return read_size(words, "'data' or a number of units", 1, &layer->units);
    if (sscanf(word, "%4dx%4dx%5d%c", &layer->height, &layer->width, &layer->channels,
               &rest) != 3 || layer->height < 1 || layer->width < 1 || layer->channels < 1)
        return yaml_fail(words->node, "expected units as N, HxWxC, data or data/NxC, found '%s'",
                         word);
    const long long units = (long long)layer->height * layer->width * layer->channels;
    if (units > SIZE_MOST)
        return yaml_fail(words->node, "expected at most %d units, found %lld: '%s'", SIZE_MOST,
                         units, word);
    layer->units = (int)units;
    words->at++;
    return FIG_OK;
}

static enum fig_status read_kernel(struct layer *layer, struct words *words)
{
    const char *kernel = next_word(words);
    int width;
    char rest;
    if (sscanf(kernel, "%3dx%3d%c", &layer->kernel, &width, &rest) == 2 && layer->kernel >= 1 &&
        width == layer->kernel)
        return FIG_OK;
    return yaml_fail(words->node, "expected a square kernel like 3x3, found '%s'", kernel);
}

static enum fig_status read_conv(struct layer *layer, struct words *words)
{
    if (!is_data(words))
        TRY(read_size(words, "'data' or a number of filters", 1, &layer->units));
    TRY(read_kernel(layer, words));
    layer->pad = (layer->kernel - 1) / 2;
    return FIG_OK;
}

static enum fig_status read_pool(struct layer *layer, struct words *words)
{
    TRY(read_kernel(layer, words));
    layer->stride = layer->kernel;
    return FIG_OK;
}

static enum fig_status read_upsample(struct layer *layer, struct words *words)
{
    return read_size(words, "a factor", 1, &layer->factor);
}

static enum fig_status read_nothing(struct layer *layer, struct words *words)
{
    (void)layer;
    (void)words;
    return FIG_OK;
}

static enum fig_status read_dropout(struct layer *layer, struct words *words)
{
    const char *word = next_word(words);
    char *end;
    layer->rate = number_read(word, &end);
    if (end == word || *end || !(layer->rate >= 0 && layer->rate < 1))
        return yaml_fail(words->node, "expected 'dropout RATE' with a rate in [0, 1), found '%s'",
                         words->node->text);
    return FIG_OK;
}

/* The options of layers. */
enum {
    STRIDE = 1,
    PAD = 2,
    OUTPUT_PAD = 4,
    NO_BIAS = 8,
    SPECTRAL = 16,
    ACTIVATION = 32,
    WEIGHTS = NO_BIAS | SPECTRAL,
};

static const struct {
    const char *name;
    enum fig_status (*read)(struct layer *layer, struct words *words);
    unsigned takes; /* beside an activation */
} kinds[] = {
    [LAYER_DENSE] = { "dense", read_dense, WEIGHTS },
    [LAYER_CONV] = { "conv", read_conv, WEIGHTS | STRIDE | PAD },
    [LAYER_DECONV] = { "deconv", read_conv, WEIGHTS | STRIDE | PAD | OUTPUT_PAD },
    [LAYER_BATCHNORM] = { "batchnorm", read_nothing, 0 },
    [LAYER_LAYERNORM] = { "layernorm", read_nothing, 0 },
    [LAYER_DROPOUT] = { "dropout", read_dropout, 0 },
    [LAYER_MAXPOOL] = { "maxpool", read_pool, STRIDE },
    [LAYER_AVGPOOL] = { "avgpool", read_pool, STRIDE },
    [LAYER_UPSAMPLE] = { "upsample", read_upsample, 0 },
};

/* --- Options */

static bool find_activation(const char *word, enum fig_activation *out)
{
    for (int i = 0; i < FIG_ACTIVATIONS; i++) {
        *out = (enum fig_activation)i;
        if (strcmp(word, fig_activation_name(*out)) == 0)
            return true;
    }
    *out = FIG_LINEAR;
    return false;
}

static enum fig_status unknown_word(const struct words *words, const char *word)
{
    struct text names = { 0 };
    for (int i = 0; i < FIG_ACTIVATIONS; i++)
        text_add(&names, "%s%s", i ? ", " : "", fig_activation_name((enum fig_activation)i));
    const enum fig_status status = yaml_fail(
        words->node, "expected an option of the layer, or an activation (one of %s), found '%s'",
        names.chars ? names.chars : "", word);
    text_free(&names);
    return status;
}

/* The option of the layer that is written so; 0 if there is none. */
static unsigned find_option(struct layer *layer, const char *word)
{
    static const struct {
        const char *name;
        unsigned option;
    } options[] = { { "stride", STRIDE }, { "pad", PAD }, { "output-pad", OUTPUT_PAD },
                    { "nobias", NO_BIAS }, { "spectral", SPECTRAL } };
    for (size_t i = 0; i < LENGTH(options); i++) {
        if (strcmp(word, options[i].name) == 0)
            return options[i].option & kinds[layer->kind].takes;
    }
    return find_activation(word, &layer->activation) ? ACTIVATION : 0;
}

/* `given`: the options so far; none is there twice, or the last would win in silence. */
static enum fig_status read_option(struct layer *layer, struct words *words, unsigned *given)
{
    const char *word = next_word(words);
    const unsigned option = find_option(layer, word);
    if (!option)
        return unknown_word(words, word);
    if (*given & option)
        return yaml_fail(words->node, option == ACTIVATION
                         ? "'%s' is a second activation: a layer has one" : "'%s' comes twice",
                         word);
    *given |= option;
    layer->no_bias |= option == NO_BIAS;
    layer->spectral |= option == SPECTRAL;
    switch (option) {
    case STRIDE:
        return read_size(words, "a stride", 1, &layer->stride);
    case PAD:
        return read_size(words, "a pad", 0, &layer->pad);
    case OUTPUT_PAD:
        return read_size(words, "an output pad", 0, &layer->output_pad);
    default:
        return FIG_OK;
    }
}

/* So that the output is `stride` times as large as the input. */
static enum fig_status default_output_pad(struct layer *layer)
{
    layer->output_pad = layer->stride - layer->kernel + 2 * layer->pad;
    if (layer->output_pad >= 0 && layer->output_pad < layer->stride)
        return FIG_OK;
    return yaml_fail(layer->at, "kernel %d, stride %d, pad %d: no output pad makes the output %d "
                     "times as large: expected 'output-pad N'", layer->kernel, layer->stride,
                     layer->pad, layer->stride);
}

static enum fig_status check_pads(const struct layer *layer)
{
    if (layer->pad > 0 && layer->pad >= layer->kernel)
        return yaml_fail(layer->at, "pad %d: expected one below the kernel's size, %d", layer->pad,
                         layer->kernel);
    if (layer->output_pad > 0 && layer->output_pad >= layer->stride)
        return yaml_fail(layer->at, "output-pad %d: expected one below the stride, %d",
                         layer->output_pad, layer->stride);
    return FIG_OK;
}

static enum fig_status read_words(struct layer *layer, struct words *words)
{
    unsigned given = 0;
    TRY(kinds[layer->kind].read(layer, words));
    while (words->at < words->count)
        TRY(read_option(layer, words, &given));
    if (layer->kind == LAYER_DECONV && !(given & OUTPUT_PAD))
        TRY(default_output_pad(layer));
    return check_pads(layer);
}

enum fig_status layer_read(struct layer *layer, const struct yaml *node)
{
    struct words words;
    struct text names = { 0 };
    TRY(split(node, &words));
    const char *name = next_word(&words);
    *layer = (struct layer){ .at = node, .stride = 1 };
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        layer->kind = (enum layer_kind)i;
        if (strcmp(name, kinds[i].name) == 0) {
            text_free(&names);
            return read_words(layer, &words);
        }
        text_add(&names, "%s%s", i ? ", " : "", kinds[i].name);
    }
    const enum fig_status status = yaml_fail(node, "expected a layer (one of %s), found '%s'",
                                             names.chars ? names.chars : "", node->text);
    text_free(&names);
    return status;
}
