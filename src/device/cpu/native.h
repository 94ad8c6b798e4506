/* SPDX-License-Identifier: MIT */
/* The kernels of cl/ compiled as C: one table for each number type and instruction set. */
#ifndef CPU_NATIVE_H
#define CPU_NATIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "device/row.h"

/* Elements 0..n-1 of a row; `out` may be `a` or `b`, which a unary row does not read. */
typedef void row_fn(void *out, const void *a, const void *b, float p, float q, size_t n);

/* Items begin..end-1 of a kernel of cl/kernels.h; see cl/native.h. */
typedef void kernel_fn(void *const *buffers, const void *params, size_t begin, size_t end);

/* A block of a product: c[rows, n] = op(a) op(b), or += when `add`.  Element (i, l) of op(a) is
 * a[i * lda + l], or a[l * lda + i] when transposed; likewise b and c.  False when it could not be
 * done. */
struct slice {
    const void *a, *b;
    void *c;
    bool trans_a, trans_b, add;
    int rows, n, k, lda, ldb, ldc;
};
typedef bool multiply_fn(const struct slice *slice);

struct native {
    const char *isa; /* for the user */
    size_t real_size;
    row_fn *row[ROW_COUNT];
    kernel_fn *kernel[KERNEL_COUNT];
    void (*fill)(void *out, const void *value, size_t n);
    void (*sum)(void *out, const void *x, size_t n); /* as reduce.cl adds a row */
    multiply_fn *multiply;                           /* no scratch but the stack, any shape */
};

/* The best that this processor runs. */
const struct native *native_float(void);
const struct native *native_double(void);

#endif
