/* SPDX-License-Identifier: MIT */
/* Convolutions on the CPU: blocks of the matrix of patches are made in the cache and multiplied
 * there; the whole of it is never stored. */
#ifndef CPU_PATCHES_H
#define CPU_PATCHES_H

#include "device/cpu/product.h"

/* As product_share and product_multiply, of products that are convolutions. */
struct shares patches_share(const struct product *product, size_t real_size);
bool patches_multiply(const struct product_part *part);

#endif
