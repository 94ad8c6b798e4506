/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <figment/train.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/size.h"
#include "train/median.h"
#include "train/session.h"

enum { STEPS_LEAST = 10, STEPS_MOST = 100000, WARM_STEPS = 5 };

/* Random bytes: what pixels and labels are does not matter to the time, but zeros might. */
static enum fig_status make_samples(struct fig_samples **samples, struct fig_device *device,
                                    int count, int length)
{
    const size_t size = round_up((size_t)count * (size_t)length, 4);
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return fail(FIG_NOMEM, "no memory for %d samples", count);
    const struct stream stream = { 1, STREAM_UNIFORM, 0 };
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word[4];
        random_words(&stream, (uint32_t)(i / 4), word);
        for (size_t k = 0; k < 4; k++)
            bytes[i + k] = (uint8_t)word[k];
    }
    const enum fig_status status = fig_samples_create(samples, device, count, length, bytes, NULL);
    free(bytes);
    return status;
}

static enum fig_status time_steps(struct fig_bench *out, struct session *session,
                                  struct fig_device *device, double seconds)
{
    double *times = malloc(STEPS_MOST * sizeof(*times));
    enum fig_status status = times ? FIG_OK : fail(FIG_NOMEM, "no memory for step times");
    const double end = clock_now() + seconds;
    int count = -WARM_STEPS;
    while (!status && count < STEPS_MOST && (count < STEPS_LEAST || clock_now() < end)) {
        const double start = clock_now();
        status = session_run(session, (uint32_t)(count + WARM_STEPS), 0);
        session->pending = 0; /* nobody looks at the losses */
        if (!status)
            status = fig_device_finish(device);
        if (count >= 0)
            times[count] = clock_now() - start;
        count++;
    }
    if (!status) {
        out->step_ms = 1e3 * median(times, count);
        out->steps = count;
    }
    free(times);
    return status;
}

static void add_up(struct fig_bench *out, const struct session *session)
{
    for (int i = 0; i < session->model->phase_count; i++) {
        const struct fig_plan_info *info = fig_plan_info(session->plans[i]);
        for (int k = 0; k < info->works; k++)
            out->bytes += (double)fig_plan_work(session->plans[i], k)->bytes;
        out->flops += info->flops;
        out->works += info->works;
        out->arena += info->arena;
    }
    out->images_per_s = 1e3 * session->batch / out->step_ms;
    out->gflops = out->flops / out->step_ms * 1e-6;
}

/* A training whose steps are taken but lead nowhere. */
struct trial {
    struct source source;
    struct fig_store *store;
    struct session session;
};

/* Of the data only their size and classes count: the half that tests is the smaller one. */
static enum fig_status look_at_data(struct fig_dataset_info *info,
                                    const struct fig_settings *settings)
{
    struct fig_dataset *dataset;
    TRY(fig_dataset_open(&dataset, settings->data, FIG_TEST, settings->seed));
    *info = *fig_dataset_info(dataset);
    fig_dataset_close(&dataset);
    return FIG_OK;
}

static enum fig_status trial_open(struct trial *trial, const struct fig_config *config,
                                  struct fig_device *device, int batch)
{
    const struct fig_settings *settings = fig_config_settings(config);
    struct fig_dataset_info info;
    TRY(look_at_data(&info, settings));
    const struct fig_model_params params = {
        .batch = batch ? batch : settings->batch, .height = info.height, .width = info.width,
        .channels = info.channels, .classes = info.classes, .training = true };
    struct source *source = &trial->source;
    TRY(make_samples(&source->samples, device, params.batch,
                     info.height * info.width * info.channels));
    if (info.classes)
        TRY(make_samples(&source->labels, device, params.batch, info.classes));
    return session_open(&trial->session, config, &params, device, &trial->store, source);
}

static void trial_close(struct trial *trial)
{
    session_close(&trial->session);
    fig_store_destroy(&trial->store);
    source_close(&trial->source);
}

enum fig_status fig_bench_run(struct fig_bench *out, const struct fig_config *config,
                              struct fig_device *device, int batch, double seconds)
{
    REQUIRE(out && config && device && batch >= 0);
    struct trial trial = { 0 };
    *out = (struct fig_bench){ 0 };
    enum fig_status status = trial_open(&trial, config, device, batch);
    if (!status)
        status = time_steps(out, &trial.session, device, seconds);
    if (!status)
        add_up(out, &trial.session);
    trial_close(&trial);
    return status;
}

/* --- Works one by one */

/* Runs of one phase, until the time is up; their number is returned in *runs. */
static enum fig_status time_works(struct fig_plan *plan, double seconds, double *took, int *runs)
{
    const int works = fig_plan_info(plan)->works;
    const double end = clock_now() + seconds;
    *runs = 0;
    for (int step = -WARM_STEPS; step < STEPS_LEAST || clock_now() < end; step++) {
        if (step == 0)
            memset(took, 0, (size_t)works * sizeof(*took));
        TRY(fig_plan_time(plan, (uint32_t)(step + WARM_STEPS), 0, took));
        *runs = step + 1;
    }
    return FIG_OK;
}

static enum fig_status profile_phase(const struct trial *trial, int phase, double seconds,
                                     void (*found)(void *data, const struct fig_bench_work *work),
                                     void *data)
{
    struct fig_plan *plan = trial->session.plans[phase];
    const int works = fig_plan_info(plan)->works;
    double *took = calloc((size_t)works + 1, sizeof(*took));
    int runs;
    if (!took)
        return fail(FIG_NOMEM, "no memory for the times of %d works", works);
    const enum fig_status status = time_works(plan, seconds, took, &runs);
    for (int i = 0; !status && i < works; i++)
        found(data, &(struct fig_bench_work){ trial->session.model->phases[phase].name,
                                              fig_plan_work(plan, i), 1e3 * took[i] / runs });
    free(took);
    return status;
}

enum fig_status fig_bench_profile(const struct fig_config *config, struct fig_device *device,
                                  int batch, double seconds,
                                  void (*found)(void *data, const struct fig_bench_work *work),
                                  void *data)
{
    REQUIRE(config && device && batch >= 0 && found);
    struct trial trial = { 0 };
    enum fig_status status = trial_open(&trial, config, device, batch);
    const int phases = status ? 0 : trial.session.model->phase_count;
    for (int i = 0; !status && i < phases; i++)
        status = profile_phase(&trial, i, seconds / phases, found, data);
    trial_close(&trial);
    return status;
}
