/* SPDX-License-Identifier: MIT */
#include "run/safetensors.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "run/safetensors_format.h"

const struct safe_type safe_types[SAFE_TYPES] = {
    [SAFE_F32] = { "F32", 4 }, [SAFE_F64] = { "F64", 8 }, [SAFE_I32] = { "I32", 4 },
    [SAFE_I64] = { "I64", 8 }, [SAFE_U8] = { "U8", 1 },
};

bool safe_size(const struct safe_tensor *tensor, size_t *size)
{
    *size = safe_types[tensor->dtype].size;
    for (int i = 0; i < tensor->rank; i++) {
        if (!size_mul(*size, tensor->dims[i], size))
            return false;
    }
    return true;
}

void safe_swap(unsigned char *bytes, size_t size, size_t unit)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < size; i += unit) {
        for (size_t low = i, high = i + unit - 1; low < high; low++, high--) {
            const unsigned char byte = bytes[low];
            bytes[low] = bytes[high];
            bytes[high] = byte;
        }
    }
#else
    (void)bytes, (void)size, (void)unit;
#endif
}

struct reading {
    const char *name; /* of the file */
    struct safe_tensor *tensors;
    struct safe_pair *metadata;
    int count, pairs;
    unsigned char *data;
    size_t size; /* bytes at `data` */
};

/* A whole number in [0, 2^53): what a double, which cJSON makes of it, holds exactly. */
static bool read_size(const cJSON *item, size_t *out)
{
    if (!cJSON_IsNumber(item))
        return false;
    const double value = item->valuedouble;
    if (!(value >= 0 && value < 9007199254740992.0 && value < (double)SIZE_MAX))
        return false;
    *out = (size_t)value;
    return (double)*out == value;
}

static enum fig_status read_dtype(struct safe_tensor *tensor, const struct reading *in,
                                  const cJSON *item)
{
    if (!cJSON_IsString(item))
        return fail(FIG_FORMAT, "%s: tensor '%s': dtype is not a string", in->name, tensor->name);
    for (int i = 0; i < SAFE_TYPES; i++) {
        if (strcmp(item->valuestring, safe_types[i].name) == 0) {
            tensor->dtype = (enum safe_dtype)i;
            return FIG_OK;
        }
    }
    return fail(FIG_FORMAT, "%s: tensor '%s': dtype '%s' is unknown", in->name, tensor->name,
                item->valuestring);
}

static enum fig_status read_shape(struct safe_tensor *tensor, const struct reading *in,
                                  const cJSON *shape)
{
    const cJSON *item;
    if (!cJSON_IsArray(shape))
        return fail(FIG_FORMAT, "%s: tensor '%s': shape is not a list", in->name, tensor->name);
    cJSON_ArrayForEach(item, shape)
    {
        if (tensor->rank == SAFE_RANK)
            return fail(FIG_FORMAT, "%s: tensor '%s': more than %d dimensions", in->name,
                        tensor->name, SAFE_RANK);
        if (!read_size(item, &tensor->dims[tensor->rank]))
            return fail(FIG_FORMAT, "%s: tensor '%s': shape[%d] is not a whole number in [0, 2^53)",
                        in->name, tensor->name, tensor->rank);
        tensor->rank++;
    }
    return FIG_OK;
}

static enum fig_status read_offsets(struct safe_tensor *tensor, const struct reading *in,
                                    const cJSON *offsets)
{
    size_t begin, end, size;
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !read_size(offsets->child, &begin) || !read_size(offsets->child->next, &end))
        return fail(FIG_FORMAT,
                    "%s: tensor '%s': data_offsets are not two whole numbers in "
                    "[0, 2^53)",
                    in->name, tensor->name);
    if (begin > end || end > in->size)
        return fail(FIG_FORMAT, "%s: tensor '%s': data_offsets [%zu,%zu] in %zu bytes of data",
                    in->name, tensor->name, begin, end, in->size);
    if (!safe_size(tensor, &size))
        return fail(FIG_FORMAT, "%s: tensor '%s': the product of its shape overflows", in->name,
                    tensor->name);
    if (size != end - begin)
        return fail(FIG_FORMAT,
                    "%s: tensor '%s': %zu bytes by its shape, %zu by data_offsets "
                    "[%zu,%zu]",
                    in->name, tensor->name, size, end - begin, begin, end);
    tensor->data = in->data + begin;
    tensor->size = size;
    return FIG_OK;
}

