/* SPDX-License-Identifier: MIT */
/* Every reference model on its own data size: it builds, its losses are numbers, and each phase
 * moves the parameters that it trains and no others. */
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <figment/plan.h>

#include "base/size.h"
#include "scratch.h"

enum { BATCH = 6, CLASSES = 4, PREFIXES = 2, PARTS = 4, DATA = 28 * 28 };

/* Which parameters a phase of a family trains. */
static const struct route {
    const char *family, *phase, *prefixes[PREFIXES];
} routes[] = {
    { "autoencoder", "train", { "ae.", NULL } },
    { "vae", "train", { "encoder.", "decoder." } },
    { "gan", "discriminator", { "discriminator.", NULL } },
    { "gan", "generator", { "generator.", NULL } },
    { "latent-gan", "autoencoder", { "encoder.", "decoder." } },
    { "latent-gan", "discriminator", { "discriminator.", NULL } },
    { "latent-gan", "generator", { "generator.", NULL } },
    { "aae", "autoencoder", { "encoder.", "decoder." } },
    { "aae", "discriminator", { "discriminator.", NULL } },
    { "aae", "generator", { "encoder.", NULL } },
    { "vae-gan", "encoder", { "encoder.", NULL } },
    { "vae-gan", "discriminator", { "discriminator.", NULL } },
    { "vae-gan", "generator", { "decoder.", NULL } },
};

static const struct route *find_route(const char *family, const char *phase)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        if (strcmp(routes[i].family, family) == 0 && strcmp(routes[i].phase, phase) == 0)
            return &routes[i];
    }
    ck_abort_msg("no route for phase %s of family %s: add a row", phase, family);
    return NULL;
}

static bool is_routed(const struct route *route, const char *parameter)
{
    for (int i = 0; i < PREFIXES && route->prefixes[i]; i++) {
        if (strncmp(parameter, route->prefixes[i], strlen(route->prefixes[i])) == 0)
            return true;
    }
    return false;
}

static size_t length_of(const struct fig_tensor *tensor)
{
    size_t length = 1;
    for (int i = 0; i < tensor->shape.rank; i++)
        length *= (size_t)tensor->shape.dim[i];
    return length;
}

/* All tensors of the store, one behind the other; the caller frees. */
static float *read_all(struct fig_store *store)
{
    size_t length = 0;
    for (int i = 0; i < fig_store_count(store); i++)
        length += length_of(fig_store_tensor(store, i));
    float *all = malloc(length * sizeof(*all)), *at = all;
    ck_assert_ptr_nonnull(all);
    for (int i = 0; i < fig_store_count(store); i++) {
        ck_assert_int_eq(fig_store_read(store, i, at), FIG_OK);
        at += length_of(fig_store_tensor(store, i));
    }
    return all;
}

static void write_inputs(struct fig_plan *plan, const struct fig_model *model, int values)
{
    float *images = malloc((size_t)values * BATCH * sizeof(*images));
    float labels[BATCH][CLASSES] = { { 0 } };
    ck_assert_ptr_nonnull(images);
    for (int i = 0; i < values * BATCH; i++)
        images[i] = (float)(i * 7 % 101) / 101;
    for (int i = 0; i < BATCH; i++)
        labels[i][i * 3 % CLASSES] = 1;
    if (fig_plan_reads(plan, model->images))
        ck_assert_int_eq(fig_plan_write(plan, model->images, images), FIG_OK);
    if (fig_plan_reads(plan, model->labels))
        ck_assert_int_eq(fig_plan_write(plan, model->labels, *labels), FIG_OK);
    free(images);
}

