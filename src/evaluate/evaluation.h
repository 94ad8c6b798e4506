/* SPDX-License-Identifier: MIT */
/* The parts of an evaluation: each measures a group of metrics at once. */
#ifndef EVALUATE_EVALUATION_H
#define EVALUATE_EVALUATION_H

#include <stddef.h>

#include <figment/evaluate.h>

#include "run/rows.h"

enum { NEIGHBOURS = 5 /* that make the ball of a point of features */ };

/* What the parts are given.  The datasets have the model's size. */
struct subject {
    struct fig_run *run;
    const struct fig_dataset *test, *train;
    struct fig_mixture *mixture;
    int nll_samples;
    size_t length;             /* values of an image */
    struct likeness *likeness; /* what feature nets see; made by the first part that needs it */
    struct fig_findings *findings;
};

/* Each fills the values of its metrics, in the order of the table in evaluate.c. */
enum fig_status measure_errors(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_pca(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_accuracy(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_bound(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_divergence(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_units(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_nll(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_frechet(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_kernel(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_manifold(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_classes(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_spread(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_nearest(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_modes(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_anomalies(struct subject *subject, struct fig_measure *measures);
enum fig_status measure_bits(struct subject *subject, struct fig_measure *measures);

/* How many modes have one of the points [count][2] within three deviations, and the share of the
 * points that are so near to one. */
void count_modes(const struct fig_modes *modes, const float *points, int count, int *hit,
                 double *near);

/* One of the nets' values: their mean, and how far they are apart. */
void add_net(struct fig_measure *measure, int net, double value);

void likeness_destroy(struct likeness **likeness);

/* Samples first .. first + count - 1 of those that are measured. */
enum fig_status draw_samples(const struct subject *subject, int first, int count, float *images);

/* The test half in chunks; the run is told the classes of the one that is loaded. */
enum fig_status open_tests(struct chunk *chunk, const struct subject *subject);
enum fig_status load_tests(const struct subject *subject, const struct chunk *chunk);

#endif
