/* SPDX-License-Identifier: MIT */
/* Losses of variational autoencoders against sums in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/run.h>

#include "base/random.h"
#include "base/size.h"
#include "model/binarize.h"
#include "model/config.h"
#include "tests/rig.h"
#include "tests/scratch.h"

/* --- Importance weights and free bits, of numbers */

enum { IMAGES = 7, LATENT = 5, VALUES = 11, MOST = 50 };

/* Inputs [samples * IMAGES, ...]: what the networks would say. */
static struct posterior add_posterior(struct rig *rig, int samples, double spread)
{
    const struct fig_shape shape = fig_shape2(samples * IMAGES, LATENT);
    struct posterior posterior = { rig_input(rig, shape, NULL), rig_input(rig, shape, NULL),
                                   rig_input(rig, shape, NULL), rig_input(rig, shape, NULL) };
    double *errors = rig_random(9, (size_t)(samples * IMAGES * VALUES), 0, spread);
    rig_input(rig, fig_shape2(samples * IMAGES, VALUES), errors);
    free(errors);
    return posterior;
}

/* ln (p(x|z) p(z) / q(z|x)) for row i. */
static double log_weight(const struct rig *rig, int i)
{
    const double *logvar = rig->values[1], *noise = rig->values[2], *code = rig->values[3];
    double sum = 0;
    for (int k = i * LATENT; k < (i + 1) * LATENT; k++)
        sum += (noise[k] * noise[k] + logvar[k] - code[k] * code[k]) / 2;
    for (int k = i * VALUES; k < (i + 1) * VALUES; k++)
        sum -= rig->values[4][k];
    return sum;
}

/* The bound, and what share of it each row's weight has. */
static double expected_bound(const struct rig *rig, int samples, double share[MOST * IMAGES])
{
    double bound = 0;
    for (int image = 0; image < IMAGES; image++) {
        double largest = -INFINITY, sum = 0;
        for (int s = 0; s < samples; s++)
            largest = fmax(largest, log_weight(rig, s * IMAGES + image));
        for (int s = 0; s < samples; s++)
            sum += exp(log_weight(rig, s * IMAGES + image) - largest);
        for (int s = 0; s < samples; s++)
            share[s * IMAGES + image] = exp(log_weight(rig, s * IMAGES + image) - largest) / sum;
        bound += (largest + log(sum / samples)) / IMAGES;
    }
    return bound;
}

static void check_bound(int samples, double spread)
{
    struct rig rig;
    double share[MOST * IMAGES];
    rig_open(&rig, NULL);
    rig_note("%d samples, errors up to %g", samples, spread);
    const struct posterior posterior = add_posterior(&rig, samples, spread);
    struct fig_node *errors = rig.input[4], *outputs[2];
    outputs[0] = weighted_bound(&posterior, errors, samples);
    RIG_OK(fig_gradients(outputs[0], &errors, 1, outputs + 1));
    rig_plan(&rig, outputs, 2);
    rig_run(&rig, 0);
    double *bound = rig_read(&rig, outputs[0]), *gradient = rig_read(&rig, outputs[1]);
    const double expected = expected_bound(&rig, samples, share);
    /* Sums of a dozen floats below `spread`: weights are off by 1e-6 of that, and so are their
     * logarithms' exponentials, relatively. */
    const double tolerance = 1e-6 * (VALUES * spread + 100);
    RIG_NEAR(*bound, expected, 0, tolerance, "%s: %.9g, not %.9g", rig_message(), *bound, expected);
    for (int i = 0; i < samples * IMAGES; i++)
        RIG_NEAR(gradient[i * VALUES], -share[i] / IMAGES, 4 * tolerance, 1e-7, "%s: row %d: %.9g, "
                 "not %.9g", rig_message(), i, gradient[i * VALUES], -share[i] / IMAGES);
    free(bound);
    free(gradient);
    rig_close(&rig);
}

START_TEST(the_bound_weighs_codes_by_their_importance)
{
    static const int samples[] = { 1, 2, 3, 5, 50 };
    for (size_t i = 0; i < LENGTH(samples); i++)
        check_bound(samples[i], 1);
    check_bound(5, 200); /* no exponential of these is a float */
}
END_TEST

