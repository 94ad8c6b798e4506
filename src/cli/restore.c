/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/album.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/pictures.h"
#include "evaluate/errors.h"

enum { GRID_IMAGES = 32 };

/* What is asked for, what the model is shown and what it makes of it; without --corrupt the first
 * two are the same, and there are no errors. */
struct restoration {
    struct images originals, shown, restored;
    struct error { double corrupted, restored; } *errors;
    int error_count; /* 1, or the columns of a table */
};

/* 127 or 128 of 255 in every channel. */
static bool is_in_hole(const float *pixel, int channels)
{
    for (int i = 0; i < channels; i++) {
        if (fabs(pixel[i] - 0.5) >= 1.0 / 255)
            return false;
    }
    return true;
}

/* Where there are holes, only they are for the model to fill: the rest is known. */
static void keep_known(const struct task *task, struct restoration *work)
{
    const int channels = task->info->channels;
    const size_t length = (size_t)channels;
    const size_t values = (size_t)work->restored.count * task_image_length(task);
    bool any = false;
    for (size_t i = 0; i < values; i += length) {
        const float *pixel = work->shown.values + i;
        if (is_in_hole(pixel, channels))
            any = true;
        else
            memcpy(work->restored.values + i, pixel, length * sizeof(*pixel));
    }
    if (!any)
        log_warning("%s: no picture has a hole, which is grey of 0.5 (127 or 128 of 255): all are "
                    "kept as they are", task_data(task));
}

static enum fig_status restore(const struct task *task, struct restoration *work)
{
    const int count = work->originals.count;
    enum fig_status status = task_room(task, count, &work->restored);
    work->shown = work->originals;
    if (!status && task->request->corrupt) {
        status = task_room(task, count, &work->shown);
        if (!status)
            status = fig_run_corrupt(task->run, work->originals.values, count,
                                     work->shown.values);
    }
    if (!status)
        status = fig_run_reconstruct(task->run, work->shown.values, count, work->restored.values);
    if (!status && task->info->holes)
        keep_known(task, work);
    return status;
}

static void restoration_free(struct restoration *work)
{
    if (work->shown.values != work->originals.values)
        free(work->shown.values);
    free(work->restored.values);
    free(work->errors);
}

static enum fig_status write_grid(const struct task *task, const struct restoration *work)
{
    const bool corrupt = task->request->corrupt;
    struct images few[] = { work->originals, work->shown, work->restored };
    const struct images *const lists[] = { &few[0], &few[1], &few[2] };
    struct pictures pictures = { .seed = task->settings->seed, .data = task_data(task) };
    for (int i = 0; i < 3; i++)
        few[i].count = few[i].count < GRID_IMAGES ? few[i].count : GRID_IMAGES;
    enum fig_status status = pictures_beside(task, lists + !corrupt, 2 + corrupt, &pictures);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    return status;
}

/* NULL if they have none. */
static const struct text *names_of(const struct album *album)
{
    return album->named ? &album->names : NULL;
}

/* What is restored has the model's size, whatever the pictures have. */
static void warn_fitted(const struct task *task, const struct album *album)
{
    if (album->fitted)
        log_warning("%s: %d pictures of up to %d x %d pixels are made %d x %d, as the model takes "
                    "them", task_data(task), album->fitted, album->width, album->height,
                    task->info->width, task->info->height);
}

static enum fig_status write_pictures(const struct task *task, const struct album *album,
                                      const struct restoration *work)
{
    if (pictures_are_grid(task->request->out))
        return write_grid(task, work);
    return pictures_write(task, &(struct pictures){
        .images = work->restored, .seed = task->settings->seed, .data = task_data(task),
        .names = names_of(album) });
}

/* --- How far from the clean ones: pictures as a whole, tables column by column, in their units */

/* Of all values of all pictures together, in dB; noise is not clipped. */
static double psnr(const struct task *task, const struct images *originals,
                   const struct images *others)
{
    struct errors errors = { 0 };
    errors_add(&errors, originals->values, others->values,
               (size_t)originals->count * task_image_length(task));
    return errors_psnr(&errors);
}

static double rmse(const struct task *task, int column, const struct images *originals,
                   const struct images *others)
{
    const struct fig_scaling *scaling = fig_run_scaling(task->run);
    const size_t columns = (size_t)task->info->channels;
    double squares = 0;
    for (size_t i = 0; i < (size_t)originals->count; i++) {
        const size_t at = i * columns + (size_t)column;
        squares += pow((double)others->values[at] - originals->values[at], 2);
    }
    return sqrt(squares / originals->count) * (scaling ? scaling->deviation[column] : 1);
}

