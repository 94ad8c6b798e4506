/* SPDX-License-Identifier: MIT */
/* Vectors between two others: on an arc, or on a line. */
#include "tests/suite.h"

#include <math.h>

#include <figment/run.h>

#include "base/size.h"

START_TEST(an_arc_has_equal_angles_and_keeps_the_norm)
{
    const float from[] = { 3, 0, 4 }, to[] = { 0, 5, 0 }; /* norm 5, at right angles */
    float out[3];
    for (int i = 0; i <= 6; i++) {
        const double angle = i * acos(-1) / 12;
        fig_mix((struct fig_mix){ 3, true }, from, to, i / 6.0, out);
        for (int k = 0; k < 3; k++) /* floats about 5 */
            ck_assert_double_eq_tol((double)out[k], cos(angle) * (double)from[k] +
                                                    sin(angle) * (double)to[k], 5e-7);
    }
    fig_mix((struct fig_mix){ 3, false }, from, to, 0.25, out);
    for (int k = 0; k < 3; k++)
        ck_assert_double_eq((double)out[k], 0.75 * (double)from[k] + 0.25 * (double)to[k]);
}
END_TEST

START_TEST(vectors_on_one_line_are_mixed_on_it)
{
    const float from[] = { 1, 2 }, along[] = { 3, 6 }, against[] = { -1, -2 }, zero[] = { 0, 0 };
    const float *const others[] = { along, against, zero };
    for (size_t i = 0; i < LENGTH(others); i++) {
        float out[2];
        fig_mix((struct fig_mix){ 2, true }, from, others[i], 0.5, out);
        for (int k = 0; k < 2; k++)
            ck_assert_double_eq((double)out[k], 0.5 * ((double)from[k] + (double)others[i][k]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mix");
    TCase *tests = tcase_create("mix");
    tcase_add_test(tests, an_arc_has_equal_angles_and_keeps_the_norm);
    tcase_add_test(tests, vectors_on_one_line_are_mixed_on_it);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
