/* SPDX-License-Identifier: MIT */
/* Phases that do not run in every step: who runs when, what is reported of it, and that a training
 * goes on in the same order. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "run/safetensors.h"
#include "scratch.h"

/* 100 samples in batches of 16: 7 steps an epoch, the last of 4 samples. */
enum { SAMPLES = 100, BATCH = 16, STEPS = 7, LINES = 64, LINE_SIZE = 4096 };
#define DATA "data=synthetic:100", "batch=16"
#define SMALL_GAN DATA, "latent=4", "generator=[dense 8 relu, dense data tanh]", \
    "discriminator=[dense 8 relu, dense 1]"

static void train(const struct scratch_training *training, const char *const *overrides)
{
    ck_assert_msg(scratch_train(scratch_device(), training, overrides) == FIG_OK, "%s: %s",
                  training->run, message);
}

/* The JSON lines of a file of the scratch folder; the caller deletes them. */
static int read_lines(const char *name, cJSON *lines[LINES])
{
    char path[SCRATCH_PATH], line[LINE_SIZE];
    int count = 0;
    FILE *file = fopen(scratch_path(name, path), "r");
    ck_assert_msg(file != NULL, "%s: cannot open", path);
    for (; count < LINES && fgets(line, sizeof(line), file); count++) {
        lines[count] = cJSON_Parse(line);
        ck_assert_ptr_nonnull(lines[count]);
    }
    fclose(file);
    return count;
}

static void delete_lines(cJSON **lines, int count)
{
    for (int i = 0; i < count; i++)
        cJSON_Delete(lines[i]);
}

static bool has(const cJSON *object, const char *key)
{
    return cJSON_HasObjectItem(object, key);
}

/* The mean over an epoch's samples of a loss of its steps, where they have it. */
static double mean_of_trace(cJSON *const *lines, int epoch, const char *key)
{
    double sum = 0, seen = 0;
    for (int i = epoch * STEPS; i < (epoch + 1) * STEPS; i++) {
        const int batch = i % STEPS == STEPS - 1 ? SAMPLES % BATCH : BATCH;
        sum += has(lines[i], key) ? batch * json_number(lines[i], key) : 0;
        seen += has(lines[i], key) ? batch : 0;
    }
    return sum / seen;
}

START_TEST(a_generator_waits_for_its_critic_and_only_its_own_steps_are_reported)
{
    static const char *const overrides[] = { SMALL_GAN, "critic-steps=3", "epochs=2", NULL };
    char trace[SCRATCH_PATH];
    cJSON *lines[LINES], *epochs[LINES];
    train(&(struct scratch_training){ .model = "gan-dense", .run = "critic",
                                      .trace = scratch_path("critic.jsonl", trace) }, overrides);
    const int count = read_lines("critic.jsonl", lines);
    const int metrics = read_lines("critic/metrics.jsonl", epochs);
    ck_assert_int_eq(count, 2 * STEPS);
    ck_assert_int_eq(metrics, 2);
    for (int i = 0; i < count; i++) {
        ck_assert(has(lines[i], "discriminator"));
        ck_assert_msg(has(lines[i], "generator") == (i % 3 == 2), "step %d", i);
    }
    for (int epoch = 0; epoch < 2; epoch++) {
        static const char *const keys[] = { "discriminator", "generator" };
        for (int k = 0; k < 2; k++) /* the files have nine digits */
            ck_assert_double_eq_tol(json_number(epochs[epoch], keys[k]),
                                    mean_of_trace(lines, epoch, keys[k]), 1e-8);
    }
    delete_lines(lines, count);
    delete_lines(epochs, metrics);
}
END_TEST

static void check_same(const char *left, const char *right)
{
    char a[SCRATCH_PATH], b[SCRATCH_PATH];
    ck_assert_msg(scratch_same_files(scratch_path(left, a), scratch_path(right, b)),
                  "%s and %s differ", left, right);
}

