/* SPDX-License-Identifier: MIT */
#include "evaluate/variety.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"
#include "run/rows.h"

enum { LOOKED_AT = 60000 }; /* samples, evenly from all: enough for means */

static void add_sample(struct class_means *means, int label, const float *sample)
{
    double *mean = means->means + (size_t)label * means->length;
    means->counts[label]++;
    for (size_t k = 0; k < means->length; k++)
        mean[k] += ((double)sample[k] - mean[k]) / means->counts[label];
}

static enum fig_status add_samples(struct class_means *means, const struct fig_dataset *dataset)
{
    const uint8_t *labels = fig_dataset_labels(dataset);
    const int all = fig_dataset_info(dataset)->count, count = all < LOOKED_AT ? all : LOOKED_AT;
    float *sample;
    TRY(make_rows(&sample, 1, means->length));
    enum fig_status status = FIG_OK;
    for (int i = 0; !status && i < count; i++) {
        const int index = (int)((long long)i * all / count);
        status = fig_dataset_sample(dataset, index, sample);
        add_sample(means, labels[index], sample);
    }
    free(sample);
    return status;
}

enum fig_status class_means_create(struct class_means *means, const struct fig_dataset *dataset)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    *means = (struct class_means){ .classes = info->classes };
    if (means->classes < 2) {
        means->classes = 0;
        return FIG_OK;
    }
    means->length = image_length(info->height, info->width, info->channels);
    means->means = calloc((size_t)means->classes * means->length, sizeof(double));
    means->counts = calloc((size_t)means->classes, sizeof(double));
    if (!means->means || !means->counts)
        return fail(FIG_NOMEM, "no memory for the means of %d classes", means->classes);
    return add_samples(means, dataset);
}

void class_means_free(struct class_means *means)
{
    free(means->means);
    free(means->counts);
    *means = (struct class_means){ 0 };
}

static int nearest_class(const struct class_means *means, const float *sample)
{
    double least = INFINITY;
    int nearest = 0;
    for (int c = 0; c < means->classes; c++) {
        const double *mean = means->means + (size_t)c * means->length;
        double distance = means->counts[c] > 0 ? 0 : INFINITY;
        for (size_t k = 0; distance < least && k < means->length; k++)
            distance += ((double)sample[k] - mean[k]) * ((double)sample[k] - mean[k]);
        if (distance < least) {
            least = distance;
            nearest = c;
        }
    }
    return nearest;
}

enum fig_status effective_classes(const struct class_means *means, const float *samples, int count,
                                  double *classes)
{
    double entropy = 0;
    *classes = NAN;
    if (!means->classes)
        return FIG_OK;
    double *shares = calloc((size_t)means->classes, sizeof(*shares));
    if (!shares)
        return fail(FIG_NOMEM, "no memory for %d classes", means->classes);
    for (int i = 0; i < count; i++)
        shares[nearest_class(means, samples + (size_t)i * means->length)] += 1.0 / count;
    for (int c = 0; c < means->classes; c++)
        entropy -= shares[c] > 0 ? shares[c] * log(shares[c]) : 0;
    free(shares);
    *classes = exp(entropy);
    return FIG_OK;
}
