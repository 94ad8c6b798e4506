/* SPDX-License-Identifier: MIT */
/* Opening a trained model, and what is known of it. */
#include "run/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "data/dataset.h"
#include "data/scaling.h"
#include "model/config.h"
#include "run/parts.h"

enum { COLLECTED = 1 << 17 }; /* samples that are looked at, of more than the memory takes */

static enum fig_status make_model(struct fig_run *run, struct sample_size size)
{
    const size_t values = image_length(size.height, size.width, size.channels);
    run->rows = (int)size_most(size_least(RUN_VALUES / values, RUN_ROWS), 1);
    const struct fig_model_params params = {
        .batch = run->rows, .height = size.height, .width = size.width, .channels = size.channels,
        .classes = size.classes };
    TRY(fig_model_create(&run->model, run->used, &params));
    run->info.height = size.height;
    run->info.width = size.width;
    run->info.channels = size.channels;
    run->info.classes = size.classes;
    run->info.conditional = run->model->conditional;
    run->info.conditional_decoder = run->model->conditional_decoder;
    run->info.classifies = run->model->classes;
    run->info.samples = run->model->prior;
    run->info.divergences = run->model->divergences;
    run->info.likelihoods = run->model->likelihoods;
    run->info.corrupts = run->model->corrupted;
    run->info.rebuilds = run->model->rebuilt;
    run->info.shrink = run->model->shrink;
    run->info.holes = run->used->corruption.kind == CORRUPTION_INPAINT;
    run->info.noise = run->model->prior ? (int)row_values(run->model->seed) : 0;
    run->info.code = run->model->code ? (int)row_values(run->model->code) : 0;
    return FIG_OK;
}

enum fig_status run_borrow(struct fig_run **out, const struct fig_config *config,
                           struct fig_device *device, struct fig_store *store,
                           struct sample_size size)
{
    struct fig_run *run = calloc(1, sizeof(*run));
    if (!run)
        return fail(FIG_NOMEM, "no memory for a run");
    run->used = config;
    run->device = device;
    run->store = store;
    const enum fig_status status = make_model(run, size);
    if (status)
        fig_run_close(&run);
    *out = run;
    return status;
}

static enum fig_status take_model(struct fig_run *run, const struct model_file *file,
                                  const char *folder)
{
    struct sample_size size;
    TRY(model_size(file, &size, &run->info.step));
    TRY(model_names(file, &run->names));
    TRY(model_scaling(file, &run->scaling));
    const size_t columns = (size_t)run->scaling.columns;
    if (columns && columns != image_length(size.height, size.width, size.channels))
        return fail(FIG_FORMAT, "%s: a scaling of %d columns, samples of %dx%dx%d", folder,
                    run->scaling.columns, size.height, size.width, size.channels);
    TRY(make_model(run, size));
    TRY(fig_store_create(&run->own, run->device, run->model->graph,
                         fig_config_settings(run->config)->seed));
    run->store = run->own;
    return model_load(file, run->store);
}

static enum fig_status open_run(struct fig_run *run, const char *folder)
{
    char path[PATH_LIMIT];
    TRY(path_join(path, folder, "config.yaml"));
    TRY(fig_config_open(&run->config, path, NULL, 0));
    run->used = run->config;
    TRY(model_open(&run->file, folder));
    return take_model(run, &run->file, folder);
}

enum fig_status fig_run_open(struct fig_run **out, const char *folder, struct fig_device *device)
{
    REQUIRE(out && folder && device);
    struct fig_run *run = calloc(1, sizeof(*run));
    *out = NULL;
    if (!run)
        return fail(FIG_NOMEM, "no memory for a run");
    run->device = device;
    const enum fig_status status = open_run(run, folder);
    if (status)
        fig_run_close(&run);
    *out = run;
    return status;
}

void fig_run_close(struct fig_run **out)
{
    struct fig_run *run = *out;
    if (!run)
        return;
    for (int i = 0; i < RUN_PARTS; i++)
        fig_plan_destroy(&run->plans[i]);
    fig_store_destroy(&run->own);
    fig_model_destroy(&run->model);
    fig_config_close(&run->config);
    text_free(&run->names);
    classes_free(&run->drawn);
    classes_free(&run->given);
    scaling_free(&run->scaling);
    model_close(&run->file);
    free(run);
    *out = NULL;
}

const struct fig_run_info *fig_run_info(const struct fig_run *run)
{
    return &run->info;
}

const struct fig_config *fig_run_config(const struct fig_run *run)
{
    return run->used;
}

const struct fig_scaling *fig_run_scaling(const struct fig_run *run)
{
    return run->scaling.columns ? &run->scaling : NULL;
}

static enum fig_status fit_dataset(struct fig_dataset *dataset, const struct fig_run *run,
                                   const char *name)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    if (info->height != run->info.height || info->width != run->info.width ||
        info->channels != run->info.channels)
        return fail(FIG_SHAPE, "%s: samples of %dx%dx%d; the model %s takes %dx%dx%d", name,
                    info->height, info->width, info->channels,
                    fig_config_settings(run->used)->name, run->info.height, run->info.width,
                    run->info.channels);
    return fig_dataset_rescale(dataset, fig_run_scaling(run));
}

enum fig_status fig_run_dataset(struct fig_dataset **out, const struct fig_run *run,
                                const char *data, enum fig_split split)
{
    REQUIRE(out && run);
    const struct fig_settings *settings = fig_config_settings(run->used);
    const char *name = data ? data : settings->data;
    const struct fig_dataset_info like = { .height = run->info.height, .width = run->info.width,
                                           .channels = run->info.channels };
    const bool pictures = like.height > 1 || like.width > 1;
    TRY(dataset_open(out, name, split, settings->seed, (struct form){
        .like = pictures ? &like : NULL, .scaling = &run->scaling }));
    enum fig_status status = fit_dataset(*out, run, name);
    if (!status)
        status = fig_dataset_collect(*out, COLLECTED);
    if (status)
        fig_dataset_close(out);
    return status;
}

const char *fig_run_class_name(const struct fig_run *run, int label)
{
    return label < 0 ? NULL : text_part(&run->names, label);
}

int fig_run_class(const struct fig_run *run, const char *name)
{
    for (int i = 0; i < run->info.classes && fig_run_class_name(run, i); i++) {
        if (strcmp(name, fig_run_class_name(run, i)) == 0)
            return i;
    }
    return -1;
}

enum fig_status fig_run_condition(struct fig_run *run, const int *classes, int count)
{
    REQUIRE(run && count >= 0 && (classes || !count));
    return classes_copy(&run->drawn, classes, count);
}

enum fig_status fig_run_label(struct fig_run *run, const int *labels, int count)
{
    REQUIRE(run && count >= 0 && (labels || !count));
    return classes_copy(&run->given, labels, count);
}

uint64_t run_hash(const struct fig_run *run)
{
    return model_hash(&run->file);
}

void run_mark(const struct fig_run *run, char mark[MARK_SIZE])
{
    snprintf(mark, MARK_SIZE, "%016" PRIx64, run_hash(run));
}

struct fig_device *run_device(const struct fig_run *run)
{
    return run->device;
}
