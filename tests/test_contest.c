/* SPDX-License-Identifier: MIT */
/* Generators against discriminators: losses against closed forms, with smoothed labels, with
 * samples side by side, with twice as many drawn as real ones, and with a discriminator for each
 * part of a code. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <figment/plan.h>

#include "scratch.h"

enum { BATCH = 5, AXES = 2, CLASSES = 4, OVERRIDES = 12 };

/* A model of points in the plane whose networks are one dense layer each, with its store. */
struct bench {
    struct fig_config *config;
    struct fig_model *model;
    struct fig_store *store;
};

static struct bench open_model(const char *name, const char *const *layers,
                               const char *const *overrides)
{
    const char *all[OVERRIDES];
    int count = 0;
    for (int i = 0; layers[i]; i++)
        all[count++] = layers[i];
    for (int i = 0; overrides[i]; i++)
        all[count++] = overrides[i];
    struct bench bench;
    ck_assert_msg(fig_config_open(&bench.config, name, all, count) == FIG_OK, "%s", message);
    ck_assert_msg(fig_model_create(&bench.model, bench.config, &(struct fig_model_params){
        .batch = BATCH, .height = 1, .width = 1, .channels = AXES, .classes = CLASSES,
        .training = true }) == FIG_OK, "%s", message);
    ck_assert_int_eq(fig_store_create(&bench.store, scratch_device(), bench.model->graph, 1),
                     FIG_OK);
    return bench;
}

static struct bench open_bench(const char *const *overrides)
{
    static const char *const layers[] = { "generator=[dense data]", "discriminator=[dense 1]",
                                          NULL };
    return open_model("gan-ring", layers, overrides);
}

static void close_bench(struct bench *bench)
{
    fig_store_destroy(&bench->store);
    fig_model_destroy(&bench->model);
    fig_config_close(&bench->config);
}

static void write(struct bench *bench, const char *name, const float *values)
{
    const int index = fig_store_find(bench->store, name);
    ck_assert_msg(index >= 0, "no tensor %s", name);
    ck_assert_int_eq(fig_store_write(bench->store, index, values), FIG_OK);
}

/* Points 1, 2, 3, ... and a generator that draws zeros only. */
static const float points[BATCH * AXES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const float zeros[24] = { 0 };

static double loss_of(struct bench *bench, int phase)
{
    struct fig_node *loss = bench->model->phases[phase].losses[0];
    struct fig_plan *plan;
    float value;
    write(bench, "generator.0.weight", zeros);
    write(bench, "generator.0.bias", zeros);
    ck_assert_int_eq(fig_plan_create(&plan, bench->store, &(struct fig_plan_params){
        .outputs = &loss, .output_count = 1 }), FIG_OK);
    if (phase == 0)
        ck_assert_int_eq(fig_plan_write(plan, bench->model->images, points), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, loss, &value), FIG_OK);
    fig_plan_destroy(&plan);
    return value;
}

static double cross_entropy(double logit, double label)
{
    const double p = 1 / (1 + exp(-logit));
    return -label * log(p) - (1 - label) * log(1 - p);
}

static double square(double x)
{
    return x * x;
}

START_TEST(both_labels_are_smoothed_for_the_discriminator_alone)
{
    static const float logit = 0.7f;
    const char *const bce[] = { "real-label=0.9", "fake-label=0.2", NULL };
    const char *const squares[] = { "adversary=least-squares", "real-label=0.9", "fake-label=0.2",
                                    NULL };
    const double x = logit, want[2][2] = {
        { (cross_entropy(x, 0.9) + cross_entropy(x, 0.2)) / 2, cross_entropy(x, 1) },
        { (square(x - 0.9) + square(x - 0.2)) / 2, square(x - 1) / 2 } };
    for (int i = 0; i < 2; i++) {
        struct bench bench = open_bench(i ? squares : bce);
        write(&bench, "discriminator.0.weight", zeros);
        write(&bench, "discriminator.0.bias", &logit);
        for (int phase = 0; phase < 2; phase++) /* a few operations in float */
            ck_assert_double_eq_tol(loss_of(&bench, phase), want[i][phase], 1e-6);
        close_bench(&bench);
    }
}
END_TEST

START_TEST(labels_that_an_adversary_does_not_know_are_refused)
{
    static const char *const cases[][2] = { { "adversary=hinge", "real-label=0.9" },
                                            { "adversary=wasserstein", "fake-label=0.1" } };
    for (int i = 0; i < 2; i++) {
        struct fig_config *config;
        ck_assert_int_eq(fig_config_open(&config, "gan-ring", cases[i], 2), FIG_FORMAT);
        ck_assert_msg(strstr(message, "has no labels to smooth"), "%s", message);
    }
}
END_TEST

