/* SPDX-License-Identifier: MIT */
/* Steps for codes: as coarse as the images allow. */
#include <figment/codec.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/moments.h"
#include "base/size.h"
#include "run/packed.h"
#include "run/rows.h"
#include "run/run.h"

enum { PROBES = 100, /* images that steps are measured on */ LEVELS = 256 };

/* What compressing needs at a time. */
struct work {
    struct fig_run *run;
    const float *images;
    int count, probes, code;
    size_t length;  /* values of an image */
    float *codes;   /* [count][code] */
    float *rebuilt; /* [count][length] */
    float *moved;   /* [probes][length] */
    float *shifted; /* [probes][code] */
    double own;     /* squared error of an image */
};

static enum fig_status make_work(struct work *work)
{
    TRY(make_rows(&work->codes, work->count, (size_t)work->code));
    TRY(make_rows(&work->rebuilt, work->count, work->length));
    TRY(make_rows(&work->moved, work->probes, work->length));
    return make_rows(&work->shifted, work->probes, (size_t)work->code);
}

static void free_work(struct work *work)
{
    free(work->codes);
    free(work->rebuilt);
    free(work->moved);
    free(work->shifted);
}

/* --- Steps */

/* The least, the greatest and the deviation of a value over all codes. */
struct range {
    float low, high;
    double deviation;
};

static struct range find_range(const struct work *work, int k)
{
    const size_t code = (size_t)work->code;
    const struct moments moments = moments_of(work->codes + k, (size_t)work->count, code);
    struct range range = { INFINITY, -INFINITY, moments_deviation(&moments) };
    for (size_t i = 0; i < (size_t)work->count; i++) {
        const float value = work->codes[i * code + (size_t)k];
        range.low = fminf(range.low, value);
        range.high = fmaxf(range.high, value);
    }
    return range;
}

/* The squared change of an image for a unit of value k, as an eighth of its deviation shows it. */
static enum fig_status find_change(const struct work *work, int k, double deviation,
                                   double *change)
{
    const size_t code = (size_t)work->code, probes = (size_t)work->probes;
    const float shift = (float)(deviation / 8);
    memcpy(work->shifted, work->codes, probes * code * sizeof(float));
    for (size_t i = 0; i < probes; i++)
        work->shifted[i * code + (size_t)k] += shift;
    TRY(fig_run_decode(work->run, work->shifted, work->probes, work->moved));
    *change = mean_square(work->moved, work->rebuilt, probes * work->length) *
              (double)work->length / ((double)shift * shift);
    return FIG_OK;
}

static enum fig_status find_step(const struct work *work, int k, double allowed,
                                 struct packed *packed)
{
    const struct range range = find_range(work, k);
    const double span = (double)range.high - range.low;
    double change = 0;
    if (span > 0)
        TRY(find_change(work, k, range.deviation, &change));
    const double step = fmax(sqrt(12 * allowed / change), span / (LEVELS - 1));
    const bool kept = change > 0 && step <= span;
    packed->lowest[k] = kept ? range.low : (float)(range.low + span / 2);
    packed->step[k] = kept ? (float)step : 0;
    return FIG_OK;
}

static void round_codes(const struct work *work, int k, struct packed *packed)
{
    const size_t count = (size_t)work->count, code = (size_t)work->code, at = (size_t)k;
    uint8_t *symbols = packed->symbols + at * count;
    for (size_t i = 0; i < count; i++) {
        const double steps = packed->step[at] > 0
            ? (work->codes[i * code + at] - packed->lowest[at]) / packed->step[at] : 0;
        symbols[i] = (uint8_t)fmin(fmax(round(steps), 0), LEVELS - 1);
    }
}

static void restore_codes(const struct packed *packed, float *codes)
{
    const size_t count = (size_t)packed->count, length = (size_t)packed->length;
    for (size_t k = 0; k < length; k++) {
        for (size_t i = 0; i < count; i++)
            codes[i * length + k] =
                packed->lowest[k] + packed->symbols[k * count + i] * packed->step[k];
    }
}

/* --- Both ways */

