/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/task.h"

enum { DEFAULT_COUNT = 32 };

static const char *const suffixes[] = { ".png", NULL };

/* As many pairs beside each other as make about a square. */
static int pairs_per_row(int pairs)
{
    int columns = 1;
    while (2LL * columns * columns < pairs)
        columns++;
    return columns;
}

static enum fig_status write_pairs(const struct task *task, const struct images *originals)
{
    const int count = originals->count;
    const size_t length = task_image_length(task), all = (size_t)count * length;
    const struct images pairs = { .values = malloc(2 * all * sizeof(float)), .count = 2 * count };
    float *rebuilt = malloc(all * sizeof(float));
    enum fig_status status = FIG_OK;
    if (!pairs.values || !rebuilt)
        status = complain(FIG_NOMEM, "no memory for %d images", 2 * count);
    if (!status)
        status = fig_run_reconstruct(task->run, originals->values, count, rebuilt);
    for (size_t i = 0; !status && i < (size_t)count; i++) {
        float *pair = pairs.values + 2 * i * length;
        memcpy(pair, originals->values + i * length, length * sizeof(float));
        memcpy(pair + length, rebuilt + i * length, length * sizeof(float));
    }
    if (!status)
        status = task_write_grid(task, &pairs, 2 * pairs_per_row(count));
    free(rebuilt);
    free(pairs.values);
    return status;
}

static enum fig_status reconstruct_run(struct request *request)
{
    struct task task = { 0 };
    struct images images = { 0 };
    enum fig_status status = output_check(request->out, suffixes);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = task_images(&task, FIG_TEST, request->count ? request->count : DEFAULT_COUNT,
                             &images);
    if (!status)
        status = write_pairs(&task, &images);
    free(images.values);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.png"),
    OPTION_DATA,
    { "-n", "N", OPTION_COUNT, false, "how many images (default: 32)",
      offsetof(struct request, count), NULL },
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_reconstruct = {
    .name = "reconstruct",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Draw test images, each beside its reconstruction.",
    .options = options,
    .run = reconstruct_run,
};
