/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/pages.h"
#include "base/size.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/scaling.h"
#include "data/utf8.h"

static const struct format *const formats[] = {
    &synthetic_format, &uniform_format, &ring_format, &grid_format, &cifar_format, &csv_format,
    &numpy_format, &idx_format, &folder_format,
};

static const struct format *find_format(const char *spec)
{
    for (size_t i = 0; i < LENGTH(formats); i++) {
        if (formats[i]->probe(spec))
            return formats[i];
    }
    return NULL;
}

bool dataset_is_pictures(const char *spec)
{
    return find_format(spec) == &folder_format;
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

/* Every format knows `only`. */
static enum fig_status check_options(const struct format *format, const struct source *source)
{
    const char *known = format->options ? format->options : " ";
    for (int i = 0; i < source->option_count; i++) {
        char word[PATH_LIMIT];
        const char *name = source->options[i].name;
        snprintf(word, sizeof(word), " %s ", name);
        if (!strstr(known, word) && strcmp(name, "only") != 0)
            return fail(FIG_INVALID, "%s: no option `%s` for this format; there are:%sonly",
                        source->spec, name, known);
    }
    return FIG_OK;
}

void names_add(struct text *names, const char *name)
{
    text_add_bytes(names, name, strlen(name) + 1);
}

static void number_classes(struct fig_dataset *dataset)
{
    for (int i = 0; i < dataset->info.classes; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        names_add(&dataset->names, name);
    }
}

static enum fig_status unknown_class(const struct source *source,
                                     const struct fig_dataset *dataset, const char *name)
{
    struct text names = { 0 };
    if (!dataset->info.classes)
        return fail(FIG_INVALID, "%s: only=%s: there are no labels", source->spec, name);
    for (int i = 0; i < dataset->info.classes; i++)
        text_add(&names, " %s", fig_dataset_class_name(dataset, i));
    const enum fig_status status =
        fail(FIG_INVALID, "%s: only=%s: no class has this name; there are:%s", source->spec, name,
             names.failed ? " ?" : names.chars);
    text_free(&names);
    return status;
}

enum fig_status source_only(const struct source *source, const struct fig_dataset *dataset,
                            int *label)
{
    const char *only = source_option(source, "only");
    *label = only ? fig_dataset_class(dataset, only) : -1;
    return only && *label < 0 ? unknown_class(source, dataset, only) : FIG_OK;
}

/* Bytes of a sample as the dataset has it. */
static size_t sample_size(const struct fig_dataset *dataset)
{
    const struct fig_dataset_info *info = &dataset->info;
    const size_t length = image_length(info->height, info->width, info->channels);
    return length * (info->bytes ? 1 : sizeof(float));
}

/* The names of the samples of one class. */
static void keep_names(struct fig_dataset *dataset, int label)
{
    struct text kept = { 0 };
    const char *name = dataset->samples.chars;
    for (int i = 0; name && i < dataset->info.count; i++, name += strlen(name) + 1) {
        if (dataset->labels[i] == label)
            names_add(&kept, name);
    }
    text_free(&dataset->samples);
    dataset->samples = kept;
}

/* The samples of one class move to the front. */
static enum fig_status keep_class(struct fig_dataset *dataset, const char *spec, int label)
{
    struct fig_dataset_info *info = &dataset->info;
    const size_t size = sample_size(dataset);
    char *samples = info->bytes ? (char *)dataset->bytes : (char *)dataset->values;
    int kept = 0;
    if (info->drawn)
        return fail(FIG_INVALID, "%s: only=%s: its %d samples are too many to be looked through",
                    spec, fig_dataset_class_name(dataset, label), info->count);
    keep_names(dataset, label);
    for (int i = 0; i < info->count; i++) {
        if (dataset->labels[i] != label)
            continue;
        memmove(samples + (size_t)kept * size, samples + (size_t)i * size, size);
        dataset->labels[kept++] = (uint8_t)label;
    }
    info->count = kept;
    if (!kept)
        return fail(FIG_INVALID, "%s: only=%s: none of its samples is in the training half", spec,
                    fig_dataset_class_name(dataset, label));
    return FIG_OK;
}

/* Names of classes go into files of models, one in a line, and into JSON. */
static enum fig_status check_names(const struct fig_dataset *dataset, const char *spec)
{
    const char *name = dataset->names.chars;
    if (dataset->names.failed || dataset->samples.failed)
        return fail(FIG_NOMEM, "%s: no memory for the names of classes and samples", spec);
    for (int i = 0; i < dataset->info.classes; i++, name += strlen(name) + 1) {
        if (!is_utf8(name) || strchr(name, '\n'))
            return fail(FIG_FORMAT, "%s: class %d has the name `%s`, which is no UTF-8 in one line",
                        spec, i, name);
    }
    return FIG_OK;
}

/* What is the same for every format. */
static enum fig_status finish(struct fig_dataset *dataset, const struct source *source)
{
    int label;
    if (!dataset->names.length)
        number_classes(dataset);
    TRY(source_only(source, dataset, &label));
    if (label >= 0 && source->split == FIG_TRAIN)
        TRY(keep_class(dataset, source->spec, label));
    return check_names(dataset, source->spec);
}

enum fig_status fig_dataset_open(struct fig_dataset **out, const char *spec, enum fig_split split,
                                 uint64_t seed)
{
    return dataset_open(out, spec, split, seed, (struct form){ NULL, NULL });
}

enum fig_status dataset_open(struct fig_dataset **out, const char *spec, enum fig_split split,
                             uint64_t seed, struct form form)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(spec && (split == FIG_TRAIN || split == FIG_TEST || split == FIG_WHOLE));
    struct source source = { .split = split == FIG_TRAIN ? FIG_TRAIN : FIG_TEST, .asked = split,
                             .seed = seed, .form = form };
    TRY(source_parse(&source, spec));
    const struct format *format = find_format(source.spec);
    if (!format)
        return refuse(source.spec);
    TRY(check_options(format, &source));
    struct fig_dataset *dataset = calloc(1, sizeof(*dataset));
    if (!dataset)
        return fail(FIG_NOMEM, "%s: no memory for a dataset", spec);
    enum fig_status status = format->open(dataset, &source);
    if (!status)
        status = finish(dataset, &source);
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
    scaling_free(&(*dataset)->scaling);
    text_free(&(*dataset)->names);
    text_free(&(*dataset)->samples);
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

const char *fig_dataset_names(const struct fig_dataset *dataset)
{
    return dataset->samples.chars;
}

const uint8_t *fig_dataset_labels(const struct fig_dataset *dataset)
{
    return dataset->labels;
}

const char *fig_dataset_class_name(const struct fig_dataset *dataset, int label)
{
    const bool known = label >= 0 && label < dataset->info.classes;
    return known ? text_part(&dataset->names, label) : NULL;
}

int fig_dataset_class(const struct fig_dataset *dataset, const char *name)
{
    int label = dataset->info.classes - 1;
    while (label >= 0 && strcmp(fig_dataset_class_name(dataset, label), name) != 0)
        label--;
    return label;
}

const struct fig_scaling *fig_dataset_scaling(const struct fig_dataset *dataset)
{
    return dataset->scaling.columns ? &dataset->scaling : NULL;
}

const struct fig_modes *fig_dataset_modes(const struct fig_dataset *dataset)
{
    return dataset->modes.count ? &dataset->modes : NULL;
}

static void copy_sample(const struct fig_dataset *dataset, int index, void *out)
{
    const size_t size = sample_size(dataset);
    const char *samples = dataset->bytes ? (char *)dataset->bytes : (char *)dataset->values;
    if (dataset->info.drawn)
        dataset->draw(dataset, index, out);
    else
        memcpy(out, samples + (size_t)index * size, size);
}

enum fig_status fig_dataset_rows(const struct fig_dataset *dataset, const uint32_t *order,
                                 int count, void *out)
{
    REQUIRE(dataset && out && count >= 0 && (order || count <= dataset->info.count));
    const size_t size = sample_size(dataset);
    for (int i = 0; i < count; i++) {
        const uint32_t index = order ? order[i] : (uint32_t)i;
        REQUIRE(index < (uint32_t)dataset->info.count);
        copy_sample(dataset, (int)index, (char *)out + (size_t)i * size);
    }
    return FIG_OK;
}

struct drawing {
    const struct fig_dataset *dataset;
    uint8_t *bytes; /* [count], as the dataset has them */
    int count;
};
enum { PART_ROWS = 64 }; /* samples that a thread draws at a time: about a millisecond */

static void draw_part(void *context, int part, int thread)
{
    const struct drawing *drawing = context;
    const int left = drawing->count - part * PART_ROWS;
    const int end = part * PART_ROWS + (left < PART_ROWS ? left : PART_ROWS);
    (void)thread;
    for (int i = part * PART_ROWS; i < end; i++)
        copy_sample(drawing->dataset, i,
                    drawing->bytes + (size_t)i * sample_size(drawing->dataset));
}

static enum fig_status draw_all(struct drawing *drawing)
{
    struct pool *pool;
    TRY(pool_create(&pool, 0));
    pool_run(pool, (drawing->count - 1) / PART_ROWS + 1, draw_part, drawing);
    pool_destroy(&pool);
    return FIG_OK;
}

enum fig_status fig_dataset_collect(struct fig_dataset *dataset, int count)
{
    REQUIRE(dataset && count > 0);
    if (!dataset->info.drawn)
        return FIG_OK;
    const int most = count < dataset->info.count ? count : dataset->info.count;
    uint8_t *bytes = pages_alloc((size_t)most * sample_size(dataset));
    if (!bytes)
        return fail(FIG_NOMEM, "no memory for %d samples", most);
    const enum fig_status status = draw_all(&(struct drawing){ dataset, bytes, most });
    if (status) {
        free(bytes);
        return status;
    }
    dataset->bytes = bytes;
    dataset->info.count = most;
    dataset->info.drawn = false;
    return FIG_OK;
}

/* Bytes come to the end of the row and are spread from its start: none is met before its turn. */
enum fig_status fig_dataset_sample(const struct fig_dataset *dataset, int index, float *out)
{
    REQUIRE(dataset && out && index >= 0 && index < dataset->info.count);
    const size_t size = sample_size(dataset);
    if (!dataset->info.bytes) {
        copy_sample(dataset, index, out);
        return FIG_OK;
    }
    uint8_t *bytes = (uint8_t *)(out + size) - size;
    copy_sample(dataset, index, bytes);
    for (size_t i = 0; i < size; i++)
        out[i] = bytes[i] / 255.0f;
    return FIG_OK;
}
