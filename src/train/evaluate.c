/* SPDX-License-Identifier: MIT */
#include <figment/evaluate.h>

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"
#include "train/errors.h"
#include "train/pca.h"

enum { CHUNK = 1000 /* images at a time */ };

void errors_add(struct errors *errors, const float *images, const float *rebuilt, size_t count)
{
    const double least = 1e-7;
    for (size_t i = 0; i < count; i++) {
        const double x = images[i], y = rebuilt[i];
        const double p = fmin(fmax(y, least), 1 - least);
        errors->squares += (y - x) * (y - x);
        errors->cross_entropies -= x * log(p) + (1 - x) * log1p(-p);
    }
    errors->count += count;
}

double errors_mse(const struct errors *errors)
{
    return errors->squares / (double)errors->count;
}

double errors_psnr(const struct errors *errors)
{
    return -10 * log10(errors_mse(errors));
}

double errors_bce(const struct errors *errors)
{
    return errors->cross_entropies / (double)errors->count;
}

/* A metric is a number made of the errors of the model, or of those of PCA. */
static const struct row {
    struct fig_metric info;
    double (*value)(const struct errors *errors);
} rows[FIG_METRICS] = {
    { { "mse", "mean square error per value", false }, errors_mse },
    { { "psnr", "dB, of the mean square error and peak 1", false }, errors_psnr },
    { { "bce", "binary cross-entropy per value, nats", false }, errors_bce },
    { { "pca_mse", "the same error of PCA with the same code size", true }, errors_mse },
    { { "pca_psnr", "dB, of PCA's error", true }, errors_psnr },
};

const struct fig_metric *fig_metric_info(int index)
{
    return index >= 0 && index < FIG_METRICS ? &rows[index].info : NULL;
}

/* Some of a dataset's images, and what came back of them. */
struct chunk {
    size_t length;          /* values of an image */
    float *images, *rebuilt; /* [CHUNK][length] */
};

static enum fig_status chunk_create(struct chunk *chunk, const struct fig_dataset_info *info)
{
    chunk->length = (size_t)info->height * (size_t)info->width * (size_t)info->channels;
    chunk->images = malloc(CHUNK * chunk->length * sizeof(float));
    chunk->rebuilt = malloc(CHUNK * chunk->length * sizeof(float));
    if (!chunk->images || !chunk->rebuilt)
        return fail(FIG_NOMEM, "no memory for 2 x %d images of %zu values", CHUNK, chunk->length);
    return FIG_OK;
}

static void chunk_destroy(struct chunk *chunk)
{
    free(chunk->images);
    free(chunk->rebuilt);
}

/* Who rebuilds: one of the two is NULL. */
struct rebuilder {
    struct fig_run *run;
    const struct pca *pca;
};

static enum fig_status rebuild(const struct rebuilder *rebuilder, struct chunk *chunk, int count)
{
    if (rebuilder->run)
        return fig_run_reconstruct(rebuilder->run, chunk->images, count, chunk->rebuilt);
    return pca_rebuild(rebuilder->pca, chunk->images, count, chunk->rebuilt);
}

static enum fig_status measure(struct errors *errors, const struct rebuilder *rebuilder,
                               const struct fig_dataset *test, struct chunk *chunk)
{
    const int all = fig_dataset_info(test)->count;
    for (int first = 0; first < all; first += CHUNK) {
        const int count = all - first < CHUNK ? all - first : CHUNK;
        for (int i = 0; i < count; i++)
            TRY(fig_dataset_sample(test, first + i, chunk->images + (size_t)i * chunk->length));
        TRY(rebuild(rebuilder, chunk, count));
        errors_add(errors, chunk->images, chunk->rebuilt, (size_t)count * chunk->length);
    }
    return FIG_OK;
}

/* PCA is fitted to the one half and measured on the other. */
static enum fig_status measure_pca(struct errors *errors, const struct fig_dataset *train,
                                   const struct fig_dataset *test, int code, struct chunk *chunk)
{
    struct pca *pca = NULL;
    enum fig_status status = pca_create(&pca, train, code);
    if (!status)
        status = measure(errors, &(struct rebuilder){ .pca = pca }, test, chunk);
    pca_destroy(&pca);
    return status;
}

static bool wants(unsigned wanted, bool needs_train)
{
    for (int i = 0; i < FIG_METRICS; i++) {
        if ((wanted >> i & 1) && rows[i].info.needs_train == needs_train)
            return true;
    }
    return false;
}

static bool has_size(const struct fig_dataset *dataset, const struct fig_run_info *run)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    return info->height == run->height && info->width == run->width &&
           info->channels == run->channels;
}

enum fig_status fig_evaluate(struct fig_run *run, const struct fig_dataset *test,
                             const struct fig_dataset *train, unsigned wanted,
                             double values[FIG_METRICS])
{
    REQUIRE(run && test && values && wanted < 1u << FIG_METRICS);
    REQUIRE(has_size(test, fig_run_info(run)));
    REQUIRE(!wants(wanted, true) || (train && has_size(train, fig_run_info(run))));
    struct chunk chunk = { 0 };
    struct errors errors[2] = { 0 }; /* of the model, of PCA */
    enum fig_status status = chunk_create(&chunk, fig_dataset_info(test));
    if (!status && wants(wanted, false))
        status = measure(&errors[false], &(struct rebuilder){ .run = run }, test, &chunk);
    if (!status && wants(wanted, true))
        status = measure_pca(&errors[true], train, test, fig_run_info(run)->code, &chunk);
    for (int i = 0; !status && i < FIG_METRICS; i++) {
        if (wanted >> i & 1)
            values[i] = rows[i].value(&errors[rows[i].info.needs_train]);
    }
    chunk_destroy(&chunk);
    return status;
}
