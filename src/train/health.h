/* SPDX-License-Identifier: MIT */
/* The health monitor: looks at a training after each epoch and warns, once for each illness, in words
 * and with what to try.  The rules see numbers only, so that they can be tested. */
#ifndef TRAIN_HEALTH_H
#define TRAIN_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

/* What an epoch looked like; a number that a model does not have is NaN. */
struct signs {
    double sample_spread;   /* deviation of a pixel over drawn samples, mean of the pixels */
    double data_spread;     /* the same over samples of the data */
    double sample_contrast; /* deviation over the pixels of one drawn sample, mean of the samples */
    double data_contrast;
    double kl;              /* nats per sample */
    double discriminator, generator; /* mean losses of the epoch */
    double loss, first_loss; /* of this epoch and of the first, where there is one loss */
};

/* All NaN. */
struct signs signs_none(void);

/* Spread and contrast of `count` samples of `length` values. */
void spread_and_contrast(const float *samples, int count, size_t length, double *spread,
                         double *contrast);

/* The rules, in a fixed order: the text of a broken one, NULL for one that holds; past the last,
 * `*end` is set. */
const char *health_rule(int index, const struct signs *signs, bool *end);

#endif
