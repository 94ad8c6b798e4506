/* SPDX-License-Identifier: MIT */
/* Works with chains; lower.c adds those of single operations. */
#ifndef GRAPH_CHAIN_H
#define GRAPH_CHAIN_H

#include "graph/draft.h"

/* A work at the end of the list, all zero; NULL, and logged, when memory runs out. */
struct work *add_work(struct draft *draft, enum work_kind kind, const char *name);

/* The chain of the unit's members, behind the work's product if it has one. */
void fill_chain(const struct draft *draft, const struct unit *unit, struct work *work);

/* A unit of rows alone. */
enum fig_status add_rows(struct draft *draft, const struct unit *unit);

/* One value, read through its map and stored element by element, or summed. */
enum fig_status add_copy_chain(struct draft *draft, const char *name, struct fig_node *from,
                               struct region to, bool sum);

/* The partial sums behind a sum, unless its operand's own chain makes them. */
enum fig_status add_partials(struct draft *draft, const struct fig_node *sum);

/* The value of an output, remembered: of one that no chain makes. */
enum fig_status add_history_chain(struct draft *draft, struct fig_node *from);

/* What an operand is in memory: a constant is its one number. */
struct region operand_region(const struct draft *draft, const struct operand *operand);

#endif
