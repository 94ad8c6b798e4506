/* SPDX-License-Identifier: MIT */
/* The built-in set of drawn digits. */
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "data/digit.h"

enum {
    TEST_MOST = 10000,
    MEMORY_MOST = 256 << 20, /* bytes of images that are drawn once and kept */
    PLACE_SIZE = 8,          /* bytes that each image takes in an order of them, and its copy */
};

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

/* The digit in the middle of a black image. */
static void synthetic_draw(const struct fig_dataset *dataset, int index, uint8_t *image)
{
    uint8_t pixels[DIGIT_SIZE];
    struct stream stream = dataset->stream;
    const int side = dataset->info.width, border = (side - DIGIT_SIDE) / 2;
    stream.step += (uint32_t)index;
    digit_draw(index % 10, &stream, pixels);
    memset(image, 0, (size_t)side * (size_t)side);
    for (int y = 0; y < DIGIT_SIDE; y++)
        memcpy(image + (size_t)(border + y) * (size_t)side + border, pixels + y * DIGIT_SIDE,
               DIGIT_SIDE);
}

static enum fig_status synthetic_open(struct fig_dataset *dataset, const struct source *source)
{
    const struct half *half = &halves[source->split];
    int side, count;
    TRY(source_number(source, "size", (const int[]){ DIGIT_SIDE, 1024 }, DIGIT_SIDE, &side));
    TRY(spec_count(source->spec, PLACE_SIZE, half->count, &count));
    if (source->split == FIG_TEST && count > TEST_MOST)
        count = TEST_MOST;
    dataset->labels = malloc((size_t)count);
    if (!dataset->labels)
        return fail(FIG_NOMEM, "%s: no memory for %d labels", source->spec, count);
    for (int i = 0; i < count; i++)
        dataset->labels[i] = (uint8_t)(i % 10);
    dataset->draw = synthetic_draw;
    dataset->stream = (struct stream){ .seed = source->seed, .stream = STREAM_SYNTHETIC,
                                       .step = half->first_step };
    dataset->info = (struct fig_dataset_info){
        .count = count, .height = side, .width = side, .channels = 1, .classes = 10, .bytes = true,
        .drawn = true };
    const bool few = (size_t)count <= MEMORY_MOST / ((size_t)side * (size_t)side);
    return few ? fig_dataset_collect(dataset, count) : FIG_OK;
}

const struct format synthetic_format = {
    .looks_for = "`synthetic`",
    .options = " size ",
    .probe = synthetic_probe,
    .open = synthetic_open,
};
