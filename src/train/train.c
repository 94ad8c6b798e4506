/* SPDX-License-Identifier: MIT */
/* The training loop: epochs of batches, losses looked at now and then, a checkpoint per epoch. */
#include <figment/train.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <figment/run.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "graph/node.h"
#include "train/trainer.h"

static const double report_interval = 0.1; /* seconds between two calls of progress */

/* --- Losses */

/* The first tensor that holds a NaN or an infinity; NULL if none does. */
static const char *find_bad_tensor(struct fig_store *store)
{
    for (int i = 0; i < fig_store_count(store); i++) {
        const struct fig_tensor *tensor = fig_store_tensor(store, i);
        size_t length = shape_length(tensor->shape), k = 0;
        float *values = malloc(length * sizeof(*values));
        if (!values || fig_store_read(store, i, values))
            length = 0;
        while (k < length && isfinite(values[k]))
            k++;
        free(values);
        if (k < length)
            return tensor->name;
    }
    return NULL;
}

static const char numeric_advice[] = "the last checkpoint is as it was; try a lower "
                                     "optimizer.rate, or optimizer.clip-norm";

static enum fig_status check_finite(const struct trainer *trainer, uint64_t step,
                                    const struct losses *losses)
{
    for (int i = 0; i < trainer->losses; i++) {
        if (!losses->known[i] || isfinite(losses->values[i]))
            continue;
        const char *bad = find_bad_tensor(trainer->store);
        return fail(FIG_NUMERIC, "%s is %g at step %llu; the first tensor that is not finite: %s; "
                    "%s", trainer->loss_names[i], losses->values[i], (unsigned long long)step,
                    bad ? bad : "none, the loss itself", numeric_advice);
    }
    return FIG_OK;
}

/* A last step may spoil the weights with nothing behind it that shows it. */
static enum fig_status check_weights(const struct trainer *trainer)
{
    const char *bad = find_bad_tensor(trainer->store);
    if (!bad)
        return FIG_OK;
    return fail(FIG_NUMERIC, "%s has a value that is not finite after step %llu; %s", bad,
                (unsigned long long)trainer->place.step, numeric_advice);
}

double mean_loss(const struct trainer *trainer, int loss)
{
    const struct place *place = &trainer->place;
    return place->seen[loss] > 0 ? place->sums[loss] / place->seen[loss] : NAN;
}

bool trainer_draws(const struct trainer *trainer)
{
    const struct session *any = trainer->full.model ? &trainer->full : &trainer->rest;
    return fig_run_info(trainer->view)->samples && trainer->place.epoch > any->model->pretrain;
}

static void add_losses(struct place *place, const struct losses *losses, int count, int batch)
{
    for (int i = 0; i < count; i++) {
        if (losses->known[i]) {
            place->sums[i] += losses->values[i] * batch;
            place->seen[i] += batch;
        }
    }
}

/* Read what the pending runs of a session lost; the device is waited for. */
static enum fig_status look_at(struct trainer *trainer, struct session *session)
{
    struct losses losses[SESSION_HISTORY];
    const int runs = session->pending;
    const uint64_t first = trainer->place.step - (uint64_t)runs;
    if (!runs)
        return FIG_OK;
    TRY(session_losses(session, losses));
    for (int run = 0; run < runs; run++) {
        TRY(check_finite(trainer, first + (uint64_t)run, &losses[run]));
        add_losses(&trainer->place, &losses[run], trainer->losses, session->batch);
    }
    return report_steps(trainer, first, runs, losses);
}

/* --- Steps */

static void set_rates(struct trainer *trainer)
{
    const struct fig_settings *settings = trainer->settings;
    for (int i = 0; i < fig_store_optimizers(trainer->store); i++) {
        struct fig_optimizer_state *state = fig_store_optimizer(trainer->store, i);
        state->rate = fig_schedule_rate(&settings->schedule, state->base, trainer->place.epoch,
                                        settings->epochs, trainer->place.step);
    }
}

