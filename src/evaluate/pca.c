/* SPDX-License-Identifier: MIT */
#include "evaluate/pca.h"

#include <stdlib.h>

#include <figment/score.h>

#include "base/log.h"
#include "base/size.h"
#include "base/threads.h"
#include "evaluate/eigen.h"

struct pca {
    int length, rank;
    double *mean;  /* [length] */
    double *basis; /* [rank][length], orthonormal rows */
};

enum { BLOCK = 64 /* samples at a time */, BAND = 16 /* rows of the matrix for one thread */ };

/* The sums of x and of x x^T over all samples; of the matrix the upper half. */
struct sums {
    int length;
    double *sum;    /* [length] */
    double *matrix; /* [length][length] */
    int samples;    /* in the block */
    double *block;  /* [BLOCK][length] */
    float *sample;  /* [length] */
};

/* row[j] += sum over four samples of scale * x[j], for j in [first, length). */
static void add_four(double *restrict row, const double *const x[4], const double scale[4],
                     int first, int length)
{
    for (int j = first; j < length; j++)
        row[j] += scale[0] * x[0][j] + scale[1] * x[1][j] + scale[2] * x[2][j] + scale[3] * x[3][j];
}

/* Row i of the matrix; most values of drawn images are 0, so those samples are left out. */
static void add_row(const struct sums *sums, int i)
{
    const size_t length = (size_t)sums->length;
    const double *x[4];
    double scale[4];
    int used = 0;
    for (int k = 0; k < sums->samples; k++) {
        const double *sample = sums->block + (size_t)k * length;
        if (sample[i] == 0)
            continue;
        x[used] = sample;
        scale[used++] = sample[i];
        if (used == 4) {
            add_four(sums->matrix + (size_t)i * length, x, scale, i, sums->length);
            used = 0;
        }
    }
    for (int k = used; used && k < 4; k++) {
        x[k] = x[0];
        scale[k] = 0;
    }
    if (used)
        add_four(sums->matrix + (size_t)i * length, x, scale, i, sums->length);
}

static void add_band(void *context, int part, int thread)
{
    const struct sums *sums = context;
    const int end = (part + 1) * BAND;
    (void)thread;
    for (int i = part * BAND; i < sums->length && i < end; i++)
        add_row(sums, i);
}

static enum fig_status load_block(struct sums *sums, const struct fig_dataset *dataset,
                                  int first)
{
    const int left = fig_dataset_info(dataset)->count - first;
    sums->samples = left < BLOCK ? left : BLOCK;
    for (int k = 0; k < sums->samples; k++) {
        double *row = sums->block + (size_t)k * (size_t)sums->length;
        TRY(fig_dataset_sample(dataset, first + k, sums->sample));
        for (int j = 0; j < sums->length; j++) {
            row[j] = sums->sample[j];
            sums->sum[j] += row[j];
        }
    }
    return FIG_OK;
}

/* Sums to mean and covariance, the whole matrix. */
static void finish_sums(struct sums *sums, double count)
{
    const size_t length = (size_t)sums->length;
    double *matrix = sums->matrix;
    for (size_t i = 0; i < length; i++)
        sums->sum[i] /= count;
    for (size_t i = 0; i < length; i++) {
        for (size_t j = i; j < length; j++) {
            matrix[i * length + j] =
                matrix[i * length + j] / count - sums->sum[i] * sums->sum[j];
            matrix[j * length + i] = matrix[i * length + j];
        }
    }
}

static enum fig_status collect(struct sums *sums, const struct fig_dataset *dataset,
                               struct pool *pool)
{
    const int count = fig_dataset_info(dataset)->count;
    for (int first = 0; first < count; first += BLOCK) {
        TRY(load_block(sums, dataset, first));
        pool_run(pool, (sums->length + BAND - 1) / BAND, add_band, sums);
    }
    finish_sums(sums, count);
    return FIG_OK;
}

