/* SPDX-License-Identifier: MIT */
/* The parts of an evaluation: each measures a group of metrics at once. */
#ifndef TRAIN_EVALUATION_H
#define TRAIN_EVALUATION_H

#include <stddef.h>

#include <figment/evaluate.h>

enum { CHUNK = 1000 /* images at a time */ };

/* What the parts are given.  The datasets have the model's size. */
struct subject {
    struct fig_run *run;
    const struct fig_dataset *test, *train;
    int nll_samples;
    size_t length; /* values of an image */
};

/* Each fills the values of its metrics, in the order of the table in evaluate.c. */
enum fig_status measure_errors(const struct subject *subject, double values[3]);
enum fig_status measure_pca(const struct subject *subject, double values[2]);
enum fig_status measure_bound(const struct subject *subject, double values[3]);
enum fig_status measure_units(const struct subject *subject, double values[1]);
enum fig_status measure_nll(const struct subject *subject, double values[1]);
enum fig_status measure_spread(const struct subject *subject, double values[2]);
enum fig_status measure_nearest(const struct subject *subject, double values[1]);

/* Images first .. first + count - 1 of a dataset, where there are as many. */
enum fig_status load_images(const struct fig_dataset *dataset, int first, int count,
                            size_t length, float *images);

/* The same of the test half; the run is told their classes. */
enum fig_status load_tests(const struct subject *subject, int first, int count, float *images);

/* Room for `count` rows of `length` values; FIG_NOMEM with a message. */
enum fig_status make_rows(float **out, int count, size_t length);

#endif
