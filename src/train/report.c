/* SPDX-License-Identifier: MIT */
/* What a training shows and leaves behind: progress, trace, metrics.jsonl, pictures. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <figment/image.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "train/trainer.h"

enum { METRICS_LIMIT = 1 << 28 };
enum { COLUMNS = 8, ROWS = 8, SMALL = 64, SIDE = 1024 }; /* of a picture; the last two in pixels */
enum { POINTS = 2000, PANE = 256 /* of a scatter: its side in pixels */ };

static enum fig_status run_path(const struct trainer *trainer, const char *name,
                                char path[PATH_LIMIT])
{
    return path_join(path, trainer->params->folder, name);
}

/* --- Opening: a resumed run goes on with its old lines, as far as its checkpoint goes */

static enum fig_status read_metrics(struct trainer *trainer)
{
    char path[PATH_LIMIT];
    void *bytes;
    size_t size;
    TRY(run_path(trainer, "metrics.jsonl", path));
    if (!trainer->params->resume || !path_exists(path))
        return FIG_OK;
    TRY(file_read(path, METRICS_LIMIT, &bytes, &size));
    const char *at = bytes;
    for (int epoch = 0; epoch < trainer->place.epoch && strchr(at, '\n'); epoch++)
        at = strchr(at, '\n') + 1;
    text_add_bytes(&trainer->metrics, bytes, (size_t)(at - (const char *)bytes));
    free(bytes);
    return trainer->metrics.failed ? fail(FIG_NOMEM, "no memory for %s", path) : FIG_OK;
}

/* Bytes of a trace up to the first line of `step` or a later one, or one that has no end. */
static off_t trace_length(FILE *file, uint64_t step)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t found;
    off_t length = 0;
    while (getline(&line, &room, file) > 0 && strchr(line, '\n') &&
           !(sscanf(line, "{\"step\":%" SCNu64, &found) == 1 && found >= step))
        length = ftello(file);
    free(line);
    return length;
}

static enum fig_status cut_trace(const char *path, uint64_t step)
{
    struct stat info;
    if (stat(path, &info) || !S_ISREG(info.st_mode))
        return FIG_OK; /* a pipe has no old lines */
    FILE *file = fopen(path, "r+b");
    const bool cut = file && ftruncate(fileno(file), trace_length(file, step)) == 0;
    const int error = errno;
    if (file)
        fclose(file);
    return cut ? FIG_OK : fail(FIG_IO, "%s: cannot go on with it: %s", path, strerror(error));
}

enum fig_status report_open(struct trainer *trainer)
{
    TRY(read_metrics(trainer));
    if (!trainer->params->trace)
        return FIG_OK;
    if (trainer->params->resume)
        TRY(cut_trace(trainer->params->trace, trainer->place.step));
    trainer->trace = fopen(trainer->params->trace, trainer->params->resume ? "ab" : "wb");
    return trainer->trace ? FIG_OK : fail(FIG_IO, "%s: cannot write: %s", trainer->params->trace,
                                          strerror(errno));
}

void report_close(struct trainer *trainer)
{
    text_free(&trainer->metrics);
    if (trainer->trace)
        fclose(trainer->trace);
    trainer->trace = NULL;
}

/* --- Trace */

static void add_step(struct text *line, const struct trainer *trainer, uint64_t step,
                     const struct losses *losses)
{
    text_add(line, "{\"step\":%" PRIu64, step);
    for (int i = 0; i < trainer->losses; i++) {
        if (losses->known[i])
            text_add(line, ",\"%s\":%.9g", trainer->loss_names[i], losses->values[i]);
    }
    text_add(line, "}\n");
}

enum fig_status report_steps(struct trainer *trainer, uint64_t first_step, int runs,
                             const struct losses *losses)
{
    if (!trainer->trace)
        return FIG_OK;
    struct text lines = { 0 };
    for (int run = 0; run < runs; run++)
        add_step(&lines, trainer, first_step + (uint64_t)run, &losses[run]);
    const bool written = !lines.failed && fputs(lines.chars, trainer->trace) >= 0 &&
                         !fflush(trainer->trace);
    text_free(&lines);
    if (!written)
        return fail(FIG_IO, "%s: cannot write: %s", trainer->params->trace, strerror(errno));
    return FIG_OK;
}

/* --- Progress */

static double images_per_s(const struct trainer *trainer)
{
    const double steps = (double)(trainer->place.step - trainer->start_step);
    const double images = steps * trainer->train.info.count / trainer->batches;
    const double seconds = clock_now() - trainer->start;
    return seconds > 0 ? images / seconds : 0;
}

