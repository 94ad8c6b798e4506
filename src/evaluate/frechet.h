/* SPDX-License-Identifier: MIT */
#ifndef EVALUATE_FRECHET_H
#define EVALUATE_FRECHET_H

#include "evaluate/products.h"

/* The Frechet distance between the Gaussians of two sets of rows, with means m, n and unbiased
 * covariances A, B: |m - n|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2) (Dowson and Landau, 1982). */
enum fig_status frechet_distance(struct rows a, struct rows b, int length, double *distance);

#endif
