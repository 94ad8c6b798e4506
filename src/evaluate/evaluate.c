/* SPDX-License-Identifier: MIT */
#include <figment/evaluate.h>
#include <figment/score.h>

#include <assert.h>
#include <math.h>

#include "base/log.h"
#include "base/size.h"
#include "evaluate/classifier.h"
#include "evaluate/evaluation.h"
#include "run/labels.h"

/* --- What a metric needs: NULL, or what is lacking */

static const char *lacks_codes(const struct fig_evaluation *evaluation)
{
    return fig_run_info(evaluation->run)->code ? NULL : "the model has no codes";
}

static const char *lacks_pca(const struct fig_evaluation *evaluation)
{
    const struct fig_run_info *info = fig_run_info(evaluation->run);
    const size_t length = image_length(info->height, info->width, info->channels);
    const char *codes = lacks_codes(evaluation);
    static_assert(FIG_PCA_VALUES == 16384, "as the text below says");
    return codes || length <= FIG_PCA_VALUES ? codes : "the samples have more than 16384 values";
}

static const char *lacks_pictures(const struct fig_evaluation *evaluation)
{
    return fig_dataset_info(evaluation->test)->table ? "the data are a table, no pictures" : NULL;
}

static const char *lacks_classes(const struct fig_evaluation *evaluation)
{
    if (!fig_run_info(evaluation->run)->classifies)
        return "the model does not learn to tell classes";
    return fig_dataset_labels(evaluation->test) ? NULL : "the data have no labels";
}

static const char *lacks_divergences(const struct fig_evaluation *evaluation)
{
    return fig_run_info(evaluation->run)->divergences ? NULL
                                                      : "the model tells no distribution of codes";
}

static const char *lacks_likelihoods(const struct fig_evaluation *evaluation)
{
    return fig_run_info(evaluation->run)->likelihoods ? NULL : "the model tells no likelihoods";
}

static const char *lacks_samples(const struct fig_evaluation *evaluation)
{
    return evaluation->mixture || fig_run_info(evaluation->run)->samples
        ? NULL : "the model has no distribution to draw from; --sampler gmm fits one to its codes";
}

static const char *lacks_modes(const struct fig_evaluation *evaluation)
{
    return fig_dataset_modes(evaluation->test) ? lacks_samples(evaluation)
                                               : "the data are no Gaussians in the plane";
}

static bool is_one_class(const struct fig_dataset *dataset)
{
    const uint8_t *labels = fig_dataset_labels(dataset);
    const int count = fig_dataset_info(dataset)->count;
    int same = 1;
    while (same < count && labels[same] == labels[0])
        same++;
    return same == count;
}

static const char *lacks_anomalies(const struct fig_evaluation *evaluation)
{
    const int unseen = fig_unseen(evaluation->train, evaluation->test, NULL);
    if (!fig_dataset_labels(evaluation->test))
        return "the data have no labels";
    if (!unseen || unseen == fig_dataset_info(evaluation->test)->count)
        return "it takes a test half of classes in the training half and of others";
    return lacks_codes(evaluation);
}

/* All test images are compressed at once, and each value of a code is tried out. */
static const char *lacks_bits(const struct fig_evaluation *evaluation)
{
    const struct fig_run_info *info = fig_run_info(evaluation->run);
    const size_t length = image_length(info->height, info->width, info->channels);
    const size_t count = (size_t)fig_dataset_info(evaluation->test)->count;
    if (info->conditional_decoder)
        return "codes of a conditional model do not say what to draw";
    if (info->code > 256)
        return "codes of more than 256 values take long: `figment compress` tells";
    if (count * length > (size_t)1 << 25)
        return "so many large images take much memory: `figment compress` tells";
    return lacks_codes(evaluation);
}

