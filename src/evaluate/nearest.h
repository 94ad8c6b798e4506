/* SPDX-License-Identifier: MIT */
#ifndef EVALUATE_NEAREST_H
#define EVALUATE_NEAREST_H

#include <figment/data.h>
#include <figment/device.h>

/* The Euclidean distance of each of `count` images to the nearest image of the dataset, as the
 * device finds it by products of matrices. */
enum fig_status nearest_distances(struct fig_device *device, const struct fig_dataset *dataset,
                                  const float *images, int count, double *distances);

#endif