START_TEST(a_training_with_turns_goes_on_where_it_stopped)
{
    static const char *const whole[] = { SMALL_GAN, "critic-steps=3", "epochs=3", NULL };
    static const char *const part[] = { SMALL_GAN, "critic-steps=3", "epochs=3", "steps=10", NULL };
    cJSON *left[LINES], *right[LINES];
    train(&(struct scratch_training){ .model = "gan-dense", .run = "whole" }, whole);
    train(&(struct scratch_training){ .model = "gan-dense", .run = "part" }, part);
    train(&(struct scratch_training){ .model = "gan-dense", .run = "part", .resume = true }, whole);
    check_same("whole/model.safetensors", "part/model.safetensors");
    const int count = read_lines("whole/metrics.jsonl", left);
    ck_assert_int_eq(read_lines("part/metrics.jsonl", right), count);
    for (int i = 0; i < count; i++)
        ck_assert(json_number(left[i], "generator") == json_number(right[i], "generator"));
    delete_lines(left, count);
    delete_lines(right, count);
}
END_TEST

/* --- Latent GANs */

#define SMALL_LATENT DATA, "latent=4", "encoder=[dense 6 relu]", "decoder=[dense data sigmoid]", \
    "generator=[dense 6 relu]", "discriminator=[dense 8 relu, dense 1]"

/* The tensors whose names begin with `prefix` have the same values in both models, or all
 * differ. */
static void compare(const char *left, const char *right, const char *prefix, bool same)
{
    char a[SCRATCH_PATH], b[SCRATCH_PATH];
    struct safetensors one, other;
    ck_assert_int_eq(safetensors_open(&one, scratch_path(left, a)), FIG_OK);
    ck_assert_int_eq(safetensors_open(&other, scratch_path(right, b)), FIG_OK);
    for (int i = 0; i < one.count; i++) {
        const struct safe_tensor *tensor = &one.tensors[i];
        if (strncmp(tensor->name, prefix, strlen(prefix)) != 0)
            continue;
        const struct safe_tensor *twin = safetensors_find(&other, tensor->name);
        ck_assert_ptr_nonnull(twin);
        ck_assert_msg((memcmp(tensor->data, twin->data, tensor->size) == 0) == same, "%s",
                      tensor->name);
    }
    safetensors_close(&one);
    safetensors_close(&other);
}

static const struct {
    const char *joint;
    bool frozen; /* the autoencoder, once the contest has begun */
} ways[] = { { "joint=false", true }, { "joint=true", false } };

START_TEST(an_autoencoder_is_trained_before_the_contest_on_its_codes)
{
    const char *const first[] = { SMALL_LATENT, "pretrain=2", ways[_i].joint, "epochs=2", NULL };
    const char *const both[] = { SMALL_LATENT, "pretrain=2", ways[_i].joint, "epochs=4", NULL };
    cJSON *epochs[LINES];
    train(&(struct scratch_training){ .model = "latent-gan", .run = "first" }, first);
    train(&(struct scratch_training){ .model = "latent-gan", .run = "both" }, both);
    const int count = read_lines("both/metrics.jsonl", epochs);
    ck_assert_int_eq(count, 4);
    for (int i = 0; i < count; i++) {
        ck_assert(has(epochs[i], "test_autoencoder")); /* measured all the time */
        ck_assert_int_eq(has(epochs[i], "autoencoder"), i < 2 || !ways[_i].frozen);
        ck_assert_int_eq(has(epochs[i], "discriminator"), i >= 2);
        ck_assert_int_eq(has(epochs[i], "generator"), i >= 2);
    }
    delete_lines(epochs, count);
    compare("first/model.safetensors", "both/model.safetensors", "encoder.", ways[_i].frozen);
    compare("first/model.safetensors", "both/model.safetensors", "decoder.", ways[_i].frozen);
    compare("first/model.safetensors", "both/model.safetensors", "generator.", false);
}
END_TEST

START_TEST(an_autoencoder_that_would_never_train_is_refused)
{
    static const char *const override = "joint=false";
    struct fig_config *config;
    ck_assert_int_eq(fig_config_open(&config, "latent-gan", &override, 1), FIG_FORMAT);
    ck_assert_msg(strstr(message, "a pretrain of at least 1 epoch"), "%s", message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("turns");
    TCase *tcase = tcase_create("turns");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_test(tcase, a_generator_waits_for_its_critic_and_only_its_own_steps_are_reported);
    tcase_add_test(tcase, a_training_with_turns_goes_on_where_it_stopped);
    tcase_add_loop_test(tcase, an_autoencoder_is_trained_before_the_contest_on_its_codes, 0,
                        (int)(sizeof(ways) / sizeof(*ways)));
    tcase_add_test(tcase, an_autoencoder_that_would_never_train_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
