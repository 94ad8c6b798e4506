/* SPDX-License-Identifier: MIT */
/* VAE-GANs of points in the plane, small enough for closed forms: what the encoder and the decoder
 * are told to make small. */
#include "tests/suite.h"

#include <math.h>
#include <string.h>

#include <figment/plan.h>

#include "base/size.h"
#include "scratch.h"

enum { BATCH = 3, CLASSES = 2, AXES = 2, FEATURES = 2 };
enum { ENCODER, DISCRIMINATOR, GENERATOR }; /* phases */

/* The decoder draws its bias, whatever the code; the features of x are weight x + bias. */
static const char *const overrides[] = {
    "latent=2", "ema=0", "beta=0.5", "gamma=0.3", "real-label=1", "feature-layer=0",
    "optimizer={name: sgd, rate: 1}", "encoder=[dense 3 relu]", "decoder=[dense data]",
    "discriminator=[dense 2, dense 1]" };
enum { OVERRIDES = LENGTH(overrides), MORE = 2 };

static const float points[BATCH][AXES] = { { 1, 2 }, { -3, 0.5f }, { 0.25f, 4 } };
static const float weight[FEATURES][AXES] = { { 2, -1 }, { 0.5f, 3 } };
static const float mean[2] = { 0.5f, -2 }, logvar[2] = { 0.1f, -1 }, drawn[AXES] = { 0.5f, -0.25f };

/* Of conditional ones: what the decoder and the features' layer add for each class; and what the
 * discriminator makes of features. */
static const int classes[BATCH] = { 1, 0, 1 };
static const float shift[AXES][CLASSES] = { { 1, -2 }, { 0.5f, 3 } };
static const float heard[FEATURES][CLASSES] = { { -0.5f, 0.25f }, { 0.125f, 1 } };
static const float judgement[FEATURES] = { 0.5f, -0.25f }, biases[FEATURES] = { 0 };

static struct fig_device *device;
static struct fig_config *config;
static struct fig_model *model;
static struct fig_store *store;

static void write(const char *name, const float *values)
{
    const int index = fig_store_find(store, name);
    ck_assert_msg(index >= 0, "no tensor %s", name);
    ck_assert_int_eq(fig_store_write(store, index, values), FIG_OK);
}

static void open_model(const char *const more[MORE])
{
    static const float zeros[8] = { 0 };
    const char *all[OVERRIDES + MORE];
    memcpy(all, overrides, sizeof(overrides));
    memcpy(all + OVERRIDES, more, MORE * sizeof(*more));
    device = scratch_device();
    ck_assert_msg(fig_config_open(&config, "vae-gan", all, LENGTH(all)) == FIG_OK, "%s", message);
    ck_assert_msg(fig_model_create(&model, config, &(struct fig_model_params){
        .batch = BATCH, .height = 1, .width = 1, .channels = AXES, .classes = CLASSES,
        .training = true }) == FIG_OK, "%s", message);
    ck_assert_int_eq(fig_store_create(&store, device, model->graph, 1), FIG_OK);
    write("encoder.mean.weight", zeros);
    write("encoder.mean.bias", mean);
    write("encoder.logvar.weight", zeros);
    write("encoder.logvar.bias", logvar);
    write("decoder.0.weight", zeros);
    write("decoder.0.bias", drawn);
    write("discriminator.0.weight", *weight);
    write("discriminator.1.weight", zeros); /* nothing that is drawn changes what it says */
}

static void set_up(void)
{
    open_model((const char *const[]){ "beta-warmup=0", "free-bits=0" });
}

static void set_up_patient(void)
{
    open_model((const char *const[]){ "beta-warmup=4", "free-bits=1" });
}

static void set_up_conditional(void)
{
    open_model((const char *const[]){ "labels=condition", "batch=3" });
    write("decoder.labels.weight", *shift);
    write("discriminator.labels.weight", *heard);
    write("discriminator.0.bias", biases);
    write("discriminator.1.weight", judgement);
}

