/* SPDX-License-Identifier: MIT */
#include "run/packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "base/text.h"

static const char magic[] = "FIGZ";
enum { VERSION = 1, MAGIC = 4, HEAD = 28 /* up to `streams` */, FIELD = 4, RATIO = 1032,
       SYMBOL_LIMIT = 1 << 30, LEVEL = 12 /* the best there is */ };

enum fig_status packed_create(struct packed *packed, int count, int length)
{
    if (count > SYMBOL_LIMIT / length)
        return fail(FIG_INVALID, "%d codes of %d values: at most %d symbols are packed", count,
                    length, SYMBOL_LIMIT);
    packed->count = count;
    packed->length = length;
    packed->lowest = calloc((size_t)length, sizeof(float));
    packed->step = calloc((size_t)length, sizeof(float));
    packed->symbols = malloc((size_t)count * (size_t)length);
    if (packed->lowest && packed->step && packed->symbols)
        return FIG_OK;
    return fail(FIG_NOMEM, "no memory for %d codes of %d values", count, length);
}

void packed_free(struct packed *packed)
{
    free(packed->lowest);
    free(packed->step);
    free(packed->symbols);
    *packed = (struct packed){ 0 };
}

/* --- Writing */

static void add_number(struct text *text, uint64_t number, int bytes)
{
    char field[8];
    for (int i = 0; i < bytes; i++)
        field[i] = (char)(number >> 8 * i & 0xff);
    text_add_bytes(text, field, (size_t)bytes);
}

static void add_floats(struct text *text, const float *values, int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof(bits));
        add_number(text, bits, FIELD);
    }
}

static enum fig_status add_stream(struct libdeflate_compressor *compressor, struct text *sizes,
                                  struct text *streams, const uint8_t *symbols, size_t count)
{
    const size_t room = libdeflate_deflate_compress_bound(compressor, count);
    char *bytes = malloc(room);
    if (!bytes)
        return fail(FIG_NOMEM, "no memory to deflate %zu symbols", count);
    const size_t size = libdeflate_deflate_compress(compressor, symbols, count, bytes, room);
    add_number(sizes, size, FIELD);
    text_add_bytes(streams, bytes, size);
    free(bytes);
    return FIG_OK;
}

static enum fig_status add_streams(const struct packed *packed, int streams, struct text *sizes,
                                   struct text *bodies)
{
    const size_t each = (size_t)(packed->length / streams) * (size_t)packed->count;
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    if (!compressor)
        return fail(FIG_NOMEM, "no memory to deflate %d codes", packed->count);
    enum fig_status status = FIG_OK;
    for (int i = 0; !status && i < streams; i++)
        status = add_stream(compressor, sizes, bodies, packed->symbols + (size_t)i * each, each);
    libdeflate_free_compressor(compressor);
    return status;
}

/* The file with all symbols in so many streams. */
static enum fig_status pack(const struct packed *packed, int streams, struct text *out)
{
    struct text sizes = { 0 }, bodies = { 0 };
    enum fig_status status = add_streams(packed, streams, &sizes, &bodies);
    text_add_bytes(out, magic, MAGIC);
    add_number(out, VERSION, FIELD);
    add_number(out, packed->model, 8);
    add_number(out, (uint64_t)packed->count, FIELD);
    add_number(out, (uint64_t)packed->length, FIELD);
    add_number(out, (uint64_t)streams, FIELD);
    add_floats(out, packed->lowest, packed->length);
    add_floats(out, packed->step, packed->length);
    if (!status && !sizes.failed && !bodies.failed) {
        text_add_bytes(out, sizes.chars, sizes.length);
        text_add_bytes(out, bodies.chars, bodies.length);
        add_number(out, libdeflate_crc32(0, out->chars, out->length), FIELD);
    }
    if (!status && (sizes.failed || bodies.failed || out->failed))
        status = fail(FIG_NOMEM, "no memory for %d packed codes", packed->count);
    text_free(&sizes);
    text_free(&bodies);
    return status;
}

enum fig_status packed_write(const struct packed *packed, const char *path, size_t *size)
{
    struct text apart = { 0 }, together = { 0 };
    enum fig_status status = pack(packed, packed->length, &apart);
    if (!status)
        status = pack(packed, 1, &together);
    const struct text *best = apart.length < together.length ? &apart : &together;
    if (!status && path)
        status = file_write(path, best->chars, best->length);
    *size = best->length;
    text_free(&apart);
    text_free(&together);
    return status;
}

/* --- Reading */

/* The bytes that were not read yet; whoever takes has looked that there are enough. */
struct cursor {
    const uint8_t *next;
    size_t left;
};

