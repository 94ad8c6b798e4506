/* SPDX-License-Identifier: MIT */
/* The noise that samples are drawn from: a sample's depends on the seed and its number alone. */
#include "run/run.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"

enum { REDRAWS = 4096 };

static bool is_outside(double value, double truncation)
{
    return truncation > 0 && fabs(value) > truncation;
}

/* Values outside are drawn anew, each at its place in one stream after another.  Even of
 * |z| <= 0.01 only one in 10^14 would need more streams than there are: it becomes 0. */
static void redraw(double *values, double *anew, int length, struct stream stream,
                   double truncation)
{
    bool outside = truncation > 0;
    stream.stream = STREAM_REDRAW;
    for (int k = 0; k < REDRAWS && outside; k++, stream.stream++) {
        random_normal(&stream, anew, (size_t)length);
        outside = false;
        for (int i = 0; i < length; i++) {
            values[i] = is_outside(values[i], truncation) ? anew[i] : values[i];
            outside |= is_outside(values[i], truncation);
        }
    }
    for (int i = 0; i < length && outside; i++)
        values[i] = is_outside(values[i], truncation) ? 0 : values[i];
}

static enum fig_status check(const struct fig_noise *noise)
{
    if (!(noise->temperature >= 0 && isfinite(noise->temperature)))
        return fail(FIG_INVALID, "temperature %g: expected a number above 0", noise->temperature);
    if (noise->truncation == 0 || noise->truncation >= 0.01)
        return FIG_OK;
    return fail(FIG_INVALID, "truncation %g: expected 0.01 or more, or 0 for none",
                noise->truncation);
}

enum fig_status noise_draw(const struct fig_noise *noise, int length, float *out)
{
    const double scale = noise->temperature > 0 ? noise->temperature : 1;
    TRY(check(noise));
    double *values = malloc(2 * (size_t)length * sizeof(*values));
    if (!values)
        return fail(FIG_NOMEM, "no memory for noise of %d values", length);
    for (int i = 0; i < noise->count; i++) {
        const struct stream stream = { noise->seed, STREAM_SAMPLE, (uint32_t)(noise->first + i) };
        random_normal(&stream, values, (size_t)length);
        redraw(values, values + length, length, stream, noise->truncation);
        for (int k = 0; k < length; k++)
            *out++ = (float)(scale * values[k]);
    }
    free(values);
    return FIG_OK;
}
