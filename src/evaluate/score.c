/* SPDX-License-Identifier: MIT */
/* Reconstruction errors as scores, and those of the training half, kept in the run folder. */
#include <figment/score.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "base/sort.h"
#include "evaluate/rebuild.h"
#include "run/labels.h"
#include "run/rows.h"
#include "run/run.h"
#include "run/safetensors.h"

/* What is so far off that the model overflows is as far as can be. */
static double error_of(const float *values, const float *rebuilt, size_t length)
{
    const double error = mean_square(values, rebuilt, length);
    return isnan(error) ? INFINITY : error;
}

static enum fig_status score_chunks(const struct rebuilder *rebuilder,
                                    const struct fig_dataset *dataset, size_t length,
                                    struct chunk *chunk, float *rebuilt, double *scores)
{
    const float *values = chunk->rows;
    while (chunk_next(chunk)) {
        if (rebuilder->run)
            TRY(run_load(rebuilder->run, dataset, NULL, chunk->first, chunk->count, chunk->rows));
        else
            TRY(load_images(dataset, NULL, chunk->first, chunk->count, chunk->rows));
        TRY(rebuild(rebuilder, values, chunk->count, rebuilt));
        for (size_t i = 0; i < (size_t)chunk->count; i++)
            *scores++ = error_of(values + i * length, rebuilt + i * length, length);
    }
    return FIG_OK;
}

static enum fig_status score(const struct rebuilder *rebuilder, const struct fig_dataset *dataset,
                             double *scores)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = image_length(info->height, info->width, info->channels);
    struct chunk chunk;
    float *rebuilt = NULL;
    enum fig_status status = chunk_open(&chunk, info->count, length);
    if (!status)
        status = make_rows(&rebuilt, chunk.most, length);
    if (!status)
        status = score_chunks(rebuilder, dataset, length, &chunk, rebuilt, scores);
    free(rebuilt);
    free(chunk.rows);
    return status;
}

enum fig_status fig_score(struct fig_run *run, const struct fig_dataset *dataset, double *scores)
{
    REQUIRE(run && dataset && scores);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const struct fig_run_info *size = fig_run_info(run);
    REQUIRE(info->height == size->height && info->width == size->width &&
            info->channels == size->channels);
    if (!size->code)
        return fail(FIG_INVALID, "scores are errors of reconstructions, and a model of the family "
                    "%s rebuilds nothing; one with an encoder does",
                    fig_config_settings(fig_run_config(run))->family);
    return score(&(struct rebuilder){ .run = run }, dataset, scores);
}

enum fig_status fig_score_pca(const struct fig_dataset *train, int rank,
                              const struct fig_dataset *dataset, double *scores)
{
    REQUIRE(train && rank > 0 && dataset && scores);
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const struct fig_dataset_info *size = fig_dataset_info(train);
    REQUIRE(info->height == size->height && info->width == size->width &&
            info->channels == size->channels);
    struct pca *pca = NULL;
    TRY(pca_create(&pca, train, rank));
    const enum fig_status status = score(&(struct rebuilder){ .pca = pca }, dataset, scores);
    pca_destroy(&pca);
    return status;
}

/* --- The scores of the training half */

struct calibration {
    double *scores; /* ascending */
    size_t count;
};

static enum fig_status write_scores(const char *path, const struct calibration *calibration,
                                    const char *mark)
{
    struct safe_tensor tensor = { .name = "scores", .dtype = SAFE_F64, .rank = 1,
                                  .dims = { calibration->count }, .data = calibration->scores };
    struct safe_pair pair = { "model", mark };
    return safetensors_write(path, &(struct safetensors){
        .tensors = &tensor, .count = 1, .metadata = &pair, .pairs = 1 });
}

static enum fig_status take_scores(const char *path, const struct safetensors *file,
                                   struct calibration *calibration)
{
    const struct safe_tensor *found = safetensors_find(file, "scores");
    if (!found || found->dtype != SAFE_F64 || found->rank != 1 || !found->dims[0])
        return fail(FIG_FORMAT, "%s: scores: expected at least one, F64, in one dimension", path);
    calibration->count = found->dims[0];
    calibration->scores = malloc(found->size);
    if (!calibration->scores)
        return fail(FIG_NOMEM, "%s: no memory for %zu scores", path, calibration->count);
    memcpy(calibration->scores, found->data, found->size);
    return FIG_OK;
}

/* Leaves no scores if the file was made of another model. */
static enum fig_status read_scores(const char *path, struct calibration *calibration,
                                   const char *mark)
{
    struct safetensors file;
    TRY(safetensors_open(&file, path));
    const char *written = safetensors_metadata(&file, "model");
    const enum fig_status status = written && strcmp(written, mark) == 0
        ? take_scores(path, &file, calibration) : FIG_OK;
    safetensors_close(&file);
    return status;
}

static enum fig_status measure_scores(struct fig_run *run, struct calibration *calibration)
{
    struct fig_dataset *dataset = NULL;
    TRY(fig_run_dataset(&dataset, run, NULL, FIG_TRAIN));
    calibration->count = (size_t)fig_dataset_info(dataset)->count;
    calibration->scores = malloc(calibration->count * sizeof(double));
    const enum fig_status status = calibration->scores
        ? fig_score(run, dataset, calibration->scores)
        : fail(FIG_NOMEM, "no memory for %zu scores", calibration->count);
    if (!status)
        sort_numbers(calibration->scores, calibration->count);
    fig_dataset_close(&dataset);
    return status;
}

static enum fig_status calibrate(struct calibration *calibration, struct fig_run *run,
                                 const char *folder)
{
    char path[PATH_LIMIT], mark[MARK_SIZE];
    run_mark(run, mark);
    TRY(path_join(path, folder, "scores.safetensors"));
    if (path_exists(path))
        TRY(read_scores(path, calibration, mark));
    if (calibration->scores)
        return FIG_OK;
    TRY(measure_scores(run, calibration));
    if (write_scores(path, calibration, mark))
        log_warning("%s: not kept; the next time they are measured again", path);
    return FIG_OK;
}

enum fig_status fig_score_threshold(struct fig_run *run, const char *folder, double quantile,
                                    double *threshold)
{
    REQUIRE(run && folder && threshold);
    REQUIRE(quantile > 0 && quantile < 1);
    struct calibration calibration = { 0 };
    const enum fig_status status = calibrate(&calibration, run, folder);
    const double rank = quantile * (double)calibration.count * (1 - 1e-12); /* 0.07 * 100 is 7 */
    if (!status)
        *threshold = calibration.scores[(size_t)ceil(rank) - 1];
    free(calibration.scores);
    return status;
}
