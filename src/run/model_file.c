/* SPDX-License-Identifier: MIT */
#include "run/model_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "data/scaling.h"
#include "run/notes.h"
#include "run/store_file.h"

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

static enum fig_status save(const char *folder, struct fig_store *store,
                            const struct fig_scaling *scaling, struct notes *notes)
{
    char path[PATH_LIMIT];
    struct safe_tensor tensors[SCALING_TENSORS];
    struct store_file file = { .others = tensors, .pairs = notes->pairs,
                               .pair_count = notes->count };
    TRY(path_join(path, folder, "model.safetensors"));
    if (scaling) {
        list_scaling(scaling, tensors);
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
                           struct fig_store *store, uint64_t step, struct sample_size size)
{
    const struct fig_settings *settings = fig_config_settings(config);
    struct notes notes = { .count = 0 };
    struct text classes = { 0 };
    note(&notes, "format", "pt");
    note(&notes, "model", "%s", settings->name);
    note(&notes, "family", "%s", settings->family);
    note(&notes, "step", "%" PRIu64, step);
    note(&notes, "seed", "%" PRIu64, settings->seed);
    note(&notes, "sample", "%d %d %d", size.height, size.width, size.channels);
    note_classes(&notes, &classes, &size);
    const enum fig_status status =
        classes.failed ? fail(FIG_NOMEM, "no memory for the names of %d classes", size.classes)
                       : save(folder, store, size.scaling, &notes);
    text_free(&classes);
    return status;
}

/* --- Reading */

static enum fig_status open_file(struct safetensors *file, char path[PATH_LIMIT],
                                 const char *folder)
{
    TRY(path_join(path, folder, "model.safetensors"));
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
    if (!*lines && *count >= 1 && *count <= FIG_CLASSES)
        return FIG_OK;
    return fail(FIG_FORMAT, "%s: metadata classes: expected 1 to %d lines", path, FIG_CLASSES);
}

enum fig_status model_size(const char *folder, struct sample_size *size, uint64_t *step)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    double sample[3] = { 0 }, steps = 0;
    TRY(open_file(&file, path, folder));
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
    TRY(open_file(&file, path, folder));
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
    TRY(open_file(&file, path, folder));
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
    TRY(open_file(&file, path, folder));
    const enum fig_status status = store_load(&file, path, store, &(struct store_file){
        .other_count = safetensors_find(&file, SCALING_MEAN) ? SCALING_TENSORS : 0 });
    safetensors_close(&file);
    return status;
}

enum fig_status model_hash(const char *folder, uint64_t *hash)
{
    char path[PATH_LIMIT];
    void *bytes = NULL;
    size_t size;
    TRY(path_join(path, folder, "model.safetensors"));
    TRY(file_read(path, INT32_MAX, &bytes, &size));
    *hash = hash_bytes(HASH_START, bytes, size);
    free(bytes);
    return FIG_OK;
}

enum fig_status model_mark(const char *folder, char mark[MARK_SIZE])
{
    uint64_t hash;
    TRY(model_hash(folder, &hash));
    snprintf(mark, MARK_SIZE, "%016" PRIx64, hash);
    return FIG_OK;
}
