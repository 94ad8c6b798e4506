/* SPDX-License-Identifier: MIT */
/* What a training needs before its first step: the data, and the model with its plans. */
#include "base/log.h"
#include "run/labels.h"
#include "train/trainer.h"

/* --- The data */

static enum fig_status check_halves(const struct trainer *trainer)
{
    const struct fig_dataset_info *train = &trainer->train.info, *other = &trainer->test.info;
    if (train->height == other->height && train->width == other->width &&
        train->channels == other->channels)
        return FIG_OK;
    return fail(FIG_FORMAT, "%s: training samples are %dx%dx%d, test samples %dx%dx%d: equal sizes "
                "are expected", trainer->settings->data, train->height, train->width,
                train->channels, other->height, other->width, other->channels);
}

/* Of the half that has more. */
static enum fig_status name_classes(struct trainer *trainer)
{
    const struct source *train = &trainer->train, *test = &trainer->test;
    const struct source *most = test->info.classes > train->info.classes ? test : train;
    struct text *names = &trainer->class_names;
    trainer->size.classes = most->info.classes;
    trainer->size.names = names;
    for (int i = 0; i < trainer->size.classes; i++) {
        for (const char *c = fig_dataset_class_name(most->dataset, i); *c; c++)
            text_add(names, "%c", (unsigned char)*c < ' ' ? ' ' : *c); /* each keeps to its line */
        text_add_bytes(names, "", 1);
    }
    return names->failed ? fail(FIG_NOMEM, "no memory for the names of classes") : FIG_OK;
}

/* The model is told part of the training labels, and tested with all of them. */
static enum fig_status open_labels(struct trainer *trainer)
{
    const struct fig_settings *settings = trainer->settings;
    if (!trainer->train.info.classes || !trainer->test.info.classes)
        return fail(FIG_INVALID, "%s: it has no labels, and the model %s wants them",
                    settings->data, settings->name);
    TRY(name_classes(trainer));
    const struct label_rows all = { trainer->size.classes, 1, 0 };
    const struct label_rows some = { all.classes, settings->labels, settings->seed };
    TRY(source_label(&trainer->train, trainer->device, some));
    return source_label(&trainer->test, trainer->device, all);
}

enum fig_status trainer_open_data(struct trainer *trainer)
{
    const struct fig_settings *settings = trainer->settings;
    const struct fig_dataset_info *info = &trainer->train.info;
    TRY(source_open(&trainer->train, settings->data, FIG_TRAIN, settings->seed));
    TRY(source_open(&trainer->test, settings->data, FIG_TEST, settings->seed));
    trainer->batches = (trainer->train.info.count + settings->batch - 1) / settings->batch;
    TRY(check_halves(trainer));
    if (trainer->params->resume && info->table)
        TRY(source_rescale(&trainer->train, &trainer->test, trainer->params->folder));
    TRY(source_upload(&trainer->train, settings, trainer->device));
    TRY(source_upload(&trainer->test, settings, trainer->device));
    trainer->size = (struct sample_size){ .height = info->height, .width = info->width,
                                          .channels = info->channels,
                                          .scaling = fig_dataset_scaling(trainer->train.dataset) };
    return settings->labels > 0 ? open_labels(trainer) : FIG_OK;
}

void trainer_close_data(struct trainer *trainer)
{
    source_close(&trainer->train);
    source_close(&trainer->test);
    text_free(&trainer->class_names);
}

/* --- The model */

/* A session for whole batches and one for what is left over, where something is. */
static enum fig_status open_pair(struct trainer *trainer, struct session *full,
                                 struct session *rest, const struct source *source, bool training)
{
    const int count = source->info.count, batch = trainer->settings->batch;
    const struct sample_size *size = &trainer->size;
    struct fig_model_params params = {
        .batch = batch, .height = size->height, .width = size->width, .channels = size->channels,
        .classes = size->classes, .training = training, .uniform = source->uniform,
        .unbounded = source->unbounded };
    if (count >= batch)
        TRY(session_open(full, trainer->config, &params, trainer->device, &trainer->store,
                         source));
    full->batch = batch;
    params.batch = count % batch;
    if (params.batch)
        TRY(session_open(rest, trainer->config, &params, trainer->device, &trainer->store,
                         source));
    return FIG_OK;
}

static const struct session *either(const struct session *full, const struct session *rest)
{
    return full->model ? full : rest;
}

const struct session *trainer_any(const struct trainer *trainer)
{
    return either(&trainer->full, &trainer->rest);
}

enum fig_status trainer_open_model(struct trainer *trainer)
{
    TRY(open_pair(trainer, &trainer->full, &trainer->rest, &trainer->train, true));
    TRY(open_pair(trainer, &trainer->test_full, &trainer->test_rest, &trainer->test, false));
    trainer->losses = session_loss_names(trainer_any(trainer), trainer->loss_names);
    trainer->tests = session_loss_names(either(&trainer->test_full, &trainer->test_rest),
                                        trainer->test_names);
    return run_borrow(&trainer->view, trainer->config, trainer->device, trainer->store,
                      trainer->size);
}

void trainer_close_model(struct trainer *trainer)
{
    fig_run_close(&trainer->view);
    session_close(&trainer->full);
    session_close(&trainer->rest);
    session_close(&trainer->test_full);
    session_close(&trainer->test_rest);
    fig_store_destroy(&trainer->store);
}
