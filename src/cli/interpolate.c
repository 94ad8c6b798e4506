/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>

#include "base/random.h"
#include "cli/commands.h"
#include "cli/pictures.h"
#include "run/labels.h"

enum { DEFAULT_STEPS = 10, DEFAULT_ROWS = 8 };

/* From one end to the other, row by row. */
struct walk {
    int rows, steps;
    bool codes; /* between codes of test images; else between noise */
    bool spherical;
    int length;
    float *ends;   /* [2 rows][length]: row r goes from 2 r to 2 r + 1 */
    float *points; /* [rows][steps][length] */
    int *classes;  /* [rows][steps]: of a conditional model, a row is of one class */
};

static enum fig_status plan_walk(const struct task *task, struct walk *walk)
{
    const struct request *request = task->request;
    walk->rows = request->rows ? request->rows : DEFAULT_ROWS;
    walk->steps = request->count ? request->count : DEFAULT_STEPS;
    walk->codes = request->data || !task->info->samples;
    walk->spherical = request->spherical || (!request->linear && !walk->codes);
    walk->length = walk->codes ? task->info->code : task->info->noise;
    if (request->spherical && request->linear)
        return complain(FIG_INVALID, "interpolate: --spherical or --linear, not both");
    if (walk->steps < 2)
        return complain(FIG_INVALID, "interpolate: --steps %d: both ends are steps, so at least 2",
                        walk->steps);
    if (walk->rows > 10000 || walk->steps > 10000)
        return complain(FIG_INVALID, "interpolate: %d rows of %d steps; at most 10000 of each",
                        walk->rows, walk->steps);
    if (!walk->length)
        return complain(FIG_INVALID, "interpolate: a model of the family %s has no codes",
                        task->settings->family);
    const size_t points = (size_t)walk->rows * (size_t)walk->steps, length = (size_t)walk->length;
    walk->ends = malloc(2 * (size_t)walk->rows * length * sizeof(float));
    walk->points = malloc(points * length * sizeof(float));
    walk->classes = malloc(points * sizeof(*walk->classes));
    return walk->ends && walk->points && walk->classes ? FIG_OK
        : complain(FIG_NOMEM, "no memory for %zu codes of %zu values", points, length);
}

static void set_class(const struct walk *walk, int row, int class)
{
    int *classes = walk->classes + (size_t)row * (size_t)walk->steps;
    for (int i = 0; i < walk->steps; i++)
        classes[i] = class;
}

/* --- Ends that are codes */

/* Of a conditional model, if no class is asked for: each row is of the class of its first end. */
static enum fig_status set_classes(const struct task *task, const struct fig_dataset *dataset,
                                   const uint32_t *order, const struct walk *walk)
{
    enum fig_status status = FIG_OK;
    if (!task->info->conditional_decoder || task->request->class_name)
        return FIG_OK;
    int *labels = malloc((size_t)fig_dataset_info(dataset)->count * sizeof(*labels));
    if (!labels)
        return complain(FIG_NOMEM, "no memory for the classes of the images");
    fig_run_match_labels(task->run, dataset, labels);
    for (int row = 0; !status && row < walk->rows; row++) {
        const int class = labels[order[2 * row]];
        if (class < 0)
            status = complain(FIG_INVALID, "%s: test image %u is of no class that the model %s "
                              "knows; --class names one", task_data(task), order[2 * row],
                              task->settings->name);
        else
            set_class(walk, row, class);
    }
    free(labels);
    return status;
}

/* The seed picks the images; of few each is taken more than once. */
static enum fig_status pick_images(const struct task *task, const struct fig_dataset *dataset,
                                   const struct walk *walk, const struct images *out)
{
    const struct stream stream = { task->request->seed, STREAM_SHUFFLE, 0 };
    const uint32_t all = (uint32_t)fig_dataset_info(dataset)->count, count = (uint32_t)out->count;
    uint32_t *order = malloc((all > count ? all : count) * sizeof(*order));
    enum fig_status status = order ? FIG_OK : complain(FIG_NOMEM, "no memory for an order");
    if (!status)
        random_permutation(&stream, order, all);
    for (uint32_t i = all; !status && i < count; i++)
        order[i] = order[i - all];
    if (!status)
        status = run_load(task->run, dataset, order, 0, out->count, out->values);
    if (!status)
        status = set_classes(task, dataset, order, walk);
    free(order);
    return status;
}

