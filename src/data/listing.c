/* SPDX-License-Identifier: MIT */
#include "data/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"

enum { DEPTH_LIMIT = 32 };

struct walk {
    struct listing *listing; /* NULL: only look whether there is a picture */
    size_t root;
    enum fig_split half;
    int depth;
    bool found;
};

static bool is_picture(const char *name)
{
    static const char *const suffixes[] = { ".png", ".jpg", ".jpeg" };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < LENGTH(suffixes); i++) {
        if (strcasecmp(dot, suffixes[i]) == 0)
            return true;
    }
    return false;
}

void listing_skip(struct listing *listing, const char *path, const char *why)
{
    log_debug("%s: skipped: %s", path, why);
    if (++listing->skipped <= SKIPS_SHOWN)
        text_add(&listing->skips, "%s%s (%s)", listing->skipped > 1 ? ", " : "", path_name(path),
                 why);
}

void listing_report(const struct listing *listing, const char *spec, int damaged)
{
    if (listing->skipped)
        log_warning("%s: %d skipped: %s%s", spec, listing->skipped,
                    listing->skips.failed ? "?" : listing->skips.chars,
                    listing->skipped > SKIPS_SHOWN ? ", ..." : "");
    if (damaged)
        log_warning("%s: %d pictures decoded with warnings", spec, damaged);
}

static enum fig_status add_entry(const struct walk *walk, const char *path)
{
    struct listing *listing = walk->listing;
    if (listing->count == listing->room) {
        const size_t room = listing->room ? 2 * listing->room : 64;
        struct entry *entries = realloc(listing->entries, room * sizeof(*entries));
        if (!entries)
            return fail(FIG_NOMEM, "%s: no memory for the names of %zu files", path, room);
        listing->entries = entries;
        listing->room = room;
    }
    struct entry entry = { .path = strdup(path), .root = walk->root, .half = walk->half };
    if (!entry.path)
        return fail(FIG_NOMEM, "%s: no memory for the name", path);
    listing->entries[listing->count++] = entry;
    return FIG_OK;
}

static enum fig_status visit_folder(struct walk *walk, const char *path);

static bool is_done(const struct walk *walk)
{
    return walk->found && !walk->listing;
}

static enum fig_status skip(const struct walk *walk, const char *path, const char *why)
{
    if (walk->listing)
        listing_skip(walk->listing, path, why);
    return FIG_OK;
}

static enum fig_status visit(struct walk *walk, const char *path)
{
    struct stat info;
    const bool picture = is_picture(path);
    if (lstat(path, &info))
        return picture ? skip(walk, path, strerror(errno)) : FIG_OK;
    if (S_ISLNK(info.st_mode))
        return picture || path_is_folder(path) ? skip(walk, path, "a symbolic link") : FIG_OK;
    if (S_ISDIR(info.st_mode))
        return visit_folder(walk, path);
    if (!picture || !S_ISREG(info.st_mode))
        return FIG_OK;
    walk->found = true;
    return walk->listing ? add_entry(walk, path) : FIG_OK;
}

static enum fig_status visit_name(struct walk *walk, const char *folder, const char *name)
{
    char path[PATH_LIMIT];
    if (name[0] == '.')
        return FIG_OK;
    if (strlen(folder) + strlen(name) + 2 > PATH_LIMIT)
        return skip(walk, name, "its path is too long");
    TRY(path_join(path, folder, name));
    return visit(walk, path);
}

static enum fig_status visit_folder(struct walk *walk, const char *path)
{
    if (walk->depth == DEPTH_LIMIT)
        return skip(walk, path, "too many folders above it");
    DIR *folder = opendir(path);
    if (!folder)
        return skip(walk, path, strerror(errno));
    enum fig_status status = FIG_OK;
    walk->depth++;
    for (struct dirent *item; !status && !is_done(walk) && (item = readdir(folder));)
        status = visit_name(walk, path, item->d_name);
    walk->depth--;
    closedir(folder);
    return status;
}

/* What the user named: links and names with a dot count. */
static enum fig_status visit_named(struct walk *walk, const char *path)
{
    if (path_is_folder(path))
        return visit_folder(walk, path);
    walk->found = is_picture(path) && path_exists(path);
    walk->root = (size_t)(path_name(path) - path);
    return walk->found && walk->listing ? add_entry(walk, path) : FIG_OK;
}

enum fig_status listing_add(struct listing *listing, const char *path, enum fig_split half)
{
    const size_t length = strlen(path);
    const bool slash = length && path[length - 1] == '/';
    struct walk walk = { .listing = listing, .root = length + !slash, .half = half };
    return visit_named(&walk, path);
}

bool listing_any(const char *path)
{
    struct walk walk = { .listing = NULL };
    return !visit_named(&walk, path) && walk.found;
}

static int by_path(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return strcmp(left->path, right->path);
}

void listing_sort(struct listing *listing)
{
    if (listing->count)
        qsort(listing->entries, listing->count, sizeof(*listing->entries), by_path);
}

void listing_compact(struct listing *listing)
{
    size_t kept = 0;
    for (size_t i = 0; i < listing->count; i++) {
        if (listing->entries[i].path)
            listing->entries[kept++] = listing->entries[i];
    }
    listing->count = kept;
}

void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].path);
    free(listing->entries);
    text_free(&listing->skips);
    *listing = (struct listing){ 0 };
}