START_TEST(free_bits_are_told_for_nothing)
{
    static const double free_bits[] = { 0, 0.5, 1.25, 100 };
    for (size_t f = 0; f < LENGTH(free_bits); f++) {
        struct rig rig;
        double expected = 0;
        rig_open(&rig, NULL);
        const struct posterior posterior = add_posterior(&rig, 1, 1);
        double *seen = rig_evaluate(&rig, divergence(&posterior, free_bits[f]));
        for (int k = 0; k < LATENT; k++) {
            double mean = 0;
            for (int i = k; i < IMAGES * LATENT; i += LATENT)
                mean += (exp(rig.values[1][i]) - 1 - rig.values[1][i] +
                         rig.values[0][i] * rig.values[0][i]) / 2 / IMAGES;
            expected += fmax(free_bits[f], mean);
        }
        /* Sums of 35 floats below 7. */
        RIG_NEAR(*seen, expected, 2e-6, 0, "%g free: %.9g, not %.9g", free_bits[f], *seen,
                 expected);
        free(seen);
        rig_close(&rig);
    }
}
END_TEST

/* --- The whole model */

enum { BATCH = 4, SAMPLES = 3, SIDE = 5 };

static struct fig_model *open_model(const char *samples, int batch)
{
    const char *const overrides[] = {
        samples, "latent=3", "encoder=[dense 8 tanh]", "decoder=[dense 8 tanh, dense data sigmoid]",
        "binarize=none" };
    const struct fig_model_params params = { .batch = batch, .height = SIDE, .width = SIDE,
                                             .channels = 1 };
    struct fig_config *config;
    struct fig_model *model;
    RIG_OK(fig_config_open(&config, "vae-iwae", overrides, LENGTH(overrides)));
    RIG_OK(fig_model_create(&model, config, &params));
    fig_config_close(&config);
    return model;
}

static void read_node(struct fig_store *store, const struct fig_model *model,
                      struct fig_node *node, const float *images, float *out)
{
    const struct fig_plan_params params = { .outputs = &node, .output_count = 1 };
    struct fig_plan *plan;
    RIG_OK(fig_plan_create(&plan, store, &params));
    RIG_OK(fig_plan_write(plan, model->images, images));
    RIG_OK(fig_plan_run(plan, 2, 0));
    RIG_OK(fig_plan_read(plan, node, out));
    fig_plan_destroy(&plan);
}

/* Three codes of an image are those of three images that are the same. */
START_TEST(codes_are_of_their_own_image)
{
    struct fig_model *weighted = open_model("samples=3", BATCH);
    struct fig_model *single = open_model("samples=1", BATCH * SAMPLES);
    struct fig_store *store;
    float images[SAMPLES * BATCH * SIDE * SIDE], rows[SAMPLES * BATCH][FIG_LIKELIHOODS], loss;
    double expected = 0;
    for (size_t i = 0; i < LENGTH(images); i++)
        images[i] = (float)(i % (BATCH * SIDE * SIDE) * 7 % 11) / 11;
    RIG_OK(fig_store_create(&store, rig_device(NULL), weighted->graph, RIG_SEED));
    read_node(store, weighted, weighted->phases[0].losses[0], images, &loss);
    read_node(store, single, single->likelihoods, images, rows[0]);
    for (int i = 0; i < BATCH; i++) {
        double sum = 0;
        for (int k = i; k < SAMPLES * BATCH; k += BATCH)
            sum += exp((double)rows[k][FIG_LOG_DATA] + (double)rows[k][FIG_LOG_PRIOR] -
                       (double)rows[k][FIG_LOG_POSTERIOR]);
        expected -= log(sum / SAMPLES) / BATCH;
    }
    RIG_NEAR((double)loss, expected, 1e-6, 0, "%.9g, not %.9g", (double)loss, expected);
    fig_store_destroy(&store);
    fig_model_destroy(&weighted);
    fig_model_destroy(&single);
}
END_TEST

