/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>

#include <figment/array.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/task.h"

static const char *const suffixes[] = { ".npy", ".csv", NULL };

/* A line for each picture: its name and its code. */
static enum fig_status write_named(const char *path, const char *name,
                                   const struct fig_array *codes)
{
    const float *value = codes->values;
    struct text text = { 0 };
    for (int i = 0; i < codes->dim[0]; i++) {
        add_sample(&text, &name, i);
        for (int k = 0; k < codes->dim[1]; k++)
            text_add(&text, ",%.9g", (double)*value++);
        text_add_bytes(&text, "\n", 1);
    }
    const enum fig_status status = text.failed ? complain(FIG_NOMEM, "no memory for the codes")
                                               : file_write(path, text.chars, text.length);
    text_free(&text);
    return status;
}

/* `names`: of the images, or NULL. */
static enum fig_status write_codes(const struct task *task, const struct images *images,
                                   const char *names)
{
    const char *path = task->request->out;
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
        status = names && path_ends_in(path, ".csv") ? write_named(path, names, &codes)
                                                     : fig_array_write(path, &codes);
    fig_array_free(&codes);
    return status;
}

static enum fig_status encode_run(struct request *request)
{
    struct task task = { 0 };
    struct images images = { 0 };
    struct fig_dataset *dataset = NULL;
    enum fig_status status = output_check(request->out, suffixes);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = task_dataset(&task, task_part(&task), &dataset);
    if (!status)
        status = task_load(&task, dataset, 0, &images);
    if (!status)
        status = write_codes(&task, &images, fig_dataset_names(dataset));
    free(images.values);
    fig_dataset_close(&dataset);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.npy|.csv", "the file to write"),
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
    .summary = "Write the codes of samples, [n, code]; to .csv with the names of pictures.",
    .options = options,
    .run = encode_run,
};
