/* SPDX-License-Identifier: MIT */
/* Principal component analysis: the best linear autoencoder, which every other should beat. */
#ifndef EVALUATE_PCA_H
#define EVALUATE_PCA_H

#include <figment/data.h>

struct pca;

/* Fit `rank` components to all samples.  A rank of a sample's length or more loses nothing.
 * The same bits from any number of threads. */
enum fig_status pca_create(struct pca **out, const struct fig_dataset *dataset, int rank);
void pca_destroy(struct pca **pca);

/* Each of `count` samples through the components and back. */
enum fig_status pca_rebuild(const struct pca *pca, const float *samples, int count, float *out);

#endif