/* The mean, and the covariance [length][length], which the caller frees. */
static enum fig_status find_covariance(struct pca *pca, const struct fig_dataset *dataset,
                                       struct pool *pool, double **covariance)
{
    const size_t length = (size_t)pca->length;
    struct sums sums = {
        .length = pca->length,
        .sum = pca->mean,
        .matrix = calloc(length * length, sizeof(double)),
        .block = malloc(BLOCK * length * sizeof(double)),
        .sample = malloc(length * sizeof(float)),
    };
    const enum fig_status status =
        sums.matrix && sums.block && sums.sample
            ? collect(&sums, dataset, pool)
            : fail(FIG_NOMEM, "PCA: no memory for a covariance of %zux%zu", length, length);
    free(sums.sample);
    free(sums.block);
    *covariance = sums.matrix;
    return status;
}

/* As many components as values: any basis will do. */
static void keep_all(struct pca *pca)
{
    for (size_t i = 0; i < (size_t)pca->length; i++)
        pca->basis[i * (size_t)pca->length + i] = 1;
}

static enum fig_status fit(struct pca *pca, const struct fig_dataset *dataset, struct pool *pool)
{
    double *covariance = NULL;
    enum fig_status status = find_covariance(pca, dataset, pool, &covariance);
    if (!status)
        status = eigen_largest(covariance, pca->length, pca->rank, pca->basis, pool);
    free(covariance);
    return status;
}

enum fig_status pca_create(struct pca **out, const struct fig_dataset *dataset, int rank)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = image_length(info->height, info->width, info->channels);
    *out = NULL;
    if (rank < 1 || length > FIG_PCA_VALUES)
        return fail(FIG_INVALID, "PCA: %d components of %zu values; at least 1 of at most %d", rank,
                    length, FIG_PCA_VALUES);
    struct pca *pca = calloc(1, sizeof(*pca));
    if (!pca)
        return fail(FIG_NOMEM, "PCA: no memory");
    pca->length = (int)length;
    pca->rank = (size_t)rank < length ? rank : pca->length;
    pca->mean = calloc(length, sizeof(double));
    pca->basis = calloc((size_t)pca->rank * length, sizeof(double));
    struct pool *pool = NULL;
    enum fig_status status = pca->mean && pca->basis
                                 ? pool_create(&pool, 0)
                                 : fail(FIG_NOMEM, "PCA: no memory for %d components", pca->rank);
    if (!status && pca->rank < pca->length)
        status = fit(pca, dataset, pool);
    else if (!status)
        keep_all(pca);
    pool_destroy(&pool);
    if (status)
        pca_destroy(&pca);
    *out = pca;
    return status;
}

void pca_destroy(struct pca **pca)
{
    if (!*pca)
        return;
    free((*pca)->mean);
    free((*pca)->basis);
    free(*pca);
    *pca = NULL;
}

/* `centred` and `sum` have room for a sample each. */
static void rebuild_one(const struct pca *pca, const float *sample, float *out, double *centred,
                        double *sum)
{
    const size_t length = (size_t)pca->length;
    for (size_t j = 0; j < length; j++) {
        centred[j] = sample[j] - pca->mean[j];
        sum[j] = pca->mean[j];
    }
    for (int k = 0; k < pca->rank; k++) {
        const double *component = pca->basis + (size_t)k * length;
        double score = 0;
        for (size_t j = 0; j < length; j++)
            score += centred[j] * component[j];
        for (size_t j = 0; j < length; j++)
            sum[j] += score * component[j];
    }
    for (size_t j = 0; j < length; j++)
        out[j] = (float)sum[j];
}

enum fig_status pca_rebuild(const struct pca *pca, const float *samples, int count, float *out)
{
    const size_t length = (size_t)pca->length;
    double *scratch = malloc(2 * length * sizeof(*scratch));
    if (!scratch)
        return fail(FIG_NOMEM, "PCA: no memory for %zu values", 2 * length);
    for (size_t i = 0; i < (size_t)count; i++)
        rebuild_one(pca, samples + i * length, out + i * length, scratch, scratch + length);
    free(scratch);
    return FIG_OK;
}
