/* SPDX-License-Identifier: MIT */
#include "device/opencl/cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

/* An entry is this, then `size` bytes. */
struct header {
    char magic[16];
    struct cache_key key;
    uint64_t size, hash;
};

static const char magic[16] = "figment cache 1";
static const size_t entry_limit = (size_t)256 << 20;

struct cache_key cache_key(const char *const *parts, int count)
{
    struct cache_key key = { { HASH_START, hash_bytes(HASH_START, magic, sizeof(magic)) } };
    for (int i = 0; i < count; i++) {
        const char *part = parts[i] ? parts[i] : "";
        for (int w = 0; w < 2; w++)
            key.word[w] = hash_bytes(key.word[w], part, strlen(part) + 1);
    }
    return key;
}

void cache_stamp(struct text *text, const char *path)
{
    struct stat info;
    if (!stat(path, &info))
        text_add(text, "%s %lld %lld\n", path, (long long)info.st_size, (long long)info.st_mtime);
}

/* Others could plant code for the device in a folder that they may write to. */
static bool folder_is_ours(const char *folder)
{
    struct stat info;
    if (lstat(folder, &info) || !S_ISDIR(info.st_mode) || info.st_uid != geteuid())
        return false;
    return (info.st_mode & 077) == 0 || chmod(folder, 0700) == 0;
}

void cache_open(struct cache *cache)
{
    *cache = (struct cache){ 0 };
    if (folder_cache(cache->folder, "kernels"))
        cache->folder[0] = '\0';
    if (!cache->folder[0] || folder_is_ours(cache->folder))
        return;
    log_warning("%s: not a folder of this user alone: kernels are not cached; remove it, or set "
                "XDG_CACHE_HOME", cache->folder);
    cache->folder[0] = '\0';
}

static bool entry_path(const struct cache *cache, struct cache_key key, char path[PATH_LIMIT])
{
    if (!cache->folder[0])
        return false;
    const int length = snprintf(path, PATH_LIMIT, "%s/%016" PRIx64 ".entry", cache->folder,
                                key.word[0]);
    return length > 0 && length < PATH_LIMIT;
}

/* The bytes behind its header, with a zero behind them; NULL if anything is wrong with it. */
static char *read_entry(FILE *file, struct cache_key key, size_t *size)
{
    struct header header;
    if (fread(&header, sizeof(header), 1, file) != 1 ||
        memcmp(header.magic, magic, sizeof(magic)) != 0 ||
        memcmp(&header.key, &key, sizeof(key)) != 0 || header.size > entry_limit)
        return NULL;
    char *bytes = malloc((size_t)header.size + 1);
    *size = bytes ? fread(bytes, 1, (size_t)header.size, file) : 0;
    if (!bytes || *size != header.size || fgetc(file) != EOF ||
        hash_bytes(HASH_START, bytes, *size) != header.hash) {
        free(bytes);
        return NULL;
    }
    bytes[*size] = '\0';
    return bytes;
}

bool cache_load(struct cache *cache, struct cache_key key, void **bytes, size_t *size)
{
    char path[PATH_LIMIT];
    const char *why;
    *bytes = NULL;
    if (!entry_path(cache, key, path) || !path_exists(path)) {
        cache->misses++;
        return false;
    }
    FILE *file = file_open(path, &why);
    if (file) {
        *bytes = read_entry(file, key, size);
        fclose(file);
    }
    if (!*bytes) {
        cache->misses++;
        cache_remove(cache, key);
        return false;
    }
    cache->hits++;
    log_debug("%s: %zu bytes from the cache", path, *size);
    return true;
}

/* Neither logged, for nobody misses it, nor flushed, for its hash tells whether it is whole. */
static bool write_entry(const char *path, struct cache_key key, const void *bytes, size_t size)
{
    struct header header = { .key = key, .size = size,
                             .hash = hash_bytes(HASH_START, bytes, size) };
    char temporary[PATH_LIMIT];
    const int length = snprintf(temporary, PATH_LIMIT, "%s.XXXXXX", path);
    const int descriptor = length > 0 && length < PATH_LIMIT ? mkstemp(temporary) : -1;
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (!file) {
        if (descriptor >= 0) {
            close(descriptor);
            remove(temporary);
        }
        return false;
    }
    memcpy(header.magic, magic, sizeof(magic));
    bool good = fwrite(&header, sizeof(header), 1, file) == 1 &&
                fwrite(bytes, 1, size, file) == size;
    good = fclose(file) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return true;
    remove(temporary);
    return false;
}

void cache_store(struct cache *cache, struct cache_key key, const void *bytes, size_t size)
{
    char path[PATH_LIMIT];
    if (size > entry_limit || !entry_path(cache, key, path))
        return;
    if (!write_entry(path, key, bytes, size)) {
        log_debug("%s: not cached; the next start compiles again", path);
        return;
    }
    cache->stored++;
    log_debug("%s: %zu bytes into the cache", path, size);
}

void cache_remove(struct cache *cache, struct cache_key key)
{
    char path[PATH_LIMIT];
    if (!entry_path(cache, key, path))
        return;
    cache->rejected++;
    log_debug("%s: damaged or refused: removed", path);
    remove(path);
}
