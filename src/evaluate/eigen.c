/* SPDX-License-Identifier: MIT */
/* Subspace iteration: a block of vectors is multiplied by the matrix again and again, and made
 * orthonormal in between, so that it turns towards the largest eigenvectors; then the small matrix
 * that the block sees is diagonalised by Jacobi's rotations (Rayleigh and Ritz).  The block is
 * twice as wide as asked for: what it does not hold fades as (lambda_2count / lambda_count)^2 with
 * each product. */
#include "evaluate/eigen.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"

enum { EXTRA = 8, PRODUCTS = 4 /* between two looks */, LOOKS = 200, SWEEPS = 40, ROWS = 4 };

struct block {
    const double *matrix;
    int n, width;
    double *vectors, *images; /* [width][n]; images are matrix x vectors */
    double *seen;             /* [width][width]: the matrix in the basis of the block */
    double *turn;             /* [width][width]: its eigenvectors, as rows */
};

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(double *restrict a, double scale, const double *restrict b, int n)
{
    for (int i = 0; i < n; i++)
        a[i] += scale * b[i];
}

static double *row_of(double *rows, int row, int n)
{
    return rows + (size_t)row * (size_t)n;
}

/* A few rows of images: the matrix is read once for all of them. */
static void multiply_rows(void *context, int part, int thread)
{
    const struct block *block = context;
    const int n = block->n, first = part * ROWS;
    const int end = first + ROWS < block->width ? first + ROWS : block->width;
    (void)thread;
    memset(row_of(block->images, first, n), 0, (size_t)(end - first) * (size_t)n * sizeof(double));
    for (int i = 0; i < n; i++) {
        for (int r = first; r < end; r++)
            add_scaled(row_of(block->images, r, n), row_of(block->vectors, r, n)[i],
                       block->matrix + (size_t)i * (size_t)n, n);
    }
}

static void multiply(struct block *block, struct pool *pool)
{
    pool_run(pool, (block->width + ROWS - 1) / ROWS, multiply_rows, block);
}

/* Gram and Schmidt, twice, so that rounding does not matter; what depends on rows before it becomes
 * a row of zeros. */
static void orthonormalise(double *rows, int count, int n)
{
    for (int r = 0; r < count; r++) {
        double *row = row_of(rows, r, n);
        const double before = sqrt(dot(row, row, n));
        for (int i = 0; i < 2 * r; i++)
            add_scaled(row, -dot(row, row_of(rows, i % r, n), n), row_of(rows, i % r, n), n);
        const double left = sqrt(dot(row, row, n));
        const double scale = left > 1e-12 * before ? 1 / left : 0;
        for (int i = 0; i < n; i++)
            row[i] *= scale;
    }
}

/* The rotation by which a_pq becomes 0: its tangent is the smaller root of t^2 + 2 t theta = 1. */
static void rotate(struct block *block, int p, int q)
{
    const int w = block->width;
    double *a = block->seen, *a_p = row_of(a, p, w), *a_q = row_of(a, q, w);
    const double theta = (a_q[q] - a_p[p]) / (2 * a_p[q]);
    const double t = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
    const double c = 1 / hypot(t, 1), s = t * c;
    double *turn_p = row_of(block->turn, p, w), *turn_q = row_of(block->turn, q, w);
    for (int i = 0; i < w; i++) {
        double *row = row_of(a, i, w);
        const double x = row[p], y = row[q];
        row[p] = c * x - s * y;
        row[q] = s * x + c * y;
    }
    for (int i = 0; i < w; i++) {
        const double x = a_p[i], y = a_q[i], u = turn_p[i], v = turn_q[i];
        a_p[i] = c * x - s * y;
        a_q[i] = s * x + c * y;
        turn_p[i] = c * u - s * v;
        turn_q[i] = s * u + c * v;
    }
}

/* Rotate until nothing but the diagonal is left of `seen`; one sweep says whether it found more. */
static bool sweep(struct block *block, double least)
{
    bool found = false;
    for (int p = 0; p < block->width; p++) {
        for (int q = p + 1; q < block->width; q++) {
            if (fabs(row_of(block->seen, p, block->width)[q]) <= least)
                continue;
            rotate(block, p, q);
            found = true;
        }
    }
    return found;
}

