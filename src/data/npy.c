/* SPDX-License-Identifier: MIT */
#include "data/npy.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/size.h"

enum { MAGIC = 6, HEADER_LIMIT = 4096 /* bytes; arrays of numbers need a few hundred */ };

static const char magic[MAGIC + 1] = "\x93NUMPY";

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [NPY_FLOAT] = { "<f4", 4 }, [NPY_DOUBLE] = { "<f8", 8 }, [NPY_BYTE] = { "|u1", 1 },
    [NPY_INT] = { "<i4", 4 }, [NPY_LONG] = { "<i8", 8 },
};

size_t npy_header(char out[NPY_HEADER], const struct fig_array *array)
{
    const size_t prefix = MAGIC + 4, length = NPY_HEADER - prefix;
    char dict[NPY_HEADER], shape[64] = "";
    size_t used = 0;
    for (int i = 0; i < array->rank; i++)
        used += (size_t)snprintf(shape + used, sizeof(shape) - used, "%s%d", i ? ", " : "",
                                 array->dim[i]);
    const int written = snprintf(
        dict, sizeof(dict), "{'descr': '<f4', 'fortran_order': False, 'shape': (%s%s), }", shape,
        array->rank == 1 ? "," : "");
    memcpy(out, magic, MAGIC);
    memcpy(out + MAGIC, "\x01\x00", 2);
    out[MAGIC + 2] = (char)(length & 255);
    out[MAGIC + 3] = (char)(length >> 8);
    memset(out + prefix, ' ', length);
    memcpy(out + prefix, dict, (size_t)written);
    out[NPY_HEADER - 1] = '\n';
    return NPY_HEADER;
}

/* What is left of a header; zero-terminated. */
struct cursor {
    const char *at;
};

static void skip_spaces(struct cursor *cursor)
{
    cursor->at += strspn(cursor->at, " \n");
}

