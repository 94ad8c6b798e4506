/* SPDX-License-Identifier: MIT */
/* Convolutions on the CPU as products of what lies in memory: no patches are copied out, and taps
 * outside an image cost nothing.
 *
 * A block of images is laid out with the same row of all of them side by side.  Then the output
 * pixels of one column, of all rows and images, lie at one distance from each other, and so does
 * what a row of taps sees from them: a column and a row of taps make one product.  Rows that are
 * `stride` apart follow each other. */
#ifndef CPU_CONV_H
#define CPU_CONV_H

#include "device/cpu/product.h"

/* As product_share and product_multiply, of products that are convolutions. */
struct shares conv_share(const struct product *product, size_t real_size);
bool conv_multiply(const struct product_part *part);

#endif
