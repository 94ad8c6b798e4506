/* SPDX-License-Identifier: MIT */
/* What parameters and states are before the first step. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "graph/store.h"

static double init_bound(struct fig_init init)
{
    const double fan = init.fan_in + (init.kind == FIG_GLOROT ? (double)init.fan_out : 0);
    return sqrt(6.0 / fan);
}

static void fill(double *values, size_t length, double value)
{
    for (size_t i = 0; i < length; i++)
        values[i] = value;
}

static void draw(const struct fig_node *param, uint64_t seed, double *values, size_t length)
{
    const struct stream stream = { seed, STREAM_PARAMETER + (uint32_t)param->order, 0 };
    const double bound = init_bound(param->init);
    random_uniform(&stream, values, length);
    for (size_t i = 0; i < length; i++)
        values[i] = (2 * values[i] - 1) * bound;
}

enum fig_status write_initial(struct fig_device *device, struct region to,
                              const struct fig_node *node, uint64_t seed)
{
    const size_t length = shape_length(node->shape);
    double *values = malloc(length * sizeof(*values));
    if (!values)
        return fail(FIG_NOMEM, "%s: no memory for its initial values", node->name);
    if (node->op == OP_state)
        fill(values, length, node->value);
    else if (node->init.kind == FIG_ZEROS || node->init.kind == FIG_ONES)
        fill(values, length, node->init.kind == FIG_ONES);
    else
        draw(node, seed, values, length);
    const enum fig_status status = values_write(device, to, &node->layout, values,
                                                sizeof(*values));
    free(values);
    return status;
}