static bool is_last_step(const struct trainer *trainer)
{
    return trainer->settings->steps && trainer->place.step >= (uint64_t)trainer->settings->steps;
}

static bool is_finished(const struct trainer *trainer)
{
    return trainer->place.epoch >= trainer->settings->epochs || is_last_step(trainer);
}

static bool is_stopped(const struct trainer *trainer)
{
    return trainer->params->stop && *trainer->params->stop;
}

static enum fig_status take_step(struct trainer *trainer)
{
    const int first = trainer->place.batch * trainer->settings->batch;
    const bool whole = first + trainer->settings->batch <= trainer->train.info.count;
    struct session *session = whole ? &trainer->full : &trainer->rest;
    TRY(source_reach(&trainer->train, first));
    if (!whole) /* losses are looked at in the order of the steps */
        TRY(look_at(trainer, &trainer->full));
    set_rates(trainer);
    TRY(session_turn(session, trainer->place.epoch, (uint32_t)trainer->place.step,
                     (uint32_t)first));
    trainer->place.step++;
    trainer->place.batch++;
    const bool report = trainer->params->progress &&
                        clock_now() - trainer->last_report > report_interval;
    if (report || !whole || session->pending == SESSION_HISTORY)
        TRY(look_at(trainer, session));
    if (report)
        report_progress(trainer, MOMENT_STEP);
    return FIG_OK;
}

/* --- The test half */

static enum fig_status add_test_losses(struct trainer *trainer, struct session *session,
                                       double *sums)
{
    struct losses losses[SESSION_HISTORY];
    const int runs = session->pending;
    TRY(session_losses(session, losses));
    for (int run = 0; run < runs; run++) {
        for (int i = 0; i < trainer->tests; i++)
            sums[i] += losses[run].values[i] * session->batch;
    }
    return FIG_OK;
}

/* The batches' noise is that of steps 0, 1, ...: the same at every epoch, and another for each. */
static enum fig_status test(struct trainer *trainer)
{
    const int count = trainer->test.info.count, batch = trainer->test_full.batch;
    double sums[SESSION_LOSSES] = { 0 };
    if (!trainer->tests)
        return FIG_OK;
    for (int first = 0; first < count; first += batch) {
        struct session *session = first + batch <= count ? &trainer->test_full
                                                         : &trainer->test_rest;
        TRY(source_reach(&trainer->test, first));
        TRY(session_run(session, (uint32_t)(first / batch), (uint32_t)first));
        if (session->pending == SESSION_HISTORY || first + batch >= count)
            TRY(add_test_losses(trainer, session, sums));
    }
    TRY(add_test_losses(trainer, &trainer->test_full, sums));
    for (int i = 0; i < trainer->tests; i++)
        trainer->test_losses[i] = sums[i] / count;
    return FIG_OK;
}

/* --- Epochs */

static enum fig_status save(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    trainer->place.seconds = trainer->earlier + clock_now() - trainer->start;
    TRY(model_save(folder, trainer->config, trainer->store, trainer->place.step,
                   trainer->size));
    return checkpoint_save(folder, trainer->config, trainer->store, &trainer->place);
}

static enum fig_status finish_epoch(struct trainer *trainer)
{
    TRY(test(trainer));
    trainer->place.epoch++;
    trainer->place.batch = 0;
    TRY(report_epoch(trainer));
    TRY(check_up(trainer));
    report_progress(trainer, MOMENT_EPOCH);
    memset(trainer->place.sums, 0, sizeof(trainer->place.sums));
    memset(trainer->place.seen, 0, sizeof(trainer->place.seen));
    return save(trainer);
}