/* Features are those of a classifier. */
static const char *lacks_features(const struct fig_evaluation *evaluation)
{
    const struct fig_dataset_info *info = fig_dataset_info(evaluation->train);
    const char *samples = lacks_samples(evaluation);
    if (samples)
        return samples;
    if (!info->classes)
        return "the data have no labels to train a classifier with";
    if (info->drawn)
        return "the data are drawn as they are used, and no classifier is trained on such";
    if (info->height < CLASSIFIER_SIDE || info->width < CLASSIFIER_SIDE)
        return "the data are no pictures of at least 12x12 pixels";
    if (is_one_class(evaluation->train))
        return "the training half has one class only";
    if (fig_dataset_info(evaluation->test)->count <= NEIGHBOURS ||
        fig_dataset_info(evaluation->train)->count <= NEIGHBOURS)
        return "the data have too few samples";
    return NULL;
}

/* Metrics that are measured together follow each other. */
enum { GROUP_SIZE = 4 };
static const struct group {
    enum fig_status (*measure)(struct subject *subject, struct fig_measure *measures);
    const char *(*lack)(const struct fig_evaluation *evaluation);
    int tables; /* so many metrics, the first ones, are also of tables */
    struct fig_metric metrics[GROUP_SIZE]; /* those that have a name */
} groups[] = {
    { measure_errors, lacks_codes, 1, {
        { "mse", "mean square error per value" },
        { "psnr", "dB, of the mean square error and peak 1" },
        { "bce", "binary cross-entropy per value, nats" } } },
    { measure_pca, lacks_pca, 1, {
        { "pca_mse", "the same error of PCA with the same code size" },
        { "pca_psnr", "dB, of PCA's error" } } },
    { measure_accuracy, lacks_classes, GROUP_SIZE, {
        { "accuracy", "share of test samples taken for the class that they are of" } } },
    { measure_bound, lacks_likelihoods, GROUP_SIZE, {
        { "neg_elbo", "negative evidence bound per image, nats: the sum of the next two" },
        { "reconstruction", "its reconstruction error, of one code for each image" } } },
    { measure_divergence, lacks_divergences, GROUP_SIZE, {
        { "kl", "divergence of the codes from their prior per image, nats" } } },
    { measure_units, lacks_divergences, GROUP_SIZE, {
        { "active_units", "code values whose mean varies by more than 0.01 over images" } } },
    { measure_nll, lacks_likelihoods, GROUP_SIZE, {
        { "nll", "negative log-likelihood per image, nats, by importance samples" } } },
    { measure_frechet, lacks_features, GROUP_SIZE, {
        { "fd84", "Frechet distance of the features of samples and test images" } } },
    { measure_kernel, lacks_features, GROUP_SIZE, {
        { "kid84", "squared mean discrepancy of the features, cubic kernel" } } },
    { measure_manifold, lacks_features, GROUP_SIZE, {
        { "precision", "share of samples within 5 neighbours of a test image" },
        { "recall", "share of test images within 5 neighbours of a sample" },
        { "density", "how many test images' neighbourhoods a sample is in, / 5" },
        { "coverage", "share of test images with a sample within 5 neighbours" } } },
    { measure_classes, lacks_features, GROUP_SIZE, {
        { "classes", "classes with at least a tenth of an equal share of the samples" },
        { "kl_uniform", "divergence of the classes' shares from equal ones, nats" },
        { "confidence", "mean probability of the class that a sample is taken for" } } },
    { measure_spread, lacks_samples, GROUP_SIZE, {
        { "sample_std", "deviation of a pixel over samples, mean of the pixels" } } },
    { measure_nearest, lacks_samples, GROUP_SIZE, {
        { "nn_ratio", "distance of samples to the nearest training image / of test images" } } },
    { measure_anomalies, lacks_anomalies, GROUP_SIZE, {
        { "auroc", "chance that a sample of an unseen class has the higher error" },
        { "average_precision", "of errors as scores of unseen classes" } } },
    { measure_bits, lacks_bits, 0, {
        { "bpp", "bits per pixel of the test images as `figment compress` keeps them" } } },
    { measure_modes, lacks_modes, GROUP_SIZE, {
        { "modes", "Gaussians of the data with a sample within 3 deviations" },
        { "near_modes", "share of samples that are so near to one" } } },
};
enum { GROUPS = sizeof(groups) / sizeof(*groups) };

