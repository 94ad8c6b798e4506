/* SPDX-License-Identifier: MIT */
/* Networks as lists of layers: how a configuration writes them, and how they become nodes.
 *
 *     dense UNITS [ACTIVATION]    UNITS may be `data`: as many as a sample has values
 *     dropout RATE                in training only */
#ifndef MODEL_LAYERS_H
#define MODEL_LAYERS_H

#include <figment/nn.h>

#include "model/yaml.h"

enum layer_kind { LAYER_DENSE, LAYER_DROPOUT };

struct layer {
    enum layer_kind kind;
    const struct yaml *at; /* where it was written */
    int units;             /* dense; 0: as many as a sample has values */
    enum fig_activation activation;
    double rate; /* dropout */
};

struct network {
    const struct yaml *at;
    struct layer *layers;
    int count;
};

enum fig_status network_read(struct network *network, const struct yaml *list);
void network_free(struct network *network);

/* What applying networks one after the other keeps track of. */
struct stack {
    const char *prefix; /* parameters are PREFIX.0.weight ...: numbered through */
    int next;           /* number of the next layer with parameters */
    int dropouts;       /* so far in the whole model: each has a random stream of its own */
    int values;         /* of one sample */
    bool training;
};

/* x [batch, n] through all layers.  `logits`, if not NULL, receives what goes into the last
 * activation. */
struct fig_node *network_apply(const struct network *network, struct stack *stack,
                               struct fig_node *x, struct fig_node **logits);

/* The last layer's activation; FIG_LINEAR of an empty network. */
enum fig_activation network_activation(const struct network *network);

#endif
