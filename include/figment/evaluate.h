/* SPDX-License-Identifier: MIT */
#ifndef FIG_EVALUATE_H
#define FIG_EVALUATE_H

#include <stdbool.h>
#include <stdint.h>

#include <figment/api.h>
#include <figment/data.h>
#include <figment/run.h>
#include <figment/status.h>

FIG_BEGIN

/* --- How well a trained model does on data that it has not seen. */

enum { FIG_METRICS = 27 };

struct fig_metric {
    const char *name;    /* key of `figment eval --json` */
    const char *summary; /* what it is, in a phrase */
};
FIG_API const struct fig_metric *fig_metric_info(int index); /* 0 to FIG_METRICS - 1 */
FIG_API bool fig_metric_draws(int index); /* it is of samples that the model draws */

enum {
    FIG_NLL_SAMPLES = 100,    /* codes per image, unless told otherwise */
    FIG_NLL_IMAGES = 1000,    /* of the test half at most, as it is the slowest metric */
    FIG_DRAWN_SAMPLES = 500,  /* whose spread and neighbours are measured */
    FIG_MODE_SAMPLES = 2500,  /* among which the modes of the data are looked for */
    FIG_SEEN_SAMPLES = 10000, /* whose features are compared; fewer if the test half has fewer */
    FIG_FEATURE_NETS = 2      /* classifiers that see the features, with the seeds 0, 1 */
};

struct fig_evaluation {
    struct fig_run *run;
    const struct fig_dataset *test, *train; /* both halves, with samples of the model's size */
    struct fig_mixture *mixture;            /* draws the samples; NULL: the model does */
    int nll_samples;                        /* 0: FIG_NLL_SAMPLES */
};

/* Why a metric cannot be measured: "the data have no labels"; NULL if it can. */
FIG_API const char *fig_metric_lack(const struct fig_evaluation *evaluation, int index);

/* What was found; NaN where there is no such number. */
struct fig_measure {
    double value;          /* of feature metrics the mean over the nets */
    double floor, ceiling; /* the same of as many real images of the training half; and of Gaussian
                              pixels, independent, each with its mean and deviation in them */
    double difference;     /* of the values that two feature nets give */
};
struct fig_findings {
    struct fig_measure measures[FIG_METRICS];
    int seen; /* samples, and test images, whose features were compared; 0 if none were */
    struct fig_feature_net {
        uint64_t hash;   /* of the weights */
        double accuracy; /* on the test images; NaN if they have no labels */
    } nets[FIG_FEATURE_NETS];
};

/* The same run and data give the same values, on one device; feature nets are trained once and then
 * kept in the user's cache.  A wanted metric that lacks something is FIG_INVALID.  Warned of in the
 * log are samples that are blank or alike, feature nets whose accuracy is nearer to the share of
 * the largest class than to 1, and Frechet distances of fewer than 840 samples. */
FIG_API enum fig_status fig_evaluate(const struct fig_evaluation *evaluation,
                                     const bool wanted[FIG_METRICS],
                                     struct fig_findings *findings);

/* --- How often a model that tells classes is right. */

/* The first of the most probable classes of each sample, [count], of fig_run_classify's rows. */
FIG_API void fig_most_probable(const float *probabilities, int count, int classes, int *taken);

struct fig_confusion {
    int classes;  /* that the model knows */
    int *counts;  /* [classes][classes]: samples of the row's class taken for the column's */
    int known;    /* samples whose class the model knows: the sum of all counts */
    int right;    /* of these, those taken for what they are */
};
/* Of samples with these classes, as fig_run_match_labels tells them, and what they were taken for.
 * Release with fig_confusion_free, after errors too. */
FIG_API enum fig_status fig_confuse(struct fig_confusion *out, int classes, const int *labels,
                                    const int *taken, int count);
FIG_API void fig_confusion_free(struct fig_confusion *confusion);

FIG_END

#endif
