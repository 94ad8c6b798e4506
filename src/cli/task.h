/* SPDX-License-Identifier: MIT */
/* What several commands begin with. */
#ifndef CLI_TASK_H
#define CLI_TASK_H

#include <figment/data.h>
#include <figment/device.h>
#include <figment/model.h>
#include <figment/run.h>

#include "base/text.h"
#include "cli/options.h"

/* Whether `path` ends in one of the suffixes (NULL ends them; NULL itself allows all) and a file
 * can be written there: asked before any long work. */
enum fig_status output_check(const char *path, const char *const suffixes[]);

/* The cell that a sample's line begins with: its name, behind which *name finds the next one, or
 * its number where names are NULL. */
void add_sample(struct text *text, const char **name, int index);

/* The status of reading what the user named: if it cannot be opened FIG_INVALID, not FIG_IO. */
enum fig_status as_input(enum fig_status status);

/* "cpu", or "opencl:N". */
void device_label(const struct fig_device_info *info, char label[32]);

/* Open the configuration of `model` with the request's overrides. */
enum fig_status task_config(const struct request *request, const char *model,
                            struct fig_config **out);

/* A trained model at work.  Start with `{ 0 }`; task_close() after errors too. */
struct task {
    struct request *request;
    struct fig_device *device;
    struct fig_run *run; /* of the request's first argument */
    const struct fig_run_info *info;
    const struct fig_settings *settings;
};
enum fig_status task_open(struct task *task, struct request *request);
void task_close(struct task *task);

/* Whether what is drawn of noise, or decoded of `codes`, depends on classes. */
bool task_is_told(const struct task *task, bool codes);
/* Ask the run for --class, if given; it is refused where what is drawn of noise, or decoded of
 * `codes`, does not depend on classes. */
enum fig_status task_condition(const struct task *task, bool codes);

size_t task_image_length(const struct task *task); /* values of one image */
bool task_has_rows(const struct task *task);       /* of a table, and no pictures */
const char *task_data(const struct task *task);    /* --data, or else the run's own */
enum fig_split task_split(const struct request *request); /* --split, or else the test half */
/* What a command looks at of the data: --split, or else of the run's own the test half, of others
 * the whole. */
enum fig_split task_part(const struct task *task);
enum fig_status task_dataset(const struct task *task, enum fig_split split,
                             struct fig_dataset **out);

/* The label of the class of this name, or else of this number, or -1. */
int task_class(const struct fig_dataset *dataset, const char *name);

/* Images of the run's size; the caller frees `values`. */
struct images {
    float *values;
    int count;
};
enum fig_status task_room(const struct task *task, int count, struct images *out);

/* The first `limit` images of a dataset of the run's size, or all if limit is 0, as floats; the run
 * is told their labels. */
enum fig_status task_load(const struct task *task, const struct fig_dataset *dataset, int limit,
                          struct images *out);
/* The same of a half of the task's data.  FIG_SHAPE if they are not of the run's size. */
enum fig_status task_images(const struct task *task, enum fig_split split, int limit,
                            struct images *out);

#endif
