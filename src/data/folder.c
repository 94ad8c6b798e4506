/* SPDX-License-Identifier: MIT */
/* A folder of PNG and JPEG files. */
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/size.h"
#include "data/listing.h"
#include "data/picture.h"

enum { EVERY = 10, SIDE = 32, COMMON_SIDE = 64, SIDE_LIMIT = 1024 };

/* --- Which files */

static bool find_half(const char *folder, const char *name, char out[PATH_LIMIT])
{
    return !path_join(out, folder, name) && path_is_folder(out);
}

/* `own_halves`: there are train/ and test/, or train/ and val/. */
static enum fig_status list_files(struct listing *listing, const char *folder, bool *own_halves)
{
    char train[PATH_LIMIT], test[PATH_LIMIT];
    *own_halves = find_half(folder, "train", train) &&
                  (find_half(folder, "test", test) || find_half(folder, "val", test));
    if (*own_halves) {
        TRY(listing_add(listing, train, FIG_TRAIN));
        TRY(listing_add(listing, test, FIG_TEST));
    } else {
        TRY(listing_add(listing, folder, FIG_TRAIN));
    }
    listing_sort(listing);
    return FIG_OK;
}

static void drop(struct listing *listing, struct entry *entry, const char *why)
{
    listing_skip(listing, entry->path, why);
    free(entry->path);
    entry->path = NULL;
}

/* --- Their size */

/* What all headers agree upon. */
struct shape {
    int height, width; /* 0: they differ, or there is none yet */
    int channels;
    bool first;
};

static void add_shape(struct shape *all, const struct fig_image *image)
{
    if (all->first || all->height != image->height || all->width != image->width) {
        all->height = all->first ? image->height : 0;
        all->width = all->first ? image->width : 0;
    }
    if (image->channels > all->channels)
        all->channels = image->channels;
    all->first = false;
}

/* Read all headers; files without a good one are skipped. */
static enum fig_status read_headers(struct listing *listing, struct shape *all)
{
    for (size_t i = 0; i < listing->count; i++) {
        struct picture picture;
        const enum fig_status status = picture_read(&picture, listing->entries[i].path, true);
        if (status == FIG_NOMEM)
            return fail(status, "%s: %s", listing->entries[i].path, picture.why);
        if (status)
            drop(listing, &listing->entries[i], picture.why);
        else
            add_shape(all, &picture.image);
    }
    listing_compact(listing);
    return FIG_OK;
}

static enum fig_status choose_shape(struct fig_dataset_info *info, const struct shape *all,
                                    const struct source *source)
{
    static const int sides[] = { 1, SIDE_LIMIT }, channels[] = { 1, 3 };
    const bool common = all->height && all->height <= COMMON_SIDE && all->width <= COMMON_SIDE;
    struct fig_dataset_info like = { .height = common ? all->height : SIDE,
                                     .width = common ? all->width : SIDE,
                                     .channels = all->channels };
    int side;
    if (source->form.like)
        like = *source->form.like;
    TRY(source_number(source, "size", sides, 0, &side));
    TRY(source_number(source, "channels", channels, like.channels, &info->channels));
    if (info->channels == 2)
        return fail(FIG_INVALID, "%s: channels=2: 1 is grey and 3 is RGB", source->spec);
    info->height = side ? side : like.height;
    info->width = side ? side : like.width;
    return FIG_OK;
}

/* --- Their classes: the folders just below */

/* The length of the entry's first folder; 0 if it is in none. */
static size_t class_length(const struct entry *entry)
{
    const char *slash = strchr(entry->path + entry->root, '/');
    return slash ? (size_t)(slash - entry->path) - entry->root : 0;
}

