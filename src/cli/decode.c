/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include <figment/array.h>

#include "cli/commands.h"
#include "cli/pictures.h"

static enum fig_status check_finite(const char *path, const struct fig_array *codes)
{
    const size_t length = (size_t)codes->dim[1], all = (size_t)codes->dim[0] * length;
    for (size_t i = 0; i < all; i++) {
        if (!isfinite(codes->values[i]))
            return complain(FIG_FORMAT, "%s: value %zu of code %zu is %g; codes are finite numbers",
                            path, i % length, i / length, (double)codes->values[i]);
    }
    return FIG_OK;
}

static enum fig_status read_codes(const struct task *task, struct fig_array *codes)
{
    const char *path = task->request->arguments[1];
    if (!task->info->code)
        return complain(FIG_INVALID, "%s: a model of this family has no codes",
                        task->settings->name);
    const enum fig_status status = fig_array_read(codes, path);
    if (status)
        return as_input(status);
    if (codes->rank == 2 && codes->dim[1] == task->info->code)
        return check_finite(path, codes);
    return complain(FIG_SHAPE, "%s: %d dimensions, the last of %d; codes of %s are [n, %d]", path,
                    codes->rank, codes->dim[codes->rank - 1], task->request->arguments[0],
                    task->info->code);
}

static enum fig_status decode(const struct task *task, const struct fig_array *codes)
{
    struct pictures pictures = { .seed = task->settings->seed, .data = task_data(task) };
    enum fig_status status = task_room(task, codes->dim[0], &pictures.images);
    if (!status)
        status = fig_run_decode(task->run, codes->values, codes->dim[0], pictures.images.values);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    return status;
}

static enum fig_status decode_run(struct request *request)
{
    struct task task = { 0 };
    struct fig_array codes = { 0 };
    enum fig_status status = pictures_check_file(request->out);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = task_condition(&task, true);
    if (!status)
        status = read_codes(&task, &codes);
    if (!status)
        status = decode(&task, &codes);
    fig_array_free(&codes);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.png|.npy|.csv", PICTURES_FILE_HELP),
    OPTION_CLASS("of this class, by name or number (default: each in turn)"),
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_decode = {
    .name = "decode",
    .arguments = "RUN FILE.npy|.csv",
    .least = 2,
    .most = 2,
    .summary = "Make images of codes, such as encode writes.",
    .options = options,
    .run = decode_run,
};