static void tear_down(void)
{
    fig_store_destroy(&store);
    fig_model_destroy(&model);
    fig_config_close(&config);
    scratch_remove();
}

static void write_labels(struct fig_plan *plan)
{
    float labels[BATCH][CLASSES] = { { 0 } };
    for (int i = 0; i < BATCH; i++)
        labels[i][classes[i]] = 1;
    if (model->labels)
        ck_assert_int_eq(fig_plan_write(plan, model->labels, *labels), FIG_OK);
}

/* Run a phase, its step included. */
static void run(const struct fig_phase *phase, double *losses)
{
    struct fig_node *outputs[FIG_LOSSES + 1];
    struct fig_plan *plan;
    for (int i = 0; i < phase->loss_count; i++)
        outputs[i] = phase->losses[i];
    outputs[phase->loss_count] = phase->step;
    ck_assert_int_eq(fig_plan_create(&plan, store, &(struct fig_plan_params){
        .outputs = outputs, .output_count = phase->loss_count + 1 }), FIG_OK);
    ck_assert_int_eq(fig_plan_write(plan, model->images, *points), FIG_OK);
    write_labels(plan);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    for (int i = 0; i < phase->loss_count; i++) {
        float loss;
        ck_assert_int_eq(fig_plan_read(plan, outputs[i], &loss), FIG_OK);
        losses[i] = loss;
    }
    fig_plan_destroy(&plan);
}

/* Feature `f` of what is drawn less that of point `i`. */
static double difference(int i, int f)
{
    double sum = 0;
    for (int k = 0; k < AXES; k++)
        sum += weight[f][k] * (drawn[k] - points[i][k]);
    return sum;
}

START_TEST(the_encoder_is_told_of_the_divergence_and_of_the_feature_error)
{
    double losses[FIG_LOSSES], kl = 0, error = 0;
    for (int k = 0; k < 2; k++)
        kl += (exp(logvar[k]) - 1 - logvar[k] + mean[k] * mean[k]) / 2;
    for (int i = 0; i < BATCH; i++) {
        for (int f = 0; f < FEATURES; f++)
            error += difference(i, f) * difference(i, f) / 2 / BATCH;
    }
    run(&model->phases[ENCODER], losses); /* tolerances: a few operations in float */
    ck_assert_double_eq_tol(losses[0], 0.5 * kl + error, 1e-6 * error);
    ck_assert_double_eq_tol(losses[1], kl, 1e-6);
    ck_assert_double_eq_tol(losses[2], error, 1e-6 * error);
}
END_TEST

/* The second of four steps: half of the weight of what is above 1 nat for each value. */
START_TEST(the_divergence_is_weighed_as_that_of_a_vae)
{
    const float steps = 1;
    double losses[FIG_LOSSES], kl[2];
    for (int k = 0; k < 2; k++)
        kl[k] = ((exp((double)logvar[k]) - 1 - (double)logvar[k]) +
                 (double)mean[k] * (double)mean[k]) / 2;
    ck_assert(kl[0] < 1 && kl[1] > 1);
    write("beta.steps", &steps);
    run(&model->phases[ENCODER], losses);
    ck_assert_double_eq_tol(losses[0] - losses[2], 0.5 * 2 / 4 * (1 + kl[1]),
                            1e-6 * losses[0]);
    ck_assert_double_eq_tol(losses[1], kl[0] + kl[1], 1e-6);
}
END_TEST

START_TEST(the_decoder_is_told_of_gamma_times_the_feature_error_beside_the_contest)
{
    double losses[FIG_LOSSES];
    float after[AXES];
    run(&model->phases[GENERATOR], losses);
    ck_assert_double_eq_tol(losses[0], log(2), 1e-6); /* of the contest alone */
    const int bias = fig_store_find(store, "decoder.0.bias");
    ck_assert_int_eq(fig_store_read(store, bias, after), FIG_OK);
    for (int k = 0; k < AXES; k++) {
        double slope = 0;
        for (int i = 0; i < BATCH; i++) {
            for (int f = 0; f < FEATURES; f++)
                slope += weight[f][k] * difference(i, f) / BATCH;
        }
        ck_assert_double_eq_tol(after[k], drawn[k] - 0.3 * slope, 1e-5);
    }
}
END_TEST

