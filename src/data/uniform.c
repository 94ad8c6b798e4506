/* SPDX-License-Identifier: MIT */
/* The input of the golden traces. */
#include "data/dataset.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"

enum { SIDE = 28, SIZE = SIDE * SIDE };

static bool uniform_probe(const char *spec)
{
    return spec_names(spec, "uniform");
}

static enum fig_status uniform_open(struct fig_dataset *dataset, const struct source *source)
{
    const struct stream stream = { .seed = source->seed, .stream = STREAM_UNIFORM };
    int count;
    TRY(spec_count(source->spec, SIZE * sizeof(double), 1024, &count));
    const size_t length = (size_t)count * SIZE;
    double *numbers = malloc(length * sizeof(*numbers));
    float *values = dataset->values = malloc(length * sizeof(*values));
    if (!numbers || !values) {
        free(numbers);
        return fail(FIG_NOMEM, "%s: no memory for %d samples", source->spec, count);
    }
    random_uniform(&stream, numbers, length);
    for (size_t i = 0; i < length; i++) {
        const double square = numbers[i] * numbers[i];
        values[i] = (float)(square * square);
    }
    free(numbers);
    dataset->info = (struct fig_dataset_info){
        .count = count, .height = SIDE, .width = SIDE, .channels = 1
    };
    return FIG_OK;
}

const struct format uniform_format = {
    .looks_for = "`uniform`",
    .probe = uniform_probe,
    .open = uniform_open,
};
