/* SPDX-License-Identifier: MIT */
#include "model/yaml.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/file.h"
#include "model/yaml_tree.h"

struct block {
    struct block *next;
    max_align_t bytes[];
};

static void *allocate(struct document *doc, size_t size)
{
    struct block *block = calloc(1, sizeof(*block) + size);
    if (!block)
        return NULL;
    block->next = doc->blocks;
    doc->blocks = block;
    return block->bytes;
}

enum fig_status tree_string(struct document *doc, const void *chars, size_t length,
                            const char **out)
{
    char *copy = allocate(doc, length + 1);
    if (!copy)
        return fail(FIG_NOMEM, "no memory for %zu bytes of YAML", length);
    memcpy(copy, chars, length);
    *out = copy;
    return FIG_OK;
}

enum fig_status tree_node(struct document *doc, enum yaml_kind kind, const char *file, int line,
                          struct yaml **out)
{
    struct yaml *node = allocate(doc, sizeof(*node));
    if (!node)
        return fail(FIG_NOMEM, "%s: no memory for its nodes", file);
    *node = (struct yaml){ .kind = kind, .file = file, .line = line };
    *out = node;
    return FIG_OK;
}

void document_free(struct document *doc)
{
    for (struct block *block = doc->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *doc = (struct document){ 0 };
}

/* Reading: the parser's events become nodes. */

struct reader {
    struct document *doc;
    const struct source *source;
    int nodes;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
};

static enum fig_status refuse(const struct reader *in, int line, const char *why)
{
    if (in->source->lines)
        return fail(FIG_FORMAT, "%s:%d: %s", in->source->file, line, why);
    return fail(FIG_FORMAT, "%s: %s", in->source->file, why);
}

static enum fig_status refuse_event(const struct reader *in, const char *why)
{
    return refuse(in, (int)in->event.start_mark.line + 1, why);
}

/* The parser knows the byte, but not the line, of what is no UTF-8. */
static int problem_line(const struct reader *in)
{
    int line = 1;
    if (in->parser.error != YAML_READER_ERROR)
        return (int)in->parser.problem_mark.line + 1;
    for (size_t i = 0; i < in->source->size && i < in->parser.problem_offset; i++)
        line += in->source->text[i] == '\n';
    return line;
}

/* Go on to the next event. */
static enum fig_status next_event(struct reader *in)
{
    char why[256];
    yaml_event_delete(&in->event);
    if (yaml_parser_parse(&in->parser, &in->event))
        return FIG_OK;
    if (in->parser.error == YAML_MEMORY_ERROR)
        return fail(FIG_NOMEM, "%s: no memory to read it", in->source->file);
    snprintf(why, sizeof(why), "%s%s%s", in->parser.problem ? in->parser.problem : "no YAML",
             in->parser.context ? " " : "", in->parser.context ? in->parser.context : "");
    return refuse(in, problem_line(in), why);
}

static enum fig_status check_event(const struct reader *in)
{
    const yaml_event_t *event = &in->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return refuse_event(in, "aliases are not read: write the value again");
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return refuse_event(in, "anchors are not read");
    if (tag)
        return refuse_event(in, "tags are not read");
    return FIG_OK;
}

static enum fig_status read_text(struct reader *in, const char **out)
{
    const yaml_char_t *chars = in->event.data.scalar.value;
    const size_t length = in->event.data.scalar.length;
    if (memchr(chars, '\0', length))
        return refuse_event(in, "a NUL in a scalar");
    return tree_string(in->doc, chars, length, out);
}

/* The key of an entry, and its line. */
static enum fig_status read_key(struct reader *in, const struct yaml *map, const char **key,
                                int *line)
{
    char why[128];
    TRY(check_event(in));
    if (in->event.type != YAML_SCALAR_EVENT)
        return refuse_event(in, "a key must be a scalar");
    TRY(read_text(in, key));
    const struct yaml *other = yaml_find(map, *key);
    if (other) {
        snprintf(why, sizeof(why), "the key '%.60s' comes twice; first in line %d", *key,
                 other->line);
        return refuse_event(in, why);
    }
    *line = in->source->lines ? (int)in->event.start_mark.line + 1 : 0;
    return next_event(in);
}

static enum fig_status read_node(struct reader *in, int depth, struct yaml **out);

static enum fig_status read_children(struct reader *in, struct yaml *parent, int depth)
{
    struct yaml **link = &parent->first;
    TRY(next_event(in));
    while (in->event.type != YAML_SEQUENCE_END_EVENT && in->event.type != YAML_MAPPING_END_EVENT) {
        const char *key = NULL;
        int line = 0;
        if (parent->kind == YAML_MAP)
            TRY(read_key(in, parent, &key, &line));
        TRY(read_node(in, depth + 1, link));
        struct yaml *child = *link;
        child->parent = parent;
        child->key = key;
        if (key)
            child->line = line;
        parent->count++;
        link = &child->next;
        TRY(next_event(in));
    }
    return FIG_OK;
}

/* The node that starts with the current event; ends at its last event. */
static enum fig_status read_node(struct reader *in, int depth, struct yaml **out)
{
    const yaml_event_type_t type = in->event.type;
    const enum yaml_kind kind = type == YAML_SCALAR_EVENT           ? YAML_SCALAR
                                : type == YAML_SEQUENCE_START_EVENT ? YAML_LIST
                                                                    : YAML_MAP;
    const int line = in->source->lines ? (int)in->event.start_mark.line + 1 : 0;

    TRY(check_event(in));
    if (depth > YAML_DEPTH_LIMIT)
        return refuse_event(in, "nested too deeply");
    if (++in->nodes > YAML_NODE_LIMIT)
        return refuse_event(in, "too many values");
    TRY(tree_node(in->doc, kind, in->source->file, line, out));
    if (kind != YAML_SCALAR)
        return read_children(in, *out, depth);
    (*out)->quoted = in->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return read_text(in, &(*out)->text);
}

static enum fig_status read_stream(struct reader *in, struct yaml **out)
{
    TRY(next_event(in)); /* start of the stream */
    TRY(next_event(in));
    if (in->event.type == YAML_STREAM_END_EVENT)
        return FIG_OK;
    TRY(next_event(in)); /* start of the document */
    TRY(read_node(in, in->source->depth, out));
    TRY(next_event(in)); /* its end */
    TRY(next_event(in));
    if (in->event.type != YAML_STREAM_END_EVENT)
        return refuse_event(in, "a second document; one is read");
    return FIG_OK;
}

/* Each %TAG is compared with all before it, so a megabyte of them would take a minute. */
static bool has_tag_directives(const struct source *source)
{
    const char *const end = source->text + source->size;
    for (const char *c = source->text; (c = memchr(c, '%', (size_t)(end - c))); c++) {
        if (end - c >= 4 && memcmp(c, "%TAG", 4) == 0)
            return true;
    }
    return false;
}

enum fig_status tree_parse(struct document *doc, const struct source *source, struct yaml **out)
{
    struct reader in = { .doc = doc, .source = source };
    if (source->size > YAML_SIZE_LIMIT)
        return fail(FIG_FORMAT, "%s: %zu bytes; at most %d are read", source->file, source->size,
                    YAML_SIZE_LIMIT);
    if (has_tag_directives(source))
        return fail(FIG_FORMAT, "%s: %%TAG is not read", source->file);
    if (!yaml_parser_initialize(&in.parser))
        return fail(FIG_NOMEM, "%s: no memory to read it", source->file);
    yaml_parser_set_encoding(&in.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&in.parser, (const unsigned char *)source->text, source->size);
    const enum fig_status status = read_stream(&in, out);
    yaml_event_delete(&in.event);
    yaml_parser_delete(&in.parser);
    return status;
}

static enum fig_status parse(struct document *doc, const char *name, const char *text, size_t size)
{
    struct source source = { .lines = true, .depth = 1, .text = text, .size = size };
    TRY(tree_string(doc, name, strlen(name), &source.file));
    TRY(tree_parse(doc, &source, &doc->root));
    if (!doc->root)
        return tree_node(doc, YAML_MAP, source.file, 1, &doc->root);
    return FIG_OK;
}

enum fig_status document_parse(struct document *out, const char *name, const char *text,
                               size_t size)
{
    *out = (struct document){ 0 };
    const enum fig_status status = parse(out, name, text, size);
    if (status)
        document_free(out);
    return status;
}

enum fig_status document_read(struct document *out, const char *path)
{
    void *bytes;
    size_t size;
    *out = (struct document){ 0 };
    TRY(file_read(path, YAML_SIZE_LIMIT, &bytes, &size));
    const enum fig_status status = document_parse(out, path, bytes, size);
    free(bytes);
    return status;
}
