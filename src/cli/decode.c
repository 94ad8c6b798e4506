/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <figment/array.h>

#include "cli/commands.h"
#include "cli/task.h"

static const char *const suffixes[] = { ".png", ".npy", NULL };

static enum fig_status read_codes(const struct task *task, struct fig_array *codes)
{
    const char *path = task->request->arguments[1];
    const enum fig_status status = fig_array_read(codes, path);
    if (status)
        return status == FIG_IO ? FIG_INVALID : status;
    if (codes->rank == 2 && codes->dim[1] == task->info->code)
        return FIG_OK;
    return complain(FIG_SHAPE, "%s: %d dimensions, the last of %d; codes of %s are [n, %d]", path,
                    codes->rank, codes->dim[codes->rank - 1], task->request->arguments[0],
                    task->info->code);
}

static enum fig_status write_images(const struct task *task, const struct images *images)
{
    const struct fig_run_info *info = task->info;
    const struct fig_array array = {
        .rank = 4,
        .dim = { images->count, info->height, info->width, info->channels },
        .values = images->values,
    };
    if (has_suffix(task->request->out, ".png"))
        return task_write_grid(task, images, 0);
    return fig_array_write(task->request->out, &array);
}

static enum fig_status decode(const struct task *task, const struct fig_array *codes)
{
    struct images images = { .count = codes->dim[0] };
    enum fig_status status = FIG_OK;
    images.values = malloc((size_t)images.count * task_image_length(task) * sizeof(float));
    if (!images.values)
        status = complain(FIG_NOMEM, "no memory for %d images", images.count);
    if (!status)
        status = fig_run_decode(task->run, codes->values, images.count, images.values);
    if (!status)
        status = write_images(task, &images);
    free(images.values);
    return status;
}

static enum fig_status decode_run(struct request *request)
{
    struct task task = { 0 };
    struct fig_array codes = { 0 };
    enum fig_status status = output_check(request->out, suffixes);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = read_codes(&task, &codes);
    if (!status)
        status = decode(&task, &codes);
    fig_array_free(&codes);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.png|.npy"),
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_decode = {
    .name = "decode",
    .arguments = "RUN FILE.npy",
    .least = 2,
    .most = 2,
    .summary = "Make images of codes, as a picture or [n, height, width, channels].",
    .options = options,
    .run = decode_run,
};
