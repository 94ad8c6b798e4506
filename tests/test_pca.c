/* SPDX-License-Identifier: MIT */
/* Eigenvectors of matrices whose eigenvalues are known, and what the components of data rebuild. */
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "evaluate/eigen.h"
#include "evaluate/errors.h"
#include "evaluate/pca.h"

/* --- Eigenvectors */

/* H diag(values) H with the reflection H = 1 - 2 u u^T, whose columns are the eigenvectors. */
struct known {
    int n;
    double *values, *u, *matrix;
};

static double reflection(const struct known *known, int i, int j)
{
    return (i == j) - 2 * known->u[i] * known->u[j];
}

static struct known known_matrix(int n, double (*value)(int i, int n))
{
    const size_t size = (size_t)n;
    struct known k = { n, malloc(size * sizeof(double)), malloc(size * sizeof(double)),
                       calloc(size * size, sizeof(double)) };
    double norm = 0;
    for (int i = 0; i < n; i++) {
        k.values[i] = value(i, n);
        k.u[i] = 1 + sin(3.0 * i);
        norm += k.u[i] * k.u[i];
    }
    for (int i = 0; i < n; i++)
        k.u[i] /= sqrt(norm);
    for (size_t i = 0; i < size; i++) {
        for (size_t j = 0; j < size; j++) {
            for (int m = 0; m < n; m++)
                k.matrix[i * size + j] += reflection(&k, (int)i, m) * k.values[m] *
                                          reflection(&k, m, (int)j);
        }
    }
    return k;
}

static void known_finish(struct known *known)
{
    free(known->values);
    free(known->u);
    free(known->matrix);
}

static double geometric(int i, int n)
{
    (void)n;
    return pow(0.8, i);
}

static double close_together(int i, int n)
{
    return 1 - 0.5 * i / n;
}

static double few(int i, int n)
{
    (void)n;
    return i < 4 ? 4 - i : 0;
}

static const struct {
    int n, count;
    double (*value)(int i, int n);
} matrices[] = {
    { 1, 1, geometric },       { 3, 3, geometric },  { 50, 6, geometric }, { 90, 20, geometric },
    { 60, 10, close_together }, { 40, 4, few },       { 40, 9, few },
};

/* What the vectors see of the matrix is as much as any vectors can: the sum of the eigenvalues. */
START_TEST(the_largest_eigenvectors_see_all_they_can)
{
    const int n = matrices[_i].n, count = matrices[_i].count;
    struct known known = known_matrix(n, matrices[_i].value);
    double *vectors = malloc((size_t)count * (size_t)n * sizeof(double));
    struct pool *pool;
    ck_assert_int_eq(pool_create(&pool, 2), FIG_OK);
    ck_assert_int_eq(eigen_largest(known.matrix, n, count, vectors, pool), FIG_OK);
    for (int k = 0; k < count; k++) {
        const double *v = vectors + (size_t)k * (size_t)n;
        double seen = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++)
                seen += v[i] * known.matrix[(size_t)i * (size_t)n + (size_t)j] * v[j];
        }
        /* It stops when a look gains less than 1e-12; close eigenvalues gain slowly. */
        ck_assert_double_eq_tol(seen, known.values[k], 1e-8);
    }
    pool_destroy(&pool);
    free(vectors);
    known_finish(&known);
}
END_TEST

/* --- PCA */

static struct fig_dataset numbers_dataset(int count, int length, float *values)
{
    return (struct fig_dataset){
        .info = { .count = count, .height = 1, .width = length, .channels = 1 },
        .values = values,
    };
}

static double pca_mse(const struct fig_dataset *dataset, int rank)
{
    const size_t size = (size_t)dataset->info.count * (size_t)dataset->info.width;
    float *rebuilt = malloc(size * sizeof(float));
    struct errors errors = { 0 };
    struct pca *pca;
    ck_assert_int_eq(pca_create(&pca, dataset, rank), FIG_OK);
    ck_assert_int_eq(pca_rebuild(pca, dataset->values, dataset->info.count, rebuilt), FIG_OK);
    errors_add(&errors, dataset->values, rebuilt, size);
    pca_destroy(&pca);
    ck_assert_ptr_null(pca);
    free(rebuilt);
    return errors_mse(&errors);
}

