/* SPDX-License-Identifier: MIT */
/* For suites of single works: the device that FIGMENT_DEVICE names, driven as plans drive it, and
 * regions in its memory with guard words around each.  Every function fails the test. */
#ifndef TESTS_ARENA_H
#define TESTS_ARENA_H

#include "device/device.h"

enum { ARENA_REGIONS = 16, ARENA_NUMBERS = 16 };

struct arena {
    struct fig_device *device;
    struct buffer *buffer;
    size_t used, total; /* bytes */
    int regions, numbers;
    struct region region[ARENA_REGIONS];
    double *number[ARENA_NUMBERS]; /* what arena_numbers has given */
    double *image;                 /* what the arena should hold in guards */
};

/* With room for regions of so many numbers in all; closing asserts that the guards are unharmed. */
void arena_open(struct arena *arena, size_t count);
void arena_close(struct arena *arena);

/* Zeros on the host, which live as long as the arena. */
double *arena_numbers(struct arena *arena, size_t count);

struct region arena_take(struct arena *arena, size_t count);
/* A region of normal numbers, which `values` receives as the device keeps them. */
struct region arena_take_normal(struct arena *arena, size_t count, double *values);

void arena_run(struct arena *arena, const struct work *work);

/* Assert that |got - wanted| <= absolute + relative |wanted| for each number of the region. */
void arena_expect(struct arena *arena, struct region region, const double *wanted, size_t count,
                  double absolute, double relative);

#endif