static enum fig_status compress(struct work *work, const struct fig_compression *how,
                                struct packed *packed, struct fig_compressed *out)
{
    const size_t values = (size_t)work->count * work->length;
    TRY(make_work(work));
    TRY(fig_run_encode(work->run, work->images, work->count, work->codes));
    TRY(fig_run_decode(work->run, work->codes, work->count, work->rebuilt));
    out->own_mse = mean_square(work->rebuilt, work->images, values);
    const double allowed = how->tolerance * out->own_mse * (double)work->length / work->code;
    for (int k = 0; k < work->code; k++) {
        TRY(find_step(work, k, allowed, packed));
        round_codes(work, k, packed);
    }
    restore_codes(packed, work->codes);
    TRY(fig_run_decode(work->run, work->codes, work->count, work->rebuilt));
    out->mse = mean_square(work->rebuilt, work->images, values);
    packed->model = run_hash(work->run);
    return packed_write(packed, how->path, &out->bytes);
}

enum fig_status fig_compress(struct fig_run *run, const struct fig_compression *how,
                             const float *images, int count, struct fig_compressed *out)
{
    REQUIRE(run && how && images && count > 0 && out);
    REQUIRE(how->tolerance > 0 && isfinite(how->tolerance));
    const struct fig_run_info *info = fig_run_info(run);
    const double pixels = (double)info->height * info->width * count;
    struct work work = {
        .run = run, .images = images, .count = count, .probes = count < PROBES ? count : PROBES,
        .code = info->code,
        .length = image_length(info->height, info->width, info->channels) };
    struct packed packed = { 0 };
    *out = (struct fig_compressed){ 0 };
    if (!info->code)
        return fail(FIG_INVALID, "a model of the family %s has no codes to keep",
                    fig_config_settings(fig_run_config(run))->family);
    if (info->conditional_decoder)
        return fail(FIG_INVALID, "the model %s is conditional: its codes alone do not say what to "
                    "draw", fig_config_settings(fig_run_config(run))->name);
    enum fig_status status = packed_create(&packed, count, info->code);
    if (!status)
        status = compress(&work, how, &packed, out);
    out->bits_per_pixel = 8 * (double)out->bytes / pixels;
    packed_free(&packed);
    free_work(&work);
    return status;
}

static enum fig_status decompress(struct fig_run *run, const struct packed *packed, float **images)
{
    const struct fig_run_info *info = fig_run_info(run);
    const size_t length = image_length(info->height, info->width, info->channels);
    float *codes = NULL;
    enum fig_status status = make_rows(&codes, packed->count, (size_t)packed->length);
    if (!status)
        status = make_rows(images, packed->count, length);
    if (!status) {
        restore_codes(packed, codes);
        status = fig_run_decode(run, codes, packed->count, *images);
    }
    free(codes);
    if (status) {
        free(*images);
        *images = NULL;
    }
    return status;
}

/* The symbols of a file that the model has made. */
static enum fig_status open_packed(struct packed *packed, const struct fig_run *run,
                                   const char *path)
{
    void *bytes = NULL;
    size_t size;
    TRY(file_read(path, INT32_MAX, &bytes, &size));
    const enum fig_status status = packed_parse(packed, path, bytes, size);
    free(bytes);
    if (!status && packed->model != run_hash(run))
        return fail(FIG_INVALID, "%s: codes of another model: %016" PRIx64 ", this one is %016"
                    PRIx64, path, packed->model, run_hash(run));
    return status;
}

enum fig_status fig_decompress(struct fig_run *run, const char *path, float **images, int *count)
{
    REQUIRE(run && path && images && count);
    struct packed packed = { 0 };
    *images = NULL;
    enum fig_status status = open_packed(&packed, run, path);
    if (!status && packed.length != fig_run_info(run)->code)
        status = fail(FIG_FORMAT, "%s: codes of %d values; the model's have %d", path,
                      packed.length, fig_run_info(run)->code);
    if (!status)
        status = decompress(run, &packed, images);
    *count = packed.count;
    packed_free(&packed);
    return status;
}