START_TEST(data_of_rank_k_are_rebuilt_by_k_components)
{
    enum { COUNT = 150, WIDTH = 70, RANK = 5 };
    const struct stream stream = { .seed = 9 };
    double numbers[(COUNT + WIDTH) * RANK];
    static float values[COUNT * WIDTH];
    random_normal(&stream, numbers, LENGTH(numbers));
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < WIDTH; j++) {
            double sum = 0.5 + 0.01 * j;
            for (int k = 0; k < RANK; k++)
                sum += 0.1 * numbers[i * RANK + k] * numbers[(COUNT + j) * RANK + k];
            values[i * WIDTH + j] = (float)sum;
        }
    }
    const struct fig_dataset dataset = numbers_dataset(COUNT, WIDTH, values);
    /* Values about 1 are rounded to float, twice: (2^-24)^2. */
    ck_assert_double_lt(pca_mse(&dataset, RANK), 1e-13);
    ck_assert_double_gt(pca_mse(&dataset, RANK - 1), 1e-4);
    ck_assert_double_lt(pca_mse(&dataset, WIDTH), 1e-14);
    ck_assert_double_lt(pca_mse(&dataset, 2 * WIDTH), 1e-14);
}
END_TEST

/* Of their variances rounding leaves a little, which may be below 0. */
START_TEST(data_that_are_all_alike_are_rebuilt)
{
    enum { COUNT = 500, WIDTH = 64, VALUES = 60 };
    static float values[COUNT * WIDTH];
    const struct fig_dataset dataset = numbers_dataset(COUNT, WIDTH, values);
    for (int k = 1; k <= VALUES; k++) {
        for (int i = 0; i < COUNT; i++)
            values[i * WIDTH] = (float)k / 137;
        ck_assert_double_lt(pca_mse(&dataset, 2), 1e-13); /* false of NaN */
    }
}
END_TEST

/* Two samples for each axis, mean +- a_j: the covariance is diag(a_j^2) / WIDTH, and what rank k
 * loses is the sum of the others, divided among the WIDTH values of a sample. */
START_TEST(what_pca_loses_is_the_sum_of_the_small_eigenvalues)
{
    enum { WIDTH = 130, RANK = 7 };
    static float values[2 * WIDTH * WIDTH];
    double lost = 0;
    for (int j = 0; j < WIDTH; j++) {
        const double a = pow(0.9, (j * 37) % WIDTH); /* in no order */
        for (int i = 0; i < WIDTH; i++) {
            values[2 * j * WIDTH + i] = (float)(0.25 + (i == j ? a : 0));
            values[(2 * j + 1) * WIDTH + i] = (float)(0.25 - (i == j ? a : 0));
        }
        if ((j * 37) % WIDTH >= RANK)
            lost += a * a / WIDTH;
    }
    const struct fig_dataset dataset = numbers_dataset(2 * WIDTH, WIDTH, values);
    const double expected = lost / WIDTH;
    ck_assert_double_eq_tol(pca_mse(&dataset, RANK), expected, 1e-6 * expected);
}
END_TEST

START_TEST(the_number_of_threads_changes_no_bit)
{
    enum { COUNT = 100, WIDTH = 64, RANK = 6 };
    const struct stream stream = { .seed = 2 };
    static double numbers[COUNT * WIDTH];
    static float values[COUNT * WIDTH], rebuilt[2][COUNT * WIDTH];
    random_uniform(&stream, numbers, LENGTH(numbers));
    for (size_t i = 0; i < LENGTH(numbers); i++)
        values[i] = (float)fmax(0, numbers[i] - 0.5);
    const struct fig_dataset dataset = numbers_dataset(COUNT, WIDTH, values);
    for (int i = 0; i < 2; i++) {
        struct pca *pca;
        setenv("FIGMENT_THREADS", i ? "5" : "1", 1);
        ck_assert_int_eq(pca_create(&pca, &dataset, RANK), FIG_OK);
        ck_assert_int_eq(pca_rebuild(pca, values, COUNT, rebuilt[i]), FIG_OK);
        pca_destroy(&pca);
    }
    unsetenv("FIGMENT_THREADS");
    ck_assert_mem_eq(rebuilt[0], rebuilt[1], sizeof(rebuilt[0]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pca");
    TCase *tests = tcase_create("pca");
    tcase_add_loop_test(tests, the_largest_eigenvectors_see_all_they_can, 0, LENGTH(matrices));
    tcase_add_test(tests, data_of_rank_k_are_rebuilt_by_k_components);
    tcase_add_test(tests, data_that_are_all_alike_are_rebuilt);
    tcase_add_test(tests, what_pca_loses_is_the_sum_of_the_small_eigenvalues);
    tcase_add_test(tests, the_number_of_threads_changes_no_bit);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
