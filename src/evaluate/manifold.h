/* SPDX-License-Identifier: MIT */
/* Two sets of features compared point by point. */
#ifndef EVALUATE_MANIFOLD_H
#define EVALUATE_MANIFOLD_H

#include "evaluate/products.h"

/* A set's balls: around each of its points, just to the k-th nearest other one.
 *   precision  share of drawn points in a ball of the real (Kynkaanniemi et al., 2019)
 *   recall     share of real points in a ball of the drawn
 *   density    1 / k times in how many balls of the real a drawn point is (Naeem et al., 2020)
 *   coverage   share of real points whose ball has a drawn point */
struct manifold {
    double precision, recall, density, coverage;
};

/* `products` are of rows of `length` values; both sets have more than k points. */
enum fig_status manifold_compare(struct products *products, size_t length, struct rows real,
                                 struct rows drawn, int k, struct manifold *out);

/* The unbiased estimate from all points of the squared maximum mean discrepancy with the kernel
 * (x y / length + 1)^3 (Binkowski et al., 2018). */
enum fig_status kernel_distance(struct products *products, size_t length, struct rows a,
                                struct rows b, double *distance);

#endif
