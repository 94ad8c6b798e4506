/* SPDX-License-Identifier: MIT */
/* A small classifier of a data set's own classes, LeNet-5 (LeCun et al., 1998) with relu.  What its
 * next to last layer says of images is what samples are compared by: their features.
 *
 *     conv 6 5x5 pad 2, avgpool 2, conv 16 5x5, avgpool 2, dense 120, dense 84, dense CLASSES
 */
#ifndef EVALUATE_CLASSIFIER_H
#define EVALUATE_CLASSIFIER_H

#include <stdint.h>

#include <figment/data.h>
#include <figment/device.h>

enum {
    FEATURES = 84,
    CLASSIFIER_SIDE = 12 /* images are at least so high and wide: the second pool is 1x1 then */
};

struct classifier;

/* Trained on the data set's images and labels by Adam, at most 1000 batches of 128 and 20 epochs;
 * or as it was trained before, from the cache: a file's name there depends on the data and the
 * seed.  Without a cache it is trained each time. */
enum fig_status classifier_open(struct classifier **out, struct fig_device *device,
                                const struct fig_dataset *dataset, uint64_t seed);
void classifier_close(struct classifier **classifier);

uint64_t classifier_hash(const struct classifier *classifier); /* of its weights */

/* Of images [count][...]: features [count][FEATURES], and the probabilities of the classes
 * [count][classes]. */
enum fig_status classifier_look(struct classifier *classifier, const float *images, int count,
                                float *features, float *probabilities);

#endif
