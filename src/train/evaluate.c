/* SPDX-License-Identifier: MIT */
#include <figment/evaluate.h>

#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"
#include "train/evaluation.h"
#include "train/labels.h"

static bool has_codes(const struct fig_run_info *info)
{
    return info->code > 0;
}

static bool has_samples(const struct fig_run_info *info)
{
    return info->samples;
}

static bool has_likelihoods(const struct fig_run_info *info)
{
    return info->likelihoods;
}

/* Metrics that are measured together follow each other. */
enum { GROUP_SIZE = 3 };
static const struct group {
    enum fig_status (*measure)(const struct subject *subject, double *values);
    bool (*applies)(const struct fig_run_info *info);
    bool needs_train;
    struct fig_metric metrics[GROUP_SIZE]; /* those that have a name */
} groups[] = {
    { measure_errors, has_codes, false, {
        { "mse", "mean square error per value" },
        { "psnr", "dB, of the mean square error and peak 1" },
        { "bce", "binary cross-entropy per value, nats" } } },
    { measure_pca, has_codes, true, {
        { "pca_mse", "the same error of PCA with the same code size" },
        { "pca_psnr", "dB, of PCA's error" } } },
    { measure_bound, has_likelihoods, false, {
        { "neg_elbo", "negative evidence bound per image, nats: the sum of the next two" },
        { "reconstruction", "its reconstruction error, of one code for each image" },
        { "kl", "its divergence of the codes from their prior" } } },
    { measure_units, has_likelihoods, false, {
        { "active_units", "code values whose mean varies by more than 0.01 over images" } } },
    { measure_nll, has_likelihoods, false, {
        { "nll", "negative log-likelihood per image, nats, by importance samples" } } },
    { measure_spread, has_samples, false, {
        { "sample_std", "deviation of a pixel over samples, mean of the pixels" },
        { "data_std", "the same over the test half" } } },
    { measure_nearest, has_samples, true, {
        { "nn_ratio", "distance of samples to the nearest training image / of test images" } } },
};
enum { GROUPS = sizeof(groups) / sizeof(*groups) };

static int group_size(const struct group *group)
{
    int size = 0;
    while (size < GROUP_SIZE && group->metrics[size].name)
        size++;
    return size;
}

const struct fig_metric *fig_metric_info(int index)
{
    for (int i = 0; index >= 0 && i < GROUPS; i++) {
        if (index < group_size(&groups[i]))
            return &groups[i].metrics[index];
        index -= group_size(&groups[i]);
    }
    return NULL;
}

/* The bits of all groups that `which` says yes to. */
static unsigned bits_of(bool (*which)(const struct group *group, const struct fig_run_info *info),
                        const struct fig_run_info *info)
{
    unsigned bits = 0;
    for (int i = 0, first = 0; i < GROUPS; first += group_size(&groups[i]), i++) {
        if (which(&groups[i], info))
            bits |= ((1u << group_size(&groups[i])) - 1) << first;
    }
    return bits;
}

static bool applies(const struct group *group, const struct fig_run_info *info)
{
    return group->applies(info);
}

static bool needs_train(const struct group *group, const struct fig_run_info *info)
{
    (void)info;
    return group->needs_train;
}

unsigned fig_metrics_of(const struct fig_run *run)
{
    return bits_of(applies, fig_run_info(run));
}

unsigned fig_metrics_of_train(void)
{
    return bits_of(needs_train, NULL);
}

static bool has_size(const struct fig_dataset *dataset, const struct fig_run_info *run)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    return info->height == run->height && info->width == run->width &&
           info->channels == run->channels;
}

static enum fig_status measure(const struct subject *subject, unsigned wanted, double *values)
{
    for (int i = 0, first = 0; i < GROUPS; first += group_size(&groups[i]), i++) {
        const unsigned bits = (1u << group_size(&groups[i])) - 1;
        if (wanted >> first & bits)
            TRY(groups[i].measure(subject, values + first));
    }
    return FIG_OK;
}

enum fig_status fig_evaluate(struct fig_run *run, const struct fig_evaluation *evaluation,
                             double values[FIG_METRICS])
{
    REQUIRE(run && evaluation && values && evaluation->test && evaluation->nll_samples >= 0);
    REQUIRE(!(evaluation->wanted & ~fig_metrics_of(run)));
    REQUIRE(evaluation->train || !(evaluation->wanted & fig_metrics_of_train()));
    REQUIRE(has_size(evaluation->test, fig_run_info(run)));
    REQUIRE(!evaluation->train || has_size(evaluation->train, fig_run_info(run)));
    const struct fig_run_info *info = fig_run_info(run);
    return measure(&(struct subject){
        .run = run, .test = evaluation->test, .train = evaluation->train,
        .nll_samples = evaluation->nll_samples ? evaluation->nll_samples : FIG_NLL_SAMPLES,
        .length = (size_t)info->height * (size_t)info->width * (size_t)info->channels,
    }, evaluation->wanted, values);
}

enum fig_status load_images(const struct fig_dataset *dataset, int first, int count,
                            size_t length, float *images)
{
    for (int i = 0; i < count; i++)
        TRY(fig_dataset_sample(dataset, first + i, images + (size_t)i * length));
    return FIG_OK;
}

enum fig_status load_tests(const struct subject *subject, int first, int count, float *images)
{
    TRY(labels_tell(subject->run, subject->test, first, count));
    return load_images(subject->test, first, count, subject->length, images);
}

enum fig_status make_rows(float **out, int count, size_t length)
{
    size_t size;
    *out = size_mul((size_t)count, length * sizeof(float), &size) ? malloc(size) : NULL;
    return *out ? FIG_OK : fail(FIG_NOMEM, "no memory for %d x %zu values", count, length);
}
