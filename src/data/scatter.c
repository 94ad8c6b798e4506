/* SPDX-License-Identifier: MIT */
#include <figment/image.h>

#include <math.h>
#include <string.h>

static const double margin = 1.1; /* of the frame, against the farthest point */

void fig_scatter_frame(struct fig_scatter *scatter)
{
    double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY };
    scatter->reach = 0;
    for (int i = 0; i < 2 * scatter->count; i++) {
        const double value = scatter->points[i];
        low[i % 2] = fmin(low[i % 2], value);
        high[i % 2] = fmax(high[i % 2], value);
    }
    for (int k = 0; k < 2; k++) {
        scatter->centre[k] = (low[k] + high[k]) / 2;
        scatter->reach = fmax(scatter->reach, (high[k] - low[k]) / 2 * margin);
    }
    if (scatter->reach == 0) /* all points are one */
        scatter->reach = 1;
}

/* The pixel along one axis, or -1 outside. */
static int place(const struct fig_scatter *scatter, const float *point, int axis)
{
    const double away = (point[axis] - scatter->centre[axis]) / scatter->reach; /* in [-1, 1) */
    const double at = floor((away + 1) / 2 * scatter->side);
    return at >= 0 && at < scatter->side ? (int)at : -1;
}

void fig_scatter_draw(const struct fig_scatter *scatter, float *image)
{
    const int side = scatter->side;
    memset(image, 0, (size_t)side * (size_t)side * sizeof(*image));
    for (int i = 0; i < scatter->count; i++) {
        const int x = place(scatter, scatter->points + 2 * i, 0);
        const int y = place(scatter, scatter->points + 2 * i, 1);
        if (x < 0 || y < 0)
            continue;
        float *pixel = image + (size_t)(side - 1 - y) * (size_t)side + x;
        *pixel = (1 + *pixel) / 2;
    }
}
