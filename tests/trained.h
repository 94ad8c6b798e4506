/* SPDX-License-Identifier: MIT */
/* A model that was trained a little on drawn digits, and what is measured of it. */
#ifndef TESTS_TRAINED_H
#define TESTS_TRAINED_H

#include <figment/evaluate.h>

enum { TEST_IMAGES = 200, LENGTH_28 = 784 };

struct trained {
    struct fig_device *device;
    struct fig_run *run;
    struct fig_dataset *train, *test;      /* both have 200 images */
    float images[TEST_IMAGES * LENGTH_28]; /* of the test half */
};
extern struct trained trained;

/* The overrides end with NULL. */
void open_trained(const char *model, const char *const *overrides);
void close_trained(void);
/* A code of one value, so that integrals over it can be sums. */
void open_vae(void);

int find_metric(const char *name);
/* `samples`: codes of nll, 0 for as many as there are unless told otherwise. */
struct fig_measure measure(const char *name, int samples);
double metric(const char *name, int samples);

#endif
