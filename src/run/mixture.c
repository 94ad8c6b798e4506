/* SPDX-License-Identifier: MIT */
#include "run/mixture.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moments.h"
#include "base/random.h"
#include "base/threads.h"

enum { PART = 256 /* points at a time */ };

static const double LOG_2PI = 1.8378770664093453;

static size_t square(int length)
{
    return (size_t)length * (size_t)length;
}

enum fig_status mixture_create(struct mixture **out, int count, int length)
{
    struct mixture *mixture = calloc(1, sizeof(*mixture));
    *out = mixture;
    if (mixture) {
        *mixture = (struct mixture){
            .count = count, .length = length,
            .weights = calloc((size_t)count, sizeof(double)),
            .means = calloc((size_t)count, (size_t)length * sizeof(double)),
            .factors = calloc((size_t)count, square(length) * sizeof(double)),
        };
        if (mixture->weights && mixture->means && mixture->factors)
            return FIG_OK;
    }
    mixture_destroy(out);
    return fail(FIG_NOMEM, "no memory for %d Gaussians of %d values", count, length);
}

void mixture_destroy(struct mixture **mixture)
{
    if (!*mixture)
        return;
    free((*mixture)->weights);
    free((*mixture)->means);
    free((*mixture)->factors);
    free(*mixture);
    *mixture = NULL;
}

/* --- Fitting */

struct fit {
    struct mixture *mixture;
    const float *points;
    int count;
    double regular;   /* s of the prior */
    double *inverses; /* [components][length][length]: column j of F^-1 is row j, from j on */
    double *logs;     /* [components]: log w_k - log |F_k| - length / 2 log 2 pi */
    double *shares;   /* [count][components]: of a point that a component answers for */
    double *sums;     /* [parts]: log-likelihoods */
    double *scratch;  /* [threads][length] */
    double *centred;  /* [threads][length] */
};

static int part_count(const struct fit *fit)
{
    return (fit->count + PART - 1) / PART;
}

static const float *point(const struct fit *fit, int index)
{
    return fit->points + (size_t)index * (size_t)fit->mixture->length;
}

/* |F^-1 (x - m)|^2; columns are added up, which processors do several rows at a time. */
static double distance(const struct fit *fit, int k, const float *x, double *sum)
{
    const int length = fit->mixture->length;
    const double *mean = fit->mixture->means + (size_t)k * (size_t)length;
    double total = 0;
    memset(sum, 0, (size_t)length * sizeof(*sum));
    for (int j = 0; j < length; j++) {
        const double *column =
            fit->inverses + (size_t)k * square(length) + (size_t)j * (size_t)length;
        const double step = (double)x[j] - mean[j];
        for (int i = j; i < length; i++)
            sum[i] += column[i] * step;
        total += sum[j] * sum[j]; /* complete: later columns begin below */
    }
    return total;
}

/* Fill a point's shares; returns its log-likelihood. */
static double share_out(const struct fit *fit, int index, double *scratch)
{
    const int components = fit->mixture->count;
    double *shares = fit->shares + (size_t)index * (size_t)components;
    double greatest = -INFINITY, sum = 0;
    for (int k = 0; k < components; k++) {
        shares[k] = fit->logs[k] - 0.5 * distance(fit, k, point(fit, index), scratch);
        greatest = fmax(greatest, shares[k]);
    }
    for (int k = 0; k < components; k++)
        sum += shares[k] = exp(shares[k] - greatest);
    for (int k = 0; k < components; k++)
        shares[k] /= sum;
    return greatest + log(sum);
}

static void expect(void *context, int part, int thread)
{
    const struct fit *fit = context;
    const int end = (part + 1) * PART < fit->count ? (part + 1) * PART : fit->count;
    fit->sums[part] = 0;
    for (int i = part * PART; i < end; i++)
        fit->sums[part] += share_out(fit, i, fit->scratch + thread * fit->mixture->length);
}

/* In place: the lower half of a positive definite matrix becomes its Cholesky factor. */
static void factorise(double *a, int length)
{
    for (int j = 0; j < length; j++) {
        double *row = a + (size_t)j * (size_t)length;
        for (int k = 0; k < j; k++) {
            const double *above = a + (size_t)k * (size_t)length;
            double sum = row[k];
            for (int i = 0; i < k; i++)
                sum -= row[i] * above[i];
            row[k] = sum / above[k];
        }
        for (int k = 0; k < j; k++)
            row[j] -= row[k] * row[k];
        row[j] = sqrt(fmax(row[j], 1e-300));
        memset(row + j + 1, 0, (size_t)(length - j - 1) * sizeof(*row));
    }
}

