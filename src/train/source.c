/* SPDX-License-Identifier: MIT */
#include "train/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/size.h"
#include "data/scaling.h"
#include "run/model_file.h"

enum { WINDOW_BYTES = 32 << 20 }; /* of a part, unless the settings say how many samples */

static bool is_uniform(const char *data)
{
    const size_t length = strcspn(data, ":");
    return length == strlen("uniform") && strncmp(data, "uniform", length) == 0;
}

static bool is_unbounded(const struct fig_dataset *dataset)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = image_length(info->height, info->width, info->channels);
    const float *values = fig_dataset_values(dataset);
    for (size_t i = 0; values && i < (size_t)info->count * length; i++) {
        if (values[i] < 0 || values[i] > 1)
            return true;
    }
    return false;
}

enum fig_status source_open(struct source *source, const char *data, enum fig_split split,
                            uint64_t seed)
{
    *source = (struct source){ .uniform = split == FIG_TRAIN && is_uniform(data) };
    TRY(fig_dataset_open(&source->dataset, data, split, seed));
    source->info = *fig_dataset_info(source->dataset);
    return FIG_OK;
}

static enum fig_status read_scaling(struct fig_scaling *scaling, const char *folder)
{
    struct model_file file;
    TRY(model_open(&file, folder));
    const enum fig_status status = model_scaling(&file, scaling);
    model_close(&file);
    return status;
}

enum fig_status source_rescale(struct source *train, struct source *test, const char *folder)
{
    const struct fig_scaling none = { 0 }, *own = fig_dataset_scaling(train->dataset);
    struct fig_scaling stored;
    TRY(read_scaling(&stored, folder));
    const struct fig_scaling *wanted = stored.columns ? &stored : NULL;
    const bool changed = !scaling_same(own ? own : &none, &stored);
    enum fig_status status = fig_dataset_rescale(train->dataset, wanted);
    if (!status)
        status = fig_dataset_rescale(test->dataset, wanted);
    if (!status && changed)
        log_warning("%s: the table is another than the one that the training began with; its "
                    "columns are standardised by the means and deviations of that one", folder);
    scaling_free(&stored);
    return status;
}

int source_rows(const struct fig_dataset_info *info, const struct fig_settings *settings,
                const struct fig_device_info *device)
{
    const size_t length = image_length(info->height, info->width, info->channels);
    const size_t size = length * (info->bytes ? 1 : (size_t)device->real_size);
    const size_t count = (size_t)info->count, batch = (size_t)settings->batch;
    const size_t share = device->memory ? device->memory / 4 : SIZE_MAX;
    const size_t fit = size_least(device->max_alloc ? device->max_alloc : SIZE_MAX, share) / size;
    if (!settings->window && !info->drawn && count <= fit)
        return info->count;
    const size_t batches = settings->window ? ((size_t)settings->window + batch - 1) / batch
                                            : size_least(WINDOW_BYTES / size, fit) / batch;
    return (int)size_least(size_most(batches, 1) * batch, count);
}

enum fig_status source_upload(struct source *source, const struct fig_settings *settings,
                              struct fig_device *device)
{
    const struct fig_dataset_info *info = &source->info;
    source->unbounded = is_unbounded(source->dataset);
    if (source->uniform)
        return FIG_OK;
    const int rows = source_rows(info, settings, fig_device_info(device));
    const int length = info->height * info->width * info->channels;
    if (!info->drawn && rows == info->count)
        return fig_samples_borrow(&source->samples, device, rows, length,
                                  fig_dataset_bytes(source->dataset),
                                  fig_dataset_values(source->dataset));
    TRY(fig_samples_create_window(&source->samples, device, info->count, length, rows,
                                  info->bytes));
    return window_create(&source->window, source->dataset, source->samples, rows);
}

enum fig_status source_label(struct source *source, struct fig_device *device,
                             struct label_rows rows)
{
    return labels_upload(&source->labels, device, source->dataset, rows);
}

void source_close(struct source *source)
{
    window_destroy(&source->window);
    fig_samples_destroy(&source->labels);
    fig_samples_destroy(&source->samples);
    fig_dataset_close(&source->dataset);
}

enum fig_status source_shuffle(struct source *source, uint64_t seed, int epoch)
{
    const struct stream stream = { seed, STREAM_SHUFFLE, (uint32_t)epoch };
    if (source->uniform)
        return FIG_OK;
    uint32_t *order = malloc((size_t)source->info.count * sizeof(*order));
    if (!order)
        return fail(FIG_NOMEM, "no memory for the order of %d samples", source->info.count);
    random_permutation(&stream, order, (uint32_t)source->info.count);
    enum fig_status status = source->labels ? fig_samples_order(source->labels, order) : FIG_OK;
    if (source->window) {
        window_order(source->window, order);
        return status;
    }
    if (!status)
        status = fig_samples_order(source->samples, order);
    free(order);
    return status;
}

enum fig_status source_reach(struct source *source, int first)
{
    return source->window ? window_reach(source->window, first) : FIG_OK;
}