START_TEST(dynamic_binarization_draws_each_pixel_with_its_value)
{
    enum { PIXELS = 999, STEP = 5 };
    const struct stream stream = { RIG_SEED, STREAM_BINARIZE, STEP };
    struct rig rig;
    double draws[PIXELS], *images = rig_random(3, PIXELS, 0, 1);
    rig_open(&rig, NULL);
    images[0] = 0;
    images[1] = 1;
    struct fig_node *in = rig_input(&rig, fig_shape2(27, 37), images);
    struct fig_node *outputs[] = { binarize_images(FIG_DYNAMIC, rig.graph, in),
                                   binarize_images(FIG_THRESHOLD, rig.graph, in) };
    rig_plan(&rig, outputs, 2);
    rig_run(&rig, STEP);
    random_uniform(&stream, draws, PIXELS);
    double *dynamic = rig_read(&rig, outputs[0]), *threshold = rig_read(&rig, outputs[1]);
    for (int i = 0; i < PIXELS; i++) {
        ck_assert_double_eq(dynamic[i], draws[i] < images[i]);
        ck_assert_double_eq(threshold[i], images[i] >= 0.5);
    }
    free(dynamic);
    free(threshold);
    free(images);
    rig_close(&rig);
}
END_TEST

/* --- Warm-up */

static const char *const warming[] = {
    "data=synthetic:40", "batch=16", "epochs=4", "beta=2", "beta-warmup=8", "latent=3",
    "encoder=[dense 8 relu]", "decoder=[dense data sigmoid]", NULL };
static const char *const interrupted[] = {
    "data=synthetic:40", "batch=16", "epochs=4", "beta=2", "beta-warmup=8", "latent=3",
    "encoder=[dense 8 relu]", "decoder=[dense data sigmoid]", "steps=5", NULL };

static void train(const char *run, const char *trace, bool resume, const char *const *overrides)
{
    RIG_OK(scratch_train(rig_device(NULL), &(struct scratch_training){
        .model = "vae-400-20", .run = run, .trace = trace, .resume = resume }, overrides));
}

/* Epochs of three batches, so that the warm-up lasts for some of the third. */
START_TEST(the_divergence_weighs_more_at_every_step_of_the_warm_up)
{
    char path[SCRATCH_PATH], line[512];
    double loss, error, kl;
    train("warm", scratch_path("trace.jsonl", path), false, warming);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    for (int step = 0; step < 12; step++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
        const char *at = strstr(line, "\"loss\"");
        ck_assert_msg(at && sscanf(at, "\"loss\":%lf,\"reconstruction\":%lf,\"kl\":%lf", &loss,
                                   &error, &kl) == 3, "%s", line);
        const double weight = 2 * fmin(1, (step + 1) / 8.0);
        RIG_NEAR(loss, error + weight * kl, 1e-6, 0, "step %d: %.9g, not %.9g + %g x %.9g", step,
                 loss, error, weight, kl);
    }
    fclose(file);
    scratch_remove();
}
END_TEST

START_TEST(a_warm_up_goes_on_where_it_was)
{
    char whole[SCRATCH_PATH], parts[SCRATCH_PATH];
    train("whole", NULL, false, warming);
    train("parts", NULL, false, interrupted);
    train("parts", NULL, true, warming);
    ck_assert(scratch_same_files(scratch_path("whole/model.safetensors", whole),
                                 scratch_path("parts/model.safetensors", parts)));
    scratch_remove();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vae");
    TCase *tcase = tcase_create("vae");
    tcase_add_test(tcase, the_bound_weighs_codes_by_their_importance);
    tcase_add_test(tcase, free_bits_are_told_for_nothing);
    tcase_add_test(tcase, codes_are_of_their_own_image);
    tcase_add_test(tcase, dynamic_binarization_draws_each_pixel_with_its_value);
    tcase_add_test(tcase, the_divergence_weighs_more_at_every_step_of_the_warm_up);
    tcase_add_test(tcase, a_warm_up_goes_on_where_it_was);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
