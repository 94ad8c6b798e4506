/* SPDX-License-Identifier: MIT */
/* Bounds and likelihoods of variational autoencoders, against sums by definition. */
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/random.h"
#include "scratch.h"
#include "trained.h"

/* The sum of x log y + (1 - x) log(1 - y) is that of x log(y / (1 - y)), which takes y's place, and
 * of log(1 - y), which is returned. */
static double take_logarithms(float *drawn)
{
    double sum = 0;
    for (int i = 0; i < LENGTH_28; i++) {
        const double y = fmin(fmax((double)drawn[i], 1e-12), 1 - 1e-7);
        drawn[i] = (float)(log(y) - log1p(-y));
        sum += log1p(-y);
    }
    return sum;
}

static double product(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < LENGTH_28; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* -log of the integral of p(x|z) p(z) over z in [-16, 16], mean over the images. */
static double integrated_nll(void)
{
    enum { POINTS = 3201 };
    static float codes[POINTS], drawn[POINTS * LENGTH_28];
    static double constants[POINTS], terms[POINTS];
    const double width = 32.0 / (POINTS - 1), log_2pi = log(2 * acos(-1));
    double nll = 0;
    for (int k = 0; k < POINTS; k++)
        codes[k] = (float)(-16 + width * k);
    ck_assert_int_eq(fig_run_decode(trained.run, codes, POINTS, drawn), FIG_OK);
    for (int k = 0; k < POINTS; k++)
        constants[k] = take_logarithms(drawn + k * LENGTH_28) -
                       0.5 * ((double)codes[k] * (double)codes[k] + log_2pi);
    for (int i = 0; i < TEST_IMAGES; i++) {
        double greatest = -INFINITY, sum = 0;
        for (int k = 0; k < POINTS; k++) {
            terms[k] = constants[k] + product(trained.images + i * LENGTH_28,
                                              drawn + k * LENGTH_28);
            greatest = fmax(greatest, terms[k]);
        }
        for (int k = 0; k < POINTS; k++)
            sum += exp(terms[k] - greatest) * width;
        nll -= (greatest + log(sum)) / TEST_IMAGES;
    }
    return nll;
}

START_TEST(more_codes_come_nearer_to_the_likelihood)
{
    open_vae();
    const double bound = metric("neg_elbo", 0);
    const double few = metric("nll", 5), many = metric("nll", 50), most = metric("nll", 2000);
    const double exact = integrated_nll();
    ck_assert_double_ge(bound, few);
    ck_assert_double_ge(few, many);
    ck_assert_double_ge(many, most - 0.02);
    /* 2000 codes for each of 200 images leave a hundredth of a nat. */
    ck_assert_double_eq_tol(most, exact, 0.03);
    ck_assert_double_eq(most, metric("nll", 2000));
    close_trained();
}
END_TEST

/* Pixels become 1 with their value as probability. */
static void binarize(float *images)
{
    for (int i = 0; i < TEST_IMAGES; i++) {
        const struct stream stream = { 0, STREAM_BINARIZE, (uint32_t)i };
        double draws[LENGTH_28];
        random_uniform(&stream, draws, LENGTH_28);
        for (int k = 0; k < LENGTH_28; k++)
            images[i * LENGTH_28 + k] = draws[k] < (double)images[i * LENGTH_28 + k];
    }
}

START_TEST(a_binarized_model_is_measured_on_binarized_images)
{
    static const char *const overrides[] = { "data=synthetic:200", "seed=7", "epochs=1",
                                             "binarize=dynamic", NULL };
    static float rows[TEST_IMAGES][FIG_LIKELIHOODS];
    double error = 0, weights = 0;
    open_trained("vae-400-20", overrides);
    binarize(trained.images);
    ck_assert_int_eq(fig_run_likelihoods(trained.run, trained.images, TEST_IMAGES, 0, rows[0]),
                     FIG_OK);
    for (int i = 0; i < TEST_IMAGES; i++) {
        error -= (double)rows[i][FIG_LOG_DATA] / TEST_IMAGES;
        weights -= ((double)rows[i][FIG_LOG_DATA] + (double)rows[i][FIG_LOG_PRIOR] -
                    (double)rows[i][FIG_LOG_POSTERIOR]) / TEST_IMAGES;
    }
    /* Means of 200 floats near 400, added in another order. */
    ck_assert_double_eq_tol(metric("reconstruction", 0), error, 1e-9);
    ck_assert_double_eq_tol(metric("nll", 1), weights, 1e-9);
    close_trained();
}
END_TEST

/* KL(q || p) is the mean of log q(z|x) - log p(z) over codes of q. */
START_TEST(the_divergence_is_what_codes_say_on_average)
{
    enum { DRAWS = 400 };
    static float rows[TEST_IMAGES][FIG_LIKELIHOODS];
    double mean = 0, exact = 0, error = 0;
    open_vae();
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        ck_assert_int_eq(fig_run_likelihoods(trained.run, trained.images, TEST_IMAGES, draw,
                                             rows[0]), FIG_OK);
        for (int i = 0; i < TEST_IMAGES; i++) {
            mean += (double)rows[i][FIG_LOG_POSTERIOR] - (double)rows[i][FIG_LOG_PRIOR];
            error -= (double)rows[i][FIG_LOG_DATA];
            exact += (double)rows[i][FIG_DIVERGENCE];
        }
    }
    const double count = TEST_IMAGES * DRAWS;
    /* 80000 draws with a deviation below 3: four standard errors. */
    ck_assert_double_eq_tol(mean / count, exact / count, 4 * 3 / sqrt(count));
    ck_assert_double_gt(exact / count, 0.1);
    ck_assert_double_eq_tol(metric("kl", 0), exact / count, 1e-4);
    /* The mean over the images of one draw each: within a nat of that of all. */
    ck_assert_double_eq_tol(metric("reconstruction", 0), error / count, 1);
    ck_assert_double_eq(metric("neg_elbo", 0), metric("reconstruction", 0) + metric("kl", 0));
    close_trained();
}
END_TEST