static void run_phase(struct fig_store *store, const struct fig_model *model,
                      const struct fig_phase *phase, int values)
{
    struct fig_node *outputs[FIG_LOSSES + 1];
    struct fig_plan *plan;
    int count = 0;
    for (; count < phase->loss_count; count++)
        outputs[count] = phase->losses[count];
    outputs[count++] = phase->step;
    const struct fig_plan_params params = { .outputs = outputs, .output_count = count };
    ck_assert_msg(fig_plan_create(&plan, store, &params) == FIG_OK, "%s", message);
    write_inputs(plan, model, values);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    for (int i = 0; i < phase->loss_count; i++) {
        float loss;
        ck_assert_int_eq(fig_plan_read(plan, phase->losses[i], &loss), FIG_OK);
        ck_assert_msg(isfinite(loss), "%s is %g", phase->loss_names[i], loss);
    }
    fig_plan_destroy(&plan);
}

/* Every parameter of the route moved, and none of the others. */
static void check_moves(const struct fig_store *store, const struct route *route,
                        const float *before, const float *after)
{
    for (int i = 0; i < fig_store_count(store); i++) {
        const struct fig_tensor *tensor = fig_store_tensor(store, i);
        const size_t length = length_of(tensor);
        const bool moved = memcmp(before, after, length * sizeof(*before)) != 0;
        before += length;
        after += length;
        if (tensor->kind == FIG_PARAMETER)
            ck_assert_msg(moved == is_routed(route, tensor->name), "%s %s in phase %s of family %s",
                          tensor->name, moved ? "moved" : "stood still", route->phase,
                          route->family);
    }
}

static void check_phases(struct fig_store *store, const struct fig_model *model,
                         const char *family, int values)
{
    for (int i = 0; i < model->phase_count; i++) {
        const struct fig_phase *phase = &model->phases[i];
        float *before = read_all(store);
        run_phase(store, model, phase, values);
        float *after = read_all(store);
        check_moves(store, find_route(family, phase->name), before, after);
        free(before);
        free(after);
    }
}

/* Samples that a model is made for: grey pictures of 28x28 but for these. */
static struct fig_model_params size_of(const char *name)
{
    if (strcmp(name, "gan-hinge-sn") == 0)
        return (struct fig_model_params){ .height = 32, .width = 32, .channels = 3 };
    if (strcmp(name, "gan-ring") == 0 || strcmp(name, "gan-grid") == 0)
        return (struct fig_model_params){ .height = 1, .width = 1, .channels = 2 };
    return (struct fig_model_params){ .height = 28, .width = 28, .channels = 1 };
}

static void check_model(const char *name, struct fig_config *config)
{
    struct fig_model_params params = size_of(name);
    params.batch = BATCH;
    params.classes = CLASSES;
    params.training = true;
    struct fig_model *model;
    struct fig_store *store;
    ck_assert_msg(fig_model_create(&model, config, &params) == FIG_OK, "%s: %s", name, message);
    ck_assert_int_eq(fig_store_create(&store, scratch_device(), model->graph, 3), FIG_OK);
    check_phases(store, model, fig_config_settings(config)->family,
                 params.height * params.width * params.channels);
    fig_store_destroy(&store);
    fig_model_destroy(&model);
}

START_TEST(each_phase_moves_its_own_parameters_only)
{
    const char *name = fig_model_name(_i);
    struct fig_config *config;
    ck_assert_msg(fig_config_open(&config, name, NULL, 0) == FIG_OK, "%s", message);
    check_model(name, config);
    fig_config_close(&config);
}
END_TEST

/* What the others say is a matter of test_model.c. */
static bool can_be_conditional(const char *name, const char *family)
{
    if (strcmp(name, "aae-semi") == 0) /* has keys of another use of labels */
        return false;
    return strcmp(family, "autoencoder") != 0;
}

START_TEST(so_does_each_phase_of_the_same_model_when_it_is_conditional)
{
    static const char *const override = "labels=condition";
    const char *name = fig_model_name(_i);
    struct fig_config *plain, *config;
    ck_assert_msg(fig_config_open(&plain, name, NULL, 0) == FIG_OK, "%s", message);
    const bool can = can_be_conditional(name, fig_config_settings(plain)->family);
    const enum fig_status status = fig_config_open(&config, name, &override, 1);
    ck_assert_msg(status == (can ? FIG_OK : FIG_FORMAT), "%s: %s", name, message);
    if (can)
        check_model(name, config);
    fig_config_close(&config);
    fig_config_close(&plain);
}
END_TEST

