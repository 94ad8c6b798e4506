/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "base/size.h"

/* --- Optimisers: their names and the keys that each knows beside `name rate decay clip-norm`. */

enum { OPTIMIZER_KEYS = 10 };

static const char *const optimizer_names[] = {
    [FIG_SGD] = "sgd",         [FIG_MOMENTUM] = "momentum", [FIG_NESTEROV] = "nesterov",
    [FIG_RMSPROP] = "rmsprop", [FIG_ADAGRAD] = "adagrad",   [FIG_ADADELTA] = "adadelta",
    [FIG_ADAM] = "adam",       [FIG_ADAMW] = "adamw",       NULL,
};

static const char *const optimizer_keys[][OPTIMIZER_KEYS] = {
    [FIG_SGD] = { "name", "rate", "decay", "clip-norm" },
    [FIG_MOMENTUM] = { "name", "rate", "decay", "clip-norm", "momentum" },
    [FIG_NESTEROV] = { "name", "rate", "decay", "clip-norm", "momentum" },
    [FIG_RMSPROP] = { "name", "rate", "decay", "clip-norm", "rho", "epsilon" },
    [FIG_ADAGRAD] = { "name", "rate", "decay", "clip-norm", "epsilon" },
    [FIG_ADADELTA] = { "name", "rate", "decay", "clip-norm", "rho", "epsilon" },
    [FIG_ADAM] = { "name", "rate", "decay", "clip-norm", "beta1", "beta2", "epsilon" },
    [FIG_ADAMW] = { "name", "rate", "decay", "clip-norm", "beta1", "beta2", "epsilon" },
};

/* A number of an optimiser: read where it is written, written back where it is a default, so that
 * the saved configuration is whole. */
struct number {
    const char *key;
    double *value;
    struct yaml_range range;
};

static enum fig_status put_number(struct document *document, const char *path, double value)
{
    char text[32];
    number_print(text, sizeof(text), "%.17g", value);
    for (int digits = 0; digits < 17; digits++) { /* the shortest that reads back the same */
        char shorter[32];
        number_print(shorter, sizeof(shorter), digits ? "%.*g" : "%.*f", digits, value);
        if (number_read(shorter, NULL) == value) {
            strcpy(text, shorter);
            break;
        }
    }
    return document_put(document, path, text);
}

enum fig_status put_default(struct document *document, const char *key, double value)
{
    return yaml_find(document->root, key) ? FIG_OK : put_number(document, key, value);
}

enum fig_status put_word(struct document *document, const struct yaml *given, const char *path,
                         const char *text)
{
    return given ? FIG_OK : document_put(document, path, text);
}

static bool is_key(const char *const *keys, const char *key)
{
    for (; *keys; keys++) {
        if (strcmp(*keys, key) == 0)
            return true;
    }
    return false;
}

static enum fig_status read_numbers(struct fig_config *config, const char *map,
                                    const char *const *keys, const struct number *numbers,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64];
        if (!is_key(keys, numbers[i].key))
            continue;
        const struct yaml *node = yaml_find(yaml_find(config->document.root, map), numbers[i].key);
        TRY(yaml_number(node, &numbers[i].range, numbers[i].value));
        snprintf(path, sizeof(path), "%s.%s", map, numbers[i].key);
        if (!node)
            TRY(put_number(&config->document, path, *numbers[i].value));
    }
    return FIG_OK;
}

