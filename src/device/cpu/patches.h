/* SPDX-License-Identifier: MIT */
/* Convolutions on the CPU: blocks of the matrix of patches are made in the cache and multiplied
 * there; the whole of it is never stored. */
#ifndef CPU_PATCHES_H
#define CPU_PATCHES_H

#include "device/cpu/native.h"
#include "device/work.h"

/* How the work is shared out.  An item is a row of C, of PATCHES_INPUT a row of an image, and of
 * PATCHES_WEIGHT a column of C. */
struct shares {
    size_t total, chunk; /* items in all and in a part */
    size_t width;        /* elements of C in an item; 0 where they do not lie together */
    size_t scratch;      /* bytes that a part needs */
};

/* Depends on the shape and on the machine's cores, never on the number of threads. */
struct shares patches_share(const struct product *product, size_t real_size);

/* Items begin..end-1 of the product. */
struct patches_part {
    const struct native *native;
    multiply_fn *multiply;
    const struct product *product;
    void *const *buffers; /* a, b and c */
    size_t begin, end;
    char *scratch;
};
bool patches_multiply(const struct patches_part *part);

#endif
