/* SPDX-License-Identifier: MIT */
#include "evaluate/frechet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/threads.h"
#include "evaluate/eigen.h"

/* The Gaussian of some rows. */
struct gaussian {
    double *mean;       /* [n] */
    double *covariance; /* [n][n] */
};

static void fit(struct gaussian *gaussian, struct rows rows, size_t n)
{
    double *mean = gaussian->mean, *covariance = gaussian->covariance;
    for (int r = 0; r < rows.count; r++) {
        for (size_t i = 0; i < n; i++)
            mean[i] += (double)rows.values[(size_t)r * n + i] / rows.count;
    }
    for (int r = 0; r < rows.count; r++) {
        const float *row = rows.values + (size_t)r * n;
        for (size_t i = 0; i < n; i++) {
            const double scale = (row[i] - mean[i]) / (rows.count - 1);
            for (size_t j = 0; j < n; j++)
                covariance[i * n + j] += scale * (row[j] - mean[j]);
        }
    }
}

static void multiply(const double *a, const double *b, double *out, size_t n)
{
    memset(out, 0, n * n * sizeof(*out));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            for (size_t j = 0; j < n; j++)
                out[i * n + j] += a[i * n + k] * b[k * n + j];
        }
    }
}

/* v^T M v; rounding may make a small negative number of 0. */
static double eigenvalue(const double *matrix, const double *vector, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            sum += vector[i] * matrix[i * n + j] * vector[j];
    }
    return fmax(sum, 0);
}

/* The root of a matrix from its eigenvectors, which are rows; and its trace. */
static double root_of(const double *matrix, const double *vectors, double *root, size_t n)
{
    double trace = 0;
    memset(root, 0, n * n * sizeof(*root));
    for (size_t k = 0; k < n; k++) {
        const double *vector = vectors + k * n, value = sqrt(eigenvalue(matrix, vector, n));
        trace += value;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++)
                root[i * n + j] += value * vector[i] * vector[j];
        }
    }
    return trace;
}

/* tr (A^1/2 B A^1/2)^1/2; `room` has three matrices. */
static enum fig_status trace_of_root(const double *a, const double *b, double *room, int n,
                                     double *trace)
{
    const size_t size = (size_t)n * (size_t)n;
    double *vectors = room, *root = room + size, *product = room + 2 * size;
    struct pool *pool;
    TRY(pool_create(&pool, 0));
    enum fig_status status = eigen_largest(a, n, n, vectors, pool);
    if (!status) {
        root_of(a, vectors, root, (size_t)n);
        multiply(root, b, vectors, (size_t)n);
        multiply(vectors, root, product, (size_t)n);
        status = eigen_largest(product, n, n, vectors, pool);
    }
    if (!status)
        *trace = root_of(product, vectors, root, (size_t)n);
    pool_destroy(&pool);
    return status;
}

static double difference_and_traces(const struct gaussian *a, const struct gaussian *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double step = a->mean[i] - b->mean[i];
        sum += step * step + a->covariance[i * n + i] + b->covariance[i * n + i];
    }
    return sum;
}

enum fig_status frechet_distance(struct rows a, struct rows b, int length, double *distance)
{
    const size_t n = (size_t)length, size = n * n;
    double *room = calloc(2 * n + 5 * size, sizeof(*room)), trace = 0;
    if (!room)
        return fail(FIG_NOMEM, "no memory for covariances of %d values", length);
    struct gaussian first = { room, room + 2 * n }, second = { room + n, room + 2 * n + size };
    fit(&first, a, n);
    fit(&second, b, n);
    const enum fig_status status = trace_of_root(first.covariance, second.covariance,
                                                 room + 2 * n + 2 * size, length, &trace);
    *distance = difference_and_traces(&first, &second, n) - 2 * trace;
    free(room);
    return status;
}
