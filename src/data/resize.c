/* SPDX-License-Identifier: MIT */
/* Pictures made to fit: one side of what is read becomes the side that is wished, the other one
 * loses both ends.  Weights are triangles over the coarser of the two grids: the mean of what a
 * pixel covers when a picture shrinks, linear interpolation when it grows. */
#include <figment/image.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* How `wished` pixels along one axis come from `length`. */
struct axis {
    int length, wished, taps; /* taps: most source pixels of one of ours */
    double scale, start;      /* source pixels for each of ours; where the first one begins */
    int *first;               /* [wished] source pixel */
    float *weight;            /* [wished][taps], 0 behind the last */
};

static void fill_taps(struct axis *axis, int i)
{
    const double centre = axis->start + (i + 0.5) * axis->scale, radius = fmax(axis->scale, 1);
    const int from = (int)fmax(ceil(centre - radius - 0.5), 0);
    float *weight = axis->weight + (size_t)i * (size_t)axis->taps;
    double sum = 0;
    axis->first[i] = from;
    for (int k = 0; k < axis->taps && from + k < axis->length; k++) {
        weight[k] = (float)fmax(1 - fabs(from + k + 0.5 - centre) / radius, 0);
        sum += weight[k];
    }
    for (int k = 0; k < axis->taps; k++)
        weight[k] = (float)(weight[k] / sum);
}

static bool axis_create(struct axis *axis)
{
    axis->start = (axis->length - axis->scale * axis->wished) / 2;
    axis->taps = (int)(2 * fmax(axis->scale, 1)) + 2;
    axis->first = malloc((size_t)axis->wished * sizeof(int));
    axis->weight = calloc((size_t)axis->wished * (size_t)axis->taps, sizeof(float));
    if (!axis->first || !axis->weight)
        return false;
    for (int i = 0; i < axis->wished; i++)
        fill_taps(axis, i);
    return true;
}

static void axis_destroy(struct axis *axis)
{
    free(axis->first);
    free(axis->weight);
}

/* One source row becomes `across->wished` pixels, weighted, and is added to `sum`. */
static void add_row(const struct axis *across, const uint8_t *row, int channels, float weight,
                    float *sum)
{
    for (int x = 0; x < across->wished; x++) {
        const float *w = across->weight + (size_t)x * (size_t)across->taps;
        for (int k = 0; k < across->taps && across->first[x] + k < across->length; k++) {
            const uint8_t *pixel = row + (size_t)(across->first[x] + k) * (size_t)channels;
            for (int c = 0; c < channels; c++)
                sum[x * channels + c] += weight * w[k] * pixel[c];
        }
    }
}

static void resample(const struct fig_image *from, const struct axis *down,
                     const struct axis *across, float *sum, uint8_t *out)
{
    const size_t length = (size_t)across->wished * (size_t)from->channels;
    const size_t row = (size_t)from->width * (size_t)from->channels;
    for (int y = 0; y < down->wished; y++, out += length) {
        const float *w = down->weight + (size_t)y * (size_t)down->taps;
        memset(sum, 0, length * sizeof(*sum));
        for (int k = 0; k < down->taps && down->first[y] + k < down->length; k++) {
            if (w[k] > 0)
                add_row(across, from->bytes + (size_t)(down->first[y] + k) * row, from->channels,
                        w[k], sum);
        }
        for (size_t i = 0; i < length; i++)
            out[i] = (uint8_t)fminf(sum[i] + 0.5f, 255);
    }
}

static bool resize(struct fig_image *image, int height, int width)
{
    const double scale = fmin((double)image->height / height, (double)image->width / width);
    struct axis down = { .length = image->height, .wished = height, .scale = scale };
    struct axis across = { .length = image->width, .wished = width, .scale = scale };
    const size_t length = (size_t)width * (size_t)image->channels;
    float *sum = malloc(length * sizeof(*sum));
    uint8_t *bytes = malloc((size_t)height * length);
    const bool axes = axis_create(&down) && axis_create(&across);
    const bool enough = axes && sum && bytes;
    if (enough) {
        resample(image, &down, &across, sum, bytes);
        free(image->bytes);
        *image = (struct fig_image){ height, width, image->channels, bytes };
    } else {
        free(bytes);
    }
    axis_destroy(&down);
    axis_destroy(&across);
    free(sum);
    return enough;
}

/* Luma of ITU-R BT.601. */
static uint8_t grey(const uint8_t rgb[3])
{
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

static bool convert(struct fig_image *image, int channels)
{
    const size_t pixels = (size_t)image->height * (size_t)image->width;
    uint8_t *bytes = malloc(pixels * (size_t)channels);
    if (!bytes)
        return false;
    for (size_t i = 0; i < pixels; i++) {
        if (channels == 1)
            bytes[i] = grey(image->bytes + 3 * i);
        else
            memset(bytes + 3 * i, image->bytes[i], 3);
    }
    free(image->bytes);
    image->bytes = bytes;
    image->channels = channels;
    return true;
}

enum fig_status fig_image_fit(struct fig_image *image, int height, int width, int channels)
{
    REQUIRE(image && image->bytes && (channels == 1 || channels == 3));
    REQUIRE(height >= 1 && height <= FIG_IMAGE_SIDE && width >= 1 && width <= FIG_IMAGE_SIDE);
    if ((image->height != height || image->width != width) && !resize(image, height, width))
        return fail(FIG_NOMEM, "no memory to resize a picture to %dx%d", width, height);
    if (image->channels != channels && !convert(image, channels))
        return fail(FIG_NOMEM, "no memory for a picture of %dx%d", width, height);
    return FIG_OK;
}
