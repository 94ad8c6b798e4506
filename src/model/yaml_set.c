/* SPDX-License-Identifier: MIT */
/* Changing a document: a value is put at a path. */
#include "model/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "model/yaml_tree.h"

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
        TRY(tree_node(doc, YAML_MAP, (*value)->file, 0, &map));
        replace(&(struct place){ .link = &map->first, .parent = map }, parts[i], *value);
        *value = map;
    }
    return FIG_OK;
}

/* Of a map that gets another `name`, what a file says beside the old one. */
static void forget_written(struct yaml *map)
{
    for (struct yaml **link = &map->first; *link;) {
        if ((*link)->line == 0) {
            link = &(*link)->next;
            continue;
        }
        *link = (*link)->next;
        map->count--;
    }
}

static bool is_other_kind(const struct place *place, const char *key, const struct yaml *value)
{
    const struct yaml *old = *place->link;
    return old && place->parent->parent && strcmp(key, "name") == 0 && old->text && value->text &&
           strcmp(old->text, value->text) != 0;
}

static enum fig_status put(struct document *doc, const char *name, const char *const *parts,
                           int count, struct yaml *value)
{
    struct place place = { .name = name, .link = &doc->root };
    int used = 0;
    while (used < count && *place.link)
        TRY(enter(&place, parts[used++]));
    TRY(wrap(doc, parts + used, count - used, &value));
    const bool other_kind = is_other_kind(&place, parts[used - 1], value);
    replace(&place, parts[used - 1], value);
    if (other_kind)
        forget_written(place.parent);
    return FIG_OK;
}

/* The path's names; it ends with the text or at an equals sign. */
static enum fig_status split(struct document *doc, const char *name, const char *path,
                             const char *parts[YAML_DEPTH_LIMIT], int *count)
{
    size_t length;
    *count = 0;
    do {
        length = strcspn(path, ".=");
        if (length == 0)
            return fail(FIG_FORMAT, "%s: a name in the path is empty", name);
        if (*count == YAML_DEPTH_LIMIT - 1)
            return fail(FIG_FORMAT, "%s: the path has more than %d names", name,
                        YAML_DEPTH_LIMIT - 1);
        TRY(tree_string(doc, path, length, &parts[(*count)++]));
        path += length + 1;
    } while (path[-1] == '.');
    return FIG_OK;
}

static enum fig_status assign(struct document *doc, const char *name, const char *assignment)
{
    const char *parts[YAML_DEPTH_LIMIT], *equals = strchr(assignment, '=');
    struct source source = { .file = name };
    struct yaml *value = NULL;
    int count;

    if (!equals)
        return fail(FIG_FORMAT, "%s: expected KEY=VALUE", name);
    TRY(split(doc, name, assignment, parts, &count));
    source.text = equals + 1;
    source.size = strlen(source.text);
    source.depth = count + 1;
    TRY(tree_parse(doc, &source, &value));
    if (!value) {
        TRY(tree_node(doc, YAML_SCALAR, name, 0, &value));
        value->text = "";
    }
    return put(doc, name, parts, count, value);
}

enum fig_status document_set(struct document *doc, const char *assignment)
{
    struct text name = { 0 };
    const char *kept = NULL;
    text_add(&name, "--set %s", assignment);
    if (name.failed)
        return fail(FIG_NOMEM, "no memory for --set");
    const enum fig_status status = tree_string(doc, name.chars, name.length, &kept);
    text_free(&name);
    return status ? status : assign(doc, kept, assignment);
}

enum fig_status document_put(struct document *doc, const char *path, const char *text)
{
    const char *parts[YAML_DEPTH_LIMIT], *name = NULL;
    struct yaml *value = NULL;
    int count;
    TRY(tree_string(doc, path, strlen(path), &name));
    TRY(split(doc, name, path, parts, &count));
    TRY(tree_node(doc, YAML_SCALAR, name, 0, &value));
    TRY(tree_string(doc, text, strlen(text), &value->text));
    return put(doc, name, parts, count, value);
}