static int group_size(const struct group *group)
{
    int size = 0;
    while (size < GROUP_SIZE && group->metrics[size].name)
        size++;
    return size;
}

/* The group of a metric, and which of its metrics it is; NULL past the last. */
static const struct group *find_group(int index, int *place)
{
    for (int i = 0; index >= 0 && i < GROUPS; index -= group_size(&groups[i]), i++) {
        *place = index;
        if (index < group_size(&groups[i]))
            return &groups[i];
    }
    return NULL;
}

const struct fig_metric *fig_metric_info(int index)
{
    int place;
    const struct group *group = find_group(index, &place);
    return group ? &group->metrics[place] : NULL;
}

bool fig_metric_draws(int index)
{
    int place;
    const struct group *group = find_group(index, &place);
    return group && (group->lack == lacks_samples || group->lack == lacks_features ||
                     group->lack == lacks_modes);
}

const char *fig_metric_lack(const struct fig_evaluation *evaluation, int index)
{
    int place;
    const struct group *group = find_group(index, &place);
    const char *lack = group ? group->lack(evaluation) : "there is no such metric";
    return !lack && place >= group->tables ? lacks_pictures(evaluation) : lack;
}

static bool has_size(const struct fig_dataset *dataset, const struct fig_run_info *run)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    return info->height == run->height && info->width == run->width &&
           info->channels == run->channels;
}

static bool wants_any(const bool *wanted, int count)
{
    while (count > 0 && !wanted[count - 1])
        count--;
    return count > 0;
}

static enum fig_status measure(struct subject *subject, const bool wanted[FIG_METRICS])
{
    for (int i = 0, first = 0; i < GROUPS; first += group_size(&groups[i]), i++) {
        if (wants_any(wanted + first, group_size(&groups[i])))
            TRY(groups[i].measure(subject, subject->findings->measures + first));
    }
    return FIG_OK;
}

static enum fig_status check_wanted(const struct fig_evaluation *evaluation,
                                    const bool wanted[FIG_METRICS])
{
    for (int i = 0; i < FIG_METRICS; i++) {
        const char *lack = wanted[i] ? fig_metric_lack(evaluation, i) : NULL;
        if (lack)
            return fail(FIG_INVALID, "%s: %s", fig_metric_info(i)->name, lack);
    }
    return FIG_OK;
}

static void clear(struct fig_findings *findings)
{
    findings->seen = 0;
    for (int i = 0; i < FIG_METRICS; i++)
        findings->measures[i] = (struct fig_measure){ NAN, NAN, NAN, NAN };
    for (int i = 0; i < FIG_FEATURE_NETS; i++)
        findings->nets[i] = (struct fig_feature_net){ 0, NAN };
}

enum fig_status fig_evaluate(const struct fig_evaluation *evaluation,
                             const bool wanted[FIG_METRICS], struct fig_findings *findings)
{
    REQUIRE(evaluation && wanted && findings && evaluation->nll_samples >= 0);
    REQUIRE(evaluation->run && evaluation->train && evaluation->test);
    const struct fig_run_info *info = fig_run_info(evaluation->run);
    REQUIRE(has_size(evaluation->test, info) && has_size(evaluation->train, info));
    TRY(check_wanted(evaluation, wanted));
    struct subject subject = {
        .run = evaluation->run, .test = evaluation->test, .train = evaluation->train,
        .mixture = evaluation->mixture, .findings = findings,
        .nll_samples = evaluation->nll_samples ? evaluation->nll_samples : FIG_NLL_SAMPLES,
        .length = image_length(info->height, info->width, info->channels),
    };
    clear(findings);
    const enum fig_status status = measure(&subject, wanted);
    likeness_destroy(&subject.likeness);
    return status;
}

enum fig_status open_tests(struct chunk *chunk, const struct subject *subject)
{
    return chunk_open(chunk, fig_dataset_info(subject->test)->count, subject->length);
}

enum fig_status load_tests(const struct subject *subject, const struct chunk *chunk)
{
    return run_load(subject->run, subject->test, NULL, chunk->first, chunk->count, chunk->rows);
}
