/* SPDX-License-Identifier: MIT */
/* The running average of a generator: what it follows, and that samples are drawn from it. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/plan.h>
#include <figment/run.h>

#include "run/safetensors.h"
#include "scratch.h"

enum { STEPS = 5 };

/* Dense and convolutional layers, batch norm and its statistics, and spectral norm's vector. */
#define SMALL "data=synthetic:64", "batch=8", "latent=4", "ema=0.3", \
    "generator=[dense 7x7x2 nobias, batchnorm relu, deconv 2 4x4 stride 2 spectral relu, " \
    "deconv data 4x4 stride 2 tanh]", "discriminator=[conv 4 4x4 stride 2 leaky-relu, dense 1]"

/* The model after `steps` steps: initial values after none. */
static void train(int steps, struct safetensors *model)
{
    char run[32], name[64], path[SCRATCH_PATH], limit[32];
    snprintf(run, sizeof(run), "steps-%d", steps);
    snprintf(limit, sizeof(limit), "steps=%d", steps);
    const char *const overrides[] = { SMALL, limit, steps ? "epochs=1" : "epochs=0", NULL };
    ck_assert_msg(scratch_train(scratch_device(), &(struct scratch_training){
        .model = "gan-conv", .run = run }, overrides) == FIG_OK, "%s", message);
    snprintf(name, sizeof(name), "%s/model.safetensors", run);
    ck_assert_int_eq(safetensors_open(model, scratch_path(name, path)), FIG_OK);
}

static float value_of(const struct safetensors *model, const char *name, size_t index)
{
    const struct safe_tensor *tensor = safetensors_find(model, name);
    float value;
    ck_assert_msg(tensor != NULL, "no tensor %s", name);
    memcpy(&value, (const char *)tensor->data + index * sizeof(value), sizeof(value));
    return value;
}

/* An update follows what its step began with, by 1 - min(0.3, n / (n + 9)): after 4 updates the
 * decay is no longer the early one. */
static double average_of(const struct safetensors *models, const char *name, size_t index)
{
    double average = 0;
    for (int n = 0; n < STEPS; n++) {
        const double decay = fmin(0.3, n / (n + 9.0));
        average = decay * average + (1 - decay) * value_of(&models[n], name, index);
    }
    return average;
}

START_TEST(weights_and_statistics_are_averaged_over_the_steps)
{
    struct safetensors models[STEPS + 1];
    int followed = 0, statistics = 0;
    for (int steps = 0; steps <= STEPS; steps++)
        train(steps, &models[steps]);
    const struct safetensors *last = &models[STEPS];
    for (int i = 0; i < last->count; i++) {
        const struct safe_tensor *tensor = &last->tensors[i];
        char name[128];
        if (strncmp(tensor->name, "generator.", 10) != 0)
            continue;
        snprintf(name, sizeof(name), "average.%s", tensor->name);
        for (size_t k = 0; k < tensor->size / sizeof(float); k++) { /* a few roundings a step */
            const double want = average_of(models, tensor->name, k);
            ck_assert_msg(fabs(value_of(last, name, k) - want) <= 1e-7 + 1e-6 * fabs(want),
                          "%s[%zu] is %.9g, not %.9g", name, k, value_of(last, name, k), want);
        }
        followed++;
        statistics += strstr(tensor->name, "running_") != NULL;
    }
    ck_assert(value_of(last, "average.generator.updates", 0) == STEPS);
    ck_assert_int_eq(followed, 10);
    ck_assert_int_eq(statistics, 2);
    for (int steps = 0; steps <= STEPS; steps++)
        safetensors_close(&models[steps]);
}
END_TEST

START_TEST(an_average_goes_on_where_the_training_stopped)
{
    static const char *const part[] = { SMALL, "epochs=1", "steps=2", NULL };
    static const char *const whole[] = { SMALL, "epochs=1", "steps=5", NULL };
    char path[SCRATCH_PATH], other[SCRATCH_PATH];
    const struct scratch_training training = { .model = "gan-conv", .run = "part" };
    ck_assert_int_eq(scratch_train(scratch_device(), &training, part), FIG_OK);
    struct scratch_training resumed = training;
    resumed.resume = true;
    ck_assert_int_eq(scratch_train(scratch_device(), &resumed, whole), FIG_OK);
    ck_assert(scratch_same_files(scratch_path("part/model.safetensors", path),
                                 scratch_path("steps-5/model.safetensors", other)));
}
END_TEST

START_TEST(a_sample_is_the_same_at_any_batch_size)
{
    enum { MANY = 150, VALUES = 784 };
    char path[SCRATCH_PATH];
    struct fig_run *run;
    float *few = malloc(VALUES * sizeof(*few)), *many = malloc(MANY * VALUES * sizeof(*many));
    ck_assert(few && many);
    ck_assert_int_eq(fig_run_open(&run, scratch_path("steps-5", path), scratch_device()), FIG_OK);
    ck_assert_int_eq(fig_run_sample(run, 1, 0, MANY, many), FIG_OK);
    ck_assert_int_eq(fig_run_sample(run, 1, MANY - 1, 1, few), FIG_OK);
    ck_assert_mem_eq(few, many + (MANY - 1) * VALUES, VALUES * sizeof(*few));
    fig_run_close(&run);
    free(many);
    free(few);
}
END_TEST

static void write(struct fig_store *store, const char *name, const float *values)
{
    const int index = fig_store_find(store, name);
    ck_assert_msg(index >= 0, "no tensor %s", name);
    ck_assert_int_eq(fig_store_write(store, index, values), FIG_OK);
}

START_TEST(samples_are_drawn_with_the_averages)
{
    static const char *const overrides[] = { "ema=0.9", "generator=[dense data]" };
    static const float zeros[4] = { 0 }, bias[2] = { 3, -4 };
    struct fig_config *config;
    struct fig_model *model;
    struct fig_store *store;
    struct fig_plan *plan;
    float drawn[2];
    ck_assert_int_eq(fig_config_open(&config, "gan-ring", overrides, 2), FIG_OK);
    ck_assert_int_eq(fig_model_create(&model, config, &(struct fig_model_params){
        .batch = 1, .height = 1, .width = 1, .channels = 2 }), FIG_OK);
    ck_assert_int_eq(fig_store_create(&store, scratch_device(), model->graph, 1), FIG_OK);
    write(store, "average.generator.0.weight", zeros);
    write(store, "average.generator.0.bias", bias);
    ck_assert_int_eq(fig_plan_create(&plan, store, &(struct fig_plan_params){
        .outputs = &model->drawn, .output_count = 1 }), FIG_OK);
    ck_assert_int_eq(fig_plan_write(plan, model->seed, bias), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, model->drawn, drawn), FIG_OK);
    ck_assert(drawn[0] == bias[0] && drawn[1] == bias[1]);
    fig_plan_destroy(&plan);
    fig_store_destroy(&store);
    fig_model_destroy(&model);
    fig_config_close(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("average");
    TCase *tcase = tcase_create("average");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_test(tcase, weights_and_statistics_are_averaged_over_the_steps);
    tcase_add_test(tcase, an_average_goes_on_where_the_training_stopped);
    tcase_add_test(tcase, a_sample_is_the_same_at_any_batch_size);
    tcase_add_test(tcase, samples_are_drawn_with_the_averages);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
