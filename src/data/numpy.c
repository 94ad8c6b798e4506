/* SPDX-License-Identifier: MIT */
/* NumPy arrays as datasets: samples in one file, and labels in another one beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "data/npy.h"
#include "data/table.h"

/* An array in memory. */
struct array {
    char path[PATH_LIMIT];
    void *bytes; /* the whole file */
    struct npy npy;
    size_t length;
};

static bool numpy_probe(const char *spec)
{
    static const char magic[] = "\x93NUMPY";
    char begin[sizeof(magic) - 1];
    return file_begin(spec, begin, sizeof(begin)) && memcmp(begin, magic, sizeof(begin)) == 0;
}

static enum fig_status array_open(struct array *array)
{
    size_t size;
    TRY(file_read(array->path, DATASET_LIMIT, &array->bytes, &size));
    return npy_parse(&array->npy, array->path, array->bytes, size, &array->length);
}

/* Bytes before number i. */
static size_t offset(const struct array *array, size_t i)
{
    return (size_t)(array->npy.numbers - (const char *)array->bytes) + i * array->npy.item;
}

/* [n, h, w, c] and [n, h, w] are pictures, [n, d] is a table. */
static enum fig_status find_shape(struct fig_dataset_info *info, const struct array *array)
{
    const struct npy *npy = &array->npy;
    const int *dim = npy->dim;
    if (npy->rank < 2)
        return fail(FIG_FORMAT, "%s: .npy: one dimension; samples are [n, height, width, channels],"
                                " [n, height, width] or [n, columns]", array->path);
    info->table = npy->rank == 2;
    info->bytes = npy->type == NPY_BYTE && !info->table;
    info->height = info->table ? 1 : dim[1];
    info->width = info->table ? 1 : dim[2];
    info->channels = info->table ? dim[1] : npy->rank == 3 ? 1 : dim[3];
    if (!info->table && info->channels != 1 && info->channels != 3)
        return fail(FIG_FORMAT, "%s: .npy: pictures of %d channels; 1 is grey and 3 is RGB",
                    array->path, info->channels);
    if (npy->type == NPY_INT || npy->type == NPY_LONG)
        return fail(FIG_FORMAT, "%s: .npy: samples are uint8, float32 or float64", array->path);
    if (array->length > DATASET_LIMIT / (info->bytes ? 1 : sizeof(float)))
        return fail(FIG_FORMAT, "%s: .npy: %zu numbers; at most %d bytes of them are read",
                    array->path, array->length, DATASET_LIMIT);
    return FIG_OK;
}

/* One sample, from number `first` on. */
static enum fig_status take_floats(float *out, const struct array *array, size_t first,
                                   size_t size, bool table)
{
    for (size_t i = 0; i < size; i++) {
        const double value = npy_number(&array->npy, first + i);
        out[i] = (float)value;
        if (!isfinite(out[i]) || (!table && (value < 0 || value > 1)))
            return fail(FIG_FORMAT, "%s: offset %zu: %g; %s", array->path,
                        offset(array, first + i), value,
                        table ? "numbers of a table are finite floats"
                              : "pictures of floats are in [0, 1], those of uint8 in 0 to 255");
    }
    return FIG_OK;
}

static enum fig_status take_half(struct fig_dataset *dataset, const struct array *array,
                                 enum fig_split split)
{
    struct fig_dataset_info *info = &dataset->info;
    const size_t samples = (size_t)array->npy.dim[0], size = array->length / samples;
    const size_t count = half_count(samples, split);
    void *room = malloc(count * size * (info->bytes ? 1 : sizeof(float)));
    if (!room)
        return fail(FIG_NOMEM, "%s: no memory for %zu samples", array->path, count);
    dataset->bytes = info->bytes ? room : NULL;
    dataset->values = info->bytes ? NULL : room;
    info->count = (int)count;
    info->whole = split == FIG_WHOLE;
    for (size_t i = 0; i < count; i++) {
        const size_t first = half_index(i, samples, split) * size;
        if (info->bytes)
            memcpy(dataset->bytes + i * size, array->npy.numbers + first, size);
        else
            TRY(take_floats(dataset->values + i * size, array, first, size, info->table));
    }
    return FIG_OK;
}

static enum fig_status count_classes(struct fig_dataset_info *info, const struct array *array,
                                     size_t samples)
{
    const struct npy *npy = &array->npy;
    if (npy->rank != 1 || npy->type == NPY_FLOAT || npy->type == NPY_DOUBLE ||
        array->length != samples)
        return fail(FIG_FORMAT, "%s: .npy: labels are %zu numbers of uint8, int32 or int64 in one"
                                " dimension, as there are samples", array->path, samples);
    for (size_t i = 0; i < samples; i++) {
        const double label = npy_number(npy, i);
        if (label < 0 || label >= CLASS_LIMIT)
            return fail(FIG_FORMAT, "%s: offset %zu: label %g; they are from 0 to %d", array->path,
                        offset(array, i), label, CLASS_LIMIT - 1);
        if (label >= info->classes)
            info->classes = (int)label + 1;
    }
    return FIG_OK;
}

static enum fig_status take_labels(struct fig_dataset *dataset, const struct array *array,
                                   size_t samples, enum fig_split split)
{
    TRY(count_classes(&dataset->info, array, samples));
    dataset->labels = malloc((size_t)dataset->info.count);
    if (!dataset->labels)
        return fail(FIG_NOMEM, "%s: no memory for %d labels", array->path, dataset->info.count);
    for (size_t i = 0; i < (size_t)dataset->info.count; i++)
        dataset->labels[i] = (uint8_t)npy_number(&array->npy, half_index(i, samples, split));
    return FIG_OK;
}

/* "NAME.labels.npy" for "NAME.npy"; false if there is none. */
static bool find_labels(const char *path, char out[PATH_LIMIT])
{
    static const char suffix[] = ".npy";
    if (!path_ends_in(path, suffix))
        return false;
    const int length = (int)(strlen(path) - strlen(suffix));
    const int size = snprintf(out, PATH_LIMIT, "%.*s.labels.npy", length, path);
    return size < PATH_LIMIT && path_exists(out);
}

static enum fig_status read_samples(struct fig_dataset *dataset, struct array *array,
                                    enum fig_split split)
{
    TRY(array_open(array));
    TRY(find_shape(&dataset->info, array));
    return take_half(dataset, array, split);
}

static enum fig_status read_labels(struct fig_dataset *dataset, struct array *array,
                                   size_t samples, enum fig_split split)
{
    TRY(array_open(array));
    return take_labels(dataset, array, samples, split);
}

static enum fig_status numpy_open(struct fig_dataset *dataset, const struct source *source)
{
    struct array samples = { .bytes = NULL }, labels = { .bytes = NULL };
    memcpy(samples.path, source->spec, PATH_LIMIT);
    enum fig_status status = read_samples(dataset, &samples, source->asked);
    if (!status && find_labels(samples.path, labels.path))
        status = read_labels(dataset, &labels, (size_t)samples.npy.dim[0], source->asked);
    free(samples.bytes);
    free(labels.bytes);
    return status;
}

const struct format numpy_format = {
    .looks_for = "a NumPy array in a .npy file",
    .probe = numpy_probe,
    .open = numpy_open,
};