static enum fig_status read_optimizer(struct fig_config *config, const char *key,
                                      struct fig_optimizer *o)
{
    const struct yaml *map, *name;
    int kind;
    TRY(yaml_require(config->document.root, key, &map));
    TRY(yaml_expect(map, YAML_MAP));
    TRY(yaml_require(map, "name", &name));
    TRY(yaml_choice(name, optimizer_names, &kind));
    TRY(yaml_known(map, optimizer_keys[kind]));
    *o = fig_optimizer_defaults((enum fig_optimizer_kind)kind);
    const struct yaml_range positive = { .high = INFINITY, .above = true, .below = true };
    const struct yaml_range from_zero = { .high = INFINITY, .below = true };
    const struct yaml_range below_one = { .high = 1, .below = true };
    const struct yaml_range normal = { .low = FLT_MIN, .high = INFINITY, .below = true };
    const struct number numbers[] = {
        { "rate", &o->rate, positive },          { "decay", &o->decay, from_zero },
        { "clip-norm", &o->clip_norm, from_zero }, { "momentum", &o->momentum, below_one },
        { "rho", &o->rho, below_one },           { "beta1", &o->beta1, below_one },
        { "beta2", &o->beta2, below_one },       { "epsilon", &o->epsilon, normal },
    };
    return read_numbers(config, key, optimizer_keys[kind], numbers, LENGTH(numbers));
}

/* --- Networks, and optimisers of their own */

static const char *const part_names[PARTS] = {
    [PART_ENCODER] = "encoder", [PART_DECODER] = "decoder", [PART_GENERATOR] = "generator",
    [PART_DISCRIMINATOR] = "discriminator",
};
static const char *const part_optimizers[PARTS] = {
    [PART_ENCODER] = "encoder-optimizer", [PART_DECODER] = "decoder-optimizer",
    [PART_GENERATOR] = "generator-optimizer", [PART_DISCRIMINATOR] = "discriminator-optimizer",
};

bool has_part(const struct fig_config *config, enum part part)
{
    return config->family->parts >> part & 1;
}

static enum fig_status read_parts(struct fig_config *config)
{
    const struct yaml *root = config->document.root, *list;
    TRY(read_optimizer(config, "optimizer", &config->settings.optimizer));
    for (int part = 0; part < PARTS; part++) {
        config->optimizers[part] = config->settings.optimizer;
        if (!has_part(config, (enum part)part))
            continue;
        TRY(yaml_require(root, part_names[part], &list));
        TRY(network_read(&config->networks[part], list));
        config->optimizer_at[part] = yaml_find(root, part_optimizers[part]);
        if (config->optimizer_at[part])
            TRY(read_optimizer(config, part_optimizers[part], &config->optimizers[part]));
    }
    return FIG_OK;
}

/* --- Schedules */

enum { SCHEDULE_KEYS = 5 };

static const char *const schedule_names[] = {
    [FIG_CONSTANT] = "constant", [FIG_STEPPED] = "step", [FIG_COSINE] = "cosine",
    [FIG_INVERSE_TIME] = "inverse-time", [FIG_TRIPLING] = "tripling", NULL,
};

static const char *const schedule_keys[][SCHEDULE_KEYS] = {
    [FIG_CONSTANT] = { "name", "warmup" },
    [FIG_STEPPED] = { "name", "warmup", "every", "gamma" },
    [FIG_COSINE] = { "name", "warmup" },
    [FIG_INVERSE_TIME] = { "name", "warmup" },
    [FIG_TRIPLING] = { "name", "warmup" },
};

static enum fig_status read_schedule(struct fig_config *config)
{
    const struct yaml *map = yaml_find(config->document.root, "schedule"), *name;
    struct fig_schedule *schedule = &config->settings.schedule;
    const struct yaml_range factor = { .high = 1, .above = true };
    int kind;
    *schedule = (struct fig_schedule){ FIG_CONSTANT, 10, 0.5, 0 };
    TRY(put_word(&config->document, map, "schedule.name", schedule_names[FIG_CONSTANT]));
    map = yaml_find(config->document.root, "schedule");
    TRY(yaml_expect(map, YAML_MAP));
    TRY(yaml_require(map, "name", &name));
    TRY(yaml_choice(name, schedule_names, &kind));
    TRY(yaml_known(map, schedule_keys[kind]));
    schedule->kind = (enum fig_schedule_kind)kind;
    TRY(yaml_int(yaml_find(map, "warmup"), 0, INT32_MAX, &schedule->warmup));
    TRY(yaml_int(yaml_find(map, "every"), 1, INT32_MAX, &schedule->every));
    if (!yaml_find(map, "warmup"))
        TRY(put_number(&config->document, "schedule.warmup", schedule->warmup));
    if (kind == FIG_STEPPED && !yaml_find(map, "every"))
        TRY(put_number(&config->document, "schedule.every", schedule->every));
    const struct number gamma = { "gamma", &schedule->gamma, factor };
    return read_numbers(config, "schedule", schedule_keys[kind], &gamma, 1);
}

