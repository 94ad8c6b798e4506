/* SPDX-License-Identifier: MIT */
/* What reconstructions lose, against the formulas as textbooks have them. */
#include "tests/suite.h"

#include <math.h>

#include "base/random.h"
#include "base/size.h"
#include "evaluate/errors.h"

START_TEST(errors_are_the_textbook_formulas)
{
    enum { COUNT = 1000 };
    const struct stream stream = { .seed = 5 };
    double numbers[2 * COUNT];
    float x[COUNT], y[COUNT];
    long double squares = 0, entropies = 0;
    struct errors errors = { 0 };
    random_uniform(&stream, numbers, LENGTH(numbers));
    for (int i = 0; i < COUNT; i++) {
        x[i] = (float)numbers[i];
        y[i] = (float)numbers[COUNT + i];
        const long double a = x[i], b = y[i];
        squares += (a - b) * (a - b);
        entropies -= a * logl(b) + (1 - a) * logl(1 - b);
    }
    errors_add(&errors, x, y, 300);
    errors_add(&errors, x + 300, y + 300, COUNT - 300);
    /* Sums of 1000 doubles: 1000 x 2^-53 at the worst. */
    ck_assert_double_eq_tol(errors_mse(&errors), (double)(squares / COUNT), 1e-13);
    ck_assert_double_eq_tol(errors_bce(&errors), (double)(entropies / COUNT), 1e-13);
    ck_assert_double_eq_tol(errors_psnr(&errors),
                            (double)(10 * log10l(COUNT / squares)), 1e-11);
}
END_TEST

START_TEST(cross_entropy_stays_finite_where_the_reconstruction_is_sure)
{
    const float x[] = { 0, 1, 0, 1 }, y[] = { 0, 1, 1, 0 };
    struct errors right = { 0 }, wrong = { 0 };
    errors_add(&right, x, y, 2);
    errors_add(&wrong, x + 2, y + 2, 2);
    ck_assert_double_eq_tol(errors_bce(&right), 1e-7, 1e-13);
    ck_assert_double_eq_tol(errors_bce(&wrong), -log(1e-7), 1e-8);
    ck_assert(isinf(errors_psnr(&right)));
    ck_assert_double_eq(errors_psnr(&wrong), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("errors");
    TCase *tests = tcase_create("errors");
    tcase_add_test(tests, errors_are_the_textbook_formulas);
    tcase_add_test(tests, cross_entropy_stays_finite_where_the_reconstruction_is_sure);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
