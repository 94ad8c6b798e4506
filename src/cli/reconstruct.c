/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/pictures.h"

enum { DEFAULT_COUNT = 32 };

static enum fig_status write_pairs(const struct task *task, const struct images *originals)
{
    struct images rebuilt = { 0 };
    const struct images *const lists[] = { originals, &rebuilt };
    struct pictures pictures = { .seed = task->settings->seed, .data = task_data(task) };
    enum fig_status status = task_room(task, originals->count, &rebuilt);
    if (!status)
        status = fig_run_reconstruct(task->run, originals->values, originals->count,
                                     rebuilt.values);
    if (!status)
        status = pictures_beside(task, lists, 2, &pictures);
    if (!status)
        status = pictures_write(task, &pictures);
    free(rebuilt.values);
    free(pictures.images.values);
    return status;
}

/* Numbers go out alone: the originals are in the data. */
static enum fig_status write_alone(const struct task *task, const struct images *originals)
{
    struct pictures pictures = { .seed = task->settings->seed, .data = task_data(task) };
    enum fig_status status = task_room(task, originals->count, &pictures.images);
    if (!status)
        status = fig_run_reconstruct(task->run, originals->values, originals->count,
                                     pictures.images.values);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    return status;
}

static enum fig_status reconstruct_run(struct request *request)
{
    struct task task = { 0 };
    struct images images = { 0 };
    enum fig_status status = pictures_check_file(request->out);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = task_images(&task, FIG_TEST, request->count ? request->count : DEFAULT_COUNT,
                             &images);
    if (!status)
        status = pictures_are_grid(request->out) ? write_pairs(&task, &images)
                                                 : write_alone(&task, &images);
    free(images.values);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.png|.npy|.csv", PICTURES_FILE_HELP),
    OPTION_DATA,
    { "-n", "N", OPTION_COUNT, false, "how many images (default: 32)",
      offsetof(struct request, count), NULL },
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_reconstruct = {
    .name = "reconstruct",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Draw test images, each beside its reconstruction; or write these alone.",
    .options = options,
    .run = reconstruct_run,
};
