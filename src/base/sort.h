/* SPDX-License-Identifier: MIT */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>

/* In place, the smallest first; none is NaN. */
void sort_numbers(double *numbers, size_t count);

#endif
