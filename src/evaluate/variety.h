/* SPDX-License-Identifier: MIT */
/* How many classes of a data set are among some samples, as the nearest class mean tells: a poor
 * classifier, but one that costs nothing and sees a collapse. */
#ifndef EVALUATE_VARIETY_H
#define EVALUATE_VARIETY_H

#include <stddef.h>

#include <figment/data.h>

struct class_means {
    int classes;    /* 0: the data have no labels, or one class only */
    size_t length;
    double *means;  /* [classes][length] */
    double *counts; /* [classes]: samples; 0 for a label that none has */
};

enum fig_status class_means_create(struct class_means *means, const struct fig_dataset *dataset);
void class_means_free(struct class_means *means);

/* e^H of the shares of the classes, H their entropy: k for k equal shares, 1 if all samples are of
 * one class; NaN without classes. */
enum fig_status effective_classes(const struct class_means *means, const float *samples, int count,
                                  double *classes);

#endif