static uint64_t take_number(struct cursor *cursor, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number |= (uint64_t)cursor->next[i] << 8 * i;
    cursor->next += bytes;
    cursor->left -= (size_t)bytes;
    return number;
}

static bool take_floats(struct cursor *cursor, float *values, int count)
{
    bool finite = true;
    for (int i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)take_number(cursor, FIELD);
        memcpy(&values[i], &bits, sizeof(bits));
        finite &= isfinite(values[i]) != 0;
    }
    return finite;
}

/* Exactly `count` symbols of exactly `size` bytes. */
static bool inflate(struct libdeflate_decompressor *decompressor, const uint8_t *bytes, size_t size,
                    uint8_t *symbols, size_t count)
{
    size_t taken = 0, made = 0;
    return !libdeflate_deflate_decompress_ex(decompressor, bytes, size, symbols, count, &taken,
                                             &made) && taken == size && made == count;
}

/* `cursor` is at the sizes of the streams. */
static enum fig_status take_streams(const struct packed *packed, const char *name, size_t streams,
                                    struct cursor cursor,
                                    struct libdeflate_decompressor *decompressor)
{
    const size_t each = (size_t)packed->length / streams * (size_t)packed->count;
    struct cursor bodies = { cursor.next + FIELD * streams, cursor.left - FIELD * streams };
    for (size_t i = 0; i < streams; i++) {
        const size_t size = (size_t)take_number(&cursor, FIELD);
        if (size > bodies.left ||
            !inflate(decompressor, bodies.next, size, packed->symbols + i * each, each))
            return fail(FIG_FORMAT, "%s: stream %zu of %zu: its %zu bytes are not %zu symbols",
                        name, i + 1, streams, size, each);
        bodies.next += size;
        bodies.left -= size;
    }
    if (bodies.left)
        return fail(FIG_FORMAT, "%s: %zu bytes too many", name, bodies.left);
    return FIG_OK;
}

/* What the head says, and that the file can be as large as it must. */
static enum fig_status take_head(struct packed *out, const char *name, size_t *streams,
                                 struct cursor *cursor)
{
    const size_t size = cursor->left;
    cursor->next += MAGIC;
    cursor->left -= MAGIC;
    const uint64_t version = take_number(cursor, FIELD);
    if (version != VERSION)
        return fail(FIG_FORMAT, "%s: version %u; this program reads version %d", name,
                    (unsigned)version, VERSION);
    out->model = take_number(cursor, 8);
    const uint64_t count = take_number(cursor, FIELD), length = take_number(cursor, FIELD);
    *streams = (size_t)take_number(cursor, FIELD);
    if (!count || !length || (*streams != 1 && *streams != length) ||
        length > cursor->left / (2 * FIELD) || cursor->left < (2 * length + *streams) * FIELD ||
        count > (uint64_t)size * RATIO / length || count > SYMBOL_LIMIT / length)
        return fail(FIG_FORMAT, "%s: %u codes of %u values in %zu streams: not in %zu bytes", name,
                    (unsigned)count, (unsigned)length, *streams, size);
    out->count = (int)count;
    out->length = (int)length;
    return FIG_OK;
}

static enum fig_status parse(struct packed *out, const char *name, struct cursor cursor)
{
    size_t streams = 0;
    TRY(take_head(out, name, &streams, &cursor));
    TRY(packed_create(out, out->count, out->length));
    if (!take_floats(&cursor, out->lowest, out->length) ||
        !take_floats(&cursor, out->step, out->length))
        return fail(FIG_FORMAT, "%s: a step or a lowest value is not finite", name);
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor)
        return fail(FIG_NOMEM, "%s: no memory to inflate it", name);
    const enum fig_status status = take_streams(out, name, streams, cursor, decompressor);
    libdeflate_free_decompressor(decompressor);
    return status;
}

enum fig_status packed_parse(struct packed *out, const char *name, const uint8_t *bytes,
                             size_t size)
{
    *out = (struct packed){ 0 };
    if (size < HEAD + FIELD || size > INT32_MAX || memcmp(bytes, magic, MAGIC) != 0)
        return fail(FIG_FORMAT, "%s: not a file of packed codes", name);
    struct cursor check = { bytes + size - FIELD, FIELD };
    if (libdeflate_crc32(0, bytes, size - FIELD) != take_number(&check, FIELD))
        return fail(FIG_FORMAT, "%s: damaged: its checksum does not fit", name);
    const enum fig_status status =
        parse(out, name, (struct cursor){ bytes, size - FIELD });
    if (status)
        packed_free(out);
    return status;
}
