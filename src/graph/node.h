/* SPDX-License-Identifier: MIT */
/* What graphs are made of, for the files of src/graph/ and src/nn/. */
#ifndef GRAPH_NODE_H
#define GRAPH_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <figment/graph.h>
#include <figment/optimizer.h>

#include "base/log.h"
#include "cl/params.h"
#include "device/row.h"

enum op {
#define OP(name) OP_##name,
#include "graph/ops.h"
#undef OP
    OP_COUNT
};

/* How a parameter's values lie in files, as PyTorch has them, against how they lie in memory: the
 * file's are seen as `view`, and dimension k of the memory is dimension axis[k] of that.  A rank of
 * 0 means no difference. */
struct layout {
    struct fig_shape file, view;
    int axis[FIG_RANK];
};

struct fig_node {
    struct fig_graph *graph;
    int id; /* place in graph->nodes; operands have smaller ones */
    enum op op;
    struct fig_shape shape;
    const char *name; /* of inputs, parameters and updates; else the operation's */
    int ins;
    struct fig_node **in;

    /* What one operation needs beyond its operands. */
    enum row row;                     /* unary, binary */
    float p, q;                       /* unary: the row's constants */
    double value;                     /* constant, state */
    const double *values;             /* values */
    enum kernel kernel;               /* random: uniform or normal */
    uint32_t stream;                  /* random */
    struct fig_init init;             /* param */
    int order;                        /* param: k-th in order of creation */
    struct layout layout;             /* param */
    unsigned flags;                   /* matmul */
    struct conv conv;                 /* conv, conv_input, conv_weight */
    int axis, begin;                  /* concat, slice */
    struct fig_optimizer optimizer;   /* update */
};

struct fig_graph {
    struct fig_node **nodes;
    int count, room;
    int params;
    enum fig_status status;
    char error[512];
    struct block *blocks; /* memory of nodes, names and operand lists */
};

/* A node with room for `ins` operands, filled in from `in`; NULL (and the graph's error is set)
 * when an operand is NULL, the shape cannot be or memory runs out. */
struct fig_node *node_create(struct fig_graph *graph, enum op op, struct fig_shape shape, int ins,
                             struct fig_node *const *in);
struct fig_node *node_unary(struct fig_node *x, enum row row, double p, double q);
/* conv(x, weight), conv_input(y, weight) or conv_weight(y, x). */
struct fig_node *node_conv(enum op op, struct fig_node *a, struct fig_node *b,
                           const struct conv *conv);

/* Whether there can be such a tensor (kernels index with 32 bits, so it has fewer than 2^31
 * elements); if not, the graph's error says so of `what`. */
bool graph_check_shape(struct fig_graph *graph, const char *what, struct fig_shape shape);
/* Remember the graph's first error; always NULL. */
struct fig_node *graph_fail(struct fig_graph *graph, enum fig_status status, const char *format,
                            ...) PRINTF_LIKE(3, 4);
/* Memory that lives as long as the graph; NULL sets the graph's error. */
void *graph_alloc(struct fig_graph *graph, size_t size);
const char *graph_copy_text(struct fig_graph *graph, const char *text);

/* A parameter whose file has another layout. */
struct fig_node *node_param(struct fig_graph *graph, const char *name, struct fig_shape shape,
                            struct fig_init init, const struct layout *layout);
/* A product of two operands: what a chain can follow. */
bool is_product(const struct fig_node *node);
/* Updates and assignments: they have no value, and run after everything else of a plan. */
bool changes_store(const struct fig_node *node);

const char *op_name(enum op op);
const char *row_name(enum row row);

size_t shape_length(struct fig_shape shape);
int shape_cols(struct fig_shape shape); /* the last dimension */
int shape_rows(struct fig_shape shape);
bool shape_equal(struct fig_shape a, struct fig_shape b);
/* Where element i of the memory lies in the file. */
size_t layout_index(const struct layout *layout, size_t i);
enum { SHAPE_TEXT = 64 };
/* "[64,784]" into `text`, which it returns. */
const char *shape_text(struct fig_shape shape, char text[SHAPE_TEXT]);

/* The node whose memory this one shares: reshapes and detached nodes are other names of their
 * operand. */
struct fig_node *node_root(struct fig_node *node);

/* How element i of a broadcast reads its operand: [i / inner % count]. */
struct map {
    unsigned inner, count;
};
bool broadcast_map(struct fig_shape from, struct fig_shape to, struct map *map);

#endif
