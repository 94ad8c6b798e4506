/* SPDX-License-Identifier: MIT */
#include "train/median.h"

#include "base/sort.h"

double median(double *times, int count)
{
    sort_numbers(times, (size_t)count);
    return times[count / 2];
}