static bool is_class(const char *name, const struct entry *entry)
{
    const size_t length = class_length(entry);
    return strlen(name) == length && strncmp(name, entry->path + entry->root, length) == 0;
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

struct classes {
    char *names[CLASS_LIMIT];
    int count;
    bool too_many;
};

static enum fig_status add_class(struct classes *classes, const struct entry *entry)
{
    const size_t length = class_length(entry);
    /* Sorted paths: mostly it is the last one. */
    for (int i = classes->count - 1; i >= 0; i--) {
        if (is_class(classes->names[i], entry))
            return FIG_OK;
    }
    if (!length || classes->count == CLASS_LIMIT) {
        classes->too_many |= length > 0;
        return FIG_OK;
    }
    char *name = strndup(entry->path + entry->root, length);
    if (!name)
        return fail(FIG_NOMEM, "%s: no memory for the name of a class", entry->path);
    classes->names[classes->count++] = name;
    return FIG_OK;
}

static void label_entries(struct listing *listing, const struct classes *classes)
{
    for (size_t i = 0; i < listing->count; i++) {
        struct entry *entry = &listing->entries[i];
        entry->label = -1;
        for (int k = 0; k < classes->count && entry->label < 0; k++) {
            if (is_class(classes->names[k], entry))
                entry->label = k;
        }
        if (entry->label < 0)
            drop(listing, entry, "beside the folders of classes");
    }
    listing_compact(listing);
}

static enum fig_status collect_classes(struct classes *classes, struct listing *listing,
                                       struct fig_dataset *dataset, const char *spec)
{
    for (size_t i = 0; i < listing->count; i++)
        TRY(add_class(classes, &listing->entries[i]));
    if (classes->too_many) {
        log_warning("%s: more than %d folders: they are not taken as classes", spec, CLASS_LIMIT);
        return FIG_OK;
    }
    if (!classes->count)
        return FIG_OK;
    qsort(classes->names, (size_t)classes->count, sizeof(*classes->names), by_name);
    for (int i = 0; i < classes->count; i++)
        names_add(&dataset->names, classes->names[i]);
    dataset->info.classes = classes->count;
    label_entries(listing, classes);
    return FIG_OK;
}

static enum fig_status find_classes(struct listing *listing, struct fig_dataset *dataset,
                                    const char *spec)
{
    struct classes classes = { .count = 0 };
    const enum fig_status status = collect_classes(&classes, listing, dataset, spec);
    for (int i = 0; i < classes.count; i++)
        free(classes.names[i]);
    return status;
}

/* --- Their halves */

/* Each tenth of a class tests; where no class has ten, all do both. */
static void choose_half(struct listing *listing, enum fig_split split, bool own_halves)
{
    size_t seen[CLASS_LIMIT] = { 0 };
    bool any_test = own_halves;
    for (size_t i = 0; i < listing->count && !own_halves; i++) {
        struct entry *entry = &listing->entries[i];
        const size_t place = seen[entry->label]++ % EVERY;
        entry->half = place == EVERY - 1 ? FIG_TEST : FIG_TRAIN;
        any_test |= entry->half == FIG_TEST;
    }
    for (size_t i = 0; i < listing->count && any_test; i++) {
        if (listing->entries[i].half == split)
            continue;
        free(listing->entries[i].path);
        listing->entries[i].path = NULL;
    }
    listing_compact(listing);
}

/* --- Their pixels */

/* FIG_FORMAT and FIG_IO, with picture->why, are reasons to skip the file. */
static enum fig_status read_pixels(struct picture *picture, const char *path,
                                   const struct fig_dataset_info *info, uint8_t *out)
{
    enum fig_status status = picture_read(picture, path, false);
    if (status == FIG_NOMEM)
        log_error("%s: %s", path, picture->why);
    if (!status)
        status = fig_image_fit(&picture->image, info->height, info->width, info->channels);
    if (!status)
        memcpy(out, picture->image.bytes,
               image_length(info->height, info->width, info->channels));
    fig_image_free(&picture->image);
    return status;
}

static enum fig_status make_room(struct fig_dataset *dataset, size_t count, const char *spec)
{
    const struct fig_dataset_info *info = &dataset->info;
    const size_t size = image_length(info->height, info->width, info->channels);
    if (count > DATASET_LIMIT / size)
        return fail(FIG_FORMAT, "%s: %zu pictures of %dx%dx%d; at most %zu of this size are read",
                    spec, count, info->height, info->width, info->channels, DATASET_LIMIT / size);
    dataset->bytes = malloc(count ? count * size : 1);
    dataset->labels = info->classes ? malloc(count ? count : 1) : NULL;
    if (!dataset->bytes || (info->classes && !dataset->labels))
        return fail(FIG_NOMEM, "%s: no memory for %zu pictures", spec, count);
    return FIG_OK;
}

static enum fig_status read_files(struct fig_dataset *dataset, struct listing *listing,
                                  int *warned)
{
    struct fig_dataset_info *info = &dataset->info;
    const size_t size = image_length(info->height, info->width, info->channels);
    for (size_t i = 0; i < listing->count; i++) {
        struct entry *entry = &listing->entries[i];
        struct picture picture;
        const enum fig_status status =
            read_pixels(&picture, entry->path, info, dataset->bytes + (size_t)info->count * size);
        if (status == FIG_NOMEM)
            return status;
        if (status) {
            drop(listing, entry, picture.why);
            continue;
        }
        *warned += picture.warnings;
        if (dataset->labels)
            dataset->labels[info->count] = (uint8_t)entry->label;
        names_add(&dataset->samples, entry->path + entry->root);
        info->count++;
    }
    return FIG_OK;
}

static enum fig_status read_folder(struct fig_dataset *dataset, struct listing *listing,
                                   const struct source *source)
{
    struct shape all = { .channels = 1, .first = true };
    bool own_halves;
    int warned = 0;
    dataset->info.bytes = true;
    TRY(list_files(listing, source->spec, &own_halves));
    TRY(read_headers(listing, &all));
    TRY(choose_shape(&dataset->info, &all, source));
    TRY(find_classes(listing, dataset, source->spec));
    dataset->info.whole = source->asked == FIG_WHOLE && !own_halves;
    if (!dataset->info.whole)
        choose_half(listing, source->split, own_halves);
    TRY(make_room(dataset, listing->count, source->spec));
    TRY(read_files(dataset, listing, &warned));
    listing_report(listing, source->spec, warned);
    if (!dataset->info.count)
        return fail(FIG_FORMAT, "%s: none of its files for %s is a PNG or JPEG that can be read",
                    source->spec, source->split == FIG_TRAIN ? "training" : "tests");
    return FIG_OK;
}

static enum fig_status folder_open(struct fig_dataset *dataset, const struct source *source)
{
    struct listing listing = { 0 };
    const enum fig_status status = read_folder(dataset, &listing, source);
    listing_free(&listing);
    return status;
}

static bool folder_probe(const char *spec)
{
    return listing_any(spec);
}

const struct format folder_format = {
    .looks_for = "a folder with PNG or JPEG files, or one",
    .options = " size channels ",
    .probe = folder_probe,
    .open = folder_open,
};
