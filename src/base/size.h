/* SPDX-License-Identifier: MIT */
/* Arithmetic on sizes that cannot wrap around silently. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static inline bool size_mul(size_t a, size_t b, size_t *out)
{
    if (a && b > SIZE_MAX / a)
        return false;
    *out = a * b;
    return true;
}

static inline bool size_add(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a)
        return false;
    *out = a + b;
    return true;
}

/* Values of an image; such sizes were checked when it was made. */
static inline size_t image_length(int height, int width, int channels)
{
    return (size_t)height * (size_t)width * (size_t)channels;
}

static inline size_t size_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Parts of that size that cover the total. */
static inline size_t size_parts(size_t total, size_t part)
{
    return (total + part - 1) / part;
}

/* The next multiple of `unit`, a power of two. */
static inline size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) & ~(unit - 1);
}

#endif