/* Columns of the inverse of a lower triangular matrix, each a row of `out`. */
static void invert(const double *factor, int length, double *out)
{
    memset(out, 0, square(length) * sizeof(*out));
    for (int j = 0; j < length; j++) {
        double *column = out + (size_t)j * (size_t)length;
        for (int i = j; i < length; i++) {
            const double *row = factor + (size_t)i * (size_t)length;
            double sum = i == j;
            for (int k = j; k < i; k++)
                sum -= row[k] * column[k];
            column[i] = sum / row[i];
        }
    }
}

static void centre(const struct fit *fit, int k, int index, double *out)
{
    const double *mean = fit->mixture->means + (size_t)k * (size_t)fit->mixture->length;
    for (int j = 0; j < fit->mixture->length; j++)
        out[j] = (double)point(fit, index)[j] - mean[j];
}

static void find_mean(const struct fit *fit, int k, double weight)
{
    const int length = fit->mixture->length, components = fit->mixture->count;
    double *mean = fit->mixture->means + (size_t)k * (size_t)length;
    memset(mean, 0, (size_t)length * sizeof(*mean));
    for (int i = 0; i < fit->count; i++) {
        const double share = fit->shares[(size_t)i * (size_t)components + (size_t)k] / weight;
        for (int j = 0; j < length; j++)
            mean[j] += share * (double)point(fit, i)[j];
    }
}

/* (sum of share (x - m) (x - m)^T + s) / weight, its lower half. */
static void find_covariance(const struct fit *fit, int k, double weight, double *centred)
{
    const int length = fit->mixture->length, components = fit->mixture->count;
    double *matrix = fit->mixture->factors + (size_t)k * square(length);
    memset(matrix, 0, square(length) * sizeof(*matrix));
    for (int i = 0; i < fit->count; i++) {
        const double share = fit->shares[(size_t)i * (size_t)components + (size_t)k] / weight;
        if (share * weight < 1e-15) /* lost in the sum: most of them in many dimensions */
            continue;
        centre(fit, k, i, centred);
        for (int row = 0; row < length; row++) {
            const double scale = share * centred[row];
            for (int j = 0; j <= row; j++)
                matrix[(size_t)row * (size_t)length + (size_t)j] += scale * centred[j];
        }
    }
    for (int j = 0; j < length; j++)
        matrix[(size_t)j * ((size_t)length + 1)] += fit->regular / weight;
}

/* A component that answers for nothing has died. */
static void maximise(void *context, int k, int thread)
{
    const struct fit *fit = context;
    struct mixture *mixture = fit->mixture;
    const int length = mixture->length;
    double *factor = mixture->factors + (size_t)k * square(length);
    double weight = 0;
    for (int i = 0; i < fit->count; i++)
        weight += fit->shares[(size_t)i * (size_t)mixture->count + (size_t)k];
    mixture->weights[k] = weight / fit->count;
    fit->logs[k] = -1e300;
    if (weight > 1e-3) {
        find_mean(fit, k, weight);
        find_covariance(fit, k, weight, fit->centred + thread * length);
        factorise(factor, length);
        invert(factor, length, fit->inverses + (size_t)k * square(length));
        fit->logs[k] = log(mixture->weights[k]) - 0.5 * LOG_2PI * length;
        for (int j = 0; j < length; j++)
            fit->logs[k] -= log(factor[(size_t)j * ((size_t)length + 1)]);
    }
}

/* Of all points, with the prior, per point. */
static double objective(const struct fit *fit)
{
    const size_t size = (size_t)fit->mixture->count * square(fit->mixture->length);
    double sum = 0, trace = 0;
    for (int i = 0; i < part_count(fit); i++)
        sum += fit->sums[i];
    for (size_t i = 0; i < size; i++)
        trace += fit->inverses[i] * fit->inverses[i];
    return (sum - 0.5 * fit->regular * trace) / fit->count;
}

/* --- The start */

static double point_distance(const struct fit *fit, int a, int b)
{
    double sum = 0;
    for (int j = 0; j < fit->mixture->length; j++) {
        const double step = (double)point(fit, a)[j] - (double)point(fit, b)[j];
        sum += step * step;
    }
    return sum;
}

/* The point where the running sum of `weights` passes `target` of the whole. */
static int pick(const double *weights, int count, double target)
{
    double sum = 0, whole = 0;
    for (int i = 0; i < count; i++)
        whole += weights[i];
    for (int i = 0; i < count; i++) {
        sum += weights[i];
        if (sum > target * whole)
            return i;
    }
    return count - 1;
}

/* Centres far from those before (Arthur and Vassilvitskii, 2007); points belong to the nearest. */
static void start(const struct fit *fit, uint64_t seed, double *nearest, int *owner)
{
    const int components = fit->mixture->count;
    for (int i = 0; i < fit->count; i++)
        nearest[i] = 1;
    for (int k = 0; k < components; k++) {
        const struct stream stream = { seed, STREAM_MIXTURE, (uint32_t)k };
        double target;
        random_uniform(&stream, &target, 1);
        const int centre_index = pick(nearest, fit->count, target);
        for (int i = 0; i < fit->count; i++) {
            const double far = point_distance(fit, i, centre_index);
            if (k == 0 || far < nearest[i]) {
                nearest[i] = far;
                owner[i] = k;
            }
        }
    }
    for (int i = 0; i < fit->count; i++)
        fit->shares[(size_t)i * (size_t)components + (size_t)owner[i]] = 1;
}

