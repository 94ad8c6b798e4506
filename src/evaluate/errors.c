/* SPDX-License-Identifier: MIT */
/* Metrics of reconstructions: the model's, and those of PCA. */
#include "evaluate/errors.h"

#include <math.h>
#include <stdlib.h>

#include <figment/codec.h>

#include "base/log.h"
#include "evaluate/evaluation.h"
#include "evaluate/rebuild.h"
#include "run/labels.h"

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

static enum fig_status add_all(struct errors *errors, const struct rebuilder *rebuilder,
                               const struct subject *subject, struct chunk *chunk,
                               float *rebuilt)
{
    while (chunk_next(chunk)) {
        TRY(load_tests(subject, chunk));
        TRY(rebuild(rebuilder, chunk->rows, chunk->count, rebuilt));
        errors_add(errors, chunk->rows, rebuilt, (size_t)chunk->count * subject->length);
    }
    return FIG_OK;
}

static enum fig_status find_errors(struct errors *errors, const struct rebuilder *rebuilder,
                                   const struct subject *subject)
{
    struct chunk chunk;
    float *rebuilt = NULL;
    enum fig_status status = open_tests(&chunk, subject);
    if (!status)
        status = make_rows(&rebuilt, chunk.most, subject->length);
    if (!status)
        status = add_all(errors, rebuilder, subject, &chunk, rebuilt);
    free(rebuilt);
    free(chunk.rows);
    return status;
}

enum fig_status measure_errors(struct subject *subject, struct fig_measure *measures)
{
    struct errors errors = { 0 };
    TRY(find_errors(&errors, &(struct rebuilder){ .run = subject->run }, subject));
    measures[0].value = errors_mse(&errors);
    measures[1].value = errors_psnr(&errors);
    measures[2].value = errors_bce(&errors);
    return FIG_OK;
}

/* In steps that add a tenth to the error, all bytes counted. */
enum fig_status measure_bits(struct subject *subject, struct fig_measure *measures)
{
    const struct fig_compression how = FIG_COMPRESSION_DEFAULTS;
    struct fig_compressed compressed = { 0 };
    const int count = fig_dataset_info(subject->test)->count;
    float *images;
    TRY(make_rows(&images, count, subject->length));
    enum fig_status status = run_load(subject->run, subject->test, NULL, 0, count, images);
    if (!status)
        status = fig_compress(subject->run, &how, images, count, &compressed);
    free(images);
    measures[0].value = compressed.bits_per_pixel;
    return status;
}

/* PCA is fitted to the one half and measured on the other. */
enum fig_status measure_pca(struct subject *subject, struct fig_measure *measures)
{
    struct errors errors = { 0 };
    struct pca *pca = NULL;
    enum fig_status status = pca_create(&pca, subject->train, fig_run_info(subject->run)->code);
    if (!status)
        status = find_errors(&errors, &(struct rebuilder){ .pca = pca }, subject);
    pca_destroy(&pca);
    measures[0].value = errors_mse(&errors);
    measures[1].value = errors_psnr(&errors);
    return status;
}
