/* SPDX-License-Identifier: MIT */
/* The kernel dialect, as OpenCL C reads it; native.h is the same for the C compiler and explains
 * the words. */
typedef float real;
#define IN       global const real *
#define IN_BYTES global const uchar *
#define IN_WORDS global const uint *
#define OUT      global real *
#define INOUT    global real *

#ifdef SERIAL
/* One item of the launch takes SERIAL_SPAN of the work; each.cl, wide.cl. */
#pragma clang diagnostic ignored "-Wpsabi" /* all functions are inlined */
#define FN       static inline __attribute__((overloadable))
#define begin_   (get_global_id(0) * SERIAL_SPAN)
#define end_     least(begin_ + SERIAL_SPAN, n_)
#else
/* One item takes one; compilers see through the loop of `once_`. */
#define FN       static inline
#define LANES    1
#define EACH(i) for (uint i = get_global_id(0), once_ = i < n_; once_; once_ = 0)
#define EACH_CELL(row, col, cols)                                                                  \
    EACH(at_)                                                                                      \
        for (uint row = at_ / (cols), col = at_ % (cols), cell_ = 1; cell_; cell_ = 0)
#define EACH_SPAN(i, n, width)                                                                     \
    for (uint i = get_global_id(0) * (width), n = min((uint)(width), n_ - i),                      \
              once_ = get_global_id(0) < (n_ + (width) - 1) / (width); once_; once_ = 0)
#endif

#define KERNEL1(name, a, P)          kernel void k_##name(a, const struct P p, const uint n_)
#define KERNEL2(name, a, b, P)       kernel void k_##name(a, b, const struct P p, const uint n_)
#define KERNEL3(name, a, b, c, P)    kernel void k_##name(a, b, c, const struct P p, const uint n_)
#define KERNEL4(name, a, b, c, d, P)                                                               \
    kernel void k_##name(a, b, c, d, const struct P p, const uint n_)

/* The sum of the work-group's values, the same for all its items and always in the same order.
 * The group's size is a power of two, and `part` has room for one number an item. */
FN real group_sum(local real *part, real value)
{
    const uint item = get_local_id(0);
    part[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint width = get_local_size(0) / 2; width > 0; width /= 2) {
        if (item < width)
            part[item] += part[item + width];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const real sum = part[0];
    barrier(CLK_LOCAL_MEM_FENCE); /* before anyone writes `part` again */
    return sum;
}