static double mean_variance(const struct fit *fit)
{
    const int length = fit->mixture->length;
    double total = 0;
    for (int j = 0; j < length; j++) {
        const struct moments moments =
            moments_of(point(fit, 0) + j, (size_t)fit->count, (size_t)length);
        total += moments_variance(&moments) / length;
    }
    return total;
}

static void climb(struct fit *fit, struct pool *pool, double *history, int *rounds)
{
    const int most = *rounds;
    double last = -INFINITY, gain = INFINITY;
    for (*rounds = 0; *rounds < most && gain > 1e-3; (*rounds)++) {
        pool_run(pool, fit->mixture->count, maximise, fit);
        pool_run(pool, part_count(fit), expect, fit);
        const double now = objective(fit);
        gain = now - last;
        last = now;
        if (history)
            history[*rounds] = now;
    }
}

static enum fig_status make_room(struct fit *fit, int threads)
{
    const size_t components = (size_t)fit->mixture->count, length = (size_t)fit->mixture->length;
    fit->inverses = calloc(components, length * length * sizeof(double));
    fit->logs = calloc(components, sizeof(double));
    fit->shares = calloc((size_t)fit->count, components * sizeof(double));
    fit->sums = calloc((size_t)part_count(fit), sizeof(double));
    fit->scratch = calloc((size_t)threads, length * sizeof(double));
    fit->centred = calloc((size_t)threads, length * sizeof(double));
    if (fit->inverses && fit->logs && fit->shares && fit->sums && fit->scratch && fit->centred)
        return FIG_OK;
    return fail(FIG_NOMEM, "no memory to fit %zu Gaussians to %d points", components, fit->count);
}

static void free_room(struct fit *fit)
{
    free(fit->inverses);
    free(fit->logs);
    free(fit->shares);
    free(fit->sums);
    free(fit->scratch);
    free(fit->centred);
}

static enum fig_status start_somewhere(const struct fit *fit, uint64_t seed)
{
    double *nearest = calloc((size_t)fit->count, sizeof(*nearest));
    int *owner = calloc((size_t)fit->count, sizeof(*owner));
    const bool room = nearest && owner;
    if (room)
        start(fit, seed, nearest, owner);
    free(owner);
    free(nearest);
    return room ? FIG_OK : fail(FIG_NOMEM, "no memory to start with %d points", fit->count);
}

enum fig_status mixture_fit(struct mixture *mixture, const float *points, int count, uint64_t seed,
                            double *history, int *rounds)
{
    struct fit fit = { .mixture = mixture, .points = points, .count = count };
    struct pool *pool = NULL;
    if (count < mixture->count)
        return fail(FIG_INVALID, "%d Gaussians cannot be fitted to %d points", mixture->count,
                    count);
    fit.regular = 1e-3 * fmax(mean_variance(&fit), 1e-12);
    enum fig_status status = pool_create(&pool, 0);
    if (!status)
        status = make_room(&fit, pool_threads(pool));
    if (!status)
        status = start_somewhere(&fit, seed);
    if (!status)
        climb(&fit, pool, history, rounds);
    free_room(&fit);
    pool_destroy(&pool);
    return status;
}

/* --- Drawing */

static void draw_one(const struct mixture *mixture, const struct stream *stream, double *normal,
                     float *out)
{
    const size_t length = (size_t)mixture->length;
    const struct stream which = { stream->seed, STREAM_MIXTURE + 1, stream->step };
    double target;
    random_uniform(&which, &target, 1);
    random_normal(stream, normal, length);
    const size_t k = (size_t)pick(mixture->weights, mixture->count, target);
    for (size_t i = 0; i < length; i++) {
        const double *row = mixture->factors + (k * length + i) * length;
        double value = mixture->means[k * length + i];
        for (size_t j = 0; j <= i; j++)
            value += row[j] * normal[j];
        out[i] = (float)value;
    }
}

enum fig_status mixture_draw(const struct mixture *mixture, uint64_t seed, int first, int count,
                             float *points)
{
    const size_t length = (size_t)mixture->length;
    double *normal = malloc(length * sizeof(*normal));
    if (!normal)
        return fail(FIG_NOMEM, "no memory to draw %zu values", length);
    for (int i = 0; i < count; i++) {
        const struct stream stream = { seed, STREAM_SAMPLE, (uint32_t)(first + i) };
        draw_one(mixture, &stream, normal, points + (size_t)i * length);
    }
    free(normal);
    return FIG_OK;
}
