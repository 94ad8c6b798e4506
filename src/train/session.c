/* SPDX-License-Identifier: MIT */
#include "train/session.h"

#include "base/log.h"

static bool runs(const struct fig_phase *phase)
{
    return phase->step || phase->tested;
}

/* What the model reads of the source. */
enum { FEEDS = 2 };
static int list_feeds(struct fig_feed feeds[FEEDS], const struct fig_model *model,
                      const struct source *source)
{
    int count = 0;
    if (model->images)
        feeds[count++] = (struct fig_feed){ model->images, source->samples };
    if (model->labels)
        feeds[count++] = (struct fig_feed){ model->labels, source->labels };
    return count;
}

enum fig_status session_plan(const struct session *session, const struct source *source,
                             struct fig_store *store, struct fig_plan_params outputs,
                             struct fig_plan **out)
{
    struct fig_feed feeds[FEEDS];
    outputs.feeds = feeds;
    outputs.feed_count = list_feeds(feeds, session->model, source);
    return fig_plan_create(out, store, &outputs);
}

static enum fig_status make_plan(struct session *session, int index, struct fig_store *store,
                                 const struct source *source)
{
    const struct fig_phase *phase = &session->model->phases[index];
    struct fig_node *outputs[FIG_LOSSES + 1 + FIG_UPDATES];
    struct fig_plan_params params = { .outputs = outputs, .history = SESSION_HISTORY };
    for (int i = 0; i < phase->loss_count; i++)
        outputs[params.output_count++] = phase->losses[i];
    if (phase->step)
        outputs[params.output_count++] = phase->step;
    for (int i = 0; i < phase->update_count; i++)
        outputs[params.output_count++] = phase->updates[i];
    return session_plan(session, source, store, params, &session->plans[index]);
}

static enum fig_status fill(struct session *session, const struct fig_config *config,
                            const struct fig_model_params *params, struct fig_device *device,
                            struct fig_store **store, const struct source *source)
{
    TRY(fig_model_create(&session->model, config, params));
    if (!*store)
        TRY(fig_store_create(store, device, session->model->graph,
                             fig_config_settings(config)->seed));
    for (int i = 0; i < session->model->phase_count; i++) {
        if (runs(&session->model->phases[i]))
            TRY(make_plan(session, i, *store, source));
    }
    return FIG_OK;
}

enum fig_status session_open(struct session *session, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_device *device,
                             struct fig_store **store, const struct source *source)
{
    *session = (struct session){ .batch = params->batch };
    const enum fig_status status = fill(session, config, params, device, store, source);
    if (status)
        session_close(session);
    return status;
}

void session_close(struct session *session)
{
    for (int i = 0; i < FIG_PHASES; i++)
        fig_plan_destroy(&session->plans[i]);
    fig_model_destroy(&session->model);
}

static enum fig_status run_phases(struct session *session, unsigned phases, uint32_t step,
                                  uint32_t first)
{
    for (int i = 0; i < session->model->phase_count; i++) {
        if (session->plans[i] && phases >> i & 1)
            TRY(fig_plan_run(session->plans[i], step, first));
    }
    session->ran[session->pending++] = phases;
    return FIG_OK;
}

enum fig_status session_run(struct session *session, uint32_t step, uint32_t first)
{
    return run_phases(session, ~0u, step, first);
}

bool session_has_turn(const struct session *session, int index, int epoch, uint32_t step)
{
    const struct fig_phase *phase = &session->model->phases[index];
    return session->plans[index] && epoch >= phase->first_epoch &&
           (!phase->end_epoch || epoch < phase->end_epoch) &&
           step % (uint32_t)phase->every == (uint32_t)phase->every - 1;
}

enum fig_status session_turn(struct session *session, int epoch, uint32_t step, uint32_t first)
{
    unsigned phases = 0;
    for (int i = 0; i < session->model->phase_count; i++)
        phases |= (unsigned)session_has_turn(session, i, epoch, step) << i;
    return run_phases(session, phases, step, first);
}

/* A plan remembers its own runs: those of the session in which the phase ran. */
static enum fig_status read_loss(const struct session *session, int phase, int k, int loss,
                                 struct losses *runs)
{
    double history[SESSION_HISTORY];
    int count = 0, at = 0;
    for (int run = 0; run < session->pending; run++) {
        runs[run].known[loss] = session->ran[run] >> phase & 1;
        count += runs[run].known[loss];
    }
    if (!count)
        return FIG_OK;
    TRY(fig_plan_history(session->plans[phase], session->model->phases[phase].losses[k], count,
                         history));
    for (int run = 0; run < session->pending; run++)
        runs[run].values[loss] = runs[run].known[loss] ? history[at++] : 0;
    return FIG_OK;
}

enum fig_status session_losses(struct session *session, struct losses runs[SESSION_HISTORY])
{
    int loss = 0;
    if (!session->pending)
        return FIG_OK; /* the model is NULL where no batch of this size exists */
    for (int i = 0; i < session->model->phase_count; i++) {
        for (int k = 0; session->plans[i] && k < session->model->phases[i].loss_count; k++)
            TRY(read_loss(session, i, k, loss++, runs));
    }
    session->pending = 0;
    return FIG_OK;
}

int session_loss_names(const struct session *session, const char *names[SESSION_LOSSES])
{
    int count = 0;
    for (int i = 0; i < session->model->phase_count; i++) {
        const struct fig_phase *phase = &session->model->phases[i];
        for (int k = 0; session->plans[i] && k < phase->loss_count; k++)
            names[count++] = phase->loss_names[k];
    }
    return count;
}
