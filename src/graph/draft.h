/* SPDX-License-Identifier: MIT */
/* A plan while it is being made.  The files work in this order:
 *   draft.c   which nodes are needed, and who uses whom
 *   fuse.c    units: a product or another operation, and the elementwise nodes fused with it
 *   order.c   which unit runs when
 *   layout.c  which values are stored, and where
 *   lower.c   the list of works */
#ifndef GRAPH_DRAFT_H
#define GRAPH_DRAFT_H

#include "graph/place.h"
#include "graph/store.h"

/* How a node is read: the node whose memory (or chain value) it is, and through which map. */
struct operand {
    struct fig_node *root;
    struct map map; /* count 0: element by element */
};

/* One work and the rows that run with it: a chain, or a product with a chain behind it, or one
 * other operation.  Members, rows and totals, are in order of their ids. */
struct unit {
    struct fig_node *node; /* the product or other operation; NULL: rows alone */
    size_t length;         /* elements of the chain */
    struct fig_node **members;
    int count, room;
    bool late; /* all members are, see struct plan_node */
    struct fig_node *sums; /* sum_rows of the product's left factor, made beside it; or NULL */
    int position; /* in the order of execution */
    int stamp;    /* of the last search that came by */
};

enum { NO_UNIT = -1 };

/* What a node has in the arena: its value, the partial sums behind a sum, a product's result that
 * nobody keeps. */
enum { LIFE_VALUE, LIFE_PARTIAL, LIFE_SCRATCH, LIVES };

/* What a plan knows of a node. */
struct plan_node {
    bool needed;
    bool direct; /* read as it lies in memory, by an operation that is no row or by the user */
    bool late;   /* a single number of which only single numbers are made: it may wait */
    bool stored; /* its value is */
    bool collected; /* a parameter whose gradient has been given its place */
    int unit;
    int use_count;
    struct fig_node **uses;       /* its users, those of nodes that share its memory too */
    const struct fig_node *whole; /* the concatenation in whose memory it is made; or NULL */
    struct region region;         /* of a stored value; buffer NULL: in the arena, see life */
    struct region partial;        /* of the partial sums behind a sum; of a constant's one number */
    struct life life[LIVES];      /* size 0: none */
};

struct draft {
    struct fig_graph *graph;
    struct fig_store *store;
    const struct fig_plan_params *params;
    struct plan_node *nodes; /* by id */
    struct fig_node **uses;  /* of all nodes */

    struct unit *units;
    int unit_count;
    int *order; /* units in order of execution */
    int stamp;

    size_t arena, naive;
    struct buffer *arena_buffer, *constants; /* made by layout.c, owned by the plan */
    const struct region *history; /* by output: the plan's memory of past runs, if it has any */
    uint32_t *first, *slot;       /* what a run sets: the first sample, the slot of the history */
    struct work *works;
    int work_count, work_room;
};

enum fig_status draft_init(struct draft *draft, struct fig_store *store,
                           const struct fig_plan_params *params);
void draft_finish(struct draft *draft); /* does not free what the plan owns */

enum fig_status draft_fuse(struct draft *draft);
enum fig_status draft_order(struct draft *draft);
enum fig_status draft_layout(struct draft *draft);
enum fig_status draft_lower(struct draft *draft);

/* Whether the operation reads its operands through maps: it then is, or begins, a chain. */
bool reads_through_maps(enum op op);
bool is_row(const struct fig_node *node);
/* A sum of so many elements that there are partial sums to add up: an input of the chain of single
 * numbers that it is a member of. */
bool is_total(const struct fig_node *node);
size_t partials_of(const struct fig_node *sum); /* how many partial sums there are */
struct operand operand_of(struct fig_node *node);
/* The unit that computes the node; NULL: it has none. */
struct unit *unit_of(const struct draft *draft, const struct fig_node *node);
/* The sum that the value's own chain adds up as it runs: the first of its plain sums; or NULL. */
const struct fig_node *fused_sum(const struct draft *draft, const struct fig_node *node);
/* Whether the node of the unit must reach memory: the caller reads it, or another unit does.  The
 * sum that the unit's own chain adds up does not, nor does `extra`, which may join it, or NULL. */
bool leaves(const struct draft *draft, const struct unit *unit, const struct fig_node *node,
            const struct fig_node *extra);
/* Where the node's values of past runs are remembered; or NULL. */
const struct region *history_of(const struct draft *draft, const struct fig_node *node);
const struct fig_feed *feed_of(const struct draft *draft, const struct fig_node *input);

#endif
