/* SPDX-License-Identifier: MIT */
#ifndef TRAIN_MEDIAN_H
#define TRAIN_MEDIAN_H

/* Of `count` > 0 times, which are sorted: what most runs take, whatever else the machine does. */
double median(double *times, int count);

#endif
