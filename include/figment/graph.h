/* SPDX-License-Identifier: MIT */
#ifndef FIG_GRAPH_H
#define FIG_GRAPH_H

#include <stdint.h>

#include <figment/api.h>
#include <figment/status.h>

FIG_BEGIN

/* A graph owns its nodes.  Build it once; nothing is computed until a plan runs.  Constructors
 * never fail loudly: the first mistake is remembered with a message that names the node, the
 * operation and the shapes; later calls return NULL, and a NULL operand gives a NULL result.
 * So write the model straight down and look once, at the end. */
struct fig_graph;
struct fig_node;

enum { FIG_RANK = 4 }; /* most dimensions of a shape */

/* Row-major, the last dimension (channels) varies fastest: [batch, channels], or
 * [batch, height, width, channels].  "Rows" below are all dimensions but the last, together.  Each
 * dimension is at least 1, and a tensor has fewer than 2^31 elements. */
struct fig_shape {
    int rank;
    int dim[FIG_RANK];
};

/* It must outlive the plans of its nodes; a store does not need it any more once created. */
FIG_API enum fig_status fig_graph_create(struct fig_graph **out);
FIG_API void fig_graph_destroy(struct fig_graph **graph);
FIG_API enum fig_status fig_graph_status(const struct fig_graph *graph);
FIG_API const char *fig_graph_error(const struct fig_graph *graph); /* "" when all is well */
FIG_API struct fig_shape fig_node_shape(const struct fig_node *node);

/* What one dense layer's or one image's shape is in C: fig_shape2(64, 784). */
static inline struct fig_shape fig_shape1(int a)
{
    struct fig_shape shape = { 1, { a, 0, 0, 0 } };
    return shape;
}

static inline struct fig_shape fig_shape2(int a, int b)
{
    struct fig_shape shape = { 2, { a, b, 0, 0 } };
    return shape;
}

static inline struct fig_shape fig_shape4(int a, int b, int c, int d)
{
    struct fig_shape shape = { 4, { a, b, c, d } };
    return shape;
}

/* --- Leaves */

/* Initial values of a parameter.  FIG_GLOROT is uniform in +- sqrt(6 / (fan_in + fan_out))
 * (Glorot and Bengio, AISTATS 2010); FIG_HE uniform in +- sqrt(6 / fan_in) (He et al., ICCV
 * 2015). */
enum fig_init_kind { FIG_ZEROS, FIG_ONES, FIG_GLOROT, FIG_HE };
struct fig_init {
    enum fig_init_kind kind;
    int fan_in, fan_out; /* of one unit, at least 1; unused for FIG_ZEROS and FIG_ONES */
};

FIG_API struct fig_node *fig_input(struct fig_graph *graph, const char *name,
                                   struct fig_shape shape);
/* A store finds a parameter by its name.  The same name and shape again is the same node: a layer
 * that is applied twice shares its weights; `init` then is the first one's.  Where there is a state
 * of that name, it is that: a layer can be applied with weights that are not trained. */
FIG_API struct fig_node *fig_param(struct fig_graph *graph, const char *name,
                                   struct fig_shape shape, struct fig_init init);
FIG_API struct fig_node *fig_constant(struct fig_graph *graph, struct fig_shape shape,
                                      double value);
/* A tensor of the given numbers, copied. */
FIG_API struct fig_node *fig_values(struct fig_graph *graph, struct fig_shape shape,
                                    const double *values);
/* What outlives a step but is not trained, such as running statistics: `value` at first.  It is
 * changed by running an assignment, after everything else of a plan that reads it; a plan whose
 * assignments are a circle is refused.  No parameter has its name; the same name and shape again is
 * the same node. */
FIG_API struct fig_node *fig_state(struct fig_graph *graph, const char *name,
                                   struct fig_shape shape, double value);
FIG_API struct fig_node *fig_assign(struct fig_node *state, struct fig_node *value);
/* Fresh numbers at every step, from `stream` at that step: uniform in [0, 1), or N(0, 1). */
FIG_API struct fig_node *fig_uniform(struct fig_graph *graph, struct fig_shape shape,
                                     uint32_t stream);
FIG_API struct fig_node *fig_normal(struct fig_graph *graph, struct fig_shape shape,
                                    uint32_t stream);

/* --- Elementwise.  One row each in cl/unary.cl or cl/binary.cl.  Scales, shifts, slopes and other
 * numbers given here are kept as floats, on devices of float64 too; larger ones are refused. */

