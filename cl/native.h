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
 *                        and is 1 in OpenCL
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
#define LANES    64

FN uint mul_hi(uint a, uint b)
{
    return (uint)((uint64_t)a * b >> 32);
}

FN size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A call owns the items [begin_, end_), and begin_ is a multiple of 4.  Walking cells by rows costs
 * a division once, not for each item, and leaves the compiler a plain loop. */
#define EACH(i) for (size_t i = begin_; i < end_; i++)
#define EACH_CELL(row, col, cols)                                                                  \
    for (size_t row = begin_ / (cols), at_ = begin_; at_ < end_; at_ = ++row * (cols))             \
        for (size_t col = at_ - row * (cols), stop_ = least((cols), end_ - row * (cols));          \
             col < stop_; col++)
#define EACH_SPAN(i, n, width)                                                                     \
    for (size_t i = begin_, n; i < end_ && (n = least((width), end_ - i)); i += n)

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
