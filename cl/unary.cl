/* SPDX-License-Identifier: MIT */
/* One row per function of one variable, with up to two constants p and q:
 *     name,  y = f(x),  which of X and Y the derivative is written in,  dy/dx in v,  d(dy/dx)/dv
 * v is x where the third column says X and y where it says Y; so an activation written in Y does
 * not keep its input alive.  These rows are the kernels, the row numbers, the constructors and the
 * list that the tests walk.  Comparisons are written so that NaN stays NaN; fmax() hides it.
 * `real` may be a vector: of two constants that a comparison chooses from, one is cast to it. */
UNARY(affine,     p * x + q,                                X, p,                      0)
UNARY(relu,       x < 0 ? 0 : x,                            Y, v > 0 ? (real)1 : 0,    0)
UNARY(leaky_relu, x < 0 ? p * x : x,                        Y, v > 0 ? 1 : p,          0)
UNARY(elu,        x < 0 ? p * expm1(x) : x,                 Y, v > 0 ? 1 : v + p,
      v > 0 ? (real)0 : 1)
UNARY(sigmoid,    1 / (1 + exp(-x)),                        Y, v * (1 - v),            1 - 2 * v)
UNARY(tanh,       tanh(x),                                  Y, 1 - v * v,              -2 * v)
UNARY(softplus,   (x < 0 ? 0 : x) + log1p(exp(-fabs(x))),   X, 1 / (1 + exp(-v)),
      sigmoid_d1(1 / (1 + exp(-v)), p, q))
UNARY(exp,        exp(x),                                   Y, v,                      1)
UNARY(expm1,      expm1(x),                                 Y, v + 1,                  1)
UNARY(log,        log(x),                                   X, 1 / v,                  -1 / (v * v))
UNARY(sqrt,       sqrt(x),                                  Y, 1 / (2 * v),
      -1 / (2 * v * v))
UNARY(square,     x * x,                                    X, 2 * v,                  2)
UNARY(abs,        fabs(x),                                  X,
      (v > 0 ? (real)1 : 0) - (v < 0 ? (real)1 : 0), 0)
UNARY(clamp,      x < p ? p : x > q ? q : x,                X, v < p || v > q ? (real)0 : 1, 0)
UNARY(keep,       x < p ? 0 : q,                            X, 0,                      0)
