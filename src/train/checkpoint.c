/* SPDX-License-Identifier: MIT */
#include "train/checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "data/scaling.h"
#include "train/safetensors.h"
#include "train/store_file.h"

enum { PAIRS = 16, VALUE_SIZE = 1024, CLASS_LIMIT = 256 /* labels are bytes */ };

/* Metadata being written: texts live here. */
struct notes {
    struct safe_pair pairs[PAIRS];
    char values[PAIRS][VALUE_SIZE];
    int count;
};

static void note(struct notes *notes, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);
static void note(struct notes *notes, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(notes->values[notes->count], VALUE_SIZE, format, args);
    va_end(args);
    notes->pairs[notes->count] = (struct safe_pair){ key, notes->values[notes->count] };
    notes->count++;
}

#define SCALING_MEAN "data.mean"
#define SCALING_DEVIATION "data.deviation"
enum { SCALING_TENSORS = 2 };

static void list_scaling(const struct fig_scaling *scaling,
                         struct safe_tensor tensors[SCALING_TENSORS])
{
    const struct { const char *name; const double *values; } parts[SCALING_TENSORS] = {
        { SCALING_MEAN, scaling->mean }, { SCALING_DEVIATION, scaling->deviation } };
    for (int i = 0; i < SCALING_TENSORS; i++)
        tensors[i] = (struct safe_tensor){
            .name = parts[i].name, .dtype = SAFE_F64, .rank = 1,
            .dims = { (size_t)scaling->columns }, .data = parts[i].values };
}

/* What goes into a file. */
struct parts {
    bool moments;
    const struct fig_scaling *scaling; /* or NULL */
    struct notes *notes;
};

static enum fig_status save(const char *folder, const char *name, struct fig_store *store,
                            const struct parts *parts)
{
    char path[PATH_LIMIT];
    struct safe_tensor scaling[SCALING_TENSORS];
    struct store_file file = { .moments = parts->moments, .others = scaling,
                               .pairs = parts->notes->pairs, .pair_count = parts->notes->count };
    TRY(path_join(path, folder, name));
    if (parts->scaling) {
        list_scaling(parts->scaling, scaling);
        file.other_count = SCALING_TENSORS;
    }
    return store_save(path, store, &file);
}

/* Names line by line; `text` holds them. */
static void note_classes(struct notes *notes, struct text *text, const struct sample_size *size)
{
    for (int i = 0; i < size->classes; i++)
        text_add(text, "%s\n", text_part(size->names, i));
    if (size->classes)
        notes->pairs[notes->count++] = (struct safe_pair){ "classes", text->chars };
}

enum fig_status model_save(const char *folder, const struct fig_config *config,
                           struct fig_store *store, const struct place *place,
                           struct sample_size size)
{
    const struct fig_settings *settings = fig_config_settings(config);
    struct notes notes = { .count = 0 };
    struct text classes = { 0 };
    note(&notes, "format", "pt");
    note(&notes, "model", "%s", settings->name);
    note(&notes, "family", "%s", settings->family);
    note(&notes, "step", "%" PRIu64, place->step);
    note(&notes, "seed", "%" PRIu64, settings->seed);
    note(&notes, "sample", "%d %d %d", size.height, size.width, size.channels);
    note_classes(&notes, &classes, &size);
    const enum fig_status status =
        classes.failed ? fail(FIG_NOMEM, "no memory for the names of %d classes", size.classes)
                       : save(folder, "model.safetensors", store,
                              &(struct parts){ .scaling = size.scaling, .notes = &notes });
    text_free(&classes);
    return status;
}

static void note_losses(struct notes *notes, const char *key, const double *values)
{
    char text[VALUE_SIZE] = "";
    for (int i = 0; i < SESSION_LOSSES; i++) {
        char one[32];
        snprintf(one, sizeof(one), "%s%.17g", i ? " " : "", values[i]);
        if (strlen(text) + strlen(one) < sizeof(text))
            strcat(text, one);
    }
    note(notes, key, "%s", text);
}

static void note_optimizers(struct notes *notes, struct fig_store *store)
{
    char text[VALUE_SIZE] = "";
    for (int i = 0; i < fig_store_optimizers(store); i++) {
        char one[32];
        snprintf(one, sizeof(one), "%s%" PRIu64, i ? " " : "",
                 fig_store_optimizer(store, i)->steps);
        if (strlen(text) + strlen(one) < sizeof(text))
            strcat(text, one);
    }
    note(notes, "optimizers", "%s", text);
}