/* Five points in groups of `pack`: slot k of group j has point (k groups + j) modulo 5. */
START_TEST(a_packed_discriminator_sees_samples_side_by_side)
{
    static const float weight[8] = { 1, 10, 100, 1000, 1e4f, -3, 7, 0.5f };
    const int pack = _i, groups = (BATCH + pack - 1) / pack;
    char key[16];
    snprintf(key, sizeof(key), "pack=%d", pack);
    const char *const overrides[] = { "adversary=wasserstein", "penalty=0", key, NULL };
    struct bench bench = open_bench(overrides);
    double real = 0;
    for (int j = 0; j < groups; j++) {
        for (int k = 0; k < pack; k++) {
            for (int axis = 0; axis < AXES; axis++)
                real += weight[AXES * k + axis] *
                        points[(k * groups + j) % BATCH * AXES + axis] / groups;
        }
    }
    write(&bench, "discriminator.0.weight", weight);
    ck_assert_double_eq_tol(loss_of(&bench, 0), -real, 1e-6 * fabs(real));
    close_bench(&bench);
}
END_TEST

START_TEST(packed_images_have_their_channels_one_behind_the_other)
{
    static const char *const overrides[] = {
        "pack=3", "penalty=1", "discriminator=[conv 4 3x3 stride 2, dense 1]" };
    struct bench bench;
    ck_assert_int_eq(fig_config_open(&bench.config, "gan-pac", overrides, 3), FIG_OK);
    ck_assert_int_eq(fig_model_create(&bench.model, bench.config, &(struct fig_model_params){
        .batch = 7, .height = 8, .width = 6, .channels = 3, .training = true }), FIG_OK);
    ck_assert_int_eq(fig_store_create(&bench.store, scratch_device(), bench.model->graph, 1),
                     FIG_OK);
    const int index = fig_store_find(bench.store, "discriminator.0.weight");
    ck_assert_int_eq(fig_store_tensor(bench.store, index)->shape.dim[1], 9);
    close_bench(&bench);
}
END_TEST

START_TEST(only_columns_are_drawn_without_a_range)
{
    static const char *const override = "generator.2=dense data";
    struct fig_config *config;
    struct fig_model *model;
    ck_assert_int_eq(fig_config_open(&config, "gan-ls", &override, 1), FIG_OK);
    ck_assert_int_eq(fig_model_create(&model, config, &(struct fig_model_params){
        .batch = 2, .height = 28, .width = 28, .channels = 1 }), FIG_FORMAT);
    ck_assert_msg(strstr(message, "expected tanh or sigmoid as the last activation of a "
                         "generator of images, found linear"), "%s", message);
    fig_config_close(&config);
}
END_TEST

/* --- Style and class of a code, each before a discriminator of its own */

enum { STYLE = 3, DISCRIMINATE = 1, GENERATE = 2 /* phases, after the autoencoder's */ };

static struct bench open_code(const char *adversary)
{
    static const char *const layers[] = { "encoder=[dense 6 tanh]", "decoder=[dense data sigmoid]",
                                          "discriminator=[dense 1]", "latent=3",
                                          "encoder-optimizer={name: sgd, rate: 1}", NULL };
    const char *const overrides[] = { adversary, "penalty=0", NULL };
    struct bench bench = open_model("aae-semi", layers, overrides);
    ck_assert_str_eq(bench.model->phases[DISCRIMINATE].name, "discriminator");
    ck_assert_str_eq(bench.model->phases[GENERATE].name, "generator");
    return bench;
}

static void write_judges(struct bench *bench, const float *style, float style_bias,
                         const float *class, float class_bias)
{
    write(bench, "discriminator.style.0.weight", style);
    write(bench, "discriminator.style.0.bias", &style_bias);
    write(bench, "discriminator.class.0.weight", class);
    write(bench, "discriminator.class.0.bias", &class_bias);
}

