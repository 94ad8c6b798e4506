/* SPDX-License-Identifier: MIT */
/* The health monitor: looks at a training after each whole epoch and warns, once for each illness,
 * in words and with what to try.  The rules see numbers only, so that they can be tested. */
#ifndef EVALUATE_HEALTH_H
#define EVALUATE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "model/config.h"

/* What an epoch looked like, in doubles alone; a number that a model does not have is NaN. */
struct signs {
    double steps;           /* trained so far */
    double left;            /* epochs that are still to come */
    double sample_spread;   /* deviation of a pixel over drawn samples, mean of the pixels */
    double data_spread;     /* the same over samples of the data */
    double sample_contrast; /* deviation over the pixels of one drawn sample, mean of the samples */
    double data_contrast;
    double sample_classes;  /* effective_classes of drawn samples, see variety.h */
    double data_classes;    /* the same of samples of the data */
    double rebuilt_spread;  /* of reconstructions of the samples that data_spread is of */
    double kl;              /* nats per sample */
    double dead_units;      /* share of the code's values that are the same for all samples */
    double discriminator, generator; /* mean losses of the epoch */
    double last_discriminator, last_generator; /* of the epoch before */
    struct stall stall;      /* of the adversary's losses */
    double loss, first_loss; /* of this epoch and of the first, where there is one loss */
};

/* All NaN. */
struct signs signs_none(void);

/* Spread and contrast of `count` samples of `length` values. */
void spread_and_contrast(const float *samples, int count, size_t length, double *spread,
                         double *contrast);

/* The share of the columns of codes [count][length] whose deviation is below a hundredth of the
 * largest one's. */
double dead_share(const float *codes, int count, size_t length);

/* The rules, in a fixed order: the text of a broken one, NULL for one that holds; past the last,
 * `*end` is set. */
const char *health_rule(int index, const struct signs *signs, bool *end);

#endif
