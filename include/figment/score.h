/* SPDX-License-Identifier: MIT */
#ifndef FIG_SCORE_H
#define FIG_SCORE_H

#include <stdbool.h>

#include <figment/api.h>
#include <figment/data.h>
#include <figment/run.h>
#include <figment/status.h>

FIG_BEGIN

/* --- Anomaly scores: how badly a model that learnt what is normal rebuilds a sample. */

/* Of each sample of a dataset of the model's size: the mean over its values of (rebuilt - value)^2,
 * infinite if that is no number: scores can be compared.  FIG_INVALID if the model's family
 * rebuilds nothing. */
FIG_API enum fig_status fig_score(struct fig_run *run, const struct fig_dataset *dataset,
                                  double *scores);

enum { FIG_PCA_VALUES = 16384 }; /* of a sample at most: 2 GiB of covariance */

/* The same for a principal component analysis of `train`, of `rank` components: the line that a
 * model with a code of that length should beat.  FIG_INVALID for larger samples. */
FIG_API enum fig_status fig_score_pca(const struct fig_dataset *train, int rank,
                                      const struct fig_dataset *dataset, double *scores);

/* What to flag scores above: the k-th smallest score of the n samples of the training half, with
 * k = ceil(quantile n) and quantile in (0, 1).  These scores are measured when first asked for,
 * and kept:
 *
 *     RUN/scores.safetensors       scores [n], F64, ascending; of this very model
 */
FIG_API enum fig_status fig_score_threshold(struct fig_run *run, const char *folder,
                                            double quantile, double *threshold);

/* Of each sample of a dataset whether `train` has none of its class, by name; returns how many
 * there are.  Without labels there are none.  `unseen` may be NULL. */
FIG_API int fig_unseen(const struct fig_dataset *train, const struct fig_dataset *dataset,
                       bool *unseen);

/* How well scores tell anomalies from the rest, at any threshold. */
struct fig_ranking {
    double auroc; /* share of the pairs of an anomaly and another sample in which the anomaly has
                     the higher score; equal scores count half */
    double average_precision; /* sum over the different scores s, from the highest down, of
                                 precision at s * (recall at s - recall at the next higher one) */
};
/* FIG_INVALID unless there are samples of both kinds. */
FIG_API enum fig_status fig_rank(struct fig_ranking *out, const double *scores,
                                 const bool *anomalies, int count);

FIG_END

#endif
