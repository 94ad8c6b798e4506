/* SPDX-License-Identifier: MIT */
#ifndef FIG_EVALUATE_H
#define FIG_EVALUATE_H

#include <stdbool.h>

#include <figment/api.h>
#include <figment/data.h>
#include <figment/status.h>
#include <figment/train.h>

FIG_BEGIN

/* --- How well a trained model reconstructs images that it has not seen. */

enum { FIG_METRICS = 5 };

struct fig_metric {
    const char *name;    /* key of `figment eval --json` */
    const char *summary; /* what it is, in a phrase */
    bool needs_train;    /* a baseline is fitted to the train half */
};
FIG_API const struct fig_metric *fig_metric_info(int index); /* 0 to FIG_METRICS - 1 */

/* Fill values[i] of the metrics whose bit 1 << i is in `wanted`.  The PCA baseline has as many
 * components as the model's code has values; `train` may be NULL if no wanted metric needs it. */
FIG_API enum fig_status fig_evaluate(struct fig_run *run, const struct fig_dataset *test,
                                     const struct fig_dataset *train, unsigned wanted,
                                     double values[FIG_METRICS]);

FIG_END

#endif