/* Networks with batch norm, each for one family. */
#define ENCODER       "encoder=[dense 8, batchnorm relu, dense 4]"
#define DECODER       "decoder=[dense 8, batchnorm relu, dense data sigmoid]"
#define DISCRIMINATOR "discriminator=[dense 8, batchnorm relu, dense 1]"
static const struct normalised {
    const char *model, *networks[PARTS];
    int count;
} normalised[] = {
    { "ae-shallow", { ENCODER, DECODER }, 2 },
    { "vae-dense", { ENCODER, DECODER }, 2 },
    { "gan-small", { "generator=[dense 8, batchnorm relu, dense data sigmoid]",
                     DISCRIMINATOR }, 2 },
    { "latent-gan", { ENCODER, DECODER, "generator=[dense 8, batchnorm relu, dense 4]",
                      DISCRIMINATOR }, 4 },
    { "aae", { ENCODER, DECODER, DISCRIMINATOR }, 3 },
    { "vae-gan", { ENCODER, DECODER, DISCRIMINATOR }, 3 },
};

static void run_updates(struct fig_store *store, const struct fig_model *model,
                        const struct fig_phase *phase)
{
    struct fig_plan *plan;
    const struct fig_plan_params params = { .outputs = phase->updates,
                                            .output_count = phase->update_count };
    ck_assert_msg(phase->update_count > 0, "phase %s follows nothing", phase->name);
    ck_assert_msg(fig_plan_create(&plan, store, &params) == FIG_OK, "%s", message);
    write_inputs(plan, model, DATA);
    ck_assert_int_eq(fig_plan_run(plan, 0, 0), FIG_OK);
    fig_plan_destroy(&plan);
}

/* Means begin at 0. */
static void check_means(struct fig_store *store, const struct normalised *networks)
{
    int found = 0;
    for (int i = 0; i < fig_store_count(store); i++) {
        const struct fig_tensor *tensor = fig_store_tensor(store, i);
        float mean[8];
        if (!strstr(tensor->name, "running_mean") || strncmp(tensor->name, "average", 7) == 0)
            continue;
        ck_assert_uint_eq(length_of(tensor), 8);
        ck_assert_int_eq(fig_store_read(store, i, mean), FIG_OK);
        ck_assert_msg(mean[0] != 0, "%s: %s stood still", networks->model, tensor->name);
        found++;
    }
    ck_assert_int_eq(found, networks->count);
}

START_TEST(running_statistics_of_all_networks_are_followed)
{
    const struct normalised *networks = &normalised[_i];
    const struct fig_model_params params = { .height = 28, .width = 28, .channels = 1,
                                             .batch = BATCH, .training = true };
    struct fig_config *config;
    struct fig_model *model;
    struct fig_store *store;
    ck_assert_msg(fig_config_open(&config, networks->model, networks->networks,
                                  networks->count) == FIG_OK, "%s", message);
    ck_assert_msg(fig_model_create(&model, config, &params) == FIG_OK, "%s", message);
    ck_assert_int_eq(fig_store_create(&store, scratch_device(), model->graph, 3), FIG_OK);
    for (int i = 0; i < model->phase_count; i++)
        run_updates(store, model, &model->phases[i]);
    check_means(store, networks);
    fig_store_destroy(&store);
    fig_model_destroy(&model);
    fig_config_close(&config);
}
END_TEST

int main(void)
{
    int models = 0;
    while (fig_model_name(models))
        models++;
    Suite *suite = suite_create("families");
    TCase *tcase = tcase_create("families");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_loop_test(tcase, each_phase_moves_its_own_parameters_only, 0, models);
    tcase_add_loop_test(tcase, so_does_each_phase_of_the_same_model_when_it_is_conditional, 0,
                        models);
    tcase_add_loop_test(tcase, running_statistics_of_all_networks_are_followed, 0,
                        LENGTH(normalised));
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
