/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/pictures.h"
#include "cli/sampler.h"

enum { DEFAULT_COUNT = 64 };

static enum fig_status find_count(const struct request *request, int *count)
{
    const long long cells = (long long)request->grid.rows * request->grid.columns;
    *count = request->count ? request->count : cells ? (int)cells : DEFAULT_COUNT;
    if (cells && !pictures_are_grid(request->out))
        return complain(FIG_INVALID, "sample: --grid is for a FILE.png; %s is none", request->out);
    if (cells && *count > cells)
        return complain(FIG_INVALID, "sample: %d samples do not fit into a grid of %dx%d", *count,
                        request->grid.rows, request->grid.columns);
    return FIG_OK;
}

static enum fig_status draw_prior(const struct task *task, const struct images *images)
{
    const struct request *request = task->request;
    const struct fig_noise how = { .seed = request->seed, .count = images->count,
                                   .truncation = request->truncation,
                                   .temperature = request->temperature };
    const size_t values = (size_t)images->count * (size_t)task->info->noise;
    float *noise = malloc((values + 1) * sizeof(*noise));
    enum fig_status status = noise ? fig_run_noise(task->run, &how, noise)
                                   : complain(FIG_NOMEM, "no memory for noise of %zu values",
                                              values);
    if (!status)
        status = fig_run_draw(task->run, noise, images->count, images->values);
    free(noise);
    return status;
}

static enum fig_status draw(const struct task *task, struct fig_mixture *mixture,
                            const struct images *images)
{
    return mixture ? fig_mixture_sample(mixture, task->run, task->request->seed, 0, images->count,
                                        images->values)
                   : draw_prior(task, images);
}

/* A column for each class where they come in turn and the user says nothing else. */
static void arrange(const struct task *task, bool codes, int *count, int *columns)
{
    const struct request *request = task->request;
    const int classes = task->info->classes;
    *columns = request->grid.columns;
    if (!task_is_told(task, codes) || request->class_name || *columns)
        return;
    *columns = classes;
    if (!request->count)
        *count = classes < DEFAULT_COUNT ? DEFAULT_COUNT / classes * classes : classes;
}

static enum fig_status sample(const struct task *task, int count)
{
    struct pictures pictures = { .seed = task->request->seed, .rows = task->request->grid.rows };
    struct fig_mixture *mixture = NULL;
    enum fig_status status = sampler_open(task, &mixture);
    arrange(task, mixture != NULL, &count, &pictures.columns);
    if (!status)
        status = task_room(task, count, &pictures.images);
    if (!status)
        status = draw(task, mixture, &pictures.images);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    fig_mixture_close(&mixture);
    return status;
}

static enum fig_status sample_run(struct request *request)
{
    struct task task = { 0 };
    int count;
    enum fig_status status = pictures_check(request->out);
    if (!status)
        status = find_count(request, &count);
    if (!status)
        status = sampler_check(request);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = sample(&task, count);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT(PICTURES_OUTPUT, PICTURES_HELP),
    { "-n", "N", OPTION_COUNT, false, "how many (default: 64, or what fills the grid)",
      offsetof(struct request, count), NULL },
    OPTION_DRAW_SEED,
    { "--grid", "RxC", OPTION_GRID, false, "rows and columns of FILE.png (default: a square)",
      offsetof(struct request, grid), NULL },
    OPTION_SAMPLER,
    OPTION_CLASS("of this class, by name or number (default: each in turn)"),
    { "--truncation", "T", OPTION_NUMBER, false, "noise outside +-T is drawn anew",
      offsetof(struct request, truncation), NULL },
    { "--temperature", "T", OPTION_NUMBER, false, "noise is scaled by T (default: 1)",
      offsetof(struct request, temperature), NULL },
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_sample = {
    .name = "sample",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Draw new images: a grid, [n, height, width, channels] or a folder.",
    .options = options,
    .run = sample_run,
};
