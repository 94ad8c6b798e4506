/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "cli/commands.h"
#include "cli/pictures.h"

enum { DEFAULT_COUNT = 8, TERMS = 4 /* A, the mean of its class, that of the other, the sum */ };

/* Codes of images of one class, less its mean, plus the mean of another. */
struct sum {
    int count, from, to;
    size_t code;
    struct fig_dataset *test, *train;
    struct images images; /* [count]: A */
    float *codes;         /* [count]: of A */
    float *means;         /* [2]: of `from` and `to` */
    float *terms;         /* [3 count]: both means, and the sum */
};

/* A class of the training half, which its mean is taken of. */
static enum fig_status find_class(const struct task *task, const struct sum *sum, const char *name,
                                  int *label)
{
    const uint8_t *labels = fig_dataset_labels(sum->train);
    *label = task_class(sum->train, name);
    if (*label < 0)
        return complain(FIG_INVALID, "arithmetic: the data have no class `%s`", name);
    for (int i = 0; i < fig_dataset_info(sum->train)->count; i++) {
        if (labels[i] == *label)
            return FIG_OK;
    }
    return complain(FIG_INVALID, "arithmetic: no image of the training half of %s is of class `%s`",
                    task_data(task), name);
}

static enum fig_status open_sum(const struct task *task, struct sum *sum)
{
    const struct request *request = task->request;
    const int wish = request->count ? request->count : DEFAULT_COUNT;
    sum->code = (size_t)task->info->code;
    if (!task->info->code || task->info->conditional_decoder)
        return complain(FIG_INVALID, "arithmetic: %s: %s", task->settings->name,
                        task->info->code ? "codes of a conditional model do not tell classes"
                                         : "a model of this family has no codes");
    enum fig_status status = task_dataset(task, FIG_TEST, &sum->test);
    if (!status)
        status = task_dataset(task, FIG_TRAIN, &sum->train);
    if (!status)
        status = find_class(task, sum, request->arguments[1], &sum->from);
    if (!status)
        status = find_class(task, sum, request->arguments[2], &sum->to);
    if (status)
        return status;
    const int all = fig_dataset_info(sum->test)->count;
    sum->count = wish < all ? wish : all;
    sum->codes = malloc((size_t)sum->count * sum->code * sizeof(float));
    sum->means = malloc(2 * sum->code * sizeof(float));
    sum->terms = malloc((TERMS - 1) * (size_t)sum->count * sum->code * sizeof(float));
    return sum->codes && sum->means && sum->terms
        ? FIG_OK : complain(FIG_NOMEM, "no memory for %d codes", sum->count);
}

static void close_sum(struct sum *sum)
{
    free(sum->images.values);
    free(sum->codes);
    free(sum->means);
    free(sum->terms);
    fig_dataset_close(&sum->train);
    fig_dataset_close(&sum->test);
}

/* The seed picks images of the class; there may be fewer than were wished. */
static enum fig_status take_images(const struct task *task, struct sum *sum, const uint32_t *order)
{
    const int all = fig_dataset_info(sum->test)->count, wish = sum->count;
    const uint8_t *labels = fig_dataset_labels(sum->test);
    enum fig_status status = FIG_OK;
    sum->count = 0;
    for (int i = 0; !status && i < all && sum->count < wish; i++) {
        if (!labels || labels[order[i]] != sum->from)
            continue;
        float *image = sum->images.values + (size_t)sum->count++ * task_image_length(task);
        status = fig_dataset_sample(sum->test, (int)order[i], image);
    }
    if (!status && !sum->count)
        status = complain(FIG_INVALID, "arithmetic: no test image is of class `%s`",
                          task->request->arguments[1]);
    return status;
}

static enum fig_status pick_images(const struct task *task, struct sum *sum)
{
    const struct stream stream = { task->request->seed, STREAM_SHUFFLE, 0 };
    const uint32_t all = (uint32_t)fig_dataset_info(sum->test)->count;
    uint32_t *order = malloc(all * sizeof(*order));
    enum fig_status status = order ? task_room(task, sum->count, &sum->images)
                                   : complain(FIG_NOMEM, "no memory for an order");
    if (!status) {
        random_permutation(&stream, order, all);
        status = take_images(task, sum, order);
    }
    free(order);
    return status;
}

static enum fig_status find_codes(const struct task *task, const struct sum *sum)
{
    enum fig_status status =
        fig_run_encode(task->run, sum->images.values, sum->count, sum->codes);
    if (!status)
        status = fig_run_mean_code(task->run, sum->train, sum->from, sum->means);
    if (!status)
        status = fig_run_mean_code(task->run, sum->train, sum->to, sum->means + sum->code);
    return status;
}

static void add_up(const struct sum *sum)
{
    const float *from = sum->means, *to = sum->means + sum->code;
    for (size_t i = 0; i < (size_t)sum->count; i++) {
        float *terms = sum->terms + (TERMS - 1) * i * sum->code;
        memcpy(terms, sum->means, 2 * sum->code * sizeof(float));
        for (size_t k = 0; k < sum->code; k++)
            terms[2 * sum->code + k] = sum->codes[i * sum->code + k] - from[k] + to[k];
    }
}

/* Each image, and behind it what its terms decode to. */
static enum fig_status draw(const struct task *task, const struct sum *sum)
{
    const size_t length = task_image_length(task), terms = TERMS - 1;
    const int count = sum->count;
    struct images decoded = { 0 };
    struct pictures pictures = { .columns = TERMS, .seed = task->request->seed,
                                 .data = task_data(task) };
    enum fig_status status = task_room(task, (int)terms * count, &decoded);
    if (!status)
        status = task_room(task, TERMS * count, &pictures.images);
    if (!status)
        status = fig_run_decode(task->run, sum->terms, decoded.count, decoded.values);
    for (size_t i = 0; !status && i < (size_t)count; i++) {
        float *row = pictures.images.values + TERMS * i * length;
        memcpy(row, sum->images.values + i * length, length * sizeof(float));
        memcpy(row + length, decoded.values + terms * i * length, terms * length * sizeof(float));
    }
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    free(decoded.values);
    return status;
}

static enum fig_status arithmetic(const struct task *task, struct sum *sum)
{
    enum fig_status status = open_sum(task, sum);
    if (!status)
        status = pick_images(task, sum);
    if (!status)
        status = find_codes(task, sum);
    if (status)
        return status;
    add_up(sum);
    return draw(task, sum);
}

static enum fig_status arithmetic_run(struct request *request)
{
    struct task task = { 0 };
    struct sum sum = { 0 };
    enum fig_status status = pictures_check(request->out);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = arithmetic(&task, &sum);
    close_sum(&sum);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT(PICTURES_OUTPUT, PICTURES_HELP),
    { "-n", "N", OPTION_COUNT, false, "how many images of the test half (default: 8)",
      offsetof(struct request, count), NULL },
    OPTION_DRAW_SEED,
    OPTION_DATA,
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_arithmetic = {
    .name = "arithmetic",
    .arguments = "RUN FROM TO",
    .least = 3,
    .most = 3,
    .summary = "Draw images of class FROM, less its mean code, plus that of class TO: the sum.",
    .options = options,
    .run = arithmetic_run,
};
