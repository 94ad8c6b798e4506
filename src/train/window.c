/* SPDX-License-Identifier: MIT */
#include "train/window.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"

enum { NONE = -1 };

struct window {
    const struct fig_dataset *dataset;
    struct fig_samples *samples;
    int count, rows;
    uint32_t *order; /* of all samples */
    int part;        /* the one on the device, or NONE */
    int next;        /* the one in `values`, or that `thread` puts there; or NONE */
    void *values;    /* [rows], as the dataset has them */
    bool working;    /* the thread is to be joined */
    pthread_t thread;
};

enum fig_status window_create(struct window **out, const struct fig_dataset *dataset,
                              struct fig_samples *samples, int rows)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = image_length(info->height, info->width, info->channels);
    struct window *window = *out = calloc(1, sizeof(*window));
    if (!window)
        return fail(FIG_NOMEM, "no memory for a part of the samples");
    *window = (struct window){ .dataset = dataset, .samples = samples, .count = info->count,
                               .rows = rows, .part = NONE, .next = NONE };
    window->values = malloc((size_t)rows * length * (info->bytes ? 1 : sizeof(float)));
    window->order = malloc((size_t)info->count * sizeof(*window->order));
    if (!window->values || !window->order) {
        window_destroy(out);
        return fail(FIG_NOMEM, "no memory for %d samples and the order of %d", rows, info->count);
    }
    for (int i = 0; i < info->count; i++)
        window->order[i] = (uint32_t)i;
    return FIG_OK;
}

static void join(struct window *window)
{
    if (window->working)
        pthread_join(window->thread, NULL);
    window->working = false;
}

void window_destroy(struct window **out)
{
    struct window *window = *out;
    if (!window)
        return;
    join(window);
    free(window->order);
    free(window->values);
    free(window);
    *out = NULL;
}

void window_order(struct window *window, uint32_t *order)
{
    join(window);
    free(window->order);
    window->order = order;
    window->part = window->next = NONE;
}

static int part_rows(const struct window *window, int part)
{
    const int left = window->count - part * window->rows;
    return left < window->rows ? left : window->rows;
}

/* What can fail has been checked: the order is a permutation. */
static void *make_ready(void *context)
{
    struct window *window = context;
    const uint32_t *order = window->order + window->next * window->rows;
    fig_dataset_rows(window->dataset, order, part_rows(window, window->next), window->values);
    return NULL;
}

/* Without a thread to be had the work is done here. */
static void begin(struct window *window, int part)
{
    window->next = part;
    window->working = !pthread_create(&window->thread, NULL, make_ready, window);
    if (!window->working)
        make_ready(window);
}

enum fig_status window_reach(struct window *window, int first)
{
    const int part = first / window->rows;
    if (part == window->part)
        return FIG_OK;
    join(window);
    if (part != window->next) {
        window->next = part;
        make_ready(window);
    }
    window->part = NONE;
    TRY(fig_samples_write(window->samples, part_rows(window, part), window->values));
    window->part = part;
    if ((part + 1) * window->rows < window->count)
        begin(window, part + 1);
    return FIG_OK;
}
