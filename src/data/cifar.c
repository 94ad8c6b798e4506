/* SPDX-License-Identifier: MIT */
/* CIFAR-10's binary version: records of a label and 32x32 bytes each of red, green and blue. */
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/size.h"

enum { SIDE = 32, PLANE = SIDE * SIDE, IMAGE = 3 * PLANE, RECORD = 1 + IMAGE, CLASSES = 10 };

static const char names_file[] = "batches.meta.txt";
static const struct {
    enum fig_split split;
    const char *name;
} batches[] = {
    { FIG_TRAIN, "data_batch_1.bin" }, { FIG_TRAIN, "data_batch_2.bin" },
    { FIG_TRAIN, "data_batch_3.bin" }, { FIG_TRAIN, "data_batch_4.bin" },
    { FIG_TRAIN, "data_batch_5.bin" }, { FIG_TEST, "test_batch.bin" },
};

static bool find_file(const char *folder, const char *name, char out[PATH_LIMIT])
{
    return !path_join(out, folder, name) && path_exists(out) && !path_is_folder(out);
}

static bool cifar_probe(const char *spec)
{
    char path[PATH_LIMIT];
    if (!path_is_folder(spec))
        return path_ends_in(spec, ".bin") && path_exists(spec);
    for (size_t i = 0; i < LENGTH(batches); i++) {
        if (find_file(spec, batches[i].name, path))
            return true;
    }
    return false;
}

/* Planes become channels of pixels. */
static void interleave(uint8_t *out, const uint8_t *planes)
{
    for (int i = 0; i < IMAGE; i++)
        out[i] = planes[i % 3 * PLANE + i / 3];
}

static enum fig_status take_records(struct fig_dataset *dataset, const char *path,
                                    const uint8_t *records, size_t size)
{
    const size_t have = (size_t)dataset->info.count, count = size / RECORD, all = have + count;
    if (!count || size % RECORD)
        return fail(FIG_FORMAT, "%s: %zu bytes are no whole number of CIFAR-10's records of %d",
                    path, size, RECORD);
    if (all > DATASET_LIMIT / IMAGE)
        return fail(FIG_FORMAT, "%s: %zu images up to here; at most %d are read", path, all,
                    DATASET_LIMIT / IMAGE);
    uint8_t *bytes = realloc(dataset->bytes, all * IMAGE);
    dataset->bytes = bytes ? bytes : dataset->bytes;
    uint8_t *labels = realloc(dataset->labels, all);
    dataset->labels = labels ? labels : dataset->labels;
    if (!bytes || !labels)
        return fail(FIG_NOMEM, "%s: no memory for %zu images", path, all);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *record = records + i * RECORD;
        if (record[0] >= CLASSES)
            return fail(FIG_FORMAT, "%s: offset %zu: label %d; CIFAR-10 has 0 to %d", path,
                        i * RECORD, record[0], CLASSES - 1);
        labels[have + i] = record[0];
        interleave(bytes + (have + i) * IMAGE, record + 1);
    }
    dataset->info.count = (int)all;
    return FIG_OK;
}

static enum fig_status read_batch(struct fig_dataset *dataset, const char *path)
{
    void *bytes = NULL;
    size_t size;
    TRY(file_read(path, DATASET_LIMIT, &bytes, &size));
    const enum fig_status status = take_records(dataset, path, bytes, size);
    free(bytes);
    return status;
}

/* Lines that are not empty; a name holds no zero byte. */
static enum fig_status parse_names(struct text *names, const char *path, char *text, size_t size)
{
    int count = 0;
    if (strlen(text) != size)
        return fail(FIG_FORMAT, "%s: offset %zu: a zero byte", path, strlen(text));
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"), count++)
        names_add(names, line);
    if (count != CLASSES)
        return fail(FIG_FORMAT, "%s: %d names of classes; CIFAR-10 has %d", path, count, CLASSES);
    return FIG_OK;
}

static enum fig_status read_names(struct fig_dataset *dataset, const char *path)
{
    enum { LIMIT = 4096 };
    void *bytes = NULL;
    size_t size;
    TRY(file_read(path, LIMIT, &bytes, &size));
    const enum fig_status status = parse_names(&dataset->names, path, bytes, size);
    free(bytes);
    return status;
}

static enum fig_status read_folder(struct fig_dataset *dataset, const struct source *source)
{
    char path[PATH_LIMIT];
    for (size_t i = 0; i < LENGTH(batches); i++) {
        if (batches[i].split == source->split && find_file(source->spec, batches[i].name, path))
            TRY(read_batch(dataset, path));
    }
    if (!dataset->info.count)
        return fail(FIG_FORMAT, "%s: the folder has no %s", source->spec,
                    source->split == FIG_TRAIN ? "data_batch_1.bin to 5" : "test_batch.bin");
    return find_file(source->spec, names_file, path) ? read_names(dataset, path) : FIG_OK;
}

static enum fig_status cifar_open(struct fig_dataset *dataset, const struct source *source)
{
    dataset->info = (struct fig_dataset_info){
        .height = SIDE, .width = SIDE, .channels = 3, .classes = CLASSES, .bytes = true
    };
    return path_is_folder(source->spec) ? read_folder(dataset, source)
                                        : read_batch(dataset, source->spec);
}

const struct format cifar_format = {
    .looks_for = "CIFAR-10's binary batches: a .bin file, or a folder with data_batch_1.bin and its"
                 " like",
    .probe = cifar_probe,
    .open = cifar_open,
};
