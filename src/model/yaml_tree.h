/* SPDX-License-Identifier: MIT */
/* How the nodes of a document are made: for reading it and for changing it. */
#ifndef MODEL_YAML_TREE_H
#define MODEL_YAML_TREE_H

#include "model/yaml.h"

/* Memory that lives as long as the document: a string, with its zero, and a node. */
enum fig_status tree_string(struct document *doc, const void *chars, size_t length,
                            const char **out);
enum fig_status tree_node(struct document *doc, enum yaml_kind kind, const char *file, int line,
                          struct yaml **out);

struct source {
    const char *file; /* for the nodes: lives as long as they */
    const char *text;
    size_t size; /* bytes of `text` */
    int depth;   /* of its root in the document, from 1 */
    bool lines;  /* false for assignments: their place has none */
};

/* A tree of the document, not yet in its place; *out stays as it is when the text is empty. */
enum fig_status tree_parse(struct document *doc, const struct source *source, struct yaml **out);

#endif
