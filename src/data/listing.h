/* SPDX-License-Identifier: MIT */
/* The pictures below a folder, and those that had to be left out. */
#ifndef DATA_LISTING_H
#define DATA_LISTING_H

#include <stdbool.h>

#include <figment/data.h>

#include "base/text.h"

enum { SKIPS_SHOWN = 5 };

struct entry {
    char *path;
    size_t root; /* bytes of `path` before the part below the folder */
    enum fig_split half;
    int label; /* 0 until classes are known */
};

struct listing {
    struct entry *entries; /* sorted by path once all folders are added */
    size_t count, room;
    int skipped;
    struct text skips; /* the first few, with their reasons */
};

/* Add every file called .png, .jpg or .jpeg below the folder, or it itself if it is one.  What
 * begins with a dot and files of other names do not count; symbolic links and folders that cannot
 * be read are skipped. */
enum fig_status listing_add(struct listing *listing, const char *path, enum fig_split half);
void listing_sort(struct listing *listing);
void listing_free(struct listing *listing);

/* Whether there is at least one such file; logs nothing. */
bool listing_any(const char *path);

void listing_skip(struct listing *listing, const char *path, const char *why);
/* Warn of those that were skipped, and of so many that were decoded with warnings, if any. */
void listing_report(const struct listing *listing, const char *spec, int damaged);
/* Forget the entries whose path is NULL. */
void listing_compact(struct listing *listing);

#endif
