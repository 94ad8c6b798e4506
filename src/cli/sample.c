/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static enum fig_status draw(const struct task *task, const struct images *images)
{
    const uint64_t seed = task->request->seed;
    struct fig_mixture *mixture = NULL;
    enum fig_status status = sampler_open(task, &mixture);
    if (!status && mixture)
        status = fig_mixture_sample(mixture, task->run, seed, 0, images->count, images->values);
    else if (!status)
        status = fig_run_sample(task->run, seed, 0, images->count, images->values);
    fig_mixture_close(&mixture);
    return status;
}

static enum fig_status sample(const struct task *task, int count)
{
    struct pictures pictures = { .columns = task->request->grid.columns,
                                 .seed = task->request->seed };
    enum fig_status status = task_room(task, count, &pictures.images);
    if (!status)
        status = draw(task, &pictures.images);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
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
    OPTION_OUTPUT(PICTURES_OUTPUT),
    { "-n", "N", OPTION_COUNT, false, "how many (default: 64, or what fills the grid)",
      offsetof(struct request, count), NULL },
    OPTION_DRAW_SEED,
    { "--grid", "RxC", OPTION_GRID, false, "rows and columns of FILE.png (default: a square)",
      offsetof(struct request, grid), NULL },
    OPTION_SAMPLER,
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