static enum fig_status read_tensor(struct reading *in, const cJSON *item)
{
    struct safe_tensor *tensor = &in->tensors[in->count++];
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");

    *tensor = (struct safe_tensor){ .name = item->string };
    if (!cJSON_IsObject(item) || cJSON_GetArraySize(item) != 3 || !dtype || !shape || !offsets)
        return fail(FIG_FORMAT, "%s: tensor '%s': not {\"dtype\", \"shape\", \"data_offsets\"}",
                    in->name, tensor->name);
    TRY(read_dtype(tensor, in, dtype));
    TRY(read_shape(tensor, in, shape));
    return read_offsets(tensor, in, offsets);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No key of the object may come twice. */
static enum fig_status check_names(const struct reading *in, const cJSON *object)
{
    const int count = cJSON_GetArraySize(object);
    const char **names = malloc(((size_t)count + 1) * sizeof(*names));
    const cJSON *item;
    int used = 0;
    enum fig_status status = FIG_OK;

    if (!names)
        return fail(FIG_NOMEM, "%s: no memory for %d names", in->name, count);
    cJSON_ArrayForEach(item, object)
    {
        names[used++] = item->string;
    }
    qsort(names, (size_t)used, sizeof(*names), compare_names);
    for (int i = 1; !status && i < used; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            status = fail(FIG_FORMAT, "%s: the name '%s' comes twice", in->name, names[i]);
    }
    free(names);
    return status;
}

static enum fig_status read_metadata(struct reading *in, const cJSON *object)
{
    const cJSON *item;
    if (!cJSON_IsObject(object))
        return fail(FIG_FORMAT, "%s: " SAFE_METADATA " is not an object", in->name);
    TRY(check_names(in, object));
    cJSON_ArrayForEach(item, object)
    {
        if (!cJSON_IsString(item))
            return fail(FIG_FORMAT, "%s: " SAFE_METADATA " '%s' is not a string", in->name,
                        item->string);
        in->metadata[in->pairs++] = (struct safe_pair){ item->string, item->valuestring };
    }
    return FIG_OK;
}

/* By the place of the data; the empty come before what starts at their place. */
static int compare_places(const void *a, const void *b)
{
    const struct safe_tensor *left = a, *right = b;
    const uintptr_t x = (uintptr_t)left->data, y = (uintptr_t)right->data;
    if (x != y)
        return x < y ? -1 : 1;
    return (left->size > 0) - (right->size > 0);
}

/* Sort by place; each tensor must start where the one before it ends, so each is swapped once. */
static enum fig_status place_tensors(struct reading *in)
{
    size_t end = 0;
    qsort(in->tensors, (size_t)in->count, sizeof(*in->tensors), compare_places);
    for (int i = 0; i < in->count; i++) {
        const struct safe_tensor *tensor = &in->tensors[i];
        const size_t begin = (size_t)((const unsigned char *)tensor->data - in->data);
        if (begin != end)
            return fail(FIG_FORMAT,
                        "%s: tensor '%s': begins at %zu, but %s: the one before it "
                        "ends at %zu",
                        in->name, tensor->name, begin,
                        begin < end ? "that is an overlap" : "that leaves a hole", end);
        safe_swap(in->data + begin, tensor->size, safe_types[tensor->dtype].size);
        end = begin + tensor->size;
    }
    if (end != in->size)
        return fail(FIG_FORMAT, "%s: %zu bytes of data, but the last tensor ends at %zu", in->name,
                    in->size, end);
    return FIG_OK;
}

static enum fig_status read_header(struct reading *in, const cJSON *header)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(header, SAFE_METADATA);
    const cJSON *item;

