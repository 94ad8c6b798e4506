/* SPDX-License-Identifier: MIT */
/* Receiver operating characteristic and precision of a ranking. */
#include <stdlib.h>

#include <figment/score.h>

#include "base/log.h"

struct sample {
    double score;
    bool anomaly;
};

static int by_falling_score(const void *a, const void *b)
{
    const struct sample *left = a, *right = b;
    return (left->score < right->score) - (left->score > right->score);
}

/* `samples` are sorted; those of equal score are found together at any threshold. */
static void rank(struct fig_ranking *out, const struct sample *samples, int count, double anomalies)
{
    const double others = count - anomalies;
    double found = 0, alarms = 0; /* anomalies and others above the present score */
    *out = (struct fig_ranking){ 0 };
    for (int i = 0; i < count;) {
        const double score = samples[i].score;
        double more = 0, more_alarms = 0;
        for (; i < count && samples[i].score == score; i++) {
            more += samples[i].anomaly;
            more_alarms += !samples[i].anomaly;
        }
        out->auroc += more * (others - alarms - more_alarms / 2) / (anomalies * others);
        found += more;
        alarms += more_alarms;
        out->average_precision += more / anomalies * found / (found + alarms);
    }
}

enum fig_status fig_rank(struct fig_ranking *out, const double *scores, const bool *anomalies,
                         int count)
{
    REQUIRE(out && scores && anomalies && count > 0);
    int found = 0;
    for (int i = 0; i < count; i++) {
        REQUIRE(scores[i] == scores[i]);
        found += anomalies[i];
    }
    if (found == 0 || found == count)
        return fail(FIG_INVALID, "%d of %d samples are anomalies: a ranking needs some of both "
                    "kinds", found, count);
    struct sample *samples = malloc((size_t)count * sizeof(*samples));
    if (!samples)
        return fail(FIG_NOMEM, "no memory to sort %d scores", count);
    for (int i = 0; i < count; i++)
        samples[i] = (struct sample){ scores[i], anomalies[i] };
    qsort(samples, (size_t)count, sizeof(*samples), by_falling_score);
    rank(out, samples, count, found);
    free(samples);
    return FIG_OK;
}
