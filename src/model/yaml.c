/* SPDX-License-Identifier: MIT */
#include "model/yaml.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/file.h"

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

static enum fig_status copy_string(struct document *doc, const void *chars, size_t length,
                                   const char **out)
{
    char *copy = allocate(doc, length + 1);
    if (!copy)
        return fail(FIG_NOMEM, "no memory for %zu bytes of YAML", length);
    memcpy(copy, chars, length);
    *out = copy;
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
    const char *file;
    bool lines; /* false for assignments: their place has no lines */
    int nodes;
    const char *bytes;
    size_t size;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
};

static enum fig_status refuse(const struct reader *in, int line, const char *why)
{
    if (in->lines)
        return fail(FIG_FORMAT, "%s:%d: %s", in->file, line, why);
    return fail(FIG_FORMAT, "%s: %s", in->file, why);
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
    for (size_t i = 0; i < in->size && i < in->parser.problem_offset; i++)
        line += in->bytes[i] == '\n';
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
        return fail(FIG_NOMEM, "%s: no memory to read it", in->file);
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

static enum fig_status new_node(struct document *doc, enum yaml_kind kind, const char *file,
                                int line, struct yaml **out)
{
    struct yaml *node = allocate(doc, sizeof(*node));
    if (!node)
        return fail(FIG_NOMEM, "%s: no memory for its nodes", file);
    *node = (struct yaml){ .kind = kind, .file = file, .line = line };
    *out = node;
    return FIG_OK;
}

static enum fig_status read_text(struct reader *in, const char **out)
{
    const yaml_char_t *chars = in->event.data.scalar.value;
    const size_t length = in->event.data.scalar.length;
    if (memchr(chars, '\0', length))
        return refuse_event(in, "a NUL in a scalar");
    return copy_string(in->doc, chars, length, out);
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
    *line = in->lines ? (int)in->event.start_mark.line + 1 : 0;
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
    const int line = in->lines ? (int)in->event.start_mark.line + 1 : 0;

