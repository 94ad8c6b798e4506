/* SPDX-License-Identifier: MIT */
#include "train/checkpoint.h"

#include <assert.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "model/config.h"
#include "run/notes.h"
#include "run/store_file.h"
#include "train/changes.h"

enum { OPTIMIZERS = FIG_PHASES * FIG_GROUPS }; /* at most */

static void note_optimizers(struct notes *notes, struct fig_store *store)
{
    double steps[OPTIMIZERS];
    const int count = fig_store_optimizers(store);
    assert(count <= OPTIMIZERS);
    for (int i = 0; i < count; i++)
        steps[i] = (double)fig_store_optimizer(store, i)->steps;
    note_numbers(notes, "optimizers", steps, count);
}

enum fig_status checkpoint_save(const char *folder, const struct fig_config *config,
                                struct fig_store *store, const struct place *place)
{
    const struct fig_settings *settings = fig_config_settings(config);
    struct notes notes = { .count = 0 };
    struct text text = { 0 };
    char path[PATH_LIMIT];
    TRY(path_join(path, folder, "checkpoint.safetensors"));
    note(&notes, "model", "%s", settings->name);
    note(&notes, "step", "%" PRIu64, place->step);
    note(&notes, "epoch", "%d", place->epoch);
    note(&notes, "batch", "%d", place->batch);
    note(&notes, "seconds", "%.17g", place->seconds);
    note_numbers(&notes, "seen", place->seen, SESSION_LOSSES);
    note_numbers(&notes, "sums", place->sums, SESSION_LOSSES);
    note_optimizers(&notes, store);
    enum fig_status status = document_write(&config->document, &text);
    notes.pairs[notes.count++] = (struct safe_pair){ "config", text.chars };
    if (!status)
        status = store_save(path, store, &(struct store_file){
            .moments = true, .pairs = notes.pairs, .pair_count = notes.count });
    text_free(&text);
    return status;
}

static enum fig_status check_config(const struct safetensors *file, const char *path,
                                    const struct fig_config *config)
{
    const char *before = safetensors_metadata(file, "config");
    if (!before)
        return fail(FIG_FORMAT, "%s: metadata config: expected the configuration that it was "
                    "trained with, found nothing", path);
    return changes_check(path, before, config);
}

static enum fig_status load_place(const struct safetensors *file, const char *path,
                                  struct place *place)
{
    double step, epoch, batch;
    TRY(read_whole(file, path, "step", 1, UINT32_MAX, &step));
    TRY(read_whole(file, path, "epoch", 1, 1 << 24, &epoch));
    TRY(read_whole(file, path, "batch", 1, INT32_MAX, &batch));
    TRY(read_numbers(file, path, "seconds", 1, &place->seconds));
    TRY(read_numbers(file, path, "seen", SESSION_LOSSES, place->seen));
    TRY(read_numbers(file, path, "sums", SESSION_LOSSES, place->sums));
    place->step = (uint64_t)step;
    place->epoch = (int)epoch;
    place->batch = (int)batch;
    return FIG_OK;
}

static enum fig_status load_optimizers(const struct safetensors *file, const char *path,
                                       struct fig_store *store)
{
    double steps[OPTIMIZERS];
    const int count = fig_store_optimizers(store);
    assert(count <= OPTIMIZERS);
    TRY(read_whole(file, path, "optimizers", count, UINT32_MAX, steps));
    for (int i = 0; i < count; i++)
        fig_store_optimizer(store, i)->steps = (uint64_t)steps[i];
    return FIG_OK;
}

enum fig_status checkpoint_load(const char *folder, const struct fig_config *config,
                                struct fig_store *store, struct place *place)
{
    char path[PATH_LIMIT];
    struct safetensors file;
    TRY(path_join(path, folder, "checkpoint.safetensors"));
    TRY(safetensors_open(&file, path));
    enum fig_status status = check_config(&file, path, config);
    if (!status)
        status = load_place(&file, path, place);
    if (!status)
        status = load_optimizers(&file, path, store);
    if (!status)
        status = store_load(&file, path, store, &(struct store_file){ .moments = true });
    safetensors_close(&file);
    return status;
}
