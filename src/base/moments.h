/* SPDX-License-Identifier: MIT */
/* Mean and variance of numbers as they come, without the loss of large sums (Welford, 1962). */
#ifndef BASE_MOMENTS_H
#define BASE_MOMENTS_H

#include <math.h>
#include <stddef.h>

/* Starts as { 0 }. */
struct moments {
    double mean, squares; /* squares: the sum of (number - mean)^2 */
    size_t count;
};

static inline void moments_add(struct moments *moments, double number)
{
    const double step = number - moments->mean;
    moments->mean += step / (double)++moments->count;
    moments->squares += step * (number - moments->mean);
}

/* 0 of no numbers. */
static inline double moments_variance(const struct moments *moments)
{
    return moments->count ? moments->squares / (double)moments->count : 0;
}

static inline double moments_deviation(const struct moments *moments)
{
    return sqrt(moments_variance(moments));
}

/* Of `count` numbers, `stride` apart. */
static inline struct moments moments_of(const float *numbers, size_t count, size_t stride)
{
    struct moments moments = { 0 };
    for (size_t i = 0; i < count; i++)
        moments_add(&moments, (double)numbers[i * stride]);
    return moments;
}

#endif