/* That of the test half after the last epoch; p(x|z) it has none. */
START_TEST(a_vae_gan_has_a_divergence_but_no_bound)
{
    static const char *const overrides[] = {
        "data=synthetic:200", "seed=7", "epochs=1", "batch=50", "latent=5",
        "discriminator=[dense 8 relu, dense 1]", "feature-layer=0", NULL };
    char path[SCRATCH_PATH];
    open_trained("vae-gan", overrides);
    char *text = scratch_read(scratch_path("run/metrics.jsonl", path), NULL);
    cJSON *epoch = cJSON_Parse(text);
    const double kl = json_number(epoch, "test_kl");
    ck_assert_double_gt(kl, 0);
    ck_assert_double_eq_tol(metric("kl", 0), kl, 1e-5 * kl);
    ck_assert_double_le(metric("active_units", 0), 5);
    ck_assert(fig_run_info(trained.run)->divergences && !fig_run_info(trained.run)->likelihoods);
    cJSON_Delete(epoch);
    free(text);
    close_trained();
}
END_TEST

START_TEST(there_are_2_to_the_26th_draws)
{
    float found[FIG_LIKELIHOODS];
    open_vae();
    ck_assert_int_eq(fig_run_likelihoods(trained.run, trained.images, 1, (1 << 26) - 1, found),
                     FIG_OK);
    ck_assert_int_eq(fig_run_likelihoods(trained.run, trained.images, 1, 1 << 26, found),
                     FIG_INVALID);
    close_trained();
}
END_TEST

START_TEST(a_unit_is_active_when_its_mean_varies)
{
    static const char *const overrides[] = { "data=synthetic:200", "seed=7", "epochs=2", NULL };
    static float codes[TEST_IMAGES][20];
    int active = 0;
    open_trained("vae-400-20", overrides);
    ck_assert_int_eq(fig_run_encode(trained.run, trained.images, TEST_IMAGES, codes[0]), FIG_OK);
    for (int k = 0; k < 20; k++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < TEST_IMAGES; i++)
            mean += (double)codes[i][k] / TEST_IMAGES;
        for (int i = 0; i < TEST_IMAGES; i++)
            variance += pow((double)codes[i][k] - mean, 2) / TEST_IMAGES;
        active += variance > 0.01;
    }
    ck_assert_double_eq(metric("active_units", 0), active);
    close_trained();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bound");
    TCase *tests = tcase_create("bound");
    tcase_add_test(tests, more_codes_come_nearer_to_the_likelihood);
    tcase_add_test(tests, a_binarized_model_is_measured_on_binarized_images);
    tcase_add_test(tests, the_divergence_is_what_codes_say_on_average);
    tcase_add_test(tests, a_vae_gan_has_a_divergence_but_no_bound);
    tcase_add_test(tests, there_are_2_to_the_26th_draws);
    tcase_add_test(tests, a_unit_is_active_when_its_mean_varies);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