enum fig_status checkpoint_save(const char *folder, const struct fig_config *config,
                                struct fig_store *store, const struct place *place)
{
    const struct fig_settings *settings = fig_config_settings(config);
    struct notes notes = { .count = 0 };
    note(&notes, "model", "%s", settings->name);
    note(&notes, "seed", "%" PRIu64, settings->seed);
    note(&notes, "step", "%" PRIu64, place->step);
    note(&notes, "epoch", "%d", place->epoch);
    note(&notes, "batch", "%d", place->batch);
    note(&notes, "batch_size", "%d", settings->batch);
    note(&notes, "seconds", "%.17g", place->seconds);
    note_losses(&notes, "seen", place->seen);
    note_losses(&notes, "sums", place->sums);
    note_optimizers(&notes, store);
    return save(folder, "checkpoint.safetensors", store,
                &(struct parts){ .moments = true, .notes = &notes });
}

/* --- Reading */

static enum fig_status load_tensors(const struct safetensors *file, const char *path,
                                    struct fig_store *store, bool moments)
{
    return store_load(file, path, store, &(struct store_file){ .moments = moments,
        .other_count = safetensors_find(file, SCALING_MEAN) ? SCALING_TENSORS : 0 });
}

/* Numbers of the metadata, separated by spaces: exactly `count` of them. */
static enum fig_status read_numbers(const struct safetensors *file, const char *path,
                                    const char *key, int count, double *out)
{
    const char *text = safetensors_metadata(file, key), *at = text;
    for (int i = 0; text && i < count; i++) {
        char *end;
        errno = 0;
        out[i] = strtod(at, &end);
        if (end == at || errno || !isfinite(out[i]))
            break;
        at = end + strspn(end, " ");
        if (i == count - 1 && !*at)
            return FIG_OK;
    }
    if (text && count == 0)
        return FIG_OK;
    return fail(FIG_FORMAT, "%s: metadata %s: expected %d number%s, found '%s'", path, key, count,
                count == 1 ? "" : "s", text ? text : "nothing");
}

static enum fig_status read_whole(const struct safetensors *file, const char *path,
                                  const char *key, double most, double *out)
{
    TRY(read_numbers(file, path, key, 1, out));
    if (*out < 0 || *out > most || *out != floor(*out))
        return fail(FIG_FORMAT, "%s: metadata %s: expected a whole number up to %.0f, found %g",
                    path, key, most, *out);
    return FIG_OK;
}

static enum fig_status open_file(struct safetensors *file, char path[PATH_LIMIT],
                                 const char *folder, const char *name)
{
    TRY(path_join(path, folder, name));
    return safetensors_open(file, path);
}

static enum fig_status count_classes(const struct safetensors *file, const char *path, int *count)
{
    const char *lines = safetensors_metadata(file, "classes");
    *count = 0;
    if (!lines)
        return FIG_OK;
    for (const char *end = strchr(lines, '\n'); end; end = strchr(lines, '\n')) {
        lines = end + 1;
        (*count)++;
    }
    if (!*lines && *count >= 1 && *count <= CLASS_LIMIT)
        return FIG_OK;
    return fail(FIG_FORMAT, "%s: metadata classes: expected 1 to %d lines", path, CLASS_LIMIT);
}

enum fig_status model_size(const char *folder, struct sample_size *size, uint64_t *step)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    double sample[3] = { 0 }, steps = 0;
    TRY(open_file(&file, path, folder, "model.safetensors"));
    enum fig_status status = read_numbers(&file, path, "sample", 3, sample);
    for (int i = 0; !status && i < 3; i++) {
        if (!(sample[i] >= 1 && sample[i] <= 65536 && sample[i] == floor(sample[i])))
            status = fail(FIG_FORMAT, "%s: metadata sample: %g is no size", path, sample[i]);
    }
    if (!status)
        status = read_whole(&file, path, "step", 9e15, &steps);
    *size = (struct sample_size){ .height = (int)sample[0], .width = (int)sample[1],
                                  .channels = (int)sample[2] };
    if (!status)
        status = count_classes(&file, path, &size->classes);
    safetensors_close(&file);
    *step = (uint64_t)steps;
    return status;
}

enum fig_status model_names(const char *folder, struct text *names)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    TRY(open_file(&file, path, folder, "model.safetensors"));
    const char *line = safetensors_metadata(&file, "classes");
    while (line && *line) {
        const size_t length = strcspn(line, "\n");
        text_add_bytes(names, line, length);
        text_add_bytes(names, "", 1);
        line += length + (line[length] == '\n');
    }
    safetensors_close(&file);
    return names->failed ? fail(FIG_NOMEM, "%s: no memory for the names of its classes", path)
                         : FIG_OK;
}

