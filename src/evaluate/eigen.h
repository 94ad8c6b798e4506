/* SPDX-License-Identifier: MIT */
#ifndef EVALUATE_EIGEN_H
#define EVALUATE_EIGEN_H

#include <figment/status.h>

#include "base/threads.h"

/* The eigenvectors of the `count` largest eigenvalues of a symmetric, positive semi-definite matrix
 * [n][n], as orthonormal rows of `vectors` [count][n], largest first; count <= n.  Rows of zeros
 * stand for eigenvalue 0 if the rank is lower.  The same bits from any number of threads. */
enum fig_status eigen_largest(const double *matrix, int n, int count, double *vectors,
                              struct pool *pool);

#endif
