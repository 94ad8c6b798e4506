/* SPDX-License-Identifier: MIT */
#ifndef FIG_EVALUATE_H
#define FIG_EVALUATE_H

#include <stdbool.h>

#include <figment/api.h>
#include <figment/data.h>
#include <figment/status.h>
#include <figment/train.h>

FIG_BEGIN

/* --- How well a trained model does on data that it has not seen. */

enum { FIG_METRICS = 13 };

struct fig_metric {
    const char *name;    /* key of `figment eval --json` */
    const char *summary; /* what it is, in a phrase */
};
FIG_API const struct fig_metric *fig_metric_info(int index); /* 0 to FIG_METRICS - 1 */

/* The metrics that the model can have, and those that need the train half, as bits 1 << index. */
FIG_API unsigned fig_metrics_of(const struct fig_run *run);
FIG_API unsigned fig_metrics_of_train(void);

enum {
    FIG_NLL_SAMPLES = 100,  /* codes per image, unless told otherwise */
    FIG_NLL_IMAGES = 1000,  /* of the test half at most, as it is the slowest metric */
    FIG_DRAWN_SAMPLES = 500 /* that are compared with data */
};

struct fig_evaluation {
    const struct fig_dataset *test, *train; /* `train` may be NULL if no wanted metric needs it */
    unsigned wanted;                        /* a subset of fig_metrics_of(run) */
    int nll_samples;                        /* 0: FIG_NLL_SAMPLES */
};

/* Fill values[i] of the wanted metrics.  The same run and data give the same values.  Samples that
 * are blank or alike are warned of in the log. */
FIG_API enum fig_status fig_evaluate(struct fig_run *run, const struct fig_evaluation *evaluation,
                                     double values[FIG_METRICS]);

FIG_END

#endif
