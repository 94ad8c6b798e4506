/* SPDX-License-Identifier: MIT */
#include "graph/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/* Nodes are small and many, and all die with the graph: they are cut from blocks. */
struct block {
    struct block *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

enum { BLOCK_SIZE = 16384 };

static const char *const op_names[] = {
#define OP(name) #name,
#include "graph/ops.h"
#undef OP
};

static const char *const row_names[] = {
#define UNARY(name, value, of, d1, d2) #name, #name "_d1", #name "_d2",
#define BINARY(name, value, da, db)    #name,
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
};

const char *op_name(enum op op)
{
    return op_names[op];
}

const char *row_name(enum row row)
{
    return row_names[row];
}

enum fig_status fig_graph_create(struct fig_graph **out)
{
    REQUIRE(out);
    *out = calloc(1, sizeof(**out));
    return *out ? FIG_OK : fail(FIG_NOMEM, "no memory for a graph");
}

void fig_graph_destroy(struct fig_graph **graph)
{
    if (!*graph)
        return;
    for (struct block *block = (*graph)->blocks; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free((*graph)->nodes);
    free(*graph);
    *graph = NULL;
}

enum fig_status fig_graph_status(const struct fig_graph *graph)
{
    return graph->status;
}

const char *fig_graph_error(const struct fig_graph *graph)
{
    return graph->error;
}

struct fig_shape fig_node_shape(const struct fig_node *node)
{
    return node ? node->shape : (struct fig_shape){ 0 };
}

struct fig_node *graph_fail(struct fig_graph *graph, enum fig_status status, const char *format,
                            ...)
{
    va_list args;
    if (graph->status)
        return NULL;
    graph->status = status;
    va_start(args, format);
    vsnprintf(graph->error, sizeof(graph->error), format, args);
    va_end(args);
    log_error("%s", graph->error);
    return NULL;
}

void *graph_alloc(struct fig_graph *graph, size_t size)
{
    struct block *block = graph->blocks;
    size = round_up(size, 16);
    if (!block || block->size - block->used < size) {
        const size_t room = size_most(size, BLOCK_SIZE);
        block = calloc(1, sizeof(*block) + room);
        if (!block)
            return graph_fail(graph, FIG_NOMEM, "no memory for a node");
        block->size = room;
        block->next = graph->blocks;
        graph->blocks = block;
    }
    void *out = block->bytes + block->used;
    block->used += size;
    return out;
}

const char *graph_copy_text(struct fig_graph *graph, const char *text)
{
    char *copy = graph_alloc(graph, strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

static bool append(struct fig_graph *graph, struct fig_node *node)
{
    if (graph->count == graph->room) {
        const int room = graph->room ? 2 * graph->room : 64;
        struct fig_node **nodes = realloc(graph->nodes, (size_t)room * sizeof(struct fig_node *));
        if (!nodes)
            return graph_fail(graph, FIG_NOMEM, "no memory for a node");
        graph->nodes = nodes;
        graph->room = room;
    }
    node->id = graph->count;
    graph->nodes[graph->count++] = node;
    return true;
}

struct fig_node *node_create(struct fig_graph *graph, enum op op, struct fig_shape shape, int ins,
                             struct fig_node *const *in)
{
    if (graph->status)
        return NULL;
    for (int i = 0; i < ins; i++) {
        if (!in[i] || in[i]->graph != graph)
            return graph_fail(graph, FIG_INVALID, "%s: operand %d is %s", op_name(op), i,
                              in[i] ? "of another graph" : "NULL");
    }
    if (!graph_check_shape(graph, op_name(op), shape))
        return NULL;
    struct fig_node *node = graph_alloc(graph, sizeof(*node));
    struct fig_node **operands = graph_alloc(graph, (size_t)(ins ? ins : 1) * sizeof(*operands));
    if (!node || !operands)
        return NULL;
    *node = (struct fig_node){ .graph = graph, .op = op, .shape = shape, .ins = ins,
                               .in = operands, .name = op_name(op) };
    for (int i = 0; i < ins; i++)
        operands[i] = in[i];
    return append(graph, node) ? node : NULL;
}

bool is_product(const struct fig_node *node)
{
    return node->op == OP_matmul || node->op == OP_conv || node->op == OP_conv_input ||
           node->op == OP_conv_weight;
}

bool changes_store(const struct fig_node *node)
{
    return node->op == OP_update || node->op == OP_assign;
}

struct fig_node *node_root(struct fig_node *node)
{
    while (node->op == OP_reshape || node->op == OP_detach)
        node = node->in[0];
    return node;
}
