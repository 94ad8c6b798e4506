/* SPDX-License-Identifier: MIT */
#include "base/sort.h"

#include <stdlib.h>

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void sort_numbers(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof(*numbers), by_value);
}