static bool take(struct cursor *cursor, const char *token)
{
    skip_spaces(cursor);
    const size_t length = strlen(token);
    if (strncmp(cursor->at, token, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool take_type(struct cursor *cursor, struct npy *npy)
{
    if (!take(cursor, "'"))
        return false;
    for (size_t i = 0; i < LENGTH(types); i++) {
        if (take(cursor, types[i].name)) {
            npy->type = (enum npy_type)i;
            npy->item = types[i].size;
            return take(cursor, "'");
        }
    }
    return false;
}

static bool take_order(struct cursor *cursor, struct npy *npy)
{
    (void)npy;
    return take(cursor, "False");
}

static bool take_number(struct cursor *cursor, int *number)
{
    skip_spaces(cursor);
    char *end = NULL;
    if (*cursor->at < '0' || *cursor->at > '9')
        return false;
    const long value = strtol(cursor->at, &end, 10); /* LONG_MAX when it does not fit */
    cursor->at = end;
    *number = (int)value;
    return value <= INT_MAX;
}

static bool take_shape(struct cursor *cursor, struct npy *npy)
{
    if (!take(cursor, "("))
        return false;
    bool more = true;
    while (!take(cursor, ")")) {
        if (!more || npy->rank == FIG_ARRAY_RANK || !take_number(cursor, &npy->dim[npy->rank]))
            return false;
        npy->rank++;
        more = take(cursor, ",");
    }
    return npy->rank > 0;
}

static const struct {
    const char *key, *expected;
    bool (*take)(struct cursor *cursor, struct npy *npy);
} keys[] = {
    { "'descr'", "'<f4', '<f8', '|u1', '<i4' or '<i8'", take_type },
    { "'fortran_order'", "False", take_order },
    { "'shape'", "1 to 4 whole numbers in parentheses", take_shape },
};

/* One key with its value; `seen` has a bit for each row of the table. */
static enum fig_status parse_key(struct cursor *cursor, struct npy *npy, unsigned *seen,
                                 const char *path)
{
    for (size_t i = 0; i < LENGTH(keys); i++) {
        if ((*seen >> i & 1) || !take(cursor, keys[i].key))
            continue;
        *seen |= 1u << i;
        if (take(cursor, ":") && keys[i].take(cursor, npy))
            return FIG_OK;
        return fail(FIG_FORMAT, "%s: .npy: %s must be %s", path, keys[i].key, keys[i].expected);
    }
    return fail(FIG_FORMAT, "%s: .npy: the header must have 'descr', 'fortran_order' and 'shape'"
                            " once each; at `%.20s`", path, cursor->at);
}

static enum fig_status parse_dict(struct npy *npy, const char *path, const char *text)
{
    struct cursor cursor = { text };
    unsigned seen = 0;
    bool more = take(&cursor, "{");
    while (more && !take(&cursor, "}")) {
        TRY(parse_key(&cursor, npy, &seen, path));
        more = take(&cursor, ",") || *cursor.at == '}';
    }
    skip_spaces(&cursor);
    if (!more || *cursor.at || seen != (1u << LENGTH(keys)) - 1)
        return fail(FIG_FORMAT, "%s: .npy: the header is not a dict of 'descr', 'fortran_order' and"
                                " 'shape'", path);
    return FIG_OK;
}

/* A number of `count` bytes, lowest first. */
static size_t little_endian(const char *bytes, size_t count)
{
    size_t value = 0;
    while (count--)
        value = value << 8 | (unsigned char)bytes[count];
    return value;
}

static enum fig_status check_size(const struct npy *npy, const char *path, size_t *length)
{
    size_t bytes = 0;
    bool fits = true;
    *length = 1;
    for (int i = 0; fits && i < npy->rank; i++)
        fits = npy->dim[i] >= 1 && size_mul(*length, (size_t)npy->dim[i], length);
    if (!fits || !size_mul(*length, npy->item, &bytes))
        return fail(FIG_FORMAT, "%s: .npy: its dimensions must be 1 or more, and fit in memory",
                    path);
    if (bytes != npy->size)
        return fail(FIG_FORMAT, "%s: .npy: its header promises %zu bytes of numbers; there are %zu",
                    path, bytes, npy->size);
    return FIG_OK;
}

enum fig_status npy_parse(struct npy *npy, const char *path, const char *bytes, size_t size,
                          size_t *length)
{
    char text[HEADER_LIMIT + 1];
    if (size < MAGIC + 2 || memcmp(bytes, magic, MAGIC) != 0)
        return fail(FIG_FORMAT, "%s: not a .npy file: it does not begin with NumPy's magic", path);
    const int version = bytes[MAGIC];
    if (version < 1 || version > 3)
        return fail(FIG_FORMAT, "%s: .npy version %d; versions 1 to 3 are read", path, version);
    const size_t field = version == 1 ? 2 : 4, prefix = MAGIC + 2 + field;
    const size_t header = size < prefix ? 0 : little_endian(bytes + MAGIC + 2, field);
    if (size < prefix || header > size - prefix || header > HEADER_LIMIT)
        return fail(FIG_FORMAT, "%s: .npy: a header of %zu bytes in a file of %zu; at most %d are"
                                " read", path, header, size, HEADER_LIMIT);
    memcpy(text, bytes + prefix, header);
    text[header] = '\0';
    *npy = (struct npy){ .numbers = bytes + prefix + header, .size = size - prefix - header };
    TRY(parse_dict(npy, path, text));
    return check_size(npy, path, length);
}

double npy_number(const struct npy *npy, size_t index)
{
    union {
        float f4;
        double f8;
        uint8_t u1;
        int32_t i4;
        int64_t i8;
    } number;
    memcpy(&number, npy->numbers + index * npy->item, npy->item);
    switch (npy->type) {
    case NPY_FLOAT: return (double)number.f4;
    case NPY_DOUBLE: return number.f8;
    case NPY_BYTE: return number.u1;
    case NPY_INT: return number.i4;
    case NPY_LONG: return (double)number.i8;
    }
    return 0;
}
