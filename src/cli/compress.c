/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <figment/codec.h>
#include <figment/image.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/pictures.h"

static const char *const suffixes[] = { ".figz", NULL };

/* A picture, made to fit the model, as floats. */
static enum fig_status read_picture(const struct task *task, const char *path, float *out)
{
    const struct fig_run_info *info = task->info;
    struct fig_image image;
    if (path_is_folder(path))
        return complain(FIG_INVALID, "%s: a folder; `compress %s --data %s` takes its pictures",
                        path, task->request->arguments[0], path);
    enum fig_status status = fig_image_read(&image, path);
    if (!status)
        status = fig_image_fit(&image, info->height, info->width, info->channels);
    for (size_t i = 0; !status && i < task_image_length(task); i++)
        out[i] = image.bytes[i] / 255.0f;
    fig_image_free(&image);
    return as_input(status);
}

/* The files behind the run's name. */
static enum fig_status read_pictures(const struct task *task, struct images *images)
{
    const struct request *request = task->request;
    enum fig_status status = pictures_visible(request->arguments[1], task);
    if (!status && (request->data || request->split))
        status = complain(FIG_INVALID, "compress: %s %s or files, not both",
                          request->data ? "--data" : "--split",
                          request->data ? request->data : request->split);
    if (!status)
        status = task_room(task, request->argument_count - 1, images);
    for (int i = 0; !status && i < images->count; i++)
        status = read_picture(task, request->arguments[1 + i],
                              images->values + (size_t)i * task_image_length(task));
    return status;
}

static double decibels(double mse)
{
    return -10 * log10(mse);
}

static void print_table(const struct task *task, int count, const struct fig_compressed *result)
{
    printf("%-16s %d\n", "samples", count);
    printf("%-16s %zu\n", "bytes", result->bytes);
    if (!task_has_rows(task)) {
        printf("%-16s %-10.4f of the whole file\n", "bits_per_pixel", result->bits_per_pixel);
        printf("%-16s %-10.2f dB; of the codes before rounding: %.2f\n", "psnr",
               decibels(result->mse), decibels(result->own_mse));
    }
    printf("%-16s %-10.6g of the codes before rounding: %.6g\n", "mse", result->mse,
           result->own_mse);
}

static enum fig_status print_json(const struct task *task, int count,
                                  const struct fig_compressed *result)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "samples", count);
    cJSON_AddNumberToObject(object, "bytes", (double)result->bytes);
    if (!task_has_rows(task)) {
        json_add_number(object, "bpp", result->bits_per_pixel);
        json_add_number(object, "psnr", decibels(result->mse));
    }
    json_add_number(object, "mse", result->mse);
    json_add_number(object, "own_mse", result->own_mse);
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

static enum fig_status compress(const struct task *task, const struct images *images)
{
    const struct request *request = task->request;
    struct fig_compression how = FIG_COMPRESSION_DEFAULTS;
    struct fig_compressed result;
    how.path = request->out;
    if (request->tolerance > 0)
        how.tolerance = request->tolerance;
    const enum fig_status status =
        fig_compress(task->run, &how, images->values, images->count, &result);
    if (status)
        return status;
    if (request->json)
        return print_json(task, images->count, &result);
    print_table(task, images->count, &result);
    return FIG_OK;
}

static enum fig_status compress_run(struct request *request)
{
    struct task task = { 0 };
    struct images images = { 0 };
    enum fig_status status = output_check(request->out, suffixes);
    if (!status)
        status = task_open(&task, request);
    if (!status && request->argument_count > 1)
        status = read_pictures(&task, &images);
    else if (!status)
        status = task_images(&task, task_part(&task), 0, &images);
    if (!status)
        status = compress(&task, &images);
    free(images.values);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT("FILE.figz", "the file to write; it keeps no names"),
    OPTION_DATA,
    OPTION_PART,
    { "--tolerance", "T", OPTION_NUMBER, false, "error added, part of the model's (default: 0.1)",
      offsetof(struct request, tolerance), NULL },
    OPTION_DEVICE,
    OPTION_JSON("print one object"),
    OPTION_END,
};

const struct command command_compress = {
    .name = "compress",
    .arguments = "RUN [PICTURE...]",
    .least = 1,
    .most = INT_MAX,
    .summary = "Keep images as rounded codes: PNG and JPEG files, or data.",
    .options = options,
    .run = compress_run,
};
