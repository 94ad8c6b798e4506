/* SPDX-License-Identifier: MIT */
#include "cli/album.h"

#include <stdlib.h>
#include <string.h>

#include <figment/image.h>

#include "base/log.h"
#include "data/dataset.h"
#include "data/listing.h"
#include "data/picture.h"

/* Each pixel `factor` x `factor` times, as floats. */
static void spread(const struct fig_image *image, int factor, float *out)
{
    const int width = image->width * factor, height = image->height * factor;
    const int channels = image->channels;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = image->bytes + (size_t)(y / factor * image->width) * (size_t)channels;
        for (int i = 0; i < width * channels; i++)
            *out++ = row[i / channels / factor * channels + i % channels] / 255.0f;
    }
}

static void note_fitted(struct album *album, const struct fig_image *image)
{
    album->fitted++;
    if ((double)image->height * image->width > (double)album->height * album->width) {
        album->height = image->height;
        album->width = image->width;
    }
}

static enum fig_status add_picture(struct album *album, const struct task *task,
                                   struct fig_image *image)
{
    const struct fig_run_info *info = task->info;
    float *out = album->images.values + (size_t)album->images.count * task_image_length(task);
    int factor = 1;
    if (info->shrink && image->height * info->shrink == info->height &&
        image->width * info->shrink == info->width)
        factor = info->shrink;
    const int height = info->height / factor, width = info->width / factor;
    if (image->height != height || image->width != width)
        note_fitted(album, image);
    const enum fig_status status = fig_image_fit(image, height, width, info->channels);
    if (!status)
        spread(image, factor, out);
    return status;
}

/* FIG_OK also where the file is skipped. */
static enum fig_status add_file(struct album *album, const struct task *task,
                                struct listing *listing, const struct entry *entry)
{
    const char *name = entry->path + entry->root;
    struct picture picture;
    enum fig_status status = picture_read(&picture, entry->path, false);
    if (status == FIG_NOMEM)
        return complain(status, "%s: %s", entry->path, picture.why);
    if (status) {
        listing_skip(listing, entry->path, picture.why);
        fig_image_free(&picture.image);
        return FIG_OK;
    }
    album->damaged += picture.warnings > 0;
    status = add_picture(album, task, &picture.image);
    fig_image_free(&picture.image);
    text_add_bytes(&album->names, name, strlen(name) + 1);
    album->images.count++;
    return status;
}

/* Room for as many; how many there are is counted anew. */
static enum fig_status make_room(struct album *album, const struct task *task, int count)
{
    const enum fig_status status = task_room(task, count, &album->images);
    album->images.count = 0;
    return status;
}

static enum fig_status add_listing(struct album *album, const struct task *task,
                                   struct listing *listing, int limit)
{
    const int all = (int)listing->count, most = limit && limit < all ? limit : all;
    enum fig_status status = make_room(album, task, most);
    for (int i = 0; !status && i < all && album->images.count < most; i++)
        status = add_file(album, task, listing, &listing->entries[i]);
    return status;
}

static enum fig_status open_pictures(struct album *album, const struct task *task, int limit)
{
    struct listing listing = { 0 };
    enum fig_status status = listing_add(&listing, task_data(task), FIG_TEST);
    if (!status) {
        listing_sort(&listing);
        status = add_listing(album, task, &listing, limit);
    }
    if (!status)
        listing_report(&listing, task_data(task), album->damaged);
    listing_free(&listing);
    return status;
}

enum fig_status album_open(struct album *album, const struct task *task, int limit)
{
    const char *data = task_data(task);
    album->named = dataset_is_pictures(data);
    if (!album->named)
        return task_images(task, FIG_TEST, limit, &album->images);
    enum fig_status status = open_pictures(album, task, limit);
    if (!status && album->names.failed)
        status = complain(FIG_NOMEM, "%s: no memory for the names of pictures", data);
    if (!status && !album->images.count)
        status = complain(FIG_FORMAT, "%s: none of its pictures can be read", data);
    return status;
}

void album_close(struct album *album)
{
    free(album->images.values);
    text_free(&album->names);
}
