/* SPDX-License-Identifier: MIT */
/* A training in progress.  train.c drives it; report.c writes what a user sees of it. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdio.h>

#include <figment/run.h>
#include <figment/train.h>

#include "base/text.h"
#include "evaluate/health.h"
#include "evaluate/variety.h"
#include "run/run.h"
#include "train/checkpoint.h"
#include "train/source.h"

/* What the health monitor remembers between two looks. */
struct checkup {
    unsigned warned;           /* 1 << rule, for each that has spoken */
    bool begun;                /* there was a look */
    struct signs first, last;  /* what it saw then, and at the look before */
    struct class_means means;  /* of the training half */
};

struct trainer {
    const struct fig_config *config;
    const struct fig_settings *settings;
    const struct fig_train_params *params;
    struct fig_device *device;
    int lock; /* the run folder's own descriptor, which is locked; or -1 */

    struct source train, test;
    struct sample_size size; /* of both halves */
    struct text class_names;
    struct fig_store *store;
    struct session full, rest;           /* training: whole batches, and an epoch's last one */
    struct session test_full, test_rest; /* the same for the test half */
    struct fig_run *view;                /* draws the samples */
    int batches;                         /* in an epoch, a last partial one counted */

    struct place place;
    const char *loss_names[SESSION_LOSSES], *test_names[SESSION_LOSSES];
    int losses, tests;
    double test_losses[SESSION_LOSSES];

    struct checkup checkup;
    FILE *trace;         /* or NULL */
    struct text metrics; /* all lines of metrics.jsonl so far */
    double start;        /* clock when this start of the training began */
    double earlier;      /* seconds of training before it */
    double last_report;  /* clock of the last call of progress */
    uint64_t start_step;
};

/* Of the epoch so far; NaN if no step of it had this loss. */
double mean_loss(const struct trainer *trainer, int loss);

/* The model can draw samples and has begun to learn it. */
bool trainer_draws(const struct trainer *trainer);

/* --- setup.c */

/* Both halves of the data and their labels; and, for these, the model with its store. */
enum fig_status trainer_open_data(struct trainer *trainer);
enum fig_status trainer_open_model(struct trainer *trainer);
void trainer_close_data(struct trainer *trainer);
void trainer_close_model(struct trainer *trainer);

/* A training session, of whole batches if there are any. */
const struct session *trainer_any(const struct trainer *trainer);

/* --- train.c: the batch that is next, in the order of the epoch */

enum fig_status trainer_shuffle(struct trainer *trainer); /* before the epoch's first step */
bool trainer_stopped(const struct trainer *trainer);
bool trainer_finished(const struct trainer *trainer); /* by its epochs, or its steps */
/* Its session and the place of its first sample. */
struct session *trainer_session(struct trainer *trainer, uint32_t *first);
/* Its samples, from `first` on, come to the device, and the optimisers have their rates. */
enum fig_status trainer_prepare(struct trainer *trainer, uint32_t first);
/* The step is taken; nothing is looked at. */
enum fig_status trainer_turn(struct trainer *trainer);

/* --- finite.c: FIG_NUMERIC, with the operation that it came from, where a loss of a step is not
 * finite, or a weight after the last one; the trainer may only be closed then. */
enum fig_status finite_losses(struct trainer *trainer, uint64_t step, const struct losses *losses);
enum fig_status finite_weights(struct trainer *trainer);

/* --- claim.c */

/* Take the run folder for this training: FIG_INVALID where another one is writing into it; where it
 * holds a model already, unless it is resumed; and where it does not, if it is.  To be called
 * before the folder is made, so that nothing is done in vain, and again when it is there. */
enum fig_status folder_claim(struct trainer *trainer);
void folder_release(struct trainer *trainer);

/* --- report.c */

/* Files of a run folder; what a resumed run had written of later epochs and steps is dropped. */
enum fig_status report_open(struct trainer *trainer);
void report_close(struct trainer *trainer);
/* One line per step of the trace. */
enum fig_status report_steps(struct trainer *trainer, uint64_t first_step, int runs,
                             const struct losses *losses);
enum moment { MOMENT_STEP, MOMENT_EPOCH, MOMENT_END /* within an epoch */ };
void report_progress(struct trainer *trainer, enum moment moment);
/* A line of metrics.jsonl and a picture. */
enum fig_status report_epoch(struct trainer *trainer);

/* --- checkup.c: after each epoch, see health.h */
enum fig_status check_up(struct trainer *trainer);
void checkup_finish(struct checkup *checkup);

#endif
