/* SPDX-License-Identifier: MIT */
/* Networks as lists of layers: how a configuration writes them, and how they become nodes.
 *
 *     dense UNITS              a number; HxWxC: an image; `data`: an image of a sample's size;
 *                              data/NxC: of C channels and an Nth of a sample's height and width
 *     conv FILTERS KxK         `data` filters: as many as a sample has channels
 *     deconv FILTERS KxK       transposed convolution
 *     maxpool KxK              of windows that touch each other; `stride N`: N pixels apart
 *     avgpool KxK
 *     upsample N               each pixel N x N times
 *     batchnorm
 *     layernorm
 *     dropout RATE             in training only
 *
 * followed, in any order and each at most once, by `stride N`, `pad N` and `output-pad N` of
 * convolutions, `nobias` and `spectral` (norm) of what has weights, and an activation.  The default
 * pad is (K - 1) / 2, and a transposed convolution's output pad such that its output is `stride`
 * times as large as its input. */
#ifndef MODEL_LAYERS_H
#define MODEL_LAYERS_H

#include <figment/nn.h>

#include "model/yaml.h"

enum layer_kind { LAYER_DENSE, LAYER_CONV, LAYER_DECONV, LAYER_BATCHNORM, LAYER_LAYERNORM,
                  LAYER_DROPOUT, LAYER_MAXPOOL, LAYER_AVGPOOL, LAYER_UPSAMPLE };

struct layer {
    enum layer_kind kind;
    const struct yaml *at;       /* where it was written */
    int units;                   /* dense, conv, deconv; 0: those of the data */
    int height, width, channels; /* dense to an image; else 0 */
    int share;                   /* or of a sample's height and width divided by this; else 0 */
    int kernel, stride, pad, output_pad;
    int factor; /* upsample */
    bool no_bias, spectral;
    bool one_hot;                /* dense, of labels */
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

enum { STACK_UPDATES = 32 }; /* FIG_UPDATES holds those of several, and averages */

/* What applying networks one after the other keeps track of. */
struct stack {
    const char *prefix; /* parameters are PREFIX.0.weight ...: numbered through */
    int next;           /* number of the next layer with parameters */
    int *dropouts;      /* of the model so far: each has a random stream of its own */
    int height, width, channels; /* of a sample of the data */
    struct fig_node *labels; /* one-hot [rows, classes] that the network is told; or NULL */
    bool training;
    struct fig_node *updates[STACK_UPDATES]; /* assignments of running statistics */
    int update_count;
};

/* x, a matrix [batch, n] or images [batch, h, w, c], through all layers.  `logits`, if not NULL,
 * receives what goes into the last activation.  A layer that cannot follow what is before it is the
 * graph's error, with the place where it was written.
 *
 * Labels enter the first layer that has weights, through weights PREFIX.labels of their own (Mirza
 * and Osindero, 2014).  A dense layer sees its input and the labels behind each other: the sum of a
 * product with each, of which the second, with rows that are one-hot, gathers one row of weights
 * per sample: an embedding.  A convolution sees one channel more, which a dense layer without bias
 * makes of the labels: a plane for each class. */
struct fig_node *network_apply(const struct network *network, struct stack *stack,
                               struct fig_node *x, struct fig_node **logits);

/* Whether any layer has weights: dense, conv or deconv. */
bool network_weighs(const struct network *network);

/* The first batch norm of rows that a `dense UNITS` made, not of images; or NULL. */
const struct layer *network_find_row_norm(const struct network *network);

/* The last layer's activation; FIG_LINEAR of an empty network. */
enum fig_activation network_activation(const struct network *network);

#endif