static bool is_column_vector(const struct safe_tensor *tensor, const struct safe_tensor *other)
{
    return tensor && tensor->dtype == SAFE_F64 && tensor->rank == 1 && tensor->dims[0] > 0 &&
           tensor->dims[0] <= INT32_MAX && tensor->dims[0] == other->dims[0];
}

static enum fig_status take_scaling(const char *path, const struct safetensors *file,
                                    struct fig_scaling *scaling)
{
    const struct safe_tensor *mean = safetensors_find(file, SCALING_MEAN);
    const struct safe_tensor *deviation = safetensors_find(file, SCALING_DEVIATION);
    if (!mean && !deviation)
        return FIG_OK;
    if (!is_column_vector(mean, mean) || !is_column_vector(deviation, mean))
        return fail(FIG_FORMAT, "%s: " SCALING_MEAN " and " SCALING_DEVIATION ": expected two F64 "
                    "vectors of the same length", path);
    TRY(scaling_create(scaling, (int)mean->dims[0]));
    memcpy(scaling->mean, mean->data, mean->size);
    memcpy(scaling->deviation, deviation->data, deviation->size);
    for (int i = 0; i < scaling->columns; i++) {
        if (!isfinite(scaling->mean[i]) || !isfinite(scaling->deviation[i]) ||
            scaling->deviation[i] <= 0)
            return fail(FIG_FORMAT, "%s: column %d: mean %g and deviation %g: finite numbers are "
                        "expected, and a deviation above 0", path, i + 1, scaling->mean[i],
                        scaling->deviation[i]);
    }
    return FIG_OK;
}

enum fig_status model_scaling(const char *folder, struct fig_scaling *scaling)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    *scaling = (struct fig_scaling){ 0 };
    TRY(open_file(&file, path, folder, "model.safetensors"));
    const enum fig_status status = take_scaling(path, &file, scaling);
    safetensors_close(&file);
    if (status)
        scaling_free(scaling);
    return status;
}

enum fig_status model_load(const char *folder, struct fig_store *store)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    TRY(open_file(&file, path, folder, "model.safetensors"));
    const enum fig_status status = load_tensors(&file, path, store, false);
    safetensors_close(&file);
    return status;
}

/* A checkpoint of another batch size or seed would go on with other batches. */
static enum fig_status check_settings(const struct safetensors *file, const char *path,
                                      const struct fig_config *config)
{
    const struct fig_settings *settings = fig_config_settings(config);
    char seed[32];
    double batch;
    const char *found = safetensors_metadata(file, "seed");
    snprintf(seed, sizeof(seed), "%" PRIu64, settings->seed);
    if (!found || strcmp(found, seed) != 0)
        return fail(FIG_INVALID, "%s: trained with seed %s, the configuration says %s", path,
                    found ? found : "?", seed);
    TRY(read_whole(file, path, "batch_size", 1 << 20, &batch));
    if ((int)batch != settings->batch)
        return fail(FIG_INVALID, "%s: trained with batches of %d, the configuration says %d", path,
                    (int)batch, settings->batch);
    return FIG_OK;
}

static enum fig_status load_place(const struct safetensors *file, const char *path,
                                  struct place *place)
{
    double step, epoch, batch;
    TRY(read_whole(file, path, "step", UINT32_MAX, &step));
    TRY(read_whole(file, path, "epoch", 1 << 24, &epoch));
    TRY(read_whole(file, path, "batch", INT32_MAX, &batch));
    TRY(read_numbers(file, path, "seconds", 1, &place->seconds));
    TRY(read_numbers(file, path, "seen", SESSION_LOSSES, place->seen));
    TRY(read_numbers(file, path, "sums", SESSION_LOSSES, place->sums));
    place->step = (uint64_t)step;
    place->epoch = (int)epoch;
    place->batch = (int)batch;
    return FIG_OK;
}

static enum fig_status load_optimizers(const struct safetensors *file, const char *path,
                                       struct fig_store *store)
{
    double steps[FIG_PHASES * 4];
    const int count = fig_store_optimizers(store);
    assert(count <= (int)LENGTH(steps));
    TRY(read_numbers(file, path, "optimizers", count, steps));
    for (int i = 0; i < count; i++)
        fig_store_optimizer(store, i)->steps = (uint64_t)steps[i];
    return FIG_OK;
}

enum fig_status checkpoint_load(const char *folder, const struct fig_config *config,
                                struct fig_store *store, struct place *place)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    TRY(open_file(&file, path, folder, "checkpoint.safetensors"));
    enum fig_status status = check_settings(&file, path, config);
    if (!status)
        status = load_place(&file, path, place);
    if (!status)
        status = load_optimizers(&file, path, store);
    if (!status)
        status = load_tensors(&file, path, store, true);
    safetensors_close(&file);
    return status;
}