FIG_API struct fig_node *fig_affine(struct fig_node *x, double scale, double shift);
FIG_API struct fig_node *fig_neg(struct fig_node *x);
FIG_API struct fig_node *fig_relu(struct fig_node *x);
FIG_API struct fig_node *fig_leaky_relu(struct fig_node *x, double slope); /* slope >= 0 */
FIG_API struct fig_node *fig_elu(struct fig_node *x, double alpha);        /* alpha >= 0 */
FIG_API struct fig_node *fig_sigmoid(struct fig_node *x);                  /* 1 / (1 + e^-x) */
FIG_API struct fig_node *fig_tanh(struct fig_node *x);
FIG_API struct fig_node *fig_softplus(struct fig_node *x); /* ln(1 + e^x), without overflow */
FIG_API struct fig_node *fig_exp(struct fig_node *x);
FIG_API struct fig_node *fig_expm1(struct fig_node *x); /* e^x - 1, exact near 0 */
FIG_API struct fig_node *fig_log(struct fig_node *x);
FIG_API struct fig_node *fig_sqrt(struct fig_node *x);
FIG_API struct fig_node *fig_square(struct fig_node *x);
FIG_API struct fig_node *fig_abs(struct fig_node *x);
FIG_API struct fig_node *fig_clamp(struct fig_node *x, double low, double high); /* low <= high */
/* 0 where x < threshold, else value: makes a dropout mask of uniform numbers. */
FIG_API struct fig_node *fig_keep(struct fig_node *x, double threshold, double value);

/* Shapes are equal, or one operand can be broadcast to the other (see fig_broadcast). */
FIG_API struct fig_node *fig_add(struct fig_node *a, struct fig_node *b);
FIG_API struct fig_node *fig_sub(struct fig_node *a, struct fig_node *b);
FIG_API struct fig_node *fig_mul(struct fig_node *a, struct fig_node *b);
FIG_API struct fig_node *fig_div(struct fig_node *a, struct fig_node *b);
FIG_API struct fig_node *fig_max(struct fig_node *a, struct fig_node *b);
/* Binary cross-entropy of the logit a and the target b in [0, 1], elementwise. */
FIG_API struct fig_node *fig_bce(struct fig_node *a, struct fig_node *b);

/* Each element kept with probability 1 - rate and then divided by it; 0 <= rate < 1. */
FIG_API struct fig_node *fig_dropout(struct fig_node *x, double rate, uint32_t stream);

/* --- Shapes */

/* A single number, a row [c] for [..., c], or a column [..., 1] for [..., c], repeated. */
FIG_API struct fig_node *fig_broadcast(struct fig_node *x, struct fig_shape shape);
FIG_API struct fig_node *fig_reshape(struct fig_node *x, struct fig_shape shape);
/* Along `axis`; the other dimensions are equal. */
FIG_API struct fig_node *fig_concat(struct fig_node *a, struct fig_node *b, int axis);
/* Elements begin..end-1 of `axis`. */
FIG_API struct fig_node *fig_slice(struct fig_node *x, int axis, int begin, int end);
FIG_API struct fig_node *fig_detach(struct fig_node *x); /* same value, no gradient */

/* --- Reductions and products */

FIG_API struct fig_node *fig_sum(struct fig_node *x);      /* of all elements: [1] */
FIG_API struct fig_node *fig_sum_rows(struct fig_node *x); /* over the rows: [c] */
FIG_API struct fig_node *fig_sum_cols(struct fig_node *x); /* over the last dimension: [..., 1] */
FIG_API struct fig_node *fig_mean(struct fig_node *x);
FIG_API struct fig_node *fig_mean_rows(struct fig_node *x);
FIG_API struct fig_node *fig_mean_cols(struct fig_node *x);
FIG_API struct fig_node *fig_softmax(struct fig_node *x);     /* over the last dimension */
FIG_API struct fig_node *fig_log_sum_exp(struct fig_node *x); /* over it, too: [..., 1] */

/* op(a) op(b) of matrices; a transposed operand is given as it lies in memory. */
enum { FIG_TRANS_A = 1, FIG_TRANS_B = 2 };
FIG_API struct fig_node *fig_matmul(struct fig_node *a, struct fig_node *b, unsigned flags);

/* Convolutions of images [n, h, w, c], channels last, with weights [o, kh, kw, c]; padded with
 * zeros.  conv: [n, oh, ow, o] with oh = (h + 2 pad - kh) / stride + 1.  conv_input is its
 * transpose: from [n, oh, ow, o] to [n, h, w, c]; several h go with one oh, so `height` and `width`
 * say which. */
FIG_API struct fig_node *fig_conv(struct fig_node *x, struct fig_node *weight, int stride, int pad);
FIG_API struct fig_node *fig_conv_input(struct fig_node *y, struct fig_node *weight, int stride,
                                        int pad, int height, int width);

/* --- Gradients */

/* Gradients of the single number `loss`, as ordinary nodes of the same graph; gradients of them can
 * be taken again.  A node that the loss does not depend on gets zeros of its shape; after an error
 * all are NULL. */
FIG_API enum fig_status fig_gradients(struct fig_node *loss, struct fig_node *const *wrt,
                                      int count, struct fig_node **gradients);

FIG_END

#endif
