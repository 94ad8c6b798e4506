/* SPDX-License-Identifier: MIT */
/* Samples of classes that a model has not seen, and how well its scores tell them. */
#include <figment/score.h>

#include <stdlib.h>

#include <figment/model.h>

#include "base/log.h"
#include "evaluate/evaluation.h"

static bool has_sample(const struct fig_dataset *dataset, int label)
{
    const uint8_t *labels = fig_dataset_labels(dataset);
    for (int i = 0; labels && label >= 0 && i < fig_dataset_info(dataset)->count; i++) {
        if (labels[i] == label)
            return true;
    }
    return false;
}

int fig_unseen(const struct fig_dataset *train, const struct fig_dataset *dataset, bool *unseen)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const uint8_t *labels = fig_dataset_labels(dataset);
    bool new[FIG_CLASSES];
    int count = 0;
    for (int k = 0; k < info->classes; k++)
        new[k] = !has_sample(train, fig_dataset_class(train, fig_dataset_class_name(dataset, k)));
    for (int i = 0; i < info->count; i++) {
        const bool is = labels && new[labels[i]];
        if (unseen)
            unseen[i] = is;
        count += is;
    }
    return count;
}

static enum fig_status rank_tests(const struct subject *subject, double *scores, bool *unseen,
                                  struct fig_ranking *ranking)
{
    TRY(fig_score(subject->run, subject->test, scores));
    fig_unseen(subject->train, subject->test, unseen);
    return fig_rank(ranking, scores, unseen, fig_dataset_info(subject->test)->count);
}

enum fig_status measure_anomalies(struct subject *subject, struct fig_measure *measures)
{
    const size_t count = (size_t)fig_dataset_info(subject->test)->count;
    struct fig_ranking ranking = { 0 };
    double *scores = malloc(count * sizeof(*scores));
    bool *unseen = malloc(count * sizeof(*unseen));
    const enum fig_status status = scores && unseen
        ? rank_tests(subject, scores, unseen, &ranking)
        : fail(FIG_NOMEM, "no memory for %zu scores", count);
    measures[0].value = ranking.auroc;
    measures[1].value = ranking.average_precision;
    free(unseen);
    free(scores);
    return status;
}