    TRY(check_event(in));
    if (depth > YAML_DEPTH_LIMIT)
        return refuse_event(in, "nested too deeply");
    if (++in->nodes > YAML_NODE_LIMIT)
        return refuse_event(in, "too many values");
    TRY(new_node(in->doc, kind, in->file, line, out));
    if (kind != YAML_SCALAR)
        return read_children(in, *out, depth);
    (*out)->quoted = in->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return read_text(in, &(*out)->text);
}

/* *out stays as it is when the document is empty. */
static enum fig_status read_stream(struct reader *in, int depth, struct yaml **out)
{
    TRY(next_event(in)); /* start of the stream */
    TRY(next_event(in));
    if (in->event.type == YAML_STREAM_END_EVENT)
        return FIG_OK;
    TRY(next_event(in)); /* start of the document */
    TRY(read_node(in, depth, out));
    TRY(next_event(in)); /* its end */
    TRY(next_event(in));
    if (in->event.type != YAML_STREAM_END_EVENT)
        return refuse_event(in, "a second document; one is read");
    return FIG_OK;
}

static enum fig_status read_tree(struct reader *in, int depth, struct yaml **out)
{
    if (in->size > YAML_SIZE_LIMIT)
        return fail(FIG_FORMAT, "%s: %zu bytes; at most %d are read", in->file, in->size,
                    YAML_SIZE_LIMIT);
    if (!yaml_parser_initialize(&in->parser))
        return fail(FIG_NOMEM, "%s: no memory to read it", in->file);
    yaml_parser_set_input_string(&in->parser, (const unsigned char *)in->bytes, in->size);
    const enum fig_status status = read_stream(in, depth, out);
    yaml_event_delete(&in->event);
    yaml_parser_delete(&in->parser);
    return status;
}

static enum fig_status parse(struct document *doc, const char *name, const char *text, size_t size)
{
    struct reader in = { .doc = doc, .lines = true, .bytes = text, .size = size };
    TRY(copy_string(doc, name, strlen(name), &in.file));
    TRY(read_tree(&in, 1, &doc->root));
    if (!doc->root)
        return new_node(doc, YAML_MAP, in.file, 1, &doc->root);
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

/* Changing: a value is put at a path. */

/* Where a path leads: the link to the node, or the end of its parent's children. */
struct place {
    const char *name; /* of the assignment, for messages */
    struct yaml **link, *parent;
};

static enum fig_status find_index(struct place *place, const char *part)
{
    char *end;
    const unsigned long index = strtoul(part, &end, 10);
    if (*part < '0' || *part > '9' || *end || index >= (unsigned long)place->parent->count)
        return fail(FIG_FORMAT, "%s: '%s' is no index of a list of %d", place->name, part,
                    place->parent->count);
    for (unsigned long i = 0; i < index; i++)
        place->link = &(*place->link)->next;
    return FIG_OK;
}

/* From the place of a node to that of its child. */
static enum fig_status enter(struct place *place, const char *part)
{
    place->parent = *place->link;
    if (place->parent->kind == YAML_SCALAR)
        return fail(FIG_FORMAT, "%s: there is no '%s' in '%.60s': that is no map", place->name,
                    part, place->parent->text);
    place->link = &place->parent->first;
    if (place->parent->kind == YAML_LIST)
        return find_index(place, part);
    while (*place->link && strcmp((*place->link)->key, part) != 0)
        place->link = &(*place->link)->next;
    return FIG_OK;
}

/* Into the place goes `node` instead of what is there. */
static void replace(const struct place *place, const char *key, struct yaml *node)
{
    const struct yaml *old = *place->link;
    node->key = place->parent->kind == YAML_MAP ? key : NULL;
    node->parent = place->parent;
    node->next = old ? old->next : NULL;
    place->parent->count += !old;
    *place->link = node;
}

/* `value` in maps, one for each of the parts, which are new. */
static enum fig_status wrap(struct document *doc, const char *const *parts, int count,
                            struct yaml **value)
{
    for (int i = count - 1; i >= 0; i--) {
        struct yaml *map = NULL;
        TRY(new_node(doc, YAML_MAP, (*value)->file, 0, &map));
        replace(&(struct place){ .link = &map->first, .parent = map }, parts[i], *value);
        *value = map;
    }
    return FIG_OK;
}

static enum fig_status put(struct document *doc, const char *name, const char *const *parts,
                           int count, struct yaml *value)
{
    struct place place = { .name = name, .link = &doc->root };
    int used = 0;
    while (used < count && *place.link)
        TRY(enter(&place, parts[used++]));
    TRY(wrap(doc, parts + used, count - used, &value));
    replace(&place, parts[used - 1], value);
    return FIG_OK;
}

/* A copy of the path, cut at its dots. */
static enum fig_status split(struct document *doc, const char *name, const char *path,
                             size_t length, const char *parts[YAML_DEPTH_LIMIT], int *count)
{
    char *part = allocate(doc, length + 1);
    if (!part)
        return fail(FIG_NOMEM, "%s: no memory for it", name);
    memcpy(part, path, length);
    *count = 0;
    for (char *dot = part; dot; part = dot + 1) {
        dot = strchr(part, '.');
        if (dot)
            *dot = '\0';
        if (!*part)
            return fail(FIG_FORMAT, "%s: a name in the path is empty", name);
        if (*count == YAML_DEPTH_LIMIT - 1)
            return fail(FIG_FORMAT, "%s: the path has more than %d names", name,
                        YAML_DEPTH_LIMIT - 1);
        parts[(*count)++] = part;
        if (!dot)
            break;
    }
    return FIG_OK;
}

enum fig_status document_set(struct document *doc, const char *assignment)
{
    struct reader in = { .doc = doc };
    struct text name = { 0 };
    struct yaml *value = NULL;
    const char *parts[YAML_DEPTH_LIMIT];
    const char *equals = strchr(assignment, '=');
    int count;

    text_add(&name, "--set %s", assignment);
    if (name.failed)
        return fail(FIG_NOMEM, "no memory for --set");
    const enum fig_status copied = copy_string(doc, name.chars, name.length, &in.file);
    text_free(&name);
    TRY(copied);
    if (!equals)
        return fail(FIG_FORMAT, "%s: expected KEY=VALUE", in.file);
    TRY(split(doc, in.file, assignment, (size_t)(equals - assignment), parts, &count));
    in.bytes = equals + 1;
    in.size = strlen(in.bytes);
    TRY(read_tree(&in, count + 1, &value));
    if (!value) {
        TRY(new_node(doc, YAML_SCALAR, in.file, 0, &value));
        value->text = "";
    }
    return put(doc, in.file, parts, count, value);
}

enum fig_status document_put(struct document *doc, const char *path, const char *text)
{
    const char *parts[YAML_DEPTH_LIMIT], *name = NULL;
    struct yaml *value = NULL;
    int count;
    TRY(copy_string(doc, path, strlen(path), &name));
    TRY(split(doc, name, path, strlen(path), parts, &count));
    TRY(new_node(doc, YAML_SCALAR, name, 0, &value));
    TRY(copy_string(doc, text, strlen(text), &value->text));
    return put(doc, name, parts, count, value);
}