static double error_of(const struct task *task, int column, const struct images *originals,
                       const struct images *others)
{
    return task_has_rows(task) ? rmse(task, column, originals, others)
                               : psnr(task, originals, others);
}

static enum fig_status measure(const struct task *task, struct restoration *work)
{
    const int count = task_has_rows(task) ? task->info->channels : 1;
    if (!task->request->corrupt)
        return FIG_OK;
    work->errors = malloc((size_t)count * sizeof(*work->errors));
    if (!work->errors)
        return complain(FIG_NOMEM, "no memory for the errors of %d columns", count);
    work->error_count = count;
    for (int i = 0; i < count; i++)
        work->errors[i] = (struct error){
            .corrupted = error_of(task, i, &work->originals, &work->shown),
            .restored = error_of(task, i, &work->originals, &work->restored) };
    return FIG_OK;
}

static void print_table(const struct task *task, const struct restoration *work)
{
    const struct error *errors = work->errors;
    if (!errors)
        return;
    if (!task_has_rows(task)) {
        printf("psnr_corrupted %-12.6g dB, of the pictures as the model is shown them\n"
               "psnr_restored  %-12.6g dB\n", errors->corrupted, errors->restored);
        return;
    }
    printf("column  rmse_corrupted  rmse_restored   in the units of the data\n");
    for (int i = 0; i < work->error_count; i++)
        printf("%-7d %-15.6g %-15.6g\n", i + 1, errors[i].corrupted, errors[i].restored);
}

static void add_columns(cJSON *object, const struct restoration *work)
{
    cJSON *corrupted = cJSON_AddArrayToObject(object, "rmse_corrupted");
    cJSON *restored = cJSON_AddArrayToObject(object, "rmse_restored");
    for (int i = 0; i < work->error_count; i++) {
        cJSON_AddItemToArray(corrupted, json_number(work->errors[i].corrupted));
        cJSON_AddItemToArray(restored, json_number(work->errors[i].restored));
    }
}

static enum fig_status print_json(const struct task *task, const struct restoration *work)
{
    const bool rows = task_has_rows(task);
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, rows ? "rows" : "pictures", work->originals.count);
    if (work->errors && rows) {
        add_columns(object, work);
    } else if (work->errors) {
        json_add_number(object, "psnr_corrupted", work->errors->corrupted);
        json_add_number(object, "psnr_restored", work->errors->restored);
    }
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

static enum fig_status report(const struct task *task, const struct restoration *work)
{
    if (task->request->json)
        return print_json(task, work);
    print_table(task, work);
    return FIG_OK;
}

/* --- The command */

static enum fig_status restore_run(struct request *request)
{
    struct task task = { 0 };
    struct album album = { 0 };
    struct restoration work = { 0 };
    enum fig_status status = pictures_check(request->out);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = album_open(&album, &task, request->count);
    if (!status)
        status = pictures_spare(&task, names_of(&album), album.images.count);
    if (!status)
        warn_fitted(&task, &album);
    work.originals = album.images;
    if (!status)
        status = restore(&task, &work);
    if (!status)
        status = measure(&task, &work); /* first, as writing a table changes its units */
    if (!status)
        status = write_pictures(&task, &album, &work);
    if (!status)
        status = report(&task, &work);
    restoration_free(&work);
    album_close(&album);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    { "-o", PICTURES_OUTPUT, OPTION_TEXT, true,
      "restored, under their names; .png: 32 as a grid",
      offsetof(struct request, out), NULL },
    { "--data", "DATA", OPTION_TEXT, false,
      "pictures (holes: grey 127, 128), any data (default: run's)",
      offsetof(struct request, data), NULL },
    { "--corrupt", NULL, OPTION_FLAG, false,
      "they are clean: corrupt them as in training, and measure",
      offsetof(struct request, corrupt), NULL },
    { "-n", "N", OPTION_COUNT, false, "the first N only", offsetof(struct request, count), NULL },
    OPTION_DEVICE,
    OPTION_JSON("print one object"),
    OPTION_END,
};

const struct command command_restore = {
    .name = "restore",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Denoise, fill in or sharpen pictures or tables, as the model was trained to.",
    .options = options,
    .run = restore_run,
};
