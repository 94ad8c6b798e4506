/* SPDX-License-Identifier: MIT */
/* Constructors of rows.  What is known at once is simplified here: constants are computed, scaled
 * by 1 and added 0 is left out, and a product with a constant is a scale. */
#include <math.h>

#include "graph/node.h"

/* Rows keep their constants as floats, on devices of float64 too. */
static bool overflows(double value)
{
    return isfinite(value) && !isfinite((float)value);
}

struct fig_node *node_unary(struct fig_node *x, enum row row, double p, double q)
{
    if (!x)
        return NULL;
    if (overflows(p) || overflows(q))
        return graph_fail(x->graph, FIG_INVALID, "%s: constants that floats can hold are expected, "
                          "found %g and %g", row_name(row), p, q);
    struct fig_node *node = node_create(x->graph, OP_unary, x->shape, 1, &x);
    if (!node)
        return NULL;
    node->row = row;
    node->p = (float)p;
    node->q = (float)q;
    node->name = row_name(row);
    return node;
}

struct fig_node *fig_affine(struct fig_node *x, double scale, double shift)
{
    if (x && x->op == OP_constant)
        return fig_constant(x->graph, x->shape, scale * x->value + shift);
    if (scale == 1 && shift == 0)
        return x;
    return node_unary(x, ROW_affine, scale, shift);
}

struct fig_node *fig_neg(struct fig_node *x)
{
    return fig_affine(x, -1, 0);
}

/* The rows without constants. */
#define PLAIN_ROW(name)                                                                            \
    struct fig_node *fig_##name(struct fig_node *x)                                                \
    {                                                                                              \
        return node_unary(x, ROW_##name, 0, 0);                                                    \
    }
PLAIN_ROW(relu)
PLAIN_ROW(sigmoid)
PLAIN_ROW(tanh)
PLAIN_ROW(softplus)
PLAIN_ROW(exp)
PLAIN_ROW(expm1)
PLAIN_ROW(log)
PLAIN_ROW(sqrt)
PLAIN_ROW(square)
PLAIN_ROW(abs)
#undef PLAIN_ROW

static struct fig_node *check_constant(struct fig_node *x, bool good, const char *rule,
                                       double value)
{
    if (!x || good)
        return x;
    return graph_fail(x->graph, FIG_INVALID, "%s, found %g", rule, value);
}

struct fig_node *fig_leaky_relu(struct fig_node *x, double slope)
{
    x = check_constant(x, slope >= 0, "leaky_relu: a slope of at least 0 is expected", slope);
    return node_unary(x, ROW_leaky_relu, slope, 0);
}

struct fig_node *fig_elu(struct fig_node *x, double alpha)
{
    x = check_constant(x, alpha >= 0, "elu: an alpha of at least 0 is expected", alpha);
    return node_unary(x, ROW_elu, alpha, 0);
}

struct fig_node *fig_clamp(struct fig_node *x, double low, double high)
{
    if (x && !(low <= high))
        return graph_fail(x->graph, FIG_INVALID, "clamp: a lower bound not above the upper is "
                          "expected, found %g and %g", low, high);
    return node_unary(x, ROW_clamp, low, high);
}

struct fig_node *fig_keep(struct fig_node *x, double threshold, double value)
{
    return node_unary(x, ROW_keep, threshold, value);
}

/* Give both operands the larger one's shape. */
static bool match_shapes(const char *name, struct fig_node **a, struct fig_node **b)
{
    struct map map;
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    if (shape_equal((*a)->shape, (*b)->shape))
        return true;
    if (broadcast_map((*b)->shape, (*a)->shape, &map))
        *b = fig_broadcast(*b, (*a)->shape);
    else if (broadcast_map((*a)->shape, (*b)->shape, &map))
        *a = fig_broadcast(*a, (*b)->shape);
    else
        graph_fail((*a)->graph, FIG_SHAPE,
                   "%s: %s and %s: equal shapes, or one that can be broadcast (a single number, "
                   "a row or a column), are expected", name, shape_text((*a)->shape, left),
                   shape_text((*b)->shape, right));
    return *a && *b && (*a)->graph->status == FIG_OK;
}

static struct fig_node *binary(struct fig_node *a, struct fig_node *b, enum row row)
{
    struct fig_node *const operands[] = { a, b };
    struct fig_node *node = node_create(a->graph, OP_binary, a->shape, 2, operands);
    if (!node)
        return NULL;
    node->row = row;
    node->name = row_name(row);
    return node;
}

/* Whether a row can hold the number: one that is too large or small for floats stays an operand. */
static bool fits(double value)
{
    return value == 0 || isnormal((float)value);
}

static bool is_number(const struct fig_node *node)
{
    return node->op == OP_constant && fits(node->value);
}

struct fig_node *fig_add(struct fig_node *a, struct fig_node *b)
{
    if (!a || !b || !match_shapes("add", &a, &b))
        return NULL;
    if (is_number(a))
        return fig_affine(b, 1, a->value);
    return is_number(b) ? fig_affine(a, 1, b->value) : binary(a, b, ROW_add);
}

struct fig_node *fig_sub(struct fig_node *a, struct fig_node *b)
{
    if (!a || !b || !match_shapes("sub", &a, &b))
        return NULL;
    if (is_number(a))
        return fig_affine(b, -1, a->value);
    return is_number(b) ? fig_affine(a, 1, -b->value) : binary(a, b, ROW_sub);
}

struct fig_node *fig_mul(struct fig_node *a, struct fig_node *b)
{
    if (!a || !b || !match_shapes("mul", &a, &b))
        return NULL;
    if (is_number(a))
        return fig_affine(b, a->value, 0);
    return is_number(b) ? fig_affine(a, b->value, 0) : binary(a, b, ROW_mul);
}

struct fig_node *fig_div(struct fig_node *a, struct fig_node *b)
{
    if (!a || !b || !match_shapes("div", &a, &b))
        return NULL;
    return is_number(b) && fits(1 / b->value) ? fig_affine(a, 1 / b->value, 0)
                                              : binary(a, b, ROW_div);
}

struct fig_node *fig_max(struct fig_node *a, struct fig_node *b)
{
    if (!a || !b || !match_shapes("max", &a, &b))
        return NULL;
    return binary(a, b, ROW_max);
}

struct fig_node *fig_bce(struct fig_node *a, struct fig_node *b)
{
    if (!a || !b || !match_shapes("bce", &a, &b))
        return NULL;
    return binary(a, b, ROW_bce);
}

struct fig_node *fig_dropout(struct fig_node *x, double rate, uint32_t stream)
{
    x = check_constant(x, rate >= 0 && rate < 1, "dropout: a rate in [0, 1) is expected", rate);
    if (!x || rate == 0)
        return x;
    struct fig_node *draw = fig_uniform(x->graph, x->shape, stream);
    return fig_mul(x, fig_keep(draw, rate, 1 / (1 - rate)));
}
