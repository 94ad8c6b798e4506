/* SPDX-License-Identifier: MIT */
/* Compiled once for each table: REAL is its number type, NATIVE_TABLE its name and NATIVE_ISA what
 * the user reads. */
#include "device/cpu/native.h"

#include <string.h>

#include "cl/params.h"

#include "cl/native.h"

#ifdef NATIVE_LIBMVEC
/* glibc has these for vectors; its headers tell the compiler only with -ffast-math. */
#define VECTOR(name)                                                                               \
    __attribute__((simd("notinbranch"), const)) double(name)(double);                              \
    __attribute__((simd("notinbranch"), const)) float name##f(float);
VECTOR(exp)
VECTOR(log)
VECTOR(tanh)
VECTOR(log1p)
VECTOR(expm1)
VECTOR(sin)
VECTOR(cos)
#undef VECTOR
#endif

#include "cl/philox.cl"
#include "cl/rows.cl"
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
#include "cl/copy.cl"
#include "cl/gather.cl"
#include "cl/optimizer.cl"
#include "cl/random.cl"
#include "cl/reduce.cl"
#include "cl/softmax.cl"

/* An element is read before the same one is written, so `out` may be an input. */
#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#define AT(values) ((const real *)(values))[i]
#define ROW(name, value)                                                                           \
    static void row_##name(void *out, const void *a, const void *b, float p, float q, size_t n)    \
    {                                                                                              \
        real *y = out;                                                                             \
        INDEPENDENT                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = value;                                                                          \
    }
#define UNARY(name, value, of, d1, d2)                                                             \
    ROW(name, name##_y(AT(a), p, q))                                                               \
    ROW(name##_d1, name##_d1(AT(a), p, q))                                                         \
    ROW(name##_d2, name##_d2(AT(a), p, q))
#define BINARY(name, value, da, db) ROW(name, name##_y(AT(a), AT(b)))
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY

static void fill(void *out, const void *value, size_t n)
{
    real *y = out;
    const real x = *(const real *)value;
    for (size_t i = 0; i < n; i++)
        y[i] = x;
}

static void sum(void *out, const void *x, size_t n)
{
    *(real *)out = sum_row(x, (int)n);
}

/* Plain products: C in tiles of TALL x WIDE, kept in registers over a panel of DEEP terms; B's
 * panel is packed once for all rows.  Ragged edges run the same code on zeros, so that an element's
 * rounding does not depend on where its tile lies. */
#ifdef __AVX__
typedef real vector __attribute__((vector_size(32)));
#else
typedef real vector __attribute__((vector_size(16)));
#endif
enum { WIDTH = sizeof(vector) / sizeof(real), TALL = 4, WIDE = 2 * WIDTH, DEEP = 256 };

static void pack_panel(real panel[DEEP][WIDE], const struct slice *s, int l0, int depth, int j0)
{
    const real *b = s->b;
    const size_t step_l = s->trans_b ? 1 : (size_t)s->ldb, step_j = s->trans_b ? (size_t)s->ldb : 1;
    for (int l = 0; l < depth; l++) {
        for (int j = 0; j < WIDE; j++)
            panel[l][j] = j0 + j < s->n ? b[(l0 + l) * step_l + (j0 + j) * step_j] : 0;
    }
}

static void pack_strip(real strip[DEEP][TALL], const struct slice *s, int i0, int l0, int depth)
{
    const real *a = s->a;
    const size_t step_i = s->trans_a ? 1 : (size_t)s->lda, step_l = s->trans_a ? (size_t)s->lda : 1;
    for (int l = 0; l < depth; l++) {
        for (int i = 0; i < TALL; i++)
            strip[l][i] = i0 + i < s->rows ? a[(i0 + i) * step_i + (l0 + l) * step_l] : 0;
    }
}

static void multiply_tile(real tile[TALL][WIDE], real strip[DEEP][TALL], real panel[DEEP][WIDE],
                          int depth)
{
    vector sums[TALL][2] = { { { 0 } } };
    for (int l = 0; l < depth; l++) {
        const vector *b = (const vector *)panel[l];
        for (int i = 0; i < TALL; i++) {
            sums[i][0] += strip[l][i] * b[0];
            sums[i][1] += strip[l][i] * b[1];
        }
    }
    memcpy(tile, sums, sizeof(sums));
}

static void store_tile(const struct slice *s, real tile[TALL][WIDE], int i0, int j0, bool add)
{
    for (int i = 0; i < TALL && i0 + i < s->rows; i++) {
        real *c = (real *)s->c + (size_t)(i0 + i) * (size_t)s->ldc + j0;
        for (int j = 0; j < WIDE && j0 + j < s->n; j++)
            c[j] = tile[i][j] + (add ? c[j] : 0);
    }
}

static bool multiply(const struct slice *s)
{
    for (int j0 = 0; j0 < s->n; j0 += WIDE) {
        for (int l0 = 0; l0 < s->k; l0 += DEEP) {
            const int depth = s->k - l0 < DEEP ? s->k - l0 : DEEP;
            _Alignas(vector) real panel[DEEP][WIDE];
            real strip[DEEP][TALL], tile[TALL][WIDE];
            pack_panel(panel, s, l0, depth, j0);
            for (int i0 = 0; i0 < s->rows; i0 += TALL) {
                pack_strip(strip, s, i0, l0, depth);
                multiply_tile(tile, strip, panel, depth);
                store_tile(s, tile, i0, j0, s->add || l0 > 0);
            }
        }
    }
    return true;
}

extern const struct native NATIVE_TABLE;
const struct native NATIVE_TABLE = {
    .isa = NATIVE_ISA,
    .real_size = sizeof(real),
    .row = {
#define UNARY(name, value, of, d1, d2)                                                             \
        [ROW_##name] = row_##name,                                                                 \
        [ROW_##name##_d1] = row_##name##_d1,                                                       \
        [ROW_##name##_d2] = row_##name##_d2,
#define BINARY(name, value, da, db) [ROW_##name] = row_##name,
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
    },
    .kernel = {
#define KERNEL(name, buffers, params) [KERNEL_##name] = k_##name,
#include "cl/kernels.h"
#undef KERNEL
    },
    .fill = fill,
    .sum = sum,
    .multiply = multiply,
};