static double seconds_left(const struct trainer *trainer)
{
    const double done = (double)(trainer->place.step - trainer->start_step);
    double all = (double)trainer->settings->epochs * trainer->batches;
    if (trainer->settings->steps && trainer->settings->steps < all)
        all = trainer->settings->steps;
    const double left = all - (double)trainer->place.step;
    return done > 0 && left > 0 ? (clock_now() - trainer->start) / done * left : 0;
}

void report_progress(struct trainer *trainer, enum moment moment)
{
    const struct place *place = &trainer->place;
    const bool epoch_done = moment == MOMENT_EPOCH;
    struct fig_progress progress = {
        .epoch = place->epoch + !epoch_done, .epochs = trainer->settings->epochs,
        .batch = epoch_done ? trainer->batches : place->batch, .batches = trainer->batches,
        .step = place->step, .images_per_s = images_per_s(trainer),
        .seconds_left = seconds_left(trainer), .epoch_done = epoch_done,
        .ended = moment == MOMENT_END,
        .test_count = epoch_done ? trainer->tests : 0,
    };
    if (!trainer->params->progress)
        return;
    for (int i = 0; i < trainer->losses; i++) {
        progress.loss_names[progress.loss_count] = trainer->loss_names[i];
        progress.losses[progress.loss_count] = mean_loss(trainer, i);
        progress.loss_count += place->seen[i] > 0;
    }
    for (int i = 0; i < progress.test_count; i++) {
        progress.test_names[i] = trainer->test_names[i];
        progress.tests[i] = trainer->test_losses[i];
    }
    trainer->params->progress(trainer->params->data, &progress);
    trainer->last_report = clock_now();
}

/* --- Epochs */

static enum fig_status write_metrics(struct trainer *trainer)
{
    struct text *metrics = &trainer->metrics;
    char path[PATH_LIMIT];
    text_add(metrics, "{\"epoch\":%d,\"step\":%" PRIu64 ",\"seconds\":%.3f,\"images_per_s\":%.1f",
             trainer->place.epoch, trainer->place.step,
             trainer->earlier + clock_now() - trainer->start, images_per_s(trainer));
    for (int i = 0; i < trainer->losses; i++) {
        if (trainer->place.seen[i] > 0)
            text_add(metrics, ",\"%s\":%.9g", trainer->loss_names[i], mean_loss(trainer, i));
    }
    for (int i = 0; i < trainer->tests; i++)
        text_add(metrics, ",\"test_%s\":%.9g", trainer->test_names[i], trainer->test_losses[i]);
    text_add(metrics, "}\n");
    if (metrics->failed)
        return fail(FIG_NOMEM, "no memory for the metrics of %d epochs", trainer->place.epoch);
    TRY(run_path(trainer, "metrics.jsonl", path));
    return file_write(path, metrics->chars, metrics->length);
}

/* How a picture of samples is laid out: small ones twice as large, of large ones only so many as
 * SIDE holds, though one column and two rows always. */
struct sheet {
    int columns, rows, scale;
};

static struct sheet sheet_of(const struct fig_dataset_info *info)
{
    const size_t height = (size_t)info->height, width = (size_t)info->width;
    const size_t scale = size_most(height, width) <= SMALL ? 2 : 1;
    return (struct sheet){
        .columns = (int)size_most(size_least(SIDE / (width * scale), COLUMNS), 1),
        .rows = 2 * (int)size_most(size_least(SIDE / (2 * height * scale), ROWS / 2), 1),
        .scale = (int)scale };
}

/* Originals and reconstructions, each pair one above the other. */
static void pair_up(float *grid, const float *images, const float *rebuilt, int count,
                    int columns, size_t values)
{
    for (int i = 0; i < count; i++) {
        float *to = grid + (size_t)(i / columns * 2 * columns + i % columns) * values;
        float *below = to + (size_t)columns * values;
        memcpy(to, images + (size_t)i * values, values * sizeof(*grid));
        memcpy(below, rebuilt + (size_t)i * values, values * sizeof(*grid));
    }
}