/* --- What every family has */

enum { DEFAULT_GAUSSIANS = 10 };

bool fig_sampler_parse(const char *name, int *gaussians)
{
    int count = DEFAULT_GAUSSIANS;
    char rest;
    if (strcmp(name, "prior") == 0)
        count = 0;
    else if (strcmp(name, "gmm") != 0 &&
             (strspn(name, "gm:0123456789") != strlen(name) ||
              sscanf(name, "gmm:%4d%c", &count, &rest) != 1 || count < 1))
        return false;
    *gaussians = count;
    return true;
}

static enum fig_status read_sampler(struct fig_config *config, const struct yaml *node)
{
    const char *name = NULL;
    TRY(yaml_string(node, &name));
    if (!fig_sampler_parse(name, &config->settings.gaussians))
        return yaml_fail(node, "it is `prior`, `gmm` or `gmm:K`");
    if (config->settings.gaussians && !has_part(config, PART_ENCODER))
        return yaml_fail(node, "a mixture of Gaussians is fitted to codes, and a %s has none: "
                         "expected prior", config->family->name);
    return FIG_OK;
}

static enum fig_status read_settings(struct fig_config *config)
{
    struct fig_settings *settings = &config->settings;
    struct document *document = &config->document;
    TRY(put_default(document, "batch", 128));
    TRY(put_default(document, "epochs", 20));
    TRY(put_default(document, "steps", 0));
    TRY(put_default(document, "seed", 1));
    TRY(put_default(document, "window", 0));
    TRY(put_word(document, yaml_find(document->root, "data"), "data", "synthetic"));
    TRY(put_word(document, yaml_find(document->root, "shuffle"), "shuffle", "true"));
    TRY(put_word(document, yaml_find(document->root, "sampler"), "sampler", "prior"));

    const struct yaml *root = document->root;
    TRY(yaml_string(yaml_find(root, "name"), &settings->name));
    TRY(yaml_string(yaml_find(root, "data"), &settings->data));
    TRY(yaml_int(yaml_find(root, "batch"), 1, 1 << 20, &settings->batch));
    TRY(yaml_int(yaml_find(root, "epochs"), 0, 1 << 24, &settings->epochs));
    TRY(yaml_int(yaml_find(root, "steps"), 0, INT32_MAX, &settings->steps));
    TRY(yaml_uint64(yaml_find(root, "seed"), &settings->seed));
    TRY(yaml_int(yaml_find(root, "window"), 0, INT32_MAX, &settings->window));
    TRY(read_sampler(config, yaml_find(root, "sampler")));
    return yaml_bool(yaml_find(root, "shuffle"), &settings->shuffle);
}

/* Keys of the family and those of all, in one list for the message. */
static enum fig_status check_keys(const struct fig_config *config)
{
    static const char *const common[] = { "name", "family", "data", "batch", "epochs", "steps",
                                          "seed", "shuffle", "window", "optimizer", "schedule",
                                          "sampler", "labels" };
    const char *keys[64];
    size_t count = 0;
    for (size_t i = 0; i < LENGTH(common); i++)
        keys[count++] = common[i];
    for (int part = 0; part < PARTS; part++) {
        if (!has_part(config, (enum part)part))
            continue;
        keys[count++] = part_names[part];
        if (config->family->optimizers >> part & 1)
            keys[count++] = part_optimizers[part];
    }
    for (const char *const *key = config->family->keys; *key; key++)
        keys[count++] = *key;
    if (config->family->labels >> LABELS_CLASSIFY & 1) {
        keys[count++] = "label-weight";
        keys[count++] = "label-fraction";
    }
    keys[count] = NULL;
    assert(count < LENGTH(keys));
    return yaml_known(config->document.root, keys);
}

