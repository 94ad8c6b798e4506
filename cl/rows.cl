/* SPDX-License-Identifier: MIT */
/* What a row of unary.cl or binary.cl means to a compiler of kernels: functions name_y, the value,
 * and for a unary row name_d1 and name_d2, its derivatives in v.  p and q are the row's constants.
 * Include this, then unary.cl and binary.cl, then undefine both. */
#define UNARY(name, value, of, d1, d2)                                                             \
    FN real name##_y(real x, real p, real q) { return value; }                                     \
    FN real name##_d1(real v, real p, real q) { return d1; }                                       \
    FN real name##_d2(real v, real p, real q) { return d2; }
#define BINARY(name, value, da, db)                                                                \
    FN real name##_y(real a, real b) { return value; }
