/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/pictures.h"

enum { DEFAULT_COUNT = 64, DEFAULT_GAUSSIANS = 10 };

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

/* "prior" is no mixture: 0 Gaussians. */
static enum fig_status find_gaussians(const struct request *request, int *gaussians)
{
    const char *sampler = request->sampler;
    char rest;
    *gaussians = 0;
    if (!sampler || strcmp(sampler, "prior") == 0)
        return FIG_OK;
    *gaussians = DEFAULT_GAUSSIANS;
    if (strcmp(sampler, "gmm") == 0 ||
        (strspn(sampler, "gm:0123456789") == strlen(sampler) &&
         sscanf(sampler, "gmm:%4d%c", gaussians, &rest) == 1 && *gaussians > 0))
        return FIG_OK;
    return complain(FIG_INVALID, "sample: --sampler %s: it is `prior`, `gmm` or `gmm:K`", sampler);
}

static enum fig_status draw(const struct task *task, int gaussians, const struct images *images)
{
    const uint64_t seed = task->request->seed;
    struct fig_mixture *mixture = NULL;
    if (!gaussians)
        return fig_run_sample(task->run, seed, 0, images->count, images->values);
    enum fig_status status =
        fig_mixture_open(&mixture, task->run, task->request->arguments[0], gaussians);
    if (!status)
        status = fig_mixture_sample(mixture, task->run, seed, 0, images->count, images->values);
    fig_mixture_close(&mixture);
    return status;
}

static enum fig_status sample(const struct task *task, int count, int gaussians)
{
    struct pictures pictures = { .columns = task->request->grid.columns,
                                 .seed = task->request->seed };
    enum fig_status status = task_room(task, count, &pictures.images);
    if (!status)
        status = draw(task, gaussians, &pictures.images);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    return status;
}

static enum fig_status sample_run(struct request *request)
{
    struct task task = { 0 };
    int count, gaussians;
    enum fig_status status = pictures_check(request->out);
    if (!status)
        status = find_count(request, &count);
    if (!status)
        status = find_gaussians(request, &gaussians);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = sample(&task, count, gaussians);
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
    { "--sampler", "prior|gmm[:K]", OPTION_TEXT, false,
      "the model's own, or 10 (K) Gaussians of its codes", offsetof(struct request, sampler),
      NULL },
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
