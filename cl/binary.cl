/* SPDX-License-Identifier: MIT */
/* One row per function of two variables:
 *     name,  y = f(a, b),  and as graph expressions of g = dL/dy:  dL/da,  dL/db
 * max passes the gradient to a where both are equal.
 * bce is the cross-entropy of the logit a and the target b, to an absolute 2^-24 for every a (log1p
 * would give the last digits of what is added to numbers near 1, at twice the time). */
BINARY(add, a + b, g,                                       g)
BINARY(sub, a - b, g,                                       fig_neg(g))
BINARY(mul, a * b, fig_mul(g, b),                           fig_mul(g, a))
BINARY(div, a / b, fig_div(g, b),                           fig_neg(fig_div(fig_mul(g, y), b)))
BINARY(max, a < b || b != b ? b : a, fig_mul(g, fig_keep(fig_sub(a, b), 0, 1)),
       fig_mul(g, fig_affine(fig_keep(fig_sub(a, b), 0, 1), -1, 1)))
BINARY(bce, (a < 0 ? 0 : a) - a * b + log(1 + exp(-fabs(a))),
       fig_mul(g, fig_sub(fig_sigmoid(a), b)), fig_neg(fig_mul(g, a)))