/* The mean of one row is the row itself.  A decoder may get several codes of one image. */
static enum fig_status check_batch(const struct fig_config *config)
{
    for (int part = 0; part < PARTS && config->settings.batch == 1; part++) {
        const struct layer *norm = network_find_row_norm(&config->networks[part]);
        if (norm && (part != PART_DECODER || config->samples <= 1))
            return yaml_fail(norm->at, "'%s' of a batch of one row leaves nothing of it but a "
                             "bias: expected a batch of at least 2", norm->at->text);
    }
    return FIG_OK;
}

static enum fig_status read_config(struct fig_config *config)
{
    const struct yaml *root = config->document.root, *family;
    TRY(yaml_expect(root, YAML_MAP));
    TRY(yaml_require(root, "family", &family));
    TRY(family_find(family, &config->family));
    config->settings.family = config->family->name;
    TRY(check_keys(config));
    TRY(read_settings(config));
    TRY(read_parts(config));
    TRY(read_schedule(config));
    TRY(read_label_use(config, root));
    TRY(config->family->read(config, config->document.root));
    return check_batch(config);
}

/* --- Sources */

static bool is_path(const char *model)
{
    const char *dot = strrchr(model, '.');
    return strchr(model, '/') || (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0));
}

static enum fig_status unknown_model(const char *model)
{
    struct text names = { 0 };
    for (int i = 0; fig_model_name(i); i++)
        text_add(&names, "%s%s", i ? ", " : "", fig_model_name(i));
    const enum fig_status status = fail(
        FIG_INVALID, "%s: no reference model of this name; there are %s; or give the path of a "
        "YAML file", model, names.chars ? names.chars : "none");
    text_free(&names);
    return status;
}

static enum fig_status read_document(struct document *document, const char *model)
{
    if (is_path(model))
        return document_read(document, model);
    const char *text = reference_text(model);
    return text ? document_parse(document, model, text, strlen(text)) : unknown_model(model);
}

/* A file without a name is called what it is called in its folder. */
static enum fig_status put_name(struct document *document, const char *model)
{
    struct text name = { 0 };
    if (document->root->kind != YAML_MAP || yaml_find(document->root, "name"))
        return FIG_OK;
    const char *file = path_name(model);
    text_add_bytes(&name, file, strcspn(file, "."));
    const enum fig_status status = name.failed ? FIG_NOMEM
                                               : document_put(document, "name",
                                                              name.chars ? name.chars : "model");
    text_free(&name);
    return status;
}

static enum fig_status open_config(struct fig_config *config, const char *model,
                                   const char *const *overrides, int count)
{
    TRY(read_document(&config->document, model));
    TRY(put_name(&config->document, model));
    for (int i = 0; i < count; i++)
        TRY(document_set(&config->document, overrides[i]));
    return read_config(config);
}

enum fig_status fig_config_open(struct fig_config **out, const char *model,
                                const char *const *overrides, int override_count)
{
    REQUIRE(out && model && (overrides || !override_count));
    struct fig_config *config = calloc(1, sizeof(*config));
    *out = NULL;
    if (!config)
        return fail(FIG_NOMEM, "no memory for a configuration");
    const enum fig_status status = open_config(config, model, overrides, override_count);
    if (status)
        fig_config_close(&config);
    *out = config;
    return status;
}

void fig_config_close(struct fig_config **config)
{
    if (!*config)
        return;
    for (int part = 0; part < PARTS; part++)
        network_free(&(*config)->networks[part]);
    document_free(&(*config)->document);
    free(*config);
    *config = NULL;
}

const struct fig_settings *fig_config_settings(const struct fig_config *config)
{
    return &config->settings;
}

enum fig_status fig_config_save(const struct fig_config *config, const char *path)
{
    struct text text = { 0 };
    REQUIRE(config && path);
    enum fig_status status = document_write(&config->document, &text);
    if (!status)
        status = file_write(path, text.chars ? text.chars : "", text.length);
    text_free(&text);
    return status;
}
