/* SPDX-License-Identifier: MIT */
#include "run/store_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "graph/store.h"

static enum safe_dtype dtype_of(const struct fig_store *store, const struct store_file *file)
{
    const bool doubles = file->moments && device_reals(store_device(store), 1) == sizeof(double);
    return doubles ? SAFE_F64 : SAFE_F32;
}

/* Bytes of a value in the file. */
static size_t value_size(enum safe_dtype dtype)
{
    return dtype == SAFE_F64 ? sizeof(double) : sizeof(float);
}

/* From the device into one block of values. */
static enum fig_status read_tensors(struct fig_store *store, const struct store_file *file,
                                    struct safetensors *content, char *values)
{
    const enum safe_dtype dtype = dtype_of(store, file);
    for (int i = 0; i < fig_store_count(store); i++) {
        const struct fig_tensor *tensor = fig_store_tensor(store, i);
        if (tensor->kind == FIG_MOMENT && !file->moments)
            continue;
        struct safe_tensor *safe = &content->tensors[content->count++];
        *safe = (struct safe_tensor){ .name = tensor->name, .dtype = dtype,
                                      .rank = tensor->shape.rank, .data = values };
        for (int k = 0; k < tensor->shape.rank; k++)
            safe->dims[k] = (size_t)tensor->shape.dim[k];
        TRY(dtype == SAFE_F64 ? fig_store_read_doubles(store, i, (double *)values)
                              : fig_store_read(store, i, (float *)values));
        values += shape_length(tensor->shape) * value_size(dtype);
    }
    return FIG_OK;
}

enum fig_status store_save(const char *path, struct fig_store *store, const struct store_file *file)
{
    const size_t count = (size_t)fig_store_count(store);
    size_t length = 0;
    for (int i = 0; i < fig_store_count(store); i++)
        length += shape_length(fig_store_tensor(store, i)->shape);
    char *values = malloc((length + 1) * value_size(dtype_of(store, file)));
    struct safetensors content = {
        .tensors = calloc(count + (size_t)file->other_count + 1, sizeof(*content.tensors)),
        .metadata = file->pairs, .pairs = file->pair_count };
    enum fig_status status = values && content.tensors ? FIG_OK : FIG_NOMEM;
    if (status)
        log_error("%s: no memory for %zu values", path, length);
    if (!status)
        status = read_tensors(store, file, &content, values);
    for (int i = 0; !status && i < file->other_count; i++)
        content.tensors[content.count++] = file->others[i];
    if (!status)
        status = safetensors_write(path, &content);
    free(values);
    free(content.tensors);
    return status;
}

static enum fig_status check_finite(const char *path, const char *name, const void *values,
                                    enum safe_dtype dtype, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const double value = dtype == SAFE_F64 ? ((const double *)values)[i]
                                               : (double)((const float *)values)[i];
        if (!isfinite(value))
            return fail(FIG_NUMERIC, "%s: %s: value %zu is %g; a model is made of finite numbers",
                        path, name, i, value);
    }
    return FIG_OK;
}

static enum fig_status load_tensor(const struct safetensors *content, const char *path,
                                   struct fig_store *store, enum safe_dtype dtype, int index)
{
    const struct fig_tensor *tensor = fig_store_tensor(store, index);
    const struct safe_tensor *safe = safetensors_find(content, tensor->name);
    const size_t length = shape_length(tensor->shape);
    if (!safe)
        return fail(FIG_FORMAT, "%s: no tensor %s: the model has one", path, tensor->name);
    if (safe->dtype != dtype)
        return fail(FIG_FORMAT, "%s: %s: its numbers are not %s: checkpoints of the device cpu64 "
                    "have F64, those of all others and models F32", path, tensor->name,
                    dtype == SAFE_F64 ? "F64" : "F32");
    bool good = safe->rank == tensor->shape.rank;
    for (int i = 0; good && i < safe->rank; i++)
        good = safe->dims[i] == (size_t)tensor->shape.dim[i];
    if (!good)
        return fail(FIG_FORMAT, "%s: %s: its shape is not that of the model, of %zu values", path,
                    tensor->name, length);
    void *values = malloc(length * value_size(dtype)); /* aligned as in the file they need not be */
    if (!values)
        return fail(FIG_NOMEM, "%s: %s: no memory for %zu values", path, tensor->name, length);
    memcpy(values, safe->data, length * value_size(dtype));
    enum fig_status status = check_finite(path, tensor->name, values, dtype, length);
    if (!status)
        status = dtype == SAFE_F64 ? fig_store_write_doubles(store, index, values)
                                   : fig_store_write(store, index, values);
    free(values);
    return status;
}

enum fig_status store_load(const struct safetensors *content, const char *path,
                           struct fig_store *store, const struct store_file *file)
{
    int expected = file->other_count;
    for (int i = 0; i < fig_store_count(store); i++) {
        if (fig_store_tensor(store, i)->kind == FIG_MOMENT && !file->moments)
            continue;
        TRY(load_tensor(content, path, store, dtype_of(store, file), i));
        expected++;
    }
    if (content->count != expected)
        return fail(FIG_FORMAT, "%s: %d tensors; the model has %d", path, content->count, expected);
    return FIG_OK;
}
