/* SPDX-License-Identifier: MIT */
/* IDX, the format of MNIST, plain or gzip'd: two zero bytes, the type, the number of dimensions,
 * each dimension as four bytes, highest first, and the values. */
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"

enum { TYPE_BYTE = 0x08, TYPE_LAST = 0x0e, DIMS_LIMIT = 3, CHUNK = 1 << 20 };

struct reader {
    const char *path;
    gzFile file;   /* zlib passes plain files through */
    size_t offset; /* of the next byte, after decompression */
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

static bool idx_probe(const char *spec)
{
    if (path_is_folder(spec))
        return probe_folder(spec);
    gzFile file = gzopen(spec, "rb");
    if (!file)
        return false;
    unsigned char magic[4];
    const bool complete = gzread(file, magic, sizeof(magic)) == sizeof(magic);
    gzclose(file);
    return complete && !magic[0] && !magic[1] && magic[2] >= TYPE_BYTE && magic[2] <= TYPE_LAST;
}

/* Why less was read than asked for. */
static enum fig_status cut_short(const struct reader *reader, size_t wanted, size_t found)
{
    int code;
    const char *why = gzerror(reader->file, &code);
    if (code == Z_ERRNO)
        return fail(FIG_IO, "%s: offset %zu: cannot read: %s", reader->path, reader->offset, why);
    if (code != Z_OK)
        return fail(FIG_FORMAT, "%s: offset %zu after decompression: damaged: %s", reader->path,
                    reader->offset + found, why);
    return fail(FIG_FORMAT, "%s: offset %zu: cut short: %zu bytes must follow, %zu do",
                reader->path, reader->offset, wanted, found);
}

/* `size` is below 2^31. */
static enum fig_status take(struct reader *reader, void *out, size_t size)
{
    const int got = gzread(reader->file, out, (unsigned)size);
    if (got < 0 || (size_t)got < size)
        return cut_short(reader, size, got < 0 ? 0 : (size_t)got);
    reader->offset += size;
    return FIG_OK;
}

/* The end also proves the checksum of a gzip file. */
static enum fig_status take_end(struct reader *reader)
{
    char more;
    if (gzread(reader->file, &more, 1) == 1)
        return fail(FIG_FORMAT, "%s: offset %zu: more bytes follow; its dimensions end here",
                    reader->path, reader->offset);
    int code;
    gzerror(reader->file, &code);
    return code == Z_OK || code == Z_STREAM_END ? FIG_OK : cut_short(reader, 0, 0);
}

/* The header.  `size` becomes the number of values, at most DATASET_LIMIT. */
static enum fig_status take_dims(struct reader *reader, int dims, int dim[DIMS_LIMIT], size_t *size)
{
    uint8_t word[4];
    TRY(take(reader, word, sizeof(word)));
    if (word[0] || word[1])
        return fail(FIG_FORMAT, "%s: offset 0: IDX files start with 0000, this one with %02x%02x",
                    reader->path, word[0], word[1]);
    if (word[2] != TYPE_BYTE)
        return fail(FIG_FORMAT, "%s: offset 2: values must be of type %02x (bytes), not %02x",
                    reader->path, TYPE_BYTE, word[2]);
    if (word[3] != dims)
        return fail(FIG_FORMAT, "%s: offset 3: %s have %d dimensions, not %d", reader->path,
                    dims == 1 ? "labels" : "images", dims, word[3]);
    *size = 1;
    for (int i = 0; i < dims; i++) {
        TRY(take(reader, word, sizeof(word)));
        const uint32_t value = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 |
                               (uint32_t)word[2] << 8 | word[3];
        if (!value || !size_mul(*size, value, size) || *size > DATASET_LIMIT)
            return fail(FIG_FORMAT, "%s: offset %zu: dimension %d is %u; the product of all must "
                        "be from 1 to %d", reader->path, reader->offset - sizeof(word), i,
                        (unsigned)value, DATASET_LIMIT);
        dim[i] = (int)value;
    }
    return FIG_OK;
}

/* Memory grows with what was read: a header alone makes nobody allocate. */
static enum fig_status take_values(struct reader *reader, size_t size, uint8_t **values)
{
    size_t room = 0;
    for (size_t have = 0; have < size; have = room) {
        room = have ? 2 * have : CHUNK;
        room = room < size ? room : size;
        uint8_t *larger = realloc(*values, room);
        if (!larger)
            return fail(FIG_NOMEM, "%s: no memory for %zu bytes", reader->path, room);
        *values = larger;
        TRY(take(reader, larger + have, room - have));
    }
    return take_end(reader);
}

static enum fig_status read_file(const char *path, int dims, int dim[DIMS_LIMIT], uint8_t **values)
{
    struct reader reader = { .path = path, .file = gzopen(path, "rb") };
    if (!reader.file)
        return fail(FIG_IO, "%s: cannot open", path);
    gzbuffer(reader.file, 1 << 17);
    size_t size = 0;
    enum fig_status status = take_dims(&reader, dims, dim, &size);
    if (!status)
        status = take_values(&reader, size, values);
    gzclose(reader.file);
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
