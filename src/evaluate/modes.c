/* SPDX-License-Identifier: MIT */
/* Metrics of points whose Gaussians are known (Srivastava et al., VEEGAN, 2017). */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "evaluate/evaluation.h"

static double distance_to(const struct fig_modes *modes, int mode, const float point[2])
{
    return hypot(point[0] - modes->centres[mode][0], point[1] - modes->centres[mode][1]);
}

static int nearest_mode(const struct fig_modes *modes, const float point[2])
{
    int nearest = 0;
    for (int i = 1; i < modes->count; i++) {
        if (distance_to(modes, i, point) < distance_to(modes, nearest, point))
            nearest = i;
    }
    return nearest;
}

void count_modes(const struct fig_modes *modes, const float *points, int count, int *hit,
                 double *near)
{
    bool seen[FIG_MODES] = { false };
    *hit = 0;
    *near = 0;
    for (int i = 0; i < count; i++) {
        const float *point = points + 2 * i;
        const int mode = nearest_mode(modes, point);
        if (!(distance_to(modes, mode, point) <= 3 * modes->deviation)) /* also of NaN */
            continue;
        *near += 1.0 / count;
        *hit += !seen[mode];
        seen[mode] = true;
    }
}

enum fig_status measure_modes(struct subject *subject, struct fig_measure *measures)
{
    const struct fig_modes *modes = fig_dataset_modes(subject->test);
    float *points;
    int hit = 0;
    TRY(make_rows(&points, FIG_MODE_SAMPLES, subject->length));
    const enum fig_status status = draw_samples(subject, 0, FIG_MODE_SAMPLES, points);
    if (!status)
        count_modes(modes, points, FIG_MODE_SAMPLES, &hit, &measures[1].value);
    measures[0].value = hit;
    free(points);
    return status;
}
