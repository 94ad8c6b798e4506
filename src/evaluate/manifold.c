/* SPDX-License-Identifier: MIT */
#include "evaluate/manifold.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"

/* --- Balls.  Distances are squared throughout: |a - b|^2 = |a|^2 + |b|^2 - 2 a b. */

/* The k least of a set's distances for each point, ascending: the last is its ball's radius. */
struct neighbours {
    const double *squares; /* |row|^2 */
    int k;
    double *least; /* [count][k] */
};

static void insert(double *least, int k, double distance)
{
    int at = k - 1;
    for (; at > 0 && least[at - 1] > distance; at--)
        least[at] = least[at - 1];
    least[at] = distance;
}

static void keep_nearest(void *context, const struct product_block *block)
{
    const struct neighbours *neighbours = context;
    const int k = neighbours->k;
    for (int i = 0; i < block->as; i++) {
        const float *products = block->values + (size_t)i * block->stride;
        double *least = neighbours->least + (size_t)(block->a + i) * (size_t)k;
        for (int j = 0; j < block->bs; j++) {
            const double distance = neighbours->squares[block->a + i] +
                                    neighbours->squares[block->b + j] - 2 * (double)products[j];
            if (distance < least[k - 1] && block->a + i != block->b + j)
                insert(least, k, distance);
        }
    }
}

static enum fig_status find_radii(struct products *products, struct rows rows,
                                  const double *squares, int k, double *radii)
{
    const size_t count = (size_t)rows.count, size = count * (size_t)k;
    struct neighbours neighbours = { squares, k, malloc(size * sizeof(double)) };
    if (!neighbours.least)
        return fail(FIG_NOMEM, "no memory for %d neighbours of %d points", k, rows.count);
    for (size_t i = 0; i < size; i++)
        neighbours.least[i] = INFINITY;
    const enum fig_status status =
        products_visit(products, rows, rows, keep_nearest, &neighbours);
    for (size_t i = 0; i < count; i++)
        radii[i] = neighbours.least[(i + 1) * (size_t)k - 1];
    free(neighbours.least);
    return status;
}

/* Both sets in each other's balls. */
struct meeting {
    double *real_squares, *drawn_squares; /* |row|^2 */
    double *real_radii, *drawn_radii;
    bool *precise;            /* [drawn]: in a ball of the real */
    bool *recalled, *covered; /* [real]: in a ball of the drawn; own ball has a drawn point */
    double inside;            /* pairs of a drawn point in a real ball */
};

static void meet(void *context, const struct product_block *block)
{
    struct meeting *meeting = context;
    for (int i = 0; i < block->as; i++) {
        const float *products = block->values + (size_t)i * block->stride;
        const int drawn = block->a + i;
        for (int j = 0; j < block->bs; j++) {
            const int real = block->b + j;
            const double distance = meeting->drawn_squares[drawn] + meeting->real_squares[real] -
                                    2 * (double)products[j];
            if (distance < meeting->real_radii[real]) {
                meeting->inside++;
                meeting->precise[drawn] = meeting->covered[real] = true;
            }
            if (distance < meeting->drawn_radii[drawn])
                meeting->recalled[real] = true;
        }
    }
}

static double share(const bool *flags, int count)
{
    int set = 0;
    for (int i = 0; i < count; i++)
        set += flags[i];
    return (double)set / count;
}

static enum fig_status hold(struct meeting *meeting, struct products *products, size_t length,
                            struct rows real, struct rows drawn, int k)
{
    square_rows(real, length, meeting->real_squares);
    square_rows(drawn, length, meeting->drawn_squares);
    TRY(find_radii(products, real, meeting->real_squares, k, meeting->real_radii));
    TRY(find_radii(products, drawn, meeting->drawn_squares, k, meeting->drawn_radii));
    return products_visit(products, drawn, real, meet, meeting);
}

enum fig_status manifold_compare(struct products *products, size_t length, struct rows real,
                                 struct rows drawn, int k, struct manifold *out)
{
    const size_t reals = (size_t)real.count, drawns = (size_t)drawn.count;
    double *room = malloc(2 * (reals + drawns) * sizeof(*room));
    bool *flags = calloc(2 * reals + drawns, sizeof(*flags));
    enum fig_status status = FIG_OK;
    if (room && flags) {
        struct meeting meeting = {
            .real_squares = room, .real_radii = room + reals, .drawn_squares = room + 2 * reals,
            .drawn_radii = room + 2 * reals + drawns, .recalled = flags,
            .covered = flags + reals, .precise = flags + 2 * reals };
        status = hold(&meeting, products, length, real, drawn, k);
        *out = (struct manifold){
            .precision = share(meeting.precise, drawn.count),
            .recall = share(meeting.recalled, real.count),
            .density = meeting.inside / ((double)k * drawn.count),
            .coverage = share(meeting.covered, real.count) };
    } else {
        status = fail(FIG_NOMEM, "no memory to compare %d points", drawn.count);
    }
    free(flags);
    free(room);
    return status;
}

/* --- Kernels */

struct kernel_sum {
    double length;
    bool same; /* both sets are one: a point is not compared with itself */
    double sum;
};

static void add_kernels(void *context, const struct product_block *block)
{
    struct kernel_sum *kernel = context;
    for (int i = 0; i < block->as; i++) {
        const float *products = block->values + (size_t)i * block->stride;
        const int self = kernel->same ? block->a + i - block->b : -1;
        double sum = 0;
        for (int j = 0; j < block->bs; j++) {
            const double value = (double)products[j] / kernel->length + 1;
            sum += j == self ? 0 : value * value * value;
        }
        kernel->sum += sum;
    }
}

static enum fig_status mean_kernel(struct products *products, size_t length, struct rows a,
                                   struct rows b, double *mean)
{
    struct kernel_sum kernel = { (double)length, a.values == b.values, 0 };
    TRY(products_visit(products, a, b, add_kernels, &kernel));
    *mean = kernel.sum / ((double)a.count * (b.count - kernel.same));
    return FIG_OK;
}

enum fig_status kernel_distance(struct products *products, size_t length, struct rows a,
                                struct rows b, double *distance)
{
    double within_a, within_b, between;
    TRY(mean_kernel(products, length, a, a, &within_a));
    TRY(mean_kernel(products, length, b, b, &within_b));
    TRY(mean_kernel(products, length, a, b, &between));
    *distance = within_a + within_b - 2 * between;
    return FIG_OK;
}
