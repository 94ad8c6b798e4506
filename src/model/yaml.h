/* SPDX-License-Identifier: MIT */
/* Configurations: YAML as a tree of nodes that know where they were written.
 *
 * A document is read, changed by `--set` assignments, asked for its values, and written back:
 *
 *     struct document doc;
 *     const struct yaml *node;
 *     static const char *const keys[] = { "loss", "optimizer", NULL };
 *     static const char *const losses[] = { "mse", "bce", NULL };
 *     double rate = 1e-3;  // the default
 *     int loss;
 *
 *     TRY(document_read(&doc, "model.yaml"));
 *     TRY(document_set(&doc, "optimizer.rate=0.002"));
 *     TRY(yaml_known(doc.root, keys));
 *     TRY(yaml_require(doc.root, "loss", &node));
 *     TRY(yaml_choice(node, losses, &loss));
 *     node = yaml_find(doc.root, "optimizer");  // NULL when there is none: the defaults
 *     TRY(yaml_number(yaml_find(node, "rate"), &(struct yaml_range){ .high = 1, .above = true },
 *                     &rate));
 *
 * Types are those that the caller asks for: `yes` is text for yaml_string and true for yaml_bool,
 * and quotes do no more than keep characters.  An error is FIG_FORMAT, and its message
 *
 *     model.yaml:7: optimizer.rate: expected a number in (0, 1], found 'fast'
 *     --set optimizer.rate=fast: optimizer.rate: expected a number in (0, 1], found 'fast'
 *
 * Of YAML we read one document of maps with scalar keys, lists and scalars.  Refused: aliases,
 * anchors, tags, keys that come twice in a map, a NUL in a scalar, what is no UTF-8, and what is
 * above a limit. */
#ifndef MODEL_YAML_H
#define MODEL_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <figment/status.h>

#include "base/log.h"
#include "base/text.h"

enum {
    YAML_SIZE_LIMIT = 1 << 20, /* bytes of a document */
    YAML_NODE_LIMIT = 10000,   /* nodes in all */
    YAML_DEPTH_LIMIT = 32,     /* nodes from the root to a leaf */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    const char *file;          /* its name, for messages; "--set KEY=VALUE" for an assignment's */
    int line;                  /* from 1, of the key in a map; 0 for an assignment's */
    const char *key;           /* in a map; NULL in a list and at the root */
    const char *text;          /* of a scalar, UTF-8, never NULL there */
    bool quoted;               /* a scalar in quotes or a block: "" where `key:` is nothing */
    const struct yaml *parent; /* NULL at the root */
    struct yaml *first, *next; /* the first child, and the next child of the parent */
    int count;                 /* of the children */
};

struct document {
    struct yaml *root;    /* an empty map when the file is empty */
    struct block *blocks; /* all memory of the nodes */
};

/* From memory, and from a file.  `name` is for messages and is copied.  After a failure there is
 * nothing to free. */
enum fig_status document_parse(struct document *out, const char *name, const char *text,
                               size_t size);
enum fig_status document_read(struct document *out, const char *path);
void document_free(struct document *doc); /* twice is harmless */

/* What `--set KEY=VALUE` does.  KEY is a path: names of keys, and from 0 on the index in a list,
 * with dots between them.  VALUE is YAML: a scalar, or `[a, b]`.  What is there is replaced; what
 * is missing in a map is added, with the maps above it.  After a failure nothing has changed.
 *
 * `name` says of what kind a map below the root is, and with it what its other keys mean: where it
 * changes, those that a file has are left out, and those that were assigned stay. */
enum fig_status document_set(struct document *doc, const char *assignment);

/* The same for a program: `text` is a scalar as it is, with nothing special in it. */
enum fig_status document_put(struct document *doc, const char *path, const char *text);

/* As YAML that document_parse makes the same tree of. */
enum fig_status document_write(const struct document *doc, struct text *out);

/* The value of a key; NULL when the map has none, or is NULL itself. */
const struct yaml *yaml_find(const struct yaml *map, const char *key);

/* The same, but a missing key is an error. */
enum fig_status yaml_require(const struct yaml *map, const char *key, const struct yaml **out);

/* The map has no other keys than these (the last name is NULL).  The first that is unknown is
 * refused with the nearest of the names and all of them.  No map at all is refused too. */
enum fig_status yaml_known(const struct yaml *map, const char *const *names);

/* A node as a value.  When `node` is NULL the key was missing: *out keeps the default that
 * it holds.  Strings live as long as the document. */
enum fig_status yaml_string(const struct yaml *node, const char **out);
enum fig_status yaml_bool(const struct yaml *node, bool *out); /* true yes on, false no off */
enum fig_status yaml_int(const struct yaml *node, int low, int high, int *out); /* both included */
enum fig_status yaml_uint64(const struct yaml *node, uint64_t *out); /* for seeds: any of them */

/* The index of the node's text in `names`, whose last is NULL. */
enum fig_status yaml_choice(const struct yaml *node, const char *const *names, int *out);

/* A finite number, as 0.5, 3 or 1e-7, from low to high, both included unless told otherwise. */
struct yaml_range {
    double low, high;  /* may be infinite */
    bool above, below; /* without `low`, without `high` */
};
enum fig_status yaml_number(const struct yaml *node, const struct yaml_range *range, double *out);

/* The node is of this kind.  For lists:
 *     TRY(yaml_expect(list, YAML_LIST));
 *     for (const struct yaml *item = list->first; item; item = item->next)
 *         TRY(yaml_int(item, 1, 65536, &size));                                       */
enum fig_status yaml_expect(const struct yaml *node, enum yaml_kind kind);

/* What an error about a node has in front: "model.yaml:7: optimizer.rate: ". */
void yaml_place(struct text *text, const struct yaml *node);

/* The caller's own error about a node, with its place in front; returns FIG_FORMAT.  And a
 * warning. */
enum fig_status yaml_fail(const struct yaml *node, const char *format, ...) PRINTF_LIKE(2, 3);
void yaml_warn(const struct yaml *node, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
