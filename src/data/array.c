/* SPDX-License-Identifier: MIT */
#include <figment/array.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "base/text.h"
#include "data/npy.h"
#include "data/table.h"

static enum fig_status write_npy(const char *path, const struct fig_array *array, size_t length)
{
    char header[NPY_HEADER];
    struct writer writer;
    const size_t size = npy_header(header, array);
    enum fig_status status = writer_open(&writer, path);
    if (!status)
        status = writer_add(&writer, header, size);
    if (!status)
        status = writer_add(&writer, array->values, length * sizeof(float));
    if (!status)
        status = writer_commit(&writer);
    writer_close(&writer);
    return status;
}

static enum fig_status write_csv(const char *path, const struct fig_array *array, size_t length)
{
    struct text text = { 0 };
    const size_t columns = (size_t)array->dim[1];
    if (array->rank != 2)
        return fail(FIG_INVALID, "%s: CSV has two dimensions, not %d", path, array->rank);
    for (size_t i = 0; i < length; i++)
        text_add(&text, "%.9g%c", (double)array->values[i], (i + 1) % columns ? ',' : '\n');
    const enum fig_status status =
        text.failed ? fail(FIG_NOMEM, "%s: no memory for %zu numbers as text", path, length)
                    : file_write(path, text.chars, text.length);
    text_free(&text);
    return status;
}

static const struct {
    const char *suffix;
    enum fig_status (*write)(const char *path, const struct fig_array *array, size_t length);
} writers[] = {
    { ".npy", write_npy },
    { ".csv", write_csv },
};

/* False if a dimension is below 1 or there are more than SIZE_MAX / 8 values. */
static bool count_values(const struct fig_array *array, size_t *length)
{
    size_t bytes;
    *length = 1;
    for (int i = 0; i < array->rank; i++) {
        if (array->dim[i] < 1 || !size_mul(*length, (size_t)array->dim[i], length))
            return false;
    }
    return size_mul(*length, sizeof(double), &bytes);
}

enum fig_status fig_array_write(const char *path, const struct fig_array *array)
{
    size_t length;
    REQUIRE(path && array && array->values);
    REQUIRE(array->rank >= 1 && array->rank <= FIG_ARRAY_RANK);
    REQUIRE(count_values(array, &length));
    for (size_t i = 0; i < LENGTH(writers); i++) {
        if (path_ends_in(path, writers[i].suffix))
            return writers[i].write(path, array, length);
    }
    return fail(FIG_INVALID, "%s: arrays are written as .npy or .csv", path);
}

static enum fig_status convert(struct fig_array *out, const struct npy *npy, size_t length,
                               const char *path)
{
    if (npy->type != NPY_FLOAT && npy->type != NPY_DOUBLE)
        return fail(FIG_FORMAT, "%s: .npy: 'descr' must be '<f4' or '<f8'", path);
    memcpy(out->dim, npy->dim, sizeof(out->dim));
    out->rank = npy->rank;
    out->values = malloc(length * sizeof(float));
    if (!out->values)
        return fail(FIG_NOMEM, "%s: no memory for %zu numbers", path, length);
    for (size_t i = 0; i < length; i++)
        out->values[i] = (float)npy_number(npy, i);
    return FIG_OK;
}

/* A file has fewer than 2^30 bytes, and so are its rows and columns. */
static enum fig_status take_table(struct fig_array *out, const struct table *table,
                                  const char *path)
{
    const size_t length = table->rows * table->columns;
    out->rank = 2;
    out->dim[0] = (int)table->rows;
    out->dim[1] = (int)table->columns;
    out->values = malloc(length * sizeof(float));
    if (!out->values)
        return fail(FIG_NOMEM, "%s: no memory for %zu numbers", path, length);
    for (size_t i = 0; i < length; i++)
        out->values[i] = (float)table->values[i];
    return FIG_OK;
}

static enum fig_status read_csv(struct fig_array *out, const char *path)
{
    struct table table = { 0 };
    enum fig_status status = csv_numbers(path, &table);
    if (!status)
        status = take_table(out, &table, path);
    free(table.values);
    return status;
}

static enum fig_status read_npy(struct fig_array *out, const char *path)
{
    enum { LIMIT = 1 << 30 };
    void *bytes = NULL;
    size_t size, length;
    struct npy npy;
    TRY(file_read(path, LIMIT, &bytes, &size));
    enum fig_status status = npy_parse(&npy, path, bytes, size, &length);
    if (!status)
        status = convert(out, &npy, length, path);
    free(bytes);
    return status;
}

enum fig_status fig_array_read(struct fig_array *out, const char *path)
{
    REQUIRE(out && path);
    *out = (struct fig_array){ 0 };
    return path_ends_in(path, ".csv") ? read_csv(out, path) : read_npy(out, path);
}

void fig_array_free(struct fig_array *array)
{
    free(array->values);
    *array = (struct fig_array){ 0 };
}