/* To the end of the epoch, or of the steps, or until stopped. */
static enum fig_status run_epoch(struct trainer *trainer)
{
    const struct place *place = &trainer->place;
    if (trainer->settings->shuffle)
        TRY(source_shuffle(&trainer->train, trainer->settings->seed, place->epoch));
    while (place->batch < trainer->batches && !is_last_step(trainer) && !is_stopped(trainer))
        TRY(take_step(trainer));
    TRY(look_at(trainer, &trainer->full));
    TRY(check_weights(trainer)); /* before anything is saved */
    if (place->batch == trainer->batches)
        return finish_epoch(trainer);
    if (place->batch > 0)
        report_progress(trainer, MOMENT_END);
    TRY(save(trainer));
    return is_last_step(trainer) ? FIG_OK : FIG_CANCELLED;
}

static enum fig_status run_epochs(struct trainer *trainer)
{
    trainer->start = clock_now();
    trainer->earlier = trainer->place.seconds;
    trainer->start_step = trainer->place.step;
    if (is_finished(trainer)) /* a training of no epochs is the model as it begins */
        return save(trainer);
    while (!is_finished(trainer))
        TRY(run_epoch(trainer));
    return FIG_OK;
}

/* --- Setting up */

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

static enum fig_status open_sources(struct trainer *trainer)
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

static enum fig_status open_sessions(struct trainer *trainer)
{
    TRY(open_pair(trainer, &trainer->full, &trainer->rest, &trainer->train, true));
    TRY(open_pair(trainer, &trainer->test_full, &trainer->test_rest, &trainer->test, false));
    const struct session *any = trainer->full.model ? &trainer->full : &trainer->rest;
    const struct session *tested = trainer->test_full.model ? &trainer->test_full
                                                            : &trainer->test_rest;
    trainer->losses = session_loss_names(any, trainer->loss_names);
    trainer->tests = session_loss_names(tested, trainer->test_names);
    return run_borrow(&trainer->view, trainer->config, trainer->device, trainer->store,
                      trainer->size);
}

/* Where a resumed training was, in the data that there are now. */
static enum fig_status go_on(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    struct place *place = &trainer->place;
    TRY(checkpoint_load(folder, trainer->config, trainer->store, place));
    if (place->batch > trainer->batches)
        return fail(FIG_INVALID, "%s: its checkpoint is at batch %d of an epoch of %d: the data "
                    "are others", folder, place->batch, trainer->batches);
    if (is_finished(trainer))
        log_info("%s: trained for %d epochs and %llu steps already; nothing is changed", folder,
                 place->epoch, (unsigned long long)place->step);
    return FIG_OK;
}

static enum fig_status train(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    char path[PATH_LIMIT];
    TRY(folder_claim(trainer));
    TRY(open_sources(trainer)); /* first: without data there shall be no folder */
    TRY(folder_create(folder, 0777));
    TRY(folder_claim(trainer));
    TRY(path_join(path, folder, "config.yaml"));
    TRY(open_sessions(trainer));
    if (trainer->params->resume)
        TRY(go_on(trainer));
    if (trainer->params->resume && is_finished(trainer))
        return FIG_OK;
    TRY(report_open(trainer));
    TRY(fig_config_save(trainer->config, path));
    return run_epochs(trainer);
}

enum fig_status fig_train(const struct fig_config *config, struct fig_device *device,
                          const struct fig_train_params *params)
{
    REQUIRE(config && device && params && params->folder);
    struct trainer trainer = { .config = config, .settings = fig_config_settings(config),
                               .params = params, .device = device, .lock = -1 };
    const enum fig_status status = train(&trainer);
    report_close(&trainer);
    checkup_finish(&trainer.checkup);
    fig_run_close(&trainer.view);
    session_close(&trainer.full);
    session_close(&trainer.rest);
    session_close(&trainer.test_full);
    session_close(&trainer.test_rest);
    fig_store_destroy(&trainer.store);
    source_close(&trainer.train);
    source_close(&trainer.test);
    text_free(&trainer.class_names);
    folder_release(&trainer);
    return status;
}
