/* SPDX-License-Identifier: MIT */
/* Mixtures of Gaussians over a model's codes, kept in its run folder. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "run/labels.h"
#include "run/mixture.h"
#include "run/rows.h"
#include "run/run.h"
#include "run/safetensors.h"

enum { FIT_CODES = 20000, FEW_CODES = 10, FIT_ROUNDS = 50, COMPONENT_LIMIT = 1000 };

struct fig_mixture {
    struct mixture *mixture;
};

/* One of the file's tensors and its place in memory. */
struct piece {
    const char *name;
    double *values;
    struct safe_tensor tensor; /* its shape */
    size_t length;
};
enum { PIECES = 3 };

static void list_pieces(const struct mixture *mixture, struct piece pieces[PIECES])
{
    const size_t count = (size_t)mixture->count, length = (size_t)mixture->length;
    const struct piece all[PIECES] = {
        { "weights", mixture->weights, { .rank = 1, .dims = { count } }, count },
        { "means", mixture->means, { .rank = 2, .dims = { count, length } }, count * length },
        { "factors", mixture->factors, { .rank = 3, .dims = { count, length, length } },
          count * length * length },
    };
    memcpy(pieces, all, sizeof(all));
}

static enum fig_status write_mixture(const char *path, const struct mixture *mixture,
                                     const char *mark)
{
    struct piece pieces[PIECES];
    struct safe_tensor tensors[PIECES];
    struct safe_pair pair = { "model", mark };
    list_pieces(mixture, pieces);
    for (int i = 0; i < PIECES; i++) {
        tensors[i] = pieces[i].tensor;
        tensors[i].name = pieces[i].name;
        tensors[i].dtype = SAFE_F64;
        tensors[i].data = pieces[i].values;
    }
    return safetensors_write(path, &(struct safetensors){
        .tensors = tensors, .count = PIECES, .metadata = &pair, .pairs = 1 });
}

static enum fig_status take_piece(const char *path, const struct safetensors *file,
                                  const struct piece *piece)
{
    const struct safe_tensor *found = safetensors_find(file, piece->name);
    bool good = found && found->dtype == SAFE_F64 && found->rank == piece->tensor.rank;
    for (int i = 0; good && i < found->rank; i++)
        good = found->dims[i] == piece->tensor.dims[i];
    if (!good)
        return fail(FIG_FORMAT, "%s: %s: it is missing, or not of the model's size", path,
                    piece->name);
    memcpy(piece->values, found->data, piece->length * sizeof(double));
    return FIG_OK;
}

/* *found becomes false if the file was made of another model. */
static enum fig_status read_mixture(const char *path, struct mixture *mixture, const char *mark,
                                    bool *found)
{
    struct piece pieces[PIECES];
    struct safetensors file;
    TRY(safetensors_open(&file, path));
    const char *written = safetensors_metadata(&file, "model");
    enum fig_status status = FIG_OK;
    *found = written && strcmp(written, mark) == 0;
    list_pieces(mixture, pieces);
    for (int i = 0; *found && !status && i < PIECES; i++)
        status = take_piece(path, &file, &pieces[i]);
    safetensors_close(&file);
    return status;
}

/* --- Fitting */

static enum fig_status encode_all(struct fig_run *run, const struct fig_dataset *dataset,
                                  const uint32_t *order, struct chunk *chunk, float *codes)
{
    while (chunk_next(chunk)) {
        TRY(run_load(run, dataset, order, chunk->first, chunk->count, chunk->rows));
        TRY(fig_run_encode(run, chunk->rows, chunk->count,
                           codes + (size_t)chunk->first * (size_t)fig_run_info(run)->code));
    }
    return FIG_OK;
}

