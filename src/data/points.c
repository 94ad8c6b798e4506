/* SPDX-License-Identifier: MIT */
/* Built-in mixtures of Gaussians in the plane, on which it can be counted what a generator draws
 * (Srivastava et al., VEEGAN, 2017). */
#include "data/dataset.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"

enum { AXES = 2, RING = 8, GRID_SIDE = 5, GRID = GRID_SIDE * GRID_SIDE };

static void place_ring(struct fig_modes *modes)
{
    const double turn = 8 * atan(1); /* a whole one */
    *modes = (struct fig_modes){ .count = RING, .deviation = 0.01 };
    for (int k = 0; k < RING; k++) {
        modes->centres[k][0] = cos(turn * k / RING);
        modes->centres[k][1] = sin(turn * k / RING);
    }
}

static void place_grid(struct fig_modes *modes)
{
    *modes = (struct fig_modes){ .count = GRID, .deviation = 0.05 };
    for (int k = 0; k < GRID; k++) {
        modes->centres[k][0] = 2 * (k % GRID_SIDE) - 4;
        modes->centres[k][1] = 2 * (k / GRID_SIDE) - 4;
    }
}

static bool ring_probe(const char *spec)
{
    return spec_names(spec, "ring");
}

static bool grid_probe(const char *spec)
{
    return spec_names(spec, "grid");
}

static void draw_points(struct fig_dataset *dataset, const double *noise)
{
    const struct fig_modes *modes = &dataset->modes;
    for (int i = 0; i < dataset->info.count; i++) {
        const int mode = i % modes->count;
        dataset->labels[i] = (uint8_t)mode;
        for (int k = 0; k < AXES; k++)
            dataset->values[AXES * i + k] = (float)(modes->centres[mode][k] +
                                                    modes->deviation * noise[AXES * i + k]);
    }
}

/* The modes are there already. */
static enum fig_status open_points(struct fig_dataset *dataset, const struct source *source)
{
    const struct stream stream = { source->seed, STREAM_POINTS, (uint32_t)source->split };
    int count;
    TRY(spec_count(source->spec, AXES * sizeof(double),
                   source->split == FIG_TRAIN ? 20000 : 2500, &count));
    const size_t length = (size_t)count * AXES;
    double *noise = malloc(length * sizeof(*noise));
    dataset->values = malloc(length * sizeof(*dataset->values));
    dataset->labels = malloc((size_t)count);
    if (!noise || !dataset->values || !dataset->labels) {
        free(noise);
        return fail(FIG_NOMEM, "%s: no memory for %d points", source->spec, count);
    }
    dataset->info = (struct fig_dataset_info){
        .count = count, .height = 1, .width = 1, .channels = AXES,
        .classes = dataset->modes.count, .table = true
    };
    random_normal(&stream, noise, length);
    draw_points(dataset, noise);
    free(noise);
    return FIG_OK;
}

static enum fig_status ring_open(struct fig_dataset *dataset, const struct source *source)
{
    place_ring(&dataset->modes);
    return open_points(dataset, source);
}

static enum fig_status grid_open(struct fig_dataset *dataset, const struct source *source)
{
    place_grid(&dataset->modes);
    return open_points(dataset, source);
}

const struct format ring_format = { .looks_for = "`ring`", .probe = ring_probe, .open = ring_open };
const struct format grid_format = { .looks_for = "`grid`", .probe = grid_probe, .open = grid_open };
