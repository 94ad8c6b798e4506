/* SPDX-License-Identifier: MIT */
/* Metrics of variational autoencoders, on images as they were trained on: grey or binarized. */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/moments.h"
#include "evaluate/evaluation.h"
#include "model/binarize.h"
#include "run/labels.h"

/* Test images, as run_load has them, as the model was trained on them. */
static enum fig_status load_targets(const struct subject *subject, const uint32_t *order, int first,
                                    int count, float *images)
{
    const enum fig_binarize binarize = fig_config_settings(fig_run_config(subject->run))->binarize;
    TRY(run_load(subject->run, subject->test, order, first, count, images));
    for (int i = first; i < first + count; i++, images += subject->length)
        TRY(binarize_values(binarize, order ? (int)order[i] : i, 1, images, subject->length));
    return FIG_OK;
}

/* Sums over the test half. */
struct bound {
    double reconstruction, divergence;
};

static enum fig_status add_bound(struct bound *bound, const struct subject *subject,
                                 struct chunk *chunk, float *likelihoods)
{
    for (uint32_t draw = 0; chunk_next(chunk); draw++) {
        TRY(load_targets(subject, NULL, chunk->first, chunk->count, chunk->rows));
        TRY(fig_run_likelihoods(subject->run, chunk->rows, chunk->count, draw, likelihoods));
        for (const float *row = likelihoods; row < likelihoods + chunk->count * FIG_LIKELIHOODS;
             row += FIG_LIKELIHOODS) {
            bound->reconstruction -= (double)row[FIG_LOG_DATA];
            bound->divergence += (double)row[FIG_DIVERGENCE];
        }
    }
    return FIG_OK;
}

enum fig_status measure_bound(struct subject *subject, struct fig_measure *measures)
{
    const int count = fig_dataset_info(subject->test)->count;
    struct bound bound = { 0 };
    struct chunk chunk;
    float *likelihoods = NULL;
    enum fig_status status = open_tests(&chunk, subject);
    if (!status)
        status = make_rows(&likelihoods, chunk.most, FIG_LIKELIHOODS);
    if (!status)
        status = add_bound(&bound, subject, &chunk, likelihoods);
    free(likelihoods);
    free(chunk.rows);
    measures[1].value = bound.reconstruction / count;
    measures[0].value = measures[1].value + bound.divergence / count;
    return status;
}

enum fig_status measure_divergence(struct subject *subject, struct fig_measure *measures)
{
    const int all = fig_dataset_info(subject->test)->count;
    struct chunk chunk;
    float *divergences = NULL;
    double sum = 0;
    enum fig_status status = open_tests(&chunk, subject);
    if (!status)
        status = make_rows(&divergences, chunk.most, 1);
    while (!status && chunk_next(&chunk)) {
        status = load_targets(subject, NULL, chunk.first, chunk.count, chunk.rows);
        if (!status)
            status = fig_run_divergences(subject->run, chunk.rows, chunk.count, divergences);
        for (int i = 0; !status && i < chunk.count; i++)
            sum += (double)divergences[i];
    }
    free(divergences);
    free(chunk.rows);
    measures[0].value = sum / all;
    return status;
}

/* --- Active units (Burda et al., 2016) */

static int count_active(const float *codes, int count, int length)
{
    int active = 0;
    for (int unit = 0; unit < length; unit++) {
        const struct moments moments = moments_of(codes + unit, (size_t)count, (size_t)length);
        active += moments_variance(&moments) > 0.01;
    }
    return active;
}

enum fig_status measure_units(struct subject *subject, struct fig_measure *measures)
{
    const int all = fig_dataset_info(subject->test)->count;
    const int length = fig_run_info(subject->run)->code;
    struct chunk chunk;
    float *codes = NULL;
    enum fig_status status = open_tests(&chunk, subject);
    if (!status)
        status = make_rows(&codes, all, (size_t)length);
    while (!status && chunk_next(&chunk)) {
        status = load_targets(subject, NULL, chunk.first, chunk.count, chunk.rows);
        if (!status)
            status = fig_run_encode(subject->run, chunk.rows, chunk.count,
                                    codes + (size_t)chunk.first * (size_t)length);
    }
    if (!status)
        measures[0].value = count_active(codes, all, length);
    free(codes);
    free(chunk.rows);
    return status;
}

/* --- Importance-weighted bound (Burda et al., 2016): log of the mean over codes z of q(z|x) of
 * p(x|z) p(z) / q(z|x), mean over the images. */

/* A running log of a sum of exponentials: log sum = greatest + log rest. */
struct log_sum {
    double greatest, rest;
};

static void log_sum_add(struct log_sum *sum, double term)
{
    if (term > sum->greatest) {
        sum->rest = sum->rest * exp(sum->greatest - term) + 1;
        sum->greatest = term;
    } else {
        sum->rest += exp(term - sum->greatest);
    }
}

static enum fig_status add_draws(struct log_sum *sums, const struct subject *subject, int count,
                                 const float *images, float *likelihoods)
{
    for (int draw = 0; draw < subject->nll_samples; draw++) {
        TRY(fig_run_likelihoods(subject->run, images, count, (uint32_t)draw, likelihoods));
        for (int i = 0; i < count; i++) {
            const float *row = likelihoods + i * FIG_LIKELIHOODS;
            log_sum_add(&sums[i], (double)row[FIG_LOG_DATA] + (double)row[FIG_LOG_PRIOR] -
                                      (double)row[FIG_LOG_POSTERIOR]);
        }
    }
    return FIG_OK;
}

enum fig_status measure_nll(struct subject *subject, struct fig_measure *measures)
{
    const int all = fig_dataset_info(subject->test)->count;
    const int count = all < FIG_NLL_IMAGES ? all : FIG_NLL_IMAGES;
    struct log_sum sums[FIG_NLL_IMAGES];
    float *images = NULL, *likelihoods = NULL;
    uint32_t *order = NULL;
    enum fig_status status = make_rows(&images, count, subject->length);
    if (!status)
        status = make_rows(&likelihoods, count, FIG_LIKELIHOODS);
    if (!status)
        status = pick_places(&order, count, all);
    if (!status)
        status = load_targets(subject, order, 0, count, images);
    for (int i = 0; i < count; i++)
        sums[i] = (struct log_sum){ -INFINITY, 0 };
    if (!status)
        status = add_draws(sums, subject, count, images, likelihoods);
    measures[0].value = log(subject->nll_samples);
    for (int i = 0; i < count; i++)
        measures[0].value -= (sums[i].greatest + log(sums[i].rest)) / count;
    free(order);
    free(likelihoods);
    free(images);
    return status;
}
