/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <figment/codec.h>

#include "cli/commands.h"
#include "cli/pictures.h"

static enum fig_status read_images(const struct task *task, struct images *images)
{
    return as_input(fig_decompress(task->run, task->request->arguments[1], &images->values,
                                   &images->count));
}

static enum fig_status decompress_run(struct request *request)
{
    struct task task = { 0 };
    struct pictures pictures = { 0 };
    enum fig_status status = pictures_check(request->out);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = read_images(&task, &pictures.images);
    if (!status) {
        pictures.seed = task.settings->seed;
        pictures.data = request->arguments[1];
        status = pictures_write(&task, &pictures);
    }
    free(pictures.images.values);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT(PICTURES_OUTPUT, PICTURES_HELP),
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_decompress = {
    .name = "decompress",
    .arguments = "RUN FILE.figz",
    .least = 2,
    .most = 2,
    .summary = "Make the images of a file that `figment compress` wrote with the same run.",
    .options = options,
    .run = decompress_run,
};
