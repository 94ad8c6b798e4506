/* SPDX-License-Identifier: MIT */
/* What reconstructions lose: sums over all values of all images. */
#ifndef EVALUATE_ERRORS_H
#define EVALUATE_ERRORS_H

#include <stddef.h>

struct errors {
    double squares, cross_entropies;
    size_t count;
};

void errors_add(struct errors *errors, const float *images, const float *rebuilt, size_t count);

/* The mean of (y - x)^2. */
double errors_mse(const struct errors *errors);
/* 10 log10(1 / mse), in dB; infinite without any error. */
double errors_psnr(const struct errors *errors);
/* The mean of -x ln y - (1 - x) ln(1 - y), with y clamped to [1e-7, 1 - 1e-7]. */
double errors_bce(const struct errors *errors);

#endif
