/* SPDX-License-Identifier: MIT */
/* The built-in set of drawn digits. */
#include "data/dataset.h"

#include <stdlib.h>

#include "base/log.h"
#include "data/digit.h"

/* Streams are numbered by image; those of the test half come after all of the training half. */
static const struct half {
    int count;
    uint32_t first_step;
} halves[] = {
    [FIG_TRAIN] = { .count = 10000, .first_step = 0 },
    [FIG_TEST] = { .count = 2000, .first_step = UINT32_C(1) << 31 },
};

static bool synthetic_probe(const char *spec)
{
    return spec_names(spec, "synthetic");
}

static enum fig_status synthetic_open(struct fig_dataset *dataset, const struct source *source)
{
    const struct half *half = &halves[source->split];
    int count;
    TRY(spec_count(source->spec, DIGIT_SIZE, half->count, &count));
    dataset->bytes = malloc((size_t)count * DIGIT_SIZE);
    dataset->labels = malloc((size_t)count);
    if (!dataset->bytes || !dataset->labels)
        return fail(FIG_NOMEM, "%s: no memory for %d images", source->spec, count);
    for (int i = 0; i < count; i++) {
        const struct stream stream = {
            .seed = source->seed, .stream = STREAM_SYNTHETIC, .step = half->first_step + (uint32_t)i
        };
        dataset->labels[i] = (uint8_t)(i % 10);
        digit_draw(i % 10, &stream, dataset->bytes + (size_t)i * DIGIT_SIZE);
    }
    dataset->info = (struct fig_dataset_info){
        .count = count, .height = DIGIT_SIDE, .width = DIGIT_SIDE, .channels = 1, .classes = 10,
        .bytes = true
    };
    return FIG_OK;
}

const struct format synthetic_format = {
    .looks_for = "`synthetic`",
    .probe = synthetic_probe,
    .open = synthetic_open,
};
