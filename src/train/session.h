/* SPDX-License-Identifier: MIT */
/* A model of one batch size with its plans: what runs. */
#ifndef TRAIN_SESSION_H
#define TRAIN_SESSION_H

#include <stdbool.h>

#include <figment/model.h>
#include <figment/plan.h>

#include "train/source.h"

enum { SESSION_HISTORY = 64 }; /* runs between two looks at the losses, at most */

struct session {
    struct fig_model *model;
    struct fig_plan *plans[FIG_PHASES]; /* NULL for a phase that is not run */
    int batch;
    int pending; /* runs whose losses were not read yet */
    unsigned ran[SESSION_HISTORY]; /* of each of them the phases that ran, 1 << index */
};

/* For training: every phase, its losses remembered and its step taken.  For testing
 * (params->training false): the phases that are tested.  `store` is made with the first
 * session; a source without samples means that the model draws its input. */
enum fig_status session_open(struct session *session, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_device *device,
                             struct fig_store **store, const struct source *source);
void session_close(struct session *session);

/* One batch, samples first .. first + batch - 1 of their order: all phases, or those that have a
 * turn at this step of the training. */
enum fig_status session_run(struct session *session, uint32_t step, uint32_t first);
enum fig_status session_turn(struct session *session, int epoch, uint32_t step, uint32_t first);

/* Whether a phase is run at a step of the training. */
bool session_has_turn(const struct session *session, int index, int epoch, uint32_t step);
/* A plan of outputs of the model, whose `history` last numbers are remembered, fed by the source. */
enum fig_status session_plan(const struct session *session, const struct source *source,
                             struct fig_store *store, struct fig_plan_params outputs,
                             struct fig_plan **out);

enum { SESSION_LOSSES = FIG_PHASES * FIG_LOSSES };
/* The losses of all phases, in order, in one run; only those of phases that ran are known. */
struct losses {
    double values[SESSION_LOSSES];
    bool known[SESSION_LOSSES];
};
/* Of the pending runs, oldest first; nothing is pending then. */
enum fig_status session_losses(struct session *session, struct losses runs[SESSION_HISTORY]);
/* Their names; the count is returned. */
int session_loss_names(const struct session *session, const char *names[SESSION_LOSSES]);

#endif
