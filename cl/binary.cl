/* SPDX-License-Identifier: MIT */
/* One row per function of two variables:
 *     name,  y = f(a, b),  and as graph expressions of g = dL/dy:  dL/da,  dL/db
 * bce is the cross-entropy of the logit a and the target b, exact for every a. */
BINARY(add, a + b, g,                                       g)
BINARY(sub, a - b, g,                                       fig_neg(g))
BINARY(mul, a * b, fig_mul(g, b),                           fig_mul(g, a))
BINARY(div, a / b, fig_div(g, b),                           fig_neg(fig_div(fig_mul(g, y), b)))
BINARY(bce, (a < 0 ? 0 : a) - a * b + log1p(exp(-fabs(a))), fig_mul(g, fig_sub(fig_sigmoid(a), b)), fig_neg(fig_mul(g, a)))
