/* SPDX-License-Identifier: MIT */
/* Mixtures of Gaussians with full covariances: the density sum_k w_k N(x; m_k, F_k F_k^T). */
#ifndef RUN_MIXTURE_H
#define RUN_MIXTURE_H

#include <stdint.h>

#include <figment/status.h>

struct mixture {
    int count, length;
    double *weights; /* [count]; their sum is 1 */
    double *means;   /* [count][length] */
    double *factors; /* [count][length][length], lower triangular */
};

enum fig_status mixture_create(struct mixture **out, int count, int length);
void mixture_destroy(struct mixture **mixture);

/* Fit `mixture` to points [count][length] by expectation and maximisation, from means that are
 * picked as in k-means++.  `seed` decides the start; the same bits from any number of threads.
 *
 * What rises is the log-likelihood per point with a prior -1/2 s tr(C^-1) for each covariance C,
 * s a thousandth of the mean variance of a value: it keeps them regular where points lie in a
 * plane.  `history`, or NULL, receives it after each round; *rounds, at first the most that may
 * be done, how many there were: a gain below 1e-3 is the last. */
enum fig_status mixture_fit(struct mixture *mixture, const float *points, int count, uint64_t seed,
                            double *history, int *rounds);

/* Points first .. first + count - 1 of those that `seed` stands for. */
enum fig_status mixture_draw(const struct mixture *mixture, uint64_t seed, int first, int count,
                             float *points);

#endif
