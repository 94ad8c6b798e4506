/* SPDX-License-Identifier: MIT */
#include "data/gzip.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "base/file.h"
#include "base/log.h"
#include "base/pages.h"
#include "base/size.h"

enum { RATIO = 1032 /* of deflate, at most */, TRAILER = 4 };

/* A file that is unpacked member by member. */
struct unpacking {
    const char *path;
    const uint8_t *packed;
    size_t size, offset; /* of `packed`, and of the member that comes next */
    uint8_t *bytes;
    size_t have, room, most; /* of `bytes`: what is there, fits, and may */
};

bool gzip_probe(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* How long the last member says that it is: all of it, if it is the only one and honest. */
static size_t promised(const uint8_t *packed, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; size > TRAILER && i < TRAILER; i++)
        length |= (size_t)packed[size - TRAILER + i] << 8 * i;
    return length;
}

static enum fig_status make_room(struct unpacking *file, size_t room)
{
    file->room = size_least(size_most(room, 1), file->most);
    uint8_t *bytes = pages_alloc(file->room);
    if (!bytes)
        return fail(FIG_NOMEM, "%s: no memory for %zu bytes", file->path, file->room);
    if (file->have)
        memcpy(bytes, file->bytes, file->have);
    free(file->bytes);
    file->bytes = bytes;
    return FIG_OK;
}

static enum fig_status unpack_member(struct unpacking *file,
                                     struct libdeflate_decompressor *decompressor)
{
    size_t taken = 0, made = 0;
    const enum libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor, file->packed + file->offset, file->size - file->offset,
        file->bytes + file->have, file->room - file->have, &taken, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && file->room < file->most)
        return make_room(file, 2 * file->room);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        return fail(FIG_FORMAT, "%s: more than %zu bytes after decompression", file->path,
                    file->most);
    if (result)
        return fail(FIG_FORMAT, "%s: offset %zu: damaged or cut short: not whole gzip data",
                    file->path, file->offset);
    file->offset += taken;
    file->have += made;
    return FIG_OK;
}

static enum fig_status unpack(struct unpacking *file)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor)
        return fail(FIG_NOMEM, "%s: no memory to decompress it", file->path);
    enum fig_status status = make_room(file, promised(file->packed, file->size));
    while (!status && file->offset < file->size)
        status = unpack_member(file, decompressor);
    libdeflate_free_decompressor(decompressor);
    return status;
}

enum fig_status gzip_read(const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
    void *read;
    TRY(file_read(path, limit, &read, size));
    if (!gzip_probe(read, *size)) {
        *bytes = read;
        return FIG_OK;
    }
    struct unpacking file = { .path = path, .packed = read, .size = *size };
    file.most = *size > limit / RATIO ? limit : *size * RATIO;
    const enum fig_status status = unpack(&file);
    free(read);
    if (status)
        free(file.bytes);
    *bytes = status ? NULL : file.bytes;
    *size = file.have;
    return status;
}
