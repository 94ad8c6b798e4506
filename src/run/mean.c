/* SPDX-License-Identifier: MIT */
/* Means of codes. */
#include <stdlib.h>

#include <figment/run.h>

#include "base/log.h"
#include "base/size.h"
#include "run/labels.h"
#include "run/rows.h"

/* The next samples of a class; returns how many. */
struct finder {
    const struct fig_dataset *dataset;
    int label, most, next; /* most: at a time, at most CHUNK */
};

static int find_samples(struct finder *finder, uint32_t found[CHUNK])
{
    const uint8_t *labels = fig_dataset_labels(finder->dataset);
    const int all = fig_dataset_info(finder->dataset)->count;
    int count = 0;
    for (; count < finder->most && finder->next < all; finder->next++) {
        found[count] = (uint32_t)finder->next;
        count += labels[finder->next] == finder->label;
    }
    return count;
}

/* `codes` has room for as many codes as are found at a time, `samples` for the samples. */
static enum fig_status add_codes(struct fig_run *run, struct finder finder, float *samples,
                                 float *codes, double *sums, int *count)
{
    const size_t code = (size_t)fig_run_info(run)->code;
    uint32_t order[CHUNK];
    for (int found; (found = find_samples(&finder, order)) > 0; *count += found) {
        TRY(run_load(run, finder.dataset, order, 0, found, samples));
        TRY(fig_run_encode(run, samples, found, codes));
        for (size_t i = 0; i < (size_t)found * code; i++)
            sums[i % code] += codes[i];
    }
    return FIG_OK;
}

enum fig_status fig_run_mean_code(struct fig_run *run, const struct fig_dataset *dataset,
                                  int label, float *mean)
{
    REQUIRE(run && dataset && mean && fig_run_info(run)->code > 0);
    REQUIRE(fig_dataset_labels(dataset) && label >= 0 && label <= UINT8_MAX);
    const struct fig_run_info *info = fig_run_info(run);
    const size_t length = image_length(info->height, info->width, info->channels);
    const int most = chunk_rows(length);
    float *samples = NULL, *codes = NULL;
    double *sums = calloc((size_t)info->code, sizeof(*sums));
    int count = 0;
    enum fig_status status = sums ? make_rows(&samples, most, length)
                                  : fail(FIG_NOMEM, "no memory for a code of %d", info->code);
    if (!status)
        status = make_rows(&codes, most, (size_t)info->code);
    if (!status)
        status = add_codes(run, (struct finder){ dataset, label, most, 0 }, samples, codes, sums,
                           &count);
    if (!status && !count)
        status = fail(FIG_INVALID, "no sample has the label %d", label);
    for (int i = 0; !status && i < info->code; i++)
        mean[i] = (float)(sums[i] / count);
    free(codes);
    free(samples);
    free(sums);
    return status;
}
