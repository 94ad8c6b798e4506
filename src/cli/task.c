/* SPDX-License-Identifier: MIT */
#include "cli/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "run/labels.h"

static enum fig_status check_suffix(const char *path, const char *const suffixes[])
{
    char known[64] = "";
    for (int i = 0; suffixes && suffixes[i]; i++) {
        if (path_ends_in(path, suffixes[i]))
            return FIG_OK;
        strcat(strcat(known, i ? " or " : ""), suffixes[i]);
    }
    return suffixes ? complain(FIG_INVALID, "%s: its name must end in %s", path, known) : FIG_OK;
}

static enum fig_status check_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    enum fig_status status = FIG_OK;
    if (!folder)
        return complain(FIG_NOMEM, "%s: no memory for its name", path);
    if (access(folder, W_OK | X_OK))
        status = complain(FIG_INVALID, "%s: cannot write into %s: %s", path, folder,
                          strerror(errno));
    free(folder);
    return status;
}

enum fig_status output_check(const char *path, const char *const suffixes[])
{
    struct stat info;
    const enum fig_status status = check_suffix(path, suffixes);
    if (status)
        return status;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return complain(FIG_INVALID, "%s: a folder; it must be the name of a file", path);
    return check_folder(path);
}

void add_sample(struct text *text, const char **name, int index)
{
    if (!*name) {
        text_add(text, "%d", index);
        return;
    }
    text_add_quoted(text, *name);
    *name += strlen(*name) + 1;
}

enum fig_status as_input(enum fig_status status)
{
    return status == FIG_IO ? FIG_INVALID : status;
}

void device_label(const struct fig_device_info *info, char label[32])
{
    if (info->opencl >= 0)
        snprintf(label, 32, "opencl:%d", info->opencl);
    else
        snprintf(label, 32, "%s", info->real_size == sizeof(double) ? "cpu64" : "cpu");
}

enum fig_status task_config(const struct request *request, const char *model,
                            struct fig_config **out)
{
    return as_input(fig_config_open(out, model, (const char *const *)request->overrides,
                                    request->override_count));
}

enum fig_status task_open(struct task *task, struct request *request)
{
    const char *folder = request->arguments[0];
    struct stat info;
    task->request = request;
    if (stat(folder, &info) || !S_ISDIR(info.st_mode))
        return complain(FIG_INVALID, "%s: no such folder; a run is what `figment train` fills",
                        folder);
    enum fig_status status = fig_device_open(&task->device, request->device);
    if (!status)
        status = as_input(fig_run_open(&task->run, folder, task->device));
    if (status)
        return status;
    task->info = fig_run_info(task->run);
    task->settings = fig_config_settings(fig_run_config(task->run));
    return FIG_OK;
}

void task_close(struct task *task)
{
    fig_run_close(&task->run);
    fig_device_close(&task->device);
}

static enum fig_status unknown_class(const struct task *task, const char *name)
{
    struct text names = { 0 };
    for (int i = 0; i < task->info->classes; i++)
        text_add(&names, " %s", fig_run_class_name(task->run, i));
    const enum fig_status status =
        complain(FIG_INVALID, "--class %s: no class has this name or number; there are:%s", name,
                 names.failed ? " ?" : names.chars);
    text_free(&names);
    return status;
}

/* Of a class below `classes`, or -1. */
static int class_number(const char *text, int classes)
{
    char *end;
    const long number = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && number < classes ? (int)number : -1;
}

int task_class(const struct fig_dataset *dataset, const char *name)
{
    const int label = fig_dataset_class(dataset, name);
    return label >= 0 ? label : class_number(name, fig_dataset_info(dataset)->classes);
}

bool task_is_told(const struct task *task, bool codes)
{
    return codes ? task->info->conditional_decoder : task->info->conditional;
}

enum fig_status task_condition(const struct task *task, bool codes)
{
    const char *name = task->request->class_name;
    if (!name)
        return FIG_OK;
    if (!task->info->conditional)
        return complain(FIG_INVALID, "--class %s: the model %s is not conditional: it was not told "
                        "of classes", name, task->settings->name);
    if (!task_is_told(task, codes))
        return complain(FIG_INVALID, "--class %s: codes of the model %s tell the class themselves; "
                        "only what it draws of noise can be of one that is asked for", name,
                        task->settings->name);
    const int named = fig_run_class(task->run, name); /* goes before a number */
    const int found = named < 0 ? class_number(name, task->info->classes) : named;
    return found < 0 ? unknown_class(task, name) : fig_run_condition(task->run, &found, 1);
}

size_t task_image_length(const struct task *task)
{
    const struct fig_run_info *info = task->info;
    return image_length(info->height, info->width, info->channels);
}

bool task_has_rows(const struct task *task)
{
    return task->info->height == 1 && task->info->width == 1;
}

const char *task_data(const struct task *task)
{
    return task->request->data ? task->request->data : task->settings->data;
}

enum fig_split task_split(const struct request *request)
{
    return request->split && strcmp(request->split, "train") == 0 ? FIG_TRAIN : FIG_TEST;
}

enum fig_split task_part(const struct task *task)
{
    const struct request *request = task->request;
    const bool own = !request->data || strcmp(request->data, task->settings->data) == 0;
    return own || request->split ? task_split(request) : FIG_WHOLE;
}

enum fig_status task_dataset(const struct task *task, enum fig_split split,
                             struct fig_dataset **out)
{
    return as_input(fig_run_dataset(out, task->run, task->request->data, split));
}

enum fig_status task_room(const struct task *task, int count, struct images *out)
{
    size_t size;
    out->count = count;
    out->values = size_mul((size_t)count, task_image_length(task) * sizeof(float), &size)
        ? malloc(size) : NULL;
    return out->values ? FIG_OK : complain(FIG_NOMEM, "no memory for %d images", count);
}

enum fig_status task_load(const struct task *task, const struct fig_dataset *dataset, int limit,
                          struct images *out)
{
    const int count = fig_dataset_info(dataset)->count;
    const enum fig_status status = task_room(task, limit && limit < count ? limit : count, out);
    return status ? status : run_load(task->run, dataset, NULL, 0, out->count, out->values);
}

enum fig_status task_images(const struct task *task, enum fig_split split, int limit,
                            struct images *out)
{
    struct fig_dataset *dataset = NULL;
    enum fig_status status = task_dataset(task, split, &dataset);
    if (!status)
        status = task_load(task, dataset, limit, out);
    fig_dataset_close(&dataset);
    return status;
}
