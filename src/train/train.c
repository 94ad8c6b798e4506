/* SPDX-License-Identifier: MIT */
/* The training loop: epochs of batches, losses looked at now and then, a checkpoint per epoch. */
#include <figment/train.h>

#include <math.h>
#include <string.h>

#include <figment/run.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "model/config.h"
#include "train/trainer.h"

static const double report_interval = 0.1; /* seconds between two calls of progress */

/* --- Losses */

double mean_loss(const struct trainer *trainer, int loss)
{
    const struct place *place = &trainer->place;
    return place->seen[loss] > 0 ? place->sums[loss] / place->seen[loss] : NAN;
}

bool trainer_draws(const struct trainer *trainer)
{
    return fig_run_info(trainer->view)->samples &&
           trainer->place.epoch > trainer_any(trainer)->model->pretrain;
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
        TRY(finite_losses(trainer, first + (uint64_t)run, &losses[run]));
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

bool trainer_finished(const struct trainer *trainer)
{
    return trainer->place.epoch >= trainer->settings->epochs || is_last_step(trainer);
}

bool trainer_stopped(const struct trainer *trainer)
{
    return trainer->params->stop && *trainer->params->stop;
}

struct session *trainer_session(struct trainer *trainer, uint32_t *first)
{
    const int batch = trainer->settings->batch, begin = trainer->place.batch * batch;
    *first = (uint32_t)begin;
    return begin + batch <= trainer->train.info.count ? &trainer->full : &trainer->rest;
}

enum fig_status trainer_prepare(struct trainer *trainer, uint32_t first)
{
    set_rates(trainer);
    return source_reach(&trainer->train, (int)first);
}

enum fig_status trainer_turn(struct trainer *trainer)
{
    struct place *place = &trainer->place;
    uint32_t first;
    struct session *session = trainer_session(trainer, &first);
    TRY(trainer_prepare(trainer, first));
    TRY(session_turn(session, place->epoch, (uint32_t)place->step, first));
    place->step++;
    place->batch++;
    return FIG_OK;
}

enum fig_status trainer_shuffle(struct trainer *trainer)
{
    return trainer->settings->shuffle ? source_shuffle(&trainer->train, trainer->settings->seed,
                                                       trainer->place.epoch)
                                      : FIG_OK;
}

static enum fig_status take_step(struct trainer *trainer)
{
    uint32_t first;
    struct session *session = trainer_session(trainer, &first);
    const bool whole = session == &trainer->full;
    if (!whole) /* losses are looked at in the order of the steps */
        TRY(look_at(trainer, &trainer->full));
    TRY(trainer_turn(trainer));
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
    TRY(trainer_shuffle(trainer));
    while (place->batch < trainer->batches && !is_last_step(trainer) && !trainer_stopped(trainer))
        TRY(take_step(trainer));
    TRY(look_at(trainer, &trainer->full));
    TRY(finite_weights(trainer)); /* before anything is saved */
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
    if (trainer_finished(trainer)) /* a training of no epochs is the model as it begins */
        return save(trainer);
    while (!trainer_finished(trainer))
        TRY(run_epoch(trainer));
    return FIG_OK;
}

/* --- All of it */

/* Where a resumed training was, in the data that there are now. */
static enum fig_status go_on(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    struct place *place = &trainer->place;
    TRY(checkpoint_load(folder, trainer->config, trainer->store, place));
    if (place->batch > trainer->batches)
        return fail(FIG_INVALID, "%s: its checkpoint is at batch %d of an epoch of %d: the data "
                    "are others", folder, place->batch, trainer->batches);
    if (trainer_finished(trainer))
        log_info("%s: trained for %d epochs and %llu steps already; nothing is changed", folder,
                 place->epoch, (unsigned long long)place->step);
    return FIG_OK;
}

/* What only the length of the training tells. */
static void advise_length(const struct trainer *trainer)
{
    const struct fig_settings *settings = trainer->settings;
    const struct fig_model *model = trainer_any(trainer)->model;
    long long steps = (long long)settings->epochs * trainer->batches;
    if (settings->steps && settings->steps < steps)
        steps = settings->steps;
    for (int i = 0; i < model->phase_count; i++) {
        const struct fig_phase *phase = &model->phases[i];
        const long long first = (long long)phase->first_epoch * trainer->batches;
        if (steps > first && steps / phase->every == first / phase->every)
            yaml_warn(yaml_find(trainer->config->document.root, "critic-steps"), "%d: the %s has "
                      "no turn in %lld steps", phase->every, phase->name, steps - first);
    }
}

static enum fig_status train(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    char path[PATH_LIMIT];
    TRY(folder_claim(trainer));
    TRY(trainer_open_data(trainer)); /* first: without data there shall be no folder */
    TRY(folder_create(folder, 0777));
    TRY(folder_claim(trainer));
    TRY(path_join(path, folder, "config.yaml"));
    TRY(trainer_open_model(trainer));
    if (trainer->params->resume)
        TRY(go_on(trainer));
    if (trainer->params->resume && trainer_finished(trainer))
        return FIG_OK;
    if (!trainer->params->resume) {
        config_advise(trainer->config);
        advise_length(trainer);
    }
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
    trainer_close_model(&trainer);
    trainer_close_data(&trainer);
    folder_release(&trainer);
    return status;
}
