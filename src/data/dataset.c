/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "base/text.h"

static const struct format *const formats[] = { &synthetic_format, &uniform_format, &idx_format };

static const struct format *find_format(const char *spec)
{
    for (size_t i = 0; i < LENGTH(formats); i++) {
        if (formats[i]->probe(spec))
            return formats[i];
    }
    return NULL;
}

static enum fig_status refuse(const char *spec)
{
    const bool exists = path_exists(spec);
    struct text known = { 0 };
    for (size_t i = 0; i < LENGTH(formats); i++)
        text_add(&known, "%s%s", i ? ", " : "", formats[i]->looks_for);
    log_error("%s: %s; data can be: %s", spec,
              exists ? "not recognised" : "no such file or folder",
              known.failed ? "?" : known.chars);
    text_free(&known);
    return exists ? FIG_FORMAT : FIG_INVALID;
}

enum fig_status fig_dataset_open(struct fig_dataset **out, const char *spec, enum fig_split split,
                                 uint64_t seed)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(spec && (split == FIG_TRAIN || split == FIG_TEST));
    const struct format *format = find_format(spec);
    if (!format)
        return refuse(spec);
    struct fig_dataset *dataset = calloc(1, sizeof(*dataset));
    if (!dataset)
        return fail(FIG_NOMEM, "%s: no memory for a dataset", spec);
    const struct source source = { .spec = spec, .split = split, .seed = seed };
    const enum fig_status status = format->open(dataset, &source);
    if (status)
        fig_dataset_close(&dataset);
    *out = dataset;
    return status;
}

void fig_dataset_close(struct fig_dataset **dataset)
{
    if (!*dataset)
        return;
    free((*dataset)->bytes);
    free((*dataset)->values);
    free((*dataset)->labels);
    free(*dataset);
    *dataset = NULL;
}

const struct fig_dataset_info *fig_dataset_info(const struct fig_dataset *dataset)
{
    return &dataset->info;
}

const uint8_t *fig_dataset_bytes(const struct fig_dataset *dataset)
{
    return dataset->bytes;
}

const float *fig_dataset_values(const struct fig_dataset *dataset)
{
    return dataset->values;
}

const uint8_t *fig_dataset_labels(const struct fig_dataset *dataset)
{
    return dataset->labels;
}

enum fig_status fig_dataset_sample(const struct fig_dataset *dataset, int index, float *out)
{
    REQUIRE(dataset && out && index >= 0 && index < dataset->info.count);
    const struct fig_dataset_info *info = &dataset->info;
    const size_t size = (size_t)info->height * (size_t)info->width * (size_t)info->channels;
    const size_t first = (size_t)index * size;
    for (size_t i = 0; i < size; i++)
        out[i] = info->bytes ? dataset->bytes[first + i] / 255.0f : dataset->values[first + i];
    return FIG_OK;
}

bool spec_names(const char *spec, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(spec, name, length) == 0 && (spec[length] == '\0' || spec[length] == ':');
}

enum fig_status spec_count(const char *spec, size_t sample_size, int fallback, int *count)
{
    const char *colon = strchr(spec, ':');
    *count = fallback;
    if (!colon)
        return FIG_OK;
    const long limit = (long)(DATASET_LIMIT / sample_size);
    char *end = NULL;
    errno = 0;
    const long value = strtol(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || errno || value < 1 || value > limit)
        return fail(FIG_INVALID, "%s: what follows ':' must be a count of samples from 1 to %ld",
                    spec, limit);
    *count = (int)value;
    return FIG_OK;
}
