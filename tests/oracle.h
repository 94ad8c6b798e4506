/* SPDX-License-Identifier: MIT */
/* What every node of a graph should be: evaluated in double, one node after the other, with loops
 * that know nothing of plans; and how far a device may be off, by the errors of its operands
 * and its own rounding. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "graph/node.h"

struct oracle_value {
    double *value, *error; /* by element; NULL for nodes that have no value */
};

struct oracle {
    const struct fig_graph *graph;
    double epsilon; /* the device's unit roundoff */
    uint64_t seed;
    uint32_t step; /* of random streams */
    struct oracle_value *nodes;
    int count, room;
};

/* The values of an input; nodes beyond these are evaluated by oracle_extend. */
void oracle_input(struct oracle *oracle, const struct fig_node *input, const double *values);
/* Evaluate the nodes that the graph has got since the last call. */
void oracle_extend(struct oracle *oracle);
void oracle_finish(struct oracle *oracle);

double oracle_largest(const struct oracle *oracle, const struct fig_node *node); /* |value| */
double oracle_worst(const struct oracle *oracle, const struct fig_node *node);   /* error */

/* Any row in double: b is ignored by unary rows, p and q by binary ones. */
double oracle_row(enum row row, double a, double b, double p, double q);

#endif