/* --- Conditional ones: row i, real or drawn, is of the class of point i */

static double drawn_for(int i, int axis)
{
    return (double)drawn[axis] + (double)shift[axis][classes[i]];
}

/* Of a point of the class of point `i`. */
static double feature(int i, int f, double x, double y)
{
    return (double)weight[f][0] * x + (double)weight[f][1] * y + (double)heard[f][classes[i]];
}

static double judged(int i, double x, double y)
{
    double sum = 0;
    for (int f = 0; f < FEATURES; f++)
        sum += (double)judgement[f] * feature(i, f, x, y);
    return sum;
}

START_TEST(encoder_and_decoder_are_told_the_class_of_each_point)
{
    double losses[FIG_LOSSES], error = 0;
    for (int i = 0; i < BATCH; i++) {
        for (int f = 0; f < FEATURES; f++) {
            const double far = feature(i, f, drawn_for(i, 0), drawn_for(i, 1)) -
                               feature(i, f, (double)points[i][0], (double)points[i][1]);
            error += far * far / 2 / BATCH;
        }
    }
    ck_assert_int_ge(fig_store_find(store, "encoder.labels.weight"), 0);
    run(&model->phases[ENCODER], losses);
    ck_assert_double_eq_tol(losses[2], error, 1e-6 * error);
}
END_TEST

/* Reconstructions and decoded noise are as many samples each as real ones. */
START_TEST(the_discriminator_is_told_the_class_of_each_sample)
{
    double losses[FIG_LOSSES], sum = 0;
    for (int i = 0; i < BATCH; i++) {
        const double real = judged(i, (double)points[i][0], (double)points[i][1]);
        const double fake = judged(i, drawn_for(i, 0), drawn_for(i, 1));
        sum += (log1p(exp(-real)) + 2 * log1p(exp(fake))) / (3 * BATCH);
    }
    run(&model->phases[DISCRIMINATOR], losses);
    ck_assert_double_eq_tol(losses[0], sum, 1e-6);
}
END_TEST

START_TEST(features_are_of_a_layer_before_the_last_and_of_single_samples)
{
    static const struct {
        const char *override, *message;
    } cases[] = {
        { "feature-layer=2", "feature-layer" },
        { "discriminator=[dense 1]", "expected at least two layers" },
        { "pack=2", "features are compared of single samples: expected 1" },
        { "gamma=-1", "gamma" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fig_config *broken;
        ck_assert_int_eq(fig_config_open(&broken, "vae-gan", &cases[i].override, 1), FIG_FORMAT);
        ck_assert_msg(strstr(message, cases[i].message), "%s", message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vae_gan");
    TCase *tcase = tcase_create("vae_gan");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_encoder_is_told_of_the_divergence_and_of_the_feature_error);
    tcase_add_test(tcase, the_decoder_is_told_of_gamma_times_the_feature_error_beside_the_contest);
    tcase_add_test(tcase, features_are_of_a_layer_before_the_last_and_of_single_samples);
    suite_add_tcase(suite, tcase);
    TCase *patient = tcase_create("patient");
    tcase_add_checked_fixture(patient, set_up_patient, tear_down);
    tcase_add_test(patient, the_divergence_is_weighed_as_that_of_a_vae);
    suite_add_tcase(suite, patient);
    TCase *conditional = tcase_create("conditional");
    tcase_add_checked_fixture(conditional, set_up_conditional, tear_down);
    tcase_add_test(conditional, encoder_and_decoder_are_told_the_class_of_each_point);
    tcase_add_test(conditional, the_discriminator_is_told_the_class_of_each_sample);
    suite_add_tcase(suite, conditional);
    return suite_main(suite);
}
