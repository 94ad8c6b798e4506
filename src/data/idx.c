/* SPDX-License-Identifier: MIT */
/* IDX, the format of MNIST, plain or gzip'd: two zero bytes, the type, the number of dimensions,
 * each dimension as four bytes, highest first, and the values. */
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "data/gzip.h"

enum { TYPE_BYTE = 0x08, TYPE_LAST = 0x0e, DIMS_LIMIT = 3, WORD = 4,
       FILE_LIMIT = DATASET_LIMIT + (1 + DIMS_LIMIT) * WORD };

/* A file in memory, decompressed. */
struct reader {
    const char *path;
    uint8_t *bytes;
    size_t size, offset; /* the offset is of the next byte */
};

/* What a file of a set is called: MNIST's way, and with a '.' for the second '-'. */
struct part {
    const char *split, *content, *type;
};
static const struct part parts[2][2] = {
    [FIG_TRAIN] = { { "train", "images", "idx3" }, { "train", "labels", "idx1" } },
    [FIG_TEST] = { { "t10k", "images", "idx3" }, { "t10k", "labels", "idx1" } },
};
static const char *const patterns[] = {
    "%s-%s-%s-ubyte", "%s-%s-%s-ubyte.gz", "%s-%s.%s-ubyte", "%s-%s.%s-ubyte.gz"
};

static void part_name(const struct part *part, size_t pattern, char out[64])
{
    snprintf(out, 64, patterns[pattern], part->split, part->content, part->type);
}

/* False when the folder has none of the part's names, or a path would be too long. */
static bool find_part(const char *folder, const struct part *part, char out[PATH_LIMIT])
{
    for (size_t i = 0; i < LENGTH(patterns); i++) {
        char name[64];
        part_name(part, i, name);
        if (!path_join(out, folder, name) && path_exists(out) && !path_is_folder(out))
            return true;
    }
    return false;
}

static bool probe_folder(const char *folder)
{
    char path[PATH_LIMIT];
    for (int i = 0; i < 4; i++) {
        if (find_part(folder, &parts[i / 2][i % 2], path))
            return true;
    }
    return false;
}

static bool is_magic(const uint8_t *word)
{
    return !word[0] && !word[1] && word[2] >= TYPE_BYTE && word[2] <= TYPE_LAST;
}

/* What gzip hides is looked at when it is read. */
static bool idx_probe(const char *spec)
{
    uint8_t magic[WORD];
    if (path_is_folder(spec))
        return probe_folder(spec);
    return file_begin(spec, magic, WORD) && (gzip_probe(magic, WORD) || is_magic(magic));
}

/* NULL if fewer bytes follow. */
static const uint8_t *take(struct reader *reader, size_t size)
{
    const size_t left = reader->size - reader->offset;
    const uint8_t *const bytes = reader->bytes + reader->offset;
    if (left < size) {
        fail(FIG_FORMAT, "%s: offset %zu: cut short: %zu bytes must follow, %zu do", reader->path,
             reader->offset, size, left);
        return NULL;
    }
    reader->offset += size;
    return bytes;
}

/* The header.  `size` becomes the number of values, at most DATASET_LIMIT. */
static enum fig_status take_dims(struct reader *reader, int dims, int dim[DIMS_LIMIT], size_t *size)
{
    const uint8_t *word = take(reader, WORD);
    if (!word)
        return FIG_FORMAT;
    if (word[0] || word[1])
        return fail(FIG_FORMAT, "%s: offset 0: IDX files, the only ones that may be gzip'd, start "
                    "with 0000, this one with %02x%02x", reader->path, word[0], word[1]);
    if (word[2] != TYPE_BYTE)
        return fail(FIG_FORMAT, "%s: offset 2: values must be of type %02x (bytes), not %02x",
                    reader->path, TYPE_BYTE, word[2]);
    if (word[3] != dims)
        return fail(FIG_FORMAT, "%s: offset 3: %s have %d dimensions, not %d", reader->path,
                    dims == 1 ? "labels" : "images", dims, word[3]);
    *size = 1;
    for (int i = 0; i < dims; i++) {
        word = take(reader, WORD);
        if (!word)
            return FIG_FORMAT;
        const uint32_t value = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 |
                               (uint32_t)word[2] << 8 | word[3];
        if (!value || !size_mul(*size, value, size) || *size > DATASET_LIMIT)
            return fail(FIG_FORMAT, "%s: offset %zu: dimension %d is %u; the product of all must "
                        "be from 1 to %d", reader->path, reader->offset - WORD, i,
                        (unsigned)value, DATASET_LIMIT);
        dim[i] = (int)value;
    }
    return FIG_OK;
}

/* The values become the first of the bytes. */
static enum fig_status take_values(struct reader *reader, size_t size)
{
    const uint8_t *const values = take(reader, size);
    if (!values)
        return FIG_FORMAT;
    if (reader->offset < reader->size)
        return fail(FIG_FORMAT, "%s: offset %zu: more bytes follow; its dimensions end here",
                    reader->path, reader->offset);
    memmove(reader->bytes, values, size);
    return FIG_OK;
}

static enum fig_status read_file(const char *path, int dims, int dim[DIMS_LIMIT], uint8_t **values)
{
    struct reader reader = { .path = path };
    TRY(gzip_read(path, FILE_LIMIT, &reader.bytes, &reader.size));
    size_t size = 0;
    enum fig_status status = take_dims(&reader, dims, dim, &size);
    if (!status)
        status = take_values(&reader, size);
    if (status)
        free(reader.bytes);
    else
        *values = reader.bytes;
    return status;
}

static enum fig_status read_images(struct fig_dataset *dataset, const char *path)
{
    int dim[DIMS_LIMIT];
    TRY(read_file(path, 3, dim, &dataset->bytes));
    dataset->info = (struct fig_dataset_info){
        .count = dim[0], .height = dim[1], .width = dim[2], .channels = 1, .bytes = true
    };
    return FIG_OK;
}

static enum fig_status read_labels(struct fig_dataset *dataset, const char *path)
{
    struct fig_dataset_info *info = &dataset->info;
    int dim[DIMS_LIMIT];
    TRY(read_file(path, 1, dim, &dataset->labels));
    if (dim[0] != info->count)
        return fail(FIG_FORMAT, "%s: offset 4: %d labels for %d images", path, dim[0], info->count);
    for (int i = 0; i < info->count; i++) {
        if (dataset->labels[i] >= info->classes)
            info->classes = dataset->labels[i] + 1;
    }
    return FIG_OK;
}

static enum fig_status need_part(const char *folder, const struct part *part, char out[PATH_LIMIT])
{
    char name[64], other[64];
    if (find_part(folder, part, out))
        return FIG_OK;
    part_name(part, 0, name);
    part_name(part, 2, other);
    return fail(FIG_FORMAT, "%s: the folder has no %s[.gz], nor %s[.gz]", folder, name, other);
}

static enum fig_status idx_open(struct fig_dataset *dataset, const struct source *source)
{
    const struct part *const part = parts[source->split];
    char images[PATH_LIMIT], labels[PATH_LIMIT];
    if (!path_is_folder(source->spec))
        return read_images(dataset, source->spec);
    TRY(need_part(source->spec, &part[0], images));
    TRY(need_part(source->spec, &part[1], labels));
    TRY(read_images(dataset, images));
    return read_labels(dataset, labels);
}

const struct format idx_format = {
    .looks_for = "an IDX file of bytes, or a folder with train-images-idx3-ubyte[.gz] and its like",
    .probe = idx_probe,
    .open = idx_open,
};
