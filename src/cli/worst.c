/* SPDX-License-Identifier: MIT */
#include "cli/worst.h"

#include <math.h>
#include <stdlib.h>

#include "cli/pictures.h"
#include "run/labels.h"
#include "run/rows.h"

enum { DEFAULT_COUNT = 16 };

struct place {
    double score;
    int index;
};

static int by_falling_score(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    const int order = (left->score < right->score) - (left->score > right->score);
    return order ? order : left->index - right->index;
}

/* The samples of the highest scores, the worst first; the run is told their classes. */
static enum fig_status take_worst(const struct task *task, const struct fig_dataset *data,
                                  const double *scores, const struct images *out)
{
    const int count = fig_dataset_info(data)->count;
    struct place *places = malloc((size_t)count * sizeof(*places));
    uint32_t *order = malloc((size_t)out->count * sizeof(*order));
    enum fig_status status =
        places && order ? FIG_OK : complain(FIG_NOMEM, "no memory to sort %d scores", count);
    for (int i = 0; !status && i < count; i++)
        places[i] = (struct place){ scores[i], i };
    if (!status)
        qsort(places, (size_t)count, sizeof(*places), by_falling_score);
    for (int i = 0; !status && i < out->count; i++)
        order[i] = (uint32_t)places[i].index;
    if (!status)
        status = run_load(task->run, data, order, 0, out->count, out->values);
    free(order);
    free(places);
    return status;
}

/* From black, no error, over red and yellow to white, an error of 1. */
static void heat(double error, float rgb[3])
{
    for (int i = 0; i < 3; i++)
        rgb[i] = (float)fmin(fmax(3 * error - i, 0), 1);
}

/* A pixel of the three pictures; its error is the mean over its channels. */
static void paint_pixel(const float *value, const float *rebuilt, int channels, float *rgb[3])
{
    double error = 0;
    for (int c = 0; c < channels; c++)
        error += fabs((double)rebuilt[c] - value[c]) / channels;
    for (int c = 0; c < 3; c++) {
        rgb[0][c] = value[channels == 3 ? c : 0];
        rgb[1][c] = rebuilt[channels == 3 ? c : 0];
    }
    heat(error, rgb[2]);
}

static void paint(const struct fig_run_info *info, const struct images *samples,
                  const float *rebuilt, float *out)
{
    const size_t pixels = (size_t)info->height * (size_t)info->width;
    const size_t channels = (size_t)info->channels;
    for (size_t i = 0; i < (size_t)samples->count; i++) {
        float *triple = out + 9 * i * pixels;
        for (size_t p = 0; p < pixels; p++) {
            const size_t at = (i * pixels + p) * channels;
            float *rgb[3];
            for (size_t k = 0; k < 3; k++)
                rgb[k] = triple + 3 * (k * pixels + p);
            paint_pixel(samples->values + at, rebuilt + at, info->channels, rgb);
        }
    }
}

enum fig_status worst_write(const struct task *task, const struct fig_dataset *data,
                            const double *scores)
{
    const struct request *request = task->request;
    const int wish = request->count ? request->count : DEFAULT_COUNT;
    const int all = fig_dataset_info(data)->count, count = wish < all ? wish : all;
    const int beside = count > 4 ? 2 : 1;
    const size_t pixels = (size_t)task->info->height * (size_t)task->info->width;
    struct images samples = { 0 }, rebuilt = { 0 };
    struct pictures pictures = { .columns = 3 * beside, .channels = 3, .data = task_data(task),
                                 .seed = task->settings->seed };
    enum fig_status status = task_room(task, count, &samples);
    if (!status)
        status = task_room(task, count, &rebuilt);
    if (!status)
        status = make_rows(&pictures.images.values, count, 9 * pixels); /* three in RGB of each */
    if (!status)
        status = take_worst(task, data, scores, &samples);
    if (!status)
        status = fig_run_reconstruct(task->run, samples.values, count, rebuilt.values);
    if (!status) {
        paint(task->info, &samples, rebuilt.values, pictures.images.values);
        pictures.images.count = 3 * count;
        status = pictures_write_grid(request->worst, task, &pictures);
    }
    free(pictures.images.values);
    free(rebuilt.values);
    free(samples.values);
    return status;
}