static enum fig_status fit(struct mixture *mixture, struct fig_run *run,
                           const struct fig_dataset *dataset)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const int count = info->count < FIT_CODES ? info->count : FIT_CODES;
    const size_t length = image_length(info->height, info->width, info->channels);
    int rounds = FIT_ROUNDS;
    struct chunk chunk;
    float *codes = NULL;
    uint32_t *order = NULL;
    enum fig_status status = chunk_open(&chunk, count, length);
    if (!status)
        status = make_rows(&codes, count, (size_t)mixture->length);
    if (!status)
        status = pick_places(&order, count, info->count);
    if (!status)
        status = encode_all(run, dataset, order, &chunk, codes);
    if (!status)
        status = mixture_fit(mixture, codes, count, 0, NULL, &rounds);
    if (!status)
        log_info("%d Gaussians fitted to %d codes in %d rounds", mixture->count, count, rounds);
    if (!status && count / FEW_CODES < mixture->count)
        log_warning("%d codes are few for %d Gaussians: fewer than %d for each", count,
                    mixture->count, FEW_CODES);
    free(order);
    free(codes);
    free(chunk.rows);
    return status;
}

static enum fig_status fit_to_data(struct mixture *mixture, struct fig_run *run)
{
    struct fig_dataset *dataset = NULL;
    TRY(fig_run_dataset(&dataset, run, NULL, FIG_TRAIN));
    const enum fig_status status = fit(mixture, run, dataset);
    fig_dataset_close(&dataset);
    return status;
}

static enum fig_status open_mixture(struct mixture *mixture, struct fig_run *run,
                                    const char *folder)
{
    char path[PATH_LIMIT], name[64], mark[MARK_SIZE];
    bool found = false;
    snprintf(name, sizeof(name), "mixture-%d.safetensors", mixture->count);
    run_mark(run, mark);
    TRY(path_join(path, folder, name));
    if (path_exists(path))
        TRY(read_mixture(path, mixture, mark, &found));
    if (found)
        return FIG_OK;
    TRY(fit_to_data(mixture, run));
    if (write_mixture(path, mixture, mark))
        log_warning("%s: not kept; the next time it is fitted again", path);
    return FIG_OK;
}

enum fig_status fig_mixture_open(struct fig_mixture **out, struct fig_run *run, const char *folder,
                                 int components)
{
    REQUIRE(out && run && folder);
    *out = NULL;
    if (components < 1 || components > COMPONENT_LIMIT)
        return fail(FIG_INVALID, "a mixture of %d Gaussians; there can be 1 to %d", components,
                    COMPONENT_LIMIT);
    if (!fig_run_info(run)->code)
        return fail(FIG_INVALID, "a model of the family %s has no codes for a mixture",
                    fig_config_settings(fig_run_config(run))->family);
    struct fig_mixture *mixture = calloc(1, sizeof(*mixture));
    if (!mixture)
        return fail(FIG_NOMEM, "no memory for a mixture");
    enum fig_status status =
        mixture_create(&mixture->mixture, components, fig_run_info(run)->code);
    if (!status)
        status = open_mixture(mixture->mixture, run, folder);
    if (status)
        fig_mixture_close(&mixture);
    *out = mixture;
    return status;
}

void fig_mixture_close(struct fig_mixture **mixture)
{
    if (!*mixture)
        return;
    mixture_destroy(&(*mixture)->mixture);
    free(*mixture);
    *mixture = NULL;
}

enum fig_status fig_mixture_sample(struct fig_mixture *mixture, struct fig_run *run, uint64_t seed,
                                   int first, int count, float *images)
{
    REQUIRE(mixture && run && images && first >= 0 && count >= 0 && first <= INT_MAX - count);
    REQUIRE(fig_run_info(run)->code == mixture->mixture->length);
    float *codes = NULL;
    enum fig_status status = make_rows(&codes, count + 1, (size_t)mixture->mixture->length);
    if (!status)
        status = mixture_draw(mixture->mixture, seed, first, count, codes);
    if (!status)
        status = run_decode(run, codes, first, count, images);
    free(codes);
    return status;
}
