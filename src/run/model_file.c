/* SPDX-License-Identifier: MIT */
#include "run/model_file.h"

#include <inttypes.h>
#include <math.h>
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

enum fig_status model_open(struct model_file *file, const char *folder)
{
    TRY(path_join(file->path, folder, "model.safetensors"));
    return safetensors_open(&file->content, file->path);
}

void model_close(struct model_file *file)
{
    safetensors_close(&file->content);
}

uint64_t model_hash(const struct model_file *file)
{
    return hash_bytes(HASH_START, file->content.bytes, file->content.size);
}

static enum fig_status count_classes(const struct model_file *file, int *count)
{
    const char *lines = safetensors_metadata(&file->content, "classes");
    *count = 0;
    if (!lines)
        return FIG_OK;
    for (const char *end = strchr(lines, '\n'); end; end = strchr(lines, '\n')) {
        lines = end + 1;
        (*count)++;
    }
    if (!*lines && *count >= 1 && *count <= FIG_CLASSES)
        return FIG_OK;
    return fail(FIG_FORMAT, "%s: metadata classes: expected 1 to %d lines", file->path,
                FIG_CLASSES);
}

enum fig_status model_size(const struct model_file *file, struct sample_size *size,
                           uint64_t *step)
{
    double sample[3], steps;
    TRY(read_numbers(&file->content, file->path, "sample", 3, sample));
    for (int i = 0; i < 3; i++) {
        if (!(sample[i] >= 1 && sample[i] <= 65536 && sample[i] == floor(sample[i])))
            return fail(FIG_FORMAT, "%s: metadata sample: %g is no size", file->path, sample[i]);
    }
    TRY(read_whole(&file->content, file->path, "step", 1, 9e15, &steps));
    *step = (uint64_t)steps;
    *size = (struct sample_size){ .height = (int)sample[0], .width = (int)sample[1],
                                  .channels = (int)sample[2] };
    return count_classes(file, &size->classes);
}

enum fig_status model_names(const struct model_file *file, struct text *names)
{
    const char *line = safetensors_metadata(&file->content, "classes");
    while (line && *line) {
        const size_t length = strcspn(line, "\n");
        text_add_bytes(names, line, length);
        text_add_bytes(names, "", 1);
        line += length + (line[length] == '\n');
    }
    return names->failed ? fail(FIG_NOMEM, "%s: no memory for the names of its classes",
                                file->path)
                         : FIG_OK;
}

static bool is_column_vector(const struct safe_tensor *tensor, const struct safe_tensor *other)
{
    return tensor && tensor->dtype == SAFE_F64 && tensor->rank == 1 && tensor->dims[0] > 0 &&
           tensor->dims[0] <= INT32_MAX && tensor->dims[0] == other->dims[0];
}

static enum fig_status take_scaling(const struct model_file *file, struct fig_scaling *scaling)
{
    const struct safe_tensor *mean = safetensors_find(&file->content, SCALING_MEAN);
    const struct safe_tensor *deviation = safetensors_find(&file->content, SCALING_DEVIATION);
    if (!mean && !deviation)
        return FIG_OK;
    if (!is_column_vector(mean, mean) || !is_column_vector(deviation, mean))
        return fail(FIG_FORMAT, "%s: " SCALING_MEAN " and " SCALING_DEVIATION ": expected two F64 "
                    "vectors of the same length", file->path);
    TRY(scaling_create(scaling, (int)mean->dims[0]));
    memcpy(scaling->mean, mean->data, mean->size);
    memcpy(scaling->deviation, deviation->data, deviation->size);
    for (int i = 0; i < scaling->columns; i++) {
        if (!isfinite(scaling->mean[i]) || !isfinite(scaling->deviation[i]) ||
            scaling->deviation[i] <= 0)
            return fail(FIG_FORMAT, "%s: column %d: mean %g and deviation %g: finite numbers are "
                        "expected, and a deviation above 0", file->path, i + 1, scaling->mean[i],
                        scaling->deviation[i]);
    }
    return FIG_OK;
}

enum fig_status model_scaling(const struct model_file *file, struct fig_scaling *scaling)
{
    *scaling = (struct fig_scaling){ 0 };
    const enum fig_status status = take_scaling(file, scaling);
    if (status)
        scaling_free(scaling);
    return status;
}

enum fig_status model_load(const struct model_file *file, struct fig_store *store)
{
    const bool scaled = safetensors_find(&file->content, SCALING_MEAN) != NULL;
    return store_load(&file->content, file->path, store, &(struct store_file){
        .other_count = scaled ? SCALING_TENSORS : 0 });
}