/* All losses of the phase, and its step if `step`. */
static void run_phase(struct bench *bench, int index, bool step, float losses[FIG_LOSSES])
{
    const struct fig_phase *phase = &bench->model->phases[index];
    struct fig_node *outputs[FIG_LOSSES + 1];
    struct fig_plan *plan;
    memcpy(outputs, phase->losses, sizeof(phase->losses));
    outputs[phase->loss_count] = phase->step;
    ck_assert_int_eq(fig_plan_create(&plan, bench->store, &(struct fig_plan_params){
        .outputs = outputs, .output_count = phase->loss_count + step }), FIG_OK);
    ck_assert_int_eq(fig_plan_write(plan, bench->model->images, points), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    for (int i = 0; i < phase->loss_count; i++)
        ck_assert_int_eq(fig_plan_read(plan, phase->losses[i], &losses[i]), FIG_OK);
    fig_plan_destroy(&plan);
}

START_TEST(the_losses_of_two_discriminators_are_added)
{
    static const float a = 0.7f, b = -0.3f;
    struct bench bench = open_code("adversary=bce");
    float found[FIG_LOSSES];
    write_judges(&bench, zeros, a, zeros, b);
    for (int i = 0; i < 2; i++) {
        const struct fig_phase *phase = &bench.model->phases[i ? GENERATE : DISCRIMINATE];
        const double style = i ? cross_entropy(a, 1)
                               : (cross_entropy(a, 1) + cross_entropy(a, 0)) / 2;
        const double class = i ? cross_entropy(b, 1)
                               : (cross_entropy(b, 1) + cross_entropy(b, 0)) / 2;
        run_phase(&bench, i ? GENERATE : DISCRIMINATE, false, found);
        ck_assert_int_eq(phase->loss_count, 3); /* a few operations in float each */
        ck_assert_double_eq_tol(found[0], style + class, 1e-6);
        ck_assert_double_eq_tol(found[1], style, 1e-6);
        ck_assert_double_eq_tol(found[2], class, 1e-6);
        ck_assert_str_eq(phase->loss_names[1], i ? "generator_style" : "discriminator_style");
        ck_assert_str_eq(phase->loss_names[2], i ? "generator_class" : "discriminator_class");
    }
    close_bench(&bench);
}
END_TEST

/* A critic's loss is what it says of the encoder's less what it says of the prior's.  The encoder
 * says style (1000, 0, 0) and class 0 of all: w = 1 of the first value of a style gives 1000 less
 * the mean of 5 numbers of N(0, 1), and w = 1 of all classes but 0 gives 0 less a number of
 * fifths. */
START_TEST(styles_are_compared_with_noise_and_classes_with_drawn_ones)
{
    static const float styles[STYLE] = { 1000 }, classes[CLASSES] = { 100 };
    static const float first[STYLE] = { 1 }, others[CLASSES] = { 0, 1, 1, 1 };
    struct bench bench = open_code("adversary=wasserstein");
    float found[FIG_LOSSES];
    write(&bench, "encoder.style.weight", zeros);
    write(&bench, "encoder.style.bias", styles);
    write(&bench, "encoder.class.weight", zeros);
    write(&bench, "encoder.class.bias", classes);
    write_judges(&bench, first, 0, others, 0);
    run_phase(&bench, DISCRIMINATE, false, found);
    ck_assert_double_eq_tol(found[1], 1000, 3); /* seven deviations */
    ck_assert(found[2] <= -0.2f && found[2] >= -1);
    ck_assert_double_eq_tol(found[2] * BATCH, round((double)found[2] * BATCH), 1e-5);
    close_bench(&bench);
}
END_TEST

static void read_heads(struct bench *bench, float heads[2][CLASSES * 6])
{
    static const char *const names[] = { "encoder.style.weight", "encoder.class.weight" };
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(fig_store_read(bench->store, fig_store_find(bench->store, names[i]),
                                        heads[i]), FIG_OK);
}

START_TEST(each_discriminator_teaches_its_own_part_of_the_code)
{
    static const float some[CLASSES] = { 1, -2, 3, 0.5f };
    for (int taught = 0; taught < 2; taught++) {
        struct bench bench = open_code("adversary=bce");
        float before[2][CLASSES * 6] = { { 0 } }, after[2][CLASSES * 6] = { { 0 } };
        float found[FIG_LOSSES];
        write_judges(&bench, taught ? zeros : some, 0, taught ? some : zeros, 0);
        read_heads(&bench, before);
        run_phase(&bench, GENERATE, true, found);
        read_heads(&bench, after);
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(memcmp(before[i], after[i], sizeof(before[i])) != 0, i == taught);
        close_bench(&bench);
    }
}
END_TEST

/* A VAE-GAN draws two batches for one real.  Whoever says c of all of them has no distance to
 * tell, and a hinge of (1 - c) + (1 + c). */
START_TEST(two_batches_of_drawn_samples_weigh_as_much_as_one_of_real_ones)
{
    static const char *const layers[] = { "encoder=[dense 3]", "decoder=[dense data]",
                                          "discriminator=[dense 2, dense 1]", "latent=2",
                                          "feature-layer=0", "real-label=1", "penalty=0",
                                          NULL };
    static const char *const wasserstein[] = { "adversary=wasserstein", NULL };
    static const char *const hinge[] = { "adversary=hinge", NULL };
    static const float said = 0.5f;
    for (int i = 0; i < 2; i++) {
        struct bench bench = open_model("vae-gan", layers, i ? hinge : wasserstein);
        float found[FIG_LOSSES];
        write(&bench, "discriminator.1.weight", zeros);
        write(&bench, "discriminator.1.bias", &said);
        run_phase(&bench, DISCRIMINATE, false, found);
        ck_assert_double_eq_tol(found[0], i ? 2 : 0, 1e-6); /* a few operations in float */
        close_bench(&bench);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("contest");
    TCase *tcase = tcase_create("contest");
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_test(tcase, both_labels_are_smoothed_for_the_discriminator_alone);
    tcase_add_test(tcase, labels_that_an_adversary_does_not_know_are_refused);
    tcase_add_loop_test(tcase, a_packed_discriminator_sees_samples_side_by_side, 1, 5);
    tcase_add_test(tcase, packed_images_have_their_channels_one_behind_the_other);
    tcase_add_test(tcase, only_columns_are_drawn_without_a_range);
    tcase_add_test(tcase, the_losses_of_two_discriminators_are_added);
    tcase_add_test(tcase, styles_are_compared_with_noise_and_classes_with_drawn_ones);
    tcase_add_test(tcase, each_discriminator_teaches_its_own_part_of_the_code);
    tcase_add_test(tcase, two_batches_of_drawn_samples_weigh_as_much_as_one_of_real_ones);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
