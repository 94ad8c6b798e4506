/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/album.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/pictures.h"
#include "evaluate/errors.h"

enum { GRID_IMAGES = 32 };

/* What is asked for, what the model is shown and what it makes of it; without --corrupt the first
 * two are the same. */
struct restoration {
    struct images originals, shown, restored;
};

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
    return status;
}

static void restoration_free(struct restoration *work)
{
    if (work->shown.values != work->originals.values)
        free(work->shown.values);
    free(work->restored.values);
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

static enum fig_status write_pictures(const struct task *task, const struct album *album,
                                      const struct restoration *work)
{
    if (pictures_are_grid(task->request->out))
        return write_grid(task, work);
    return pictures_write(task, &(struct pictures){
        .images = work->restored, .seed = task->settings->seed, .data = task_data(task),
        .names = album->named ? &album->names : NULL });
}

static double psnr(const struct task *task, const struct images *originals,
                   const struct images *others)
{
    struct errors errors = { 0 };
    errors_add(&errors, originals->values, others->values,
               (size_t)originals->count * task_image_length(task));
    return errors_psnr(&errors);
}

/* Of all values of all pictures together; noise is not clipped. */
static enum fig_status report(const struct task *task, const struct restoration *work)
{
    const bool corrupt = task->request->corrupt;
    const double before = corrupt ? psnr(task, &work->originals, &work->shown) : 0;
    const double after = corrupt ? psnr(task, &work->originals, &work->restored) : 0;
    if (corrupt && !task->request->json)
        printf("psnr_corrupted %-12.6g dB, of the pictures as the model is shown them\n"
               "psnr_restored  %-12.6g dB\n", before, after);
    if (!task->request->json)
        return FIG_OK;
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "pictures", work->originals.count);
    if (corrupt) {
        json_add_number(object, "psnr_corrupted", before);
        json_add_number(object, "psnr_restored", after);
    }
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

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
    work.originals = album.images;
    if (!status)
        status = restore(&task, &work);
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
    { "-o", "FOLDER|FILE.png", OPTION_TEXT, true,
      "restored, under their names; or 32 of them as a grid",
      offsetof(struct request, out), NULL },
    { "--data", "DATA", OPTION_TEXT, false,
      "pictures, or any data (default: the run's)",
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
    .summary = "Denoise, fill in or sharpen pictures, as the model was trained to.",
    .options = options,
    .run = restore_run,
};
