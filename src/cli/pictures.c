/* SPDX-License-Identifier: MIT */
#include "cli/pictures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <figment/array.h>
#include <figment/image.h>

#include "base/file.h"
#include "data/dataset.h"

enum { SCATTER_SIDE = 256 /* pixels */ };

static bool is_folder(const char *path)
{
    return path_is_folder(path) || !strchr(path_name(path), '.');
}

bool pictures_are_grid(const char *path)
{
    return !is_folder(path) && path_ends_in(path, ".png");
}

/* A folder that is there, or can be made in the nearest one above that is. */
static enum fig_status check_folder(const char *path)
{
    char here[PATH_LIMIT];
    if (strlen(path) >= sizeof(here))
        return complain(FIG_INVALID, "%s: longer than %d bytes", path, PATH_LIMIT - 1);
    strcpy(here, path);
    for (char *slash; !path_exists(here); *slash = '\0') {
        slash = strrchr(here, '/');
        if (!slash || slash == here) {
            strcpy(here, slash ? "/" : ".");
            break;
        }
    }
    if (!path_is_folder(here))
        return complain(FIG_INVALID, "%s: %s is there already, and no folder", path, here);
    if (access(here, W_OK | X_OK))
        return complain(FIG_INVALID, "%s: cannot write into %s: %s", path, here, strerror(errno));
    return FIG_OK;
}

enum fig_status pictures_check_file(const char *path)
{
    static const char *const suffixes[] = { ".png", ".npy", ".csv", NULL };
    return output_check(path, suffixes);
}

enum fig_status pictures_check(const char *path)
{
    return is_folder(path) ? check_folder(path) : pictures_check_file(path);
}

/* `grid` has the images and how they stand, and their size unless it is the run's. */
static enum fig_status write_grid(const char *path, const struct task *task,
                                  const struct pictures *pictures, struct fig_grid grid)
{
    char step[32], seed[32];
    snprintf(step, sizeof(step), "%" PRIu64, task->info->step);
    snprintf(seed, sizeof(seed), "%" PRIu64, pictures->seed);
    const struct fig_text texts[] = {
        { "Model", task->settings->name },
        { "Step", step },
        { "Seed", seed },
        { "Data", pictures->data },
    };
    if (!grid.height) {
        grid.height = task->info->height;
        grid.width = task->info->width;
        grid.channels = pictures->channels ? pictures->channels : task->info->channels;
    }
    grid.texts = texts;
    grid.text_count = pictures->data ? 4 : 3;
    return fig_grid_write(path, &grid);
}

/* --- Files in a folder */

/* As they are walked along: a zero is behind each; NULL where there are none. */
static const char *next_name(const char *name)
{
    return name ? name + strlen(name) + 1 : NULL;
}

static enum fig_status find_place(char path[PATH_LIMIT], const char *folder, const char *name,
                                  int index)
{
    char file[PATH_LIMIT];
    if (name)
        snprintf(file, sizeof(file), "%s%s", name, path_ends_in(name, ".png") ? "" : ".png");
    else
        snprintf(file, sizeof(file), "%04d.png", index);
    return path_join(path, folder, file);
}

static enum fig_status make_parent(const char *path)
{
    char parent[PATH_LIMIT];
    snprintf(parent, sizeof(parent), "%.*s", (int)(path_name(path) - path), path);
    return folder_create(parent, 0777);
}

/* Of a path that is there: by going up from it. */
static bool lies_in(const char *path, const char *folder)
{
    char here[PATH_LIMIT], above[PATH_LIMIT];
    snprintf(here, sizeof(here), "%.*s.", (int)(path_name(path) - path), path);
    while (!path_same(here, folder)) {
        if (path_join(above, here, "..") || path_same(here, above))
            return false;
        strcpy(here, above);
    }
    return true;
}

/* Of a folder only pictures are data. */
static bool is_of(const char *path, const char *data)
{
    return path_same(path, data) ||
           (dataset_is_pictures(data) && path_ends_in(path, ".png") && lies_in(path, data));
}

static enum fig_status spare(const char *path, const char *data)
{
    if (!path_exists(path) || !is_of(path, data))
        return FIG_OK;
    return complain(FIG_INVALID, "%s: it is one of the data and would be written over; give "
                    "another place to -o", path);
}

