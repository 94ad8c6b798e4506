/* SPDX-License-Identifier: MIT */
/* What an autoencoder's code is charged with, against definitions in double. */
#include <math.h>
#include <stdlib.h>

#include <figment/model.h>

#include "model/config.h"
#include "tests/rig.h"

enum { ROWS = 4000, UNITS = 4, VALUES = 6 };

/* The penalty of an override alone: nothing else is in the loss. */
static struct fig_node *penalty(struct rig *rig, const char *override, struct fig_node *code,
                                struct fig_node *images)
{
    const char *const overrides[] = { override, "encoder=[dense 4 sigmoid]", "loss=mse" };
    struct fig_config *config;
    RIG_OK(fig_config_open(&config, "ae-shallow", overrides, 3));
    struct fig_node *nothing = fig_constant(rig->graph, fig_shape1(1), 0);
    struct fig_node *loss = add_penalties(config, rig->graph, nothing, code, images);
    fig_config_close(&config);
    return loss;
}

/* The mean of |code|. */
START_TEST(l1_is_the_mean_of_absolute_codes)
{
    struct rig rig;
    double expected = 0;
    rig_open(&rig, NULL);
    struct fig_node *code = rig_input(&rig, fig_shape2(ROWS, UNITS), NULL);
    double *seen = rig_evaluate(&rig, penalty(&rig, "sparsity={name: l1, weight: 3}", code, code));
    for (int i = 0; i < ROWS * UNITS; i++)
        expected += fabs(rig.values[0][i]) / (ROWS * UNITS);
    RIG_NEAR(*seen, 3 * expected, 1e-5, 0, "%.9g, not %.9g", *seen, 3 * expected);
    free(seen);
    rig_close(&rig);
}
END_TEST

/* The sum over units of how unlikely their mean activations m are for coins that fall 0.1. */
START_TEST(kl_is_the_divergence_of_mean_activations)
{
    struct rig rig;
    const double target = 0.1;
    double expected = 0, *values = rig_random(3, ROWS * UNITS, 0.01, 0.99);
    rig_open(&rig, NULL);
    for (int i = 0; i < ROWS * UNITS; i++)
        values[i] /= 1 + i % UNITS; /* each unit has another mean */
    struct fig_node *code = rig_input(&rig, fig_shape2(ROWS, UNITS), values);
    double *seen = rig_evaluate(&rig, penalty(&rig, "sparsity={name: kl, weight: 2, target: 0.1}",
                                              code, code));
    for (int unit = 0; unit < UNITS; unit++) {
        double m = 0;
        for (int row = 0; row < ROWS; row++)
            m += values[row * UNITS + unit] / ROWS;
        expected += target * log(target / m) + (1 - target) * log((1 - target) / (1 - m));
    }
    RIG_NEAR(*seen, 2 * expected, 1e-4, 0, "%.9g, not %.9g", *seen, 2 * expected);
    free(seen);
    free(values);
    rig_close(&rig);
}
END_TEST

/* tr(W W^T) and tr(W W^T W W^T). */
static void traces(const double w[UNITS * VALUES], double *first, double *second)
{
    *first = *second = 0;
    for (int i = 0; i < UNITS; i++) {
        for (int j = 0; j < UNITS; j++) {
            double product = 0;
            for (int k = 0; k < VALUES; k++)
                product += w[i * VALUES + k] * w[j * VALUES + k];
            *first += i == j ? product : 0;
            *second += product * product;
        }
    }
}

/* The Jacobian of a linear code is its matrix W.  It is estimated by v^T W W^T v for a normal v of
 * each row: by tr(W W^T) = |W|^2, with the variance 2 tr(W W^T W W^T). */
START_TEST(contractive_is_the_square_of_the_codes_jacobian)
{
    struct rig rig;
    double square, variance;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(ROWS, VALUES), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(UNITS, VALUES), NULL);
    struct fig_node *code = fig_matmul(x, w, FIG_TRANS_B);
    double *seen = rig_evaluate(&rig, penalty(&rig, "contractive=0.5", code, x));
    traces(rig.values[1], &square, &variance);
    /* Five standard deviations of the mean over the rows. */
    RIG_NEAR(*seen, 0.5 * square, 0, 0.5 * 5 * sqrt(2 * variance / ROWS), "%.9g, not %.9g", *seen,
             0.5 * square);
    free(seen);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("penalty");
    TCase *tcase = tcase_create("penalty");
    tcase_add_test(tcase, l1_is_the_mean_of_absolute_codes);
    tcase_add_test(tcase, kl_is_the_divergence_of_mean_activations);
    tcase_add_test(tcase, contractive_is_the_square_of_the_codes_jacobian);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