static enum fig_status encode_ends(const struct task *task, struct walk *walk)
{
    struct fig_dataset *dataset = NULL;
    struct images images = { 0 };
    enum fig_status status = task_dataset(task, FIG_TEST, &dataset);
    if (!status)
        status = task_room(task, 2 * walk->rows, &images);
    if (!status)
        status = pick_images(task, dataset, walk, &images);
    if (!status)
        status = fig_run_encode(task->run, images.values, images.count, walk->ends);
    free(images.values);
    fig_dataset_close(&dataset);
    return status;
}

/* --- Ends that are noise */

static enum fig_status draw_ends(const struct task *task, struct walk *walk)
{
    const struct fig_noise how = { .seed = task->request->seed, .count = 2 * walk->rows };
    for (int row = 0; row < walk->rows && task->info->conditional; row++)
        set_class(walk, row, row % task->info->classes);
    return fig_run_noise(task->run, &how, walk->ends);
}

/* --- The way */

static void find_points(const struct walk *walk)
{
    const struct fig_mix mix = { walk->length, walk->spherical };
    const size_t length = (size_t)walk->length;
    float *point = walk->points;
    for (size_t row = 0; row < (size_t)walk->rows; row++) {
        const float *from = walk->ends + 2 * row * length;
        for (int step = 0; step < walk->steps; step++, point += length)
            fig_mix(mix, from, from + length, (double)step / (walk->steps - 1), point);
    }
}

static enum fig_status condition(const struct task *task, const struct walk *walk)
{
    if (task->request->class_name || !task_is_told(task, walk->codes))
        return task_condition(task, walk->codes);
    return fig_run_condition(task->run, walk->classes, walk->rows * walk->steps);
}

static enum fig_status draw_points(const struct task *task, const struct walk *walk)
{
    const int count = walk->rows * walk->steps;
    struct pictures pictures = { .columns = walk->steps, .seed = task->request->seed,
                                 .data = walk->codes ? task_data(task) : NULL };
    enum fig_status status = task_room(task, count, &pictures.images);
    if (!status)
        status = condition(task, walk);
    if (!status && walk->codes)
        status = fig_run_decode(task->run, walk->points, count, pictures.images.values);
    else if (!status)
        status = fig_run_draw(task->run, walk->points, count, pictures.images.values);
    if (!status)
        status = pictures_write(task, &pictures);
    free(pictures.images.values);
    return status;
}

static enum fig_status interpolate(const struct task *task, struct walk *walk)
{
    enum fig_status status = plan_walk(task, walk);
    if (!status && walk->codes)
        status = encode_ends(task, walk);
    else if (!status)
        status = draw_ends(task, walk);
    if (!status) {
        find_points(walk);
        status = draw_points(task, walk);
    }
    free(walk->classes);
    free(walk->points);
    free(walk->ends);
    return status;
}

static enum fig_status interpolate_run(struct request *request)
{
    struct task task = { 0 };
    struct walk walk = { 0 };
    enum fig_status status = pictures_check(request->out);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = interpolate(&task, &walk);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_OUTPUT(PICTURES_OUTPUT, PICTURES_HELP),
    { "--steps", "N", OPTION_COUNT, false, "images of a row, the ends among them (default: 10)",
      offsetof(struct request, count), NULL },
    { "--rows", "N", OPTION_COUNT, false, "how many pairs (default: 8)",
      offsetof(struct request, rows), NULL },
    OPTION_DRAW_SEED,
    { "--spherical", NULL, OPTION_FLAG, false, "on an arc: the default between noise",
      offsetof(struct request, spherical), NULL },
    { "--linear", NULL, OPTION_FLAG, false, "on a line: the default between codes",
      offsetof(struct request, linear), NULL },
    { "--data", "DATA", OPTION_TEXT, false, "between codes of its test half, not noise",
      offsetof(struct request, data), NULL },
    OPTION_CLASS("all of this class (default: in turn, or as the codes)"),
    OPTION_DEVICE,
    OPTION_END,
};

const struct command command_interpolate = {
    .name = "interpolate",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Walk between samples, or between test images where a model has no samples.",
    .options = options,
    .run = interpolate_run,
};
