/* SPDX-License-Identifier: MIT */
/* What is worth keeping between runs: compiled kernels, and what the check of a device found.
 * Entries are files in our own folder, trusted only if the folder is ours alone and the entry is
 * whole; anything wrong with one deletes it.  Processes may share the folder: entries are
 * written beside and renamed.  Nothing here is an error for the user: a cache may be missing. */
#ifndef OPENCL_CACHE_H
#define OPENCL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"

struct cache {
    char folder[PATH_LIMIT]; /* "" without a cache */
    int hits, misses;        /* loads that found a good entry, and that did not */
    int rejected;            /* entries that were damaged, and removed */
    int stored;
};

/* 128 bits that name an entry and are kept in it. */
struct cache_key {
    uint64_t word[2];
};
struct cache_key cache_key(const char *const *parts, int count); /* NULL parts count as "" */
/* For a part: what tells a file from its other versions; nothing if there is no such file. */
void cache_stamp(struct text *text, const char *path);

/* Find or make the folder; without a safe one the cache stays empty. */
void cache_open(struct cache *cache);

/* The entry's bytes, which the caller frees, with a zero behind them; false if there is none. */
bool cache_load(struct cache *cache, struct cache_key key, void **bytes, size_t *size);
void cache_store(struct cache *cache, struct cache_key key, const void *bytes, size_t size);
void cache_remove(struct cache *cache, struct cache_key key); /* it turned out bad: `rejected` */

#endif
