/* SPDX-License-Identifier: MIT */
/* What parameters are before the first step. */
#include <math.h>

#include "base/random.h"
#include "graph/store.h"

static double init_bound(struct fig_init init)
{
    const double fan = init.fan_in + (init.kind == FIG_GLOROT ? (double)init.fan_out : 0);
    return sqrt(6.0 / fan);
}

void initial_values(const struct fig_node *param, uint64_t seed, double *values)
{
    const size_t length = shape_length(param->shape);
    const struct stream stream = { seed, STREAM_PARAMETER + (uint32_t)param->order, 0 };
    if (param->init.kind == FIG_ZEROS || param->init.kind == FIG_ONES) {
        for (size_t i = 0; i < length; i++)
            values[i] = param->init.kind == FIG_ONES;
        return;
    }
    const double bound = init_bound(param->init);
    random_uniform(&stream, values, length);
    for (size_t i = 0; i < length; i++)
        values[i] = (2 * values[i] - 1) * bound;
}