enum fig_status pictures_spare(const struct task *task, const struct text *names, int count)
{
    const char *out = task->request->out, *name = names ? names->chars : NULL;
    struct source source;
    enum fig_status status = source_parse(&source, task_data(task));
    if (!status && !is_folder(out))
        return spare(out, source.spec);
    for (int i = 0; !status && i < count; i++, name = next_name(name)) {
        char path[PATH_LIMIT];
        status = find_place(path, out, name, i);
        if (!status)
            status = spare(path, source.spec);
    }
    return status;
}

static enum fig_status write_folder(const char *folder, const struct task *task,
                                    const struct pictures *pictures)
{
    const char *name = pictures->names ? pictures->names->chars : NULL;
    enum fig_status status = folder_create(folder, 0777);
    for (int i = 0; !status && i < pictures->images.count; i++, name = next_name(name)) {
        char path[PATH_LIMIT];
        const struct fig_grid one = {
            .images = pictures->images.values + (size_t)i * task_image_length(task), .count = 1 };
        status = find_place(path, folder, name, i);
        if (!status)
            status = make_parent(path);
        if (!status)
            status = write_grid(path, task, pictures, one);
    }
    return status;
}

enum fig_status pictures_beside(const struct task *task, const struct images *const *lists,
                                int count, struct pictures *out)
{
    const size_t length = task_image_length(task);
    const int groups = lists[0]->count;
    const enum fig_status status = task_room(task, count * groups, &out->images);
    if (status)
        return status;
    for (int i = 0; i < count * groups; i++)
        memcpy(out->images.values + (size_t)i * length,
               lists[i % count]->values + (size_t)(i / count) * length, length * sizeof(float));
    out->columns = count;
    while ((long long)out->columns * out->columns < (long long)count * groups)
        out->columns += count;
    return FIG_OK;
}

/* Tables are written in the units of the data, in place: nobody needs them standardised again. */
static enum fig_status write_array(const char *path, const struct task *task,
                                   const struct images *images)
{
    const struct fig_run_info *info = task->info;
    const struct fig_scaling *scaling = fig_run_scaling(task->run);
    const struct fig_array rows = { 2, { images->count, info->channels }, images->values };
    const struct fig_array pictures = {
        4, { images->count, info->height, info->width, info->channels }, images->values };
    if (scaling)
        fig_scaling_undo(scaling, images->values, images->count);
    return fig_array_write(path, task_has_rows(task) ? &rows : &pictures);
}

static bool are_points(const struct task *task)
{
    return task_has_rows(task) && task->info->channels == 2;
}

static enum fig_status write_points(const char *path, const struct task *task,
                                    const struct pictures *pictures)
{
    struct fig_scatter scatter = { .points = pictures->images.values,
                                   .count = pictures->images.count, .side = SCATTER_SIDE };
    float *image = malloc(SCATTER_SIDE * SCATTER_SIDE * sizeof(*image));
    if (!image)
        return complain(FIG_NOMEM, "no memory for a picture of %d points", scatter.count);
    fig_scatter_frame(&scatter);
    fig_scatter_draw(&scatter, image);
    const enum fig_status status = write_grid(path, task, pictures, (struct fig_grid){
        .images = image, .count = 1, .height = SCATTER_SIDE, .width = SCATTER_SIDE,
        .channels = 1 });
    free(image);
    return status;
}

enum fig_status pictures_visible(const char *path, const struct task *task)
{
    const int channels = task->info->channels;
    if (task_has_rows(task))
        return complain(FIG_INVALID, "%s: rows of a table are no pictures; write .npy or .csv",
                        path);
    if (channels == 1 || channels == 3)
        return FIG_OK;
    return complain(FIG_INVALID, "%s: samples with %d channels are no pictures; write .npy or .csv",
                    path, channels);
}

enum fig_status pictures_write_grid(const char *path, const struct task *task,
                                    const struct pictures *pictures)
{
    return write_grid(path, task, pictures, (struct fig_grid){
        .images = pictures->images.values, .count = pictures->images.count,
        .rows = pictures->rows, .columns = pictures->columns, .scale = 2 });
}

enum fig_status pictures_write(const struct task *task, const struct pictures *pictures)
{
    const char *path = task->request->out;
    if (!is_folder(path) && !path_ends_in(path, ".png"))
        return write_array(path, task, &pictures->images);
    if (are_points(task) && !is_folder(path))
        return write_points(path, task, pictures);
    const enum fig_status status = pictures_visible(path, task);
    if (status)
        return status;
    if (is_folder(path))
        return write_folder(path, task, pictures);
    return pictures_write_grid(path, task, pictures);
}