/* The grid, with its texts, as the picture of the epoch. */
static enum fig_status write_grid(const struct trainer *trainer, const struct fig_grid *grid)
{
    char name[64], path[PATH_LIMIT], seed[32], step[32];
    snprintf(name, sizeof(name), "samples/epoch-%04d.png", trainer->place.epoch);
    snprintf(seed, sizeof(seed), "%" PRIu64, trainer->settings->seed);
    snprintf(step, sizeof(step), "%" PRIu64, trainer->place.step);
    const struct fig_text texts[] = { { "Model", trainer->settings->name }, { "Seed", seed },
                                      { "Step", step } };
    struct fig_grid named = *grid;
    named.texts = texts;
    named.text_count = 3;
    TRY(run_path(trainer, "samples", path));
    TRY(folder_create(path, 0777));
    TRY(run_path(trainer, name, path));
    return fig_grid_write(path, &named);
}

static enum fig_status write_images(const struct trainer *trainer, const float *images, int count,
                                    const struct sheet *sheet)
{
    const struct fig_dataset_info *info = &trainer->test.info;
    return write_grid(trainer, &(struct fig_grid){
        .images = images, .count = count, .height = info->height, .width = info->width,
        .channels = info->channels, .columns = sheet->columns, .scale = sheet->scale });
}

/* `grid` has room for the sheet, and as much behind it for what is compared. */
static enum fig_status draw_pairs(struct trainer *trainer, const struct sheet *sheet, float *grid,
                                  size_t values)
{
    const int columns = sheet->columns, all = trainer->test.info.count;
    const int most = columns * sheet->rows / 2, count = all < most ? all : most;
    float *images = grid + 2 * (size_t)most * values, *rebuilt = images + (size_t)most * values;
    TRY(run_load(trainer->view, trainer->test.dataset, NULL, 0, count, images));
    TRY(fig_run_reconstruct(trainer->view, images, count, rebuilt));
    pair_up(grid, images, rebuilt, count, columns, values);
    return write_images(trainer, grid, (count + columns - 1) / columns * 2 * columns, sheet);
}

/* A column for each class of a conditional model, as far as there is room. */
static enum fig_status draw_samples(struct trainer *trainer, struct sheet sheet, float *grid)
{
    const struct fig_run_info *info = fig_run_info(trainer->view);
    const int classes = info->conditional ? info->classes : 0, most = sheet.columns * sheet.rows;
    if (classes > 1 && classes <= most)
        sheet.columns = classes;
    const int count = most / sheet.columns * sheet.columns;
    TRY(fig_run_sample(trainer->view, trainer->settings->seed, 0, count, grid));
    return write_images(trainer, grid, count, &sheet);
}

/* Points of the test half, and beside them as many samples in the same frame. */
static enum fig_status draw_points(struct trainer *trainer, float *points, float *panes)
{
    const int all = trainer->test.info.count, count = all < POINTS ? all : POINTS;
    struct fig_scatter scatter = { .points = points, .count = count, .side = PANE };
    for (int i = 0; i < count; i++)
        TRY(fig_dataset_sample(trainer->test.dataset, i, points + 2 * i));
    fig_scatter_frame(&scatter);
    fig_scatter_draw(&scatter, panes);
    TRY(fig_run_sample(trainer->view, trainer->settings->seed, 0, count, points));
    fig_scatter_draw(&scatter, panes + PANE * PANE);
    return write_grid(trainer, &(struct fig_grid){
        .images = panes, .count = 2, .height = PANE, .width = PANE, .channels = 1, .columns = 2 });
}

static enum fig_status write_scatter(struct trainer *trainer)
{
    float *points = calloc(2 * POINTS + 2 * PANE * PANE, sizeof(*points));
    if (!points)
        return fail(FIG_NOMEM, "no memory for a picture");
    const enum fig_status status = draw_points(trainer, points, points + 2 * POINTS);
    free(points);
    return status;
}

/* The same noise or the same test images at every epoch; other tables have no picture. */
static enum fig_status write_picture(struct trainer *trainer)
{
    const struct fig_dataset_info *info = &trainer->test.info;
    const size_t values = image_length(info->height, info->width, info->channels);
    if (info->table && info->channels == 2 && trainer_draws(trainer))
        return write_scatter(trainer);
    if (info->table || (info->channels != 1 && info->channels != 3))
        return FIG_OK;
    const struct sheet sheet = sheet_of(info);
    float *grid = calloc(2 * (size_t)(sheet.columns * sheet.rows) * values, sizeof(*grid));
    if (!grid)
        return fail(FIG_NOMEM, "no memory for a picture");
    const enum fig_status status = trainer_draws(trainer)
        ? draw_samples(trainer, sheet, grid)
        : draw_pairs(trainer, &sheet, grid, values);
    free(grid);
    return status;
}

enum fig_status report_epoch(struct trainer *trainer)
{
    TRY(write_metrics(trainer));
    return write_picture(trainer);
}
