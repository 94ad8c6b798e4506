/* SPDX-License-Identifier: MIT */
/* Products of matrices on the CPU, a part of C at a time. */
#ifndef CPU_PRODUCT_H
#define CPU_PRODUCT_H

#include "device/cpu/native.h"
#include "device/work.h"

enum { FLOPS_LEAST = 400000 }; /* less is not worth a part */

/* How the work is shared out.  An item is a row of C, or of a convolution an image; see conv.h. */
struct shares {
    size_t total, chunk; /* items in all and in a part */
    size_t width;        /* elements of C in an item; 0 where they do not lie together */
    size_t scratch;      /* bytes that a part needs */
};

/* Depends on the shape and on the machine's cores, never on the number of threads. */
struct shares product_share(const struct product *product, size_t real_size);

/* Items begin..end-1 of the product. */
struct product_part {
    const struct native *native;
    multiply_fn *multiply;
    const struct product *product;
    void *const *buffers; /* a, b, c, and more that it leaves alone */
    size_t begin, end;
    char *scratch;
};
bool product_multiply(const struct product_part *part);

/* Elements from row to row of a copy: powers of two fill but a few of the cache's sets, and oneDNN
 * then takes up to twice the time. */
enum { PITCH_BAD = 64, PITCH_MORE = 16 };
static inline size_t product_pitch(size_t cols)
{
    return cols % PITCH_BAD ? cols : cols + PITCH_MORE;
}

#endif
