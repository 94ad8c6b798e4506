/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>

#include <figment/array.h>

#include "cli/commands.h"
#include "cli/task.h"

static const char *const suffixes[] = { ".npy", ".csv", NULL };

static enum fig_status write_codes(const struct task *task, const struct images *images)
{
    const int code = task->info->code;
    struct fig_array codes = { .rank = 2, .dim = { images->count, code } };
    if (!code)
        return complain(FIG_INVALID, "%s: a model of this family has no codes",
                        task->settings->name);
    codes.values = malloc((size_t)images->count * (size_t)code * sizeof(float));
    if (!codes.values)
        return complain(FIG_NOMEM, "no memory for %d codes of %d values", images->count, code);
    enum fig_status status =
        fig_run_encode(task->run, images->values, images->count, codes.values);
    if (!status)
        status = fig_array_write(task->request->out, &codes);
    fig_array_free(&codes);
    return status;
}

static enum fig_status encode_run(struct request *request)
{
    struct task task = { 0 };
    struct images images = { 0 };
    enum fig_status status = output_check(request->out, suffixes);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = task_images(&task, task_part(&task), 0, &images);
    if (!status)
        status = write_codes(&task, &images);
    free(images.values);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.npy|.csv"),
    OPTION_DATA,
    OPTION_PART,
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_encode = {
    .name = "encode",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Write the codes of samples, [n, code]: lines in order, pictures by their paths.",
    .options = options,
    .run = encode_run,
};
