/* SPDX-License-Identifier: MIT */
/* The built-in set of drawn digits. */
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

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

/* The digit in the middle of a black image of side x side. */
static void draw_framed(int digit, const struct stream *stream, int side, uint8_t *image)
{
    uint8_t pixels[DIGIT_SIZE];
    const int border = (side - DIGIT_SIDE) / 2;
    digit_draw(digit, stream, pixels);
    for (int y = 0; y < DIGIT_SIDE; y++)
        memcpy(image + (size_t)(border + y) * (size_t)side + border, pixels + y * DIGIT_SIDE,
               DIGIT_SIDE);
}

static enum fig_status synthetic_open(struct fig_dataset *dataset, const struct source *source)
{
    const struct half *half = &halves[source->split];
    int side, count;
    TRY(source_number(source, "size", (const int[]){ DIGIT_SIDE, 1024 }, DIGIT_SIDE, &side));
    const size_t size = (size_t)side * (size_t)side;
    TRY(spec_count(source->spec, size, half->count, &count));
    dataset->bytes = calloc((size_t)count, size);
    dataset->labels = malloc((size_t)count);
    if (!dataset->bytes || !dataset->labels)
        return fail(FIG_NOMEM, "%s: no memory for %d images", source->spec, count);
    for (int i = 0; i < count; i++) {
        const struct stream stream = {
            .seed = source->seed, .stream = STREAM_SYNTHETIC, .step = half->first_step + (uint32_t)i
        };
        dataset->labels[i] = (uint8_t)(i % 10);
        draw_framed(i % 10, &stream, side, dataset->bytes + (size_t)i * size);
    }
    dataset->info = (struct fig_dataset_info){
        .count = count, .height = side, .width = side, .channels = 1, .classes = 10, .bytes = true
    };
    return FIG_OK;
}

const struct format synthetic_format = {
    .looks_for = "`synthetic`",
    .options = " size ",
    .probe = synthetic_probe,
    .open = synthetic_open,
};
