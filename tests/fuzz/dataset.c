/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <figment/data.h>

static char folder[] = "/tmp/figment-fuzz-XXXXXX";
static char path[64];

static void clean_up(void)
{
    remove(path);
    remove(folder);
}

const char *fuzz_file(const char *name, const uint8_t *bytes, size_t size)
{
    if (!*path) {
        if (!mkdtemp(folder))
            abort();
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        atexit(clean_up);
    }
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        abort();
    return path;
}

static void read_all(const struct fig_dataset *dataset)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = (size_t)info->height * (size_t)info->width * (size_t)info->channels;
    const uint8_t *labels = fig_dataset_labels(dataset);
    float *sample = malloc(length * sizeof(*sample));
    for (int i = 0; sample && i < info->count; i++) {
        if (fig_dataset_sample(dataset, i, sample))
            abort();
        for (size_t k = 0; k < length; k++) {
            if (sample[k] != sample[k])
                abort();
        }
        if (labels && (labels[i] >= info->classes || !fig_dataset_class_name(dataset, labels[i])))
            abort();
    }
    free(sample);
}

void fuzz_dataset(const char *name, const char *options, const uint8_t *bytes, size_t size)
{
    char spec[128];
    snprintf(spec, sizeof(spec), "%s%s", fuzz_file(name, bytes, size), options);
    for (int split = FIG_TRAIN; split <= FIG_TEST; split++) {
        struct fig_dataset *dataset = NULL;
        if (!fig_dataset_open(&dataset, spec, (enum fig_split)split, 1))
            read_all(dataset);
        fig_dataset_close(&dataset);
    }
}