static double diagonal(const struct block *block, int i)
{
    return block->seen[(size_t)i * (size_t)block->width + (size_t)i];
}

static void diagonalise(struct block *block)
{
    const int w = block->width;
    double trace = 0;
    memset(block->turn, 0, (size_t)w * (size_t)w * sizeof(double));
    for (int i = 0; i < w; i++) {
        row_of(block->turn, i, w)[i] = 1;
        trace += diagonal(block, i);
    }
    for (int i = 0; i < SWEEPS && sweep(block, 1e-15 * fmax(trace, 0)); i++)
        continue;
}

/* The row with the largest eigenvalue among those not taken yet, whose turn is set to be it. */
static int take_largest(const struct block *block, bool *taken)
{
    int best = -1;
    for (int i = 0; i < block->width; i++) {
        if (!taken[i] && (best < 0 || diagonal(block, i) > diagonal(block, best)))
            best = i;
    }
    taken[best] = true;
    return best;
}

/* Turn the block's vectors into the best approximations of eigenvectors that it holds, largest
 * first; returns the sum of the first `count` eigenvalues.  The old vectors are lost. */
static double look(struct block *block, int count, bool *taken, struct pool *pool)
{
    const int n = block->n, w = block->width;
    double sum = 0;
    multiply(block, pool);
    for (int i = 0; i < w; i++) {
        for (int j = i; j < w; j++) {
            const double value = dot(row_of(block->images, i, n), row_of(block->vectors, j, n), n);
            row_of(block->seen, i, w)[j] = row_of(block->seen, j, w)[i] = value;
        }
    }
    diagonalise(block);
    memset(taken, 0, (size_t)w * sizeof(*taken));
    memset(block->images, 0, (size_t)w * (size_t)n * sizeof(double));
    for (int i = 0; i < w; i++) {
        const int from = take_largest(block, taken);
        sum += i < count ? diagonal(block, from) : 0;
        for (int j = 0; j < w; j++)
            add_scaled(row_of(block->images, i, n), row_of(block->turn, from, w)[j],
                       row_of(block->vectors, j, n), n);
    }
    memcpy(block->vectors, block->images, (size_t)w * (size_t)n * sizeof(double));
    return sum;
}

/* Until the eigenvalues asked for grow no more. */
static void iterate(struct block *block, int count, bool *taken, struct pool *pool)
{
    const struct stream stream = { 0 };
    const size_t size = (size_t)block->width * (size_t)block->n;
    random_normal(&stream, block->vectors, size);
    orthonormalise(block->vectors, block->width, block->n);
    double before = look(block, count, taken, pool);
    for (int i = 0; i < LOOKS; i++) {
        for (int k = 0; k < PRODUCTS; k++) {
            multiply(block, pool);
            memcpy(block->vectors, block->images, size * sizeof(double));
            orthonormalise(block->vectors, block->width, block->n);
        }
        const double sum = look(block, count, taken, pool);
        if (sum - before <= 1e-12 * sum)
            break;
        before = sum;
    }
}

enum fig_status eigen_largest(const double *matrix, int n, int count, double *vectors,
                              struct pool *pool)
{
    const int width = 2 * count + EXTRA < n ? 2 * count + EXTRA : n;
    const size_t size = (size_t)width * (size_t)n, small = (size_t)width * (size_t)width;
    double *room = malloc((2 * size + 2 * small) * sizeof(*room));
    bool *taken = malloc((size_t)width * sizeof(*taken));
    enum fig_status status = FIG_OK;
    if (room && taken) {
        struct block block = {
            .matrix = matrix, .n = n, .width = width, .vectors = room, .images = room + size,
            .seen = room + 2 * size, .turn = room + 2 * size + small,
        };
        iterate(&block, count, taken, pool);
        memcpy(vectors, block.vectors, (size_t)count * (size_t)n * sizeof(double));
    } else {
        status = fail(FIG_NOMEM, "no memory for %d eigenvectors of %d values", width, n);
    }
    free(taken);
    free(room);
    return status;
}