    in->tensors = calloc((size_t)cJSON_GetArraySize(header) + 1, sizeof(*in->tensors));
    in->metadata = calloc((size_t)cJSON_GetArraySize(metadata) + 1, sizeof(*in->metadata));
    if (!in->tensors || !in->metadata)
        return fail(FIG_NOMEM, "%s: no memory for %d tensors", in->name,
                    cJSON_GetArraySize(header));
    TRY(check_names(in, header));
    cJSON_ArrayForEach(item, header)
    {
        TRY(item == metadata ? read_metadata(in, item) : read_tensor(in, item));
    }
    return place_tensors(in);
}

/* The header's text, in the file, to JSON. */
static enum fig_status parse_header(cJSON **header, struct reading *in, void *bytes, size_t size)
{
    unsigned char *byte = bytes;
    const char *end = NULL;
    uint64_t length = 0;

    if (size < SAFE_LENGTH_BYTES)
        return fail(FIG_FORMAT, "%s: %zu bytes are no safetensors file", in->name, size);
    for (int i = 0; i < SAFE_LENGTH_BYTES; i++)
        length |= (uint64_t)byte[i] << (8 * i);
    if (length > SAFE_HEADER_LIMIT || length > size - SAFE_LENGTH_BYTES)
        return fail(FIG_FORMAT, "%s: a header of %llu bytes in a file of %zu; at most %d are read",
                    in->name, (unsigned long long)length, size, SAFE_HEADER_LIMIT);

    const char *text = (const char *)bytes + SAFE_LENGTH_BYTES;
    if (*text == '{')
        *header = cJSON_ParseWithLengthOpts(text, (size_t)length, &end, false);
    while (*header && end < text + length && *end == ' ')
        end++;
    if (!*header || end != text + length)
        return fail(FIG_FORMAT, "%s: the header is no JSON object, from byte %zu on", in->name,
                    (size_t)SAFE_LENGTH_BYTES + (end ? (size_t)(end - text) : 0));
    in->data = byte + SAFE_LENGTH_BYTES + length;
    in->size = size - SAFE_LENGTH_BYTES - (size_t)length;
    return FIG_OK;
}

enum fig_status safetensors_parse(struct safetensors *out, const char *name, void *bytes,
                                  size_t size)
{
    struct reading in = { .name = name };
    cJSON *header = NULL;
    enum fig_status status = parse_header(&header, &in, bytes, size);

    if (!status)
        status = read_header(&in, header);
    *out = (struct safetensors){ in.tensors, in.count, in.metadata, in.pairs, bytes, size,
                                  header };
    if (status)
        safetensors_close(out);
    return status;
}

enum fig_status safetensors_open(struct safetensors *out, const char *path)
{
    void *bytes;
    size_t size;
    TRY(file_read(path, SIZE_MAX - 1, &bytes, &size));
    return safetensors_parse(out, path, bytes, size);
}

void safetensors_close(struct safetensors *content)
{
    free(content->tensors);
    free(content->metadata);
    free(content->bytes);
    cJSON_Delete(content->header);
    *content = (struct safetensors){ 0 };
}

const struct safe_tensor *safetensors_find(const struct safetensors *content, const char *name)
{
    for (int i = 0; i < content->count; i++) {
        if (strcmp(content->tensors[i].name, name) == 0)
            return &content->tensors[i];
    }
    return NULL;
}

const char *safetensors_metadata(const struct safetensors *content, const char *key)
{
    for (int i = 0; i < content->pairs; i++) {
        if (strcmp(content->metadata[i].key, key) == 0)
            return content->metadata[i].value;
    }
    return NULL;
}
