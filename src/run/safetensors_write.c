/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "base/text.h"
#include "run/safetensors.h"
#include "run/safetensors_format.h"

enum { ALIGNMENT = 8, CHUNK = 4096 };

static void add_string(struct text *text, const char *string)
{
    text_add_bytes(text, "\"", 1);
    for (const char *c = string; *c; c++) {
        if (*c == '"' || *c == '\\')
            text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            text_add(text, "\\u%04x", (unsigned)*c);
        else
            text_add_bytes(text, c, 1);
    }
    text_add_bytes(text, "\"", 1);
}

static void add_metadata(struct text *text, const struct safetensors *content)
{
    text_add(text, "\"" SAFE_METADATA "\":{");
    for (int i = 0; i < content->pairs; i++) {
        text_add(text, i ? "," : "");
        add_string(text, content->metadata[i].key);
        text_add(text, ":");
        add_string(text, content->metadata[i].value);
    }
    text_add(text, "}");
}

static void add_tensor(struct text *text, const struct safe_tensor *tensor, size_t begin,
                       size_t end)
{
    add_string(text, tensor->name);
    text_add(text, ":{\"dtype\":\"%s\",\"shape\":[", safe_types[tensor->dtype].name);
    for (int i = 0; i < tensor->rank; i++)
        text_add(text, "%s%zu", i ? "," : "", tensor->dims[i]);
    text_add(text, "],\"data_offsets\":[%zu,%zu]}", begin, end);
}

/* The length and the header, padded. */
static enum fig_status build_header(struct text *text, const char *path,
                                    const struct safetensors *content)
{
    size_t begin = 0;
    text_add(text, "%*s{", SAFE_LENGTH_BYTES, "");
    if (content->pairs)
        add_metadata(text, content);
    for (int i = 0; i < content->count; i++) {
        const struct safe_tensor *tensor = &content->tensors[i];
        size_t size;
        assert(tensor->rank >= 0 && tensor->rank <= SAFE_RANK);
        if (!safe_size(tensor, &size) || !size_add(begin, size, &size))
            return fail(FIG_INVALID, "%s: tensor '%s': too large", path, tensor->name);
        text_add(text, i || content->pairs ? "," : "");
        add_tensor(text, tensor, begin, size);
        begin = size;
    }
    text_add(text, "}");
    text_add(text, "%*s", (int)(round_up(text->length, ALIGNMENT) - text->length), "");
    if (text->failed)
        return fail(FIG_NOMEM, "%s: no memory for the header", path);
    for (int i = 0; i < SAFE_LENGTH_BYTES; i++)
        text->chars[i] = (char)((uint64_t)(text->length - SAFE_LENGTH_BYTES) >> (8 * i) & 0xff);
    return FIG_OK;
}

static enum fig_status write_data(struct writer *writer, const struct safe_tensor *tensor)
{
    unsigned char chunk[CHUNK];
    size_t size;
    safe_size(tensor, &size);
    for (size_t done = 0; done < size; done += CHUNK) {
        const size_t part = size - done < CHUNK ? size - done : CHUNK;
        memcpy(chunk, (const char *)tensor->data + done, part);
        safe_swap(chunk, part, safe_types[tensor->dtype].size);
        TRY(writer_add(writer, chunk, part));
    }
    return FIG_OK;
}

enum fig_status safetensors_write(const char *path, const struct safetensors *content)
{
    struct writer writer = { 0 };
    struct text header = { 0 };
    enum fig_status status = build_header(&header, path, content);

    if (!status)
        status = writer_open(&writer, path);
    if (!status)
        status = writer_add(&writer, header.chars, header.length);
    for (int i = 0; !status && i < content->count; i++)
        status = write_data(&writer, &content->tensors[i]);
    if (!status)
        status = writer_commit(&writer);
    writer_close(&writer);
    text_free(&header);
    return status;
}
