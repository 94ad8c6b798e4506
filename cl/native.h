/* SPDX-License-Identifier: MIT */
/* The kernel dialect, as the C compiler reads it; opencl.cl is the same for OpenCL C.
 *
 *   real                 float, or double: compile with REAL
 *   IN, OUT, INOUT       pointers to reals in device memory; IN_BYTES uchar, IN_WORDS uint
 *   FN                   a function of the dialect
 *   KERNEL1..4(name, buffers..., P)   kernel k_name with the parameter block `struct P p`
 *   EACH(i)              loops over the items that this call owns
 *   EACH_CELL(row, col, cols)         the same, item i being row i / cols, column i % cols
 *   EACH_SPAN(i, n, width)            the same by spans of n <= width items from i, a multiple of 4
 *   LANES                how many items side by side a kernel should take: fills a CPU's vectors,
 *                        and is 1 in OpenCL, but on processors
 * Literals are integers or cast to real.  The buffers of a kernel do not overlap. */
#include <stddef.h>
#include <stdint.h>
#include <tgmath.h>

#ifndef REAL
#define REAL float
#endif
typedef REAL real;
typedef unsigned uint;
typedef unsigned char uchar;

#define IN       const real *restrict
#define IN_BYTES const uchar *restrict
#define IN_WORDS const uint *restrict
#define OUT      real *restrict
#define INOUT    real *restrict
#define FN       static inline

FN uint mul_hi(uint a, uint b)
{
    return (uint)((uint64_t)a * b >> 32);
}

#include "cl/each.cl"

/* A typed body, and a thunk with the one signature that the launcher calls. */
#define KERNEL_(name, parameters, arguments)                                                       \
    static void body_##name parameters;                                                            \
    static void k_##name(void *const *b_, const void *p_, size_t begin_, size_t end_)              \
    {                                                                                              \
        body_##name arguments;                                                                     \
    }                                                                                              \
    static void body_##name parameters
#define PARAMETERS_(P) struct P p, size_t begin_, size_t end_
#define ARGUMENTS_(P)  *(const struct P *)p_, begin_, end_
#define KERNEL1(name, a, P) KERNEL_(name, (a, PARAMETERS_(P)), (b_[0], ARGUMENTS_(P)))
#define KERNEL2(name, a, b, P) KERNEL_(name, (a, b, PARAMETERS_(P)), (b_[0], b_[1], ARGUMENTS_(P)))
#define KERNEL3(name, a, b, c, P)                                                                  \
    KERNEL_(name, (a, b, c, PARAMETERS_(P)), (b_[0], b_[1], b_[2], ARGUMENTS_(P)))
#define KERNEL4(name, a, b, c, d, P)                                                               \
    KERNEL_(name, (a, b, c, d, PARAMETERS_(P)), (b_[0], b_[1], b_[2], b_[3], ARGUMENTS_(P)))
