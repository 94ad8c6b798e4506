/* SPDX-License-Identifier: MIT */
/* Encoder and decoder that learn from one loss, each by an optimiser of its own. */
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

#include <figment/plan.h>

#include "base/size.h"
#include "scratch.h"

enum { BATCH = 4, SIDE = 4, PIXELS = SIDE * SIDE, CLASSES = 3, RUNS = 3, MOST = 8 };

/* A model in training and its only phase. */
struct training {
    struct fig_config *config;
    struct fig_model *model;
    struct fig_store *store;
    struct fig_plan *plan;
};

static const struct fig_model_params params = { .batch = BATCH, .height = SIDE, .width = SIDE,
                                                .channels = 1, .classes = CLASSES,
                                                .training = true };

static void write_inputs(struct training *training)
{
    float images[BATCH * PIXELS], labels[BATCH][CLASSES] = { { 0 } };
    for (int i = 0; i < BATCH * PIXELS; i++)
        images[i] = (float)(i * 7 % 11) / 11;
    for (int i = 0; i < BATCH; i++)
        labels[i][i % CLASSES] = 1;
    ck_assert_int_eq(fig_plan_write(training->plan, training->model->images, images), FIG_OK);
    if (training->model->labels)
        ck_assert_int_eq(fig_plan_write(training->plan, training->model->labels, *labels), FIG_OK);
}

static void open_training(struct training *training, const char *model,
                          const char *const *overrides, int count)
{
    struct fig_node *outputs[FIG_LOSSES + 1 + FIG_UPDATES];
    int outs = 0;
    ck_assert_msg(fig_config_open(&training->config, model, overrides, count) == FIG_OK, "%s",
                  message);
    ck_assert_msg(fig_model_create(&training->model, training->config, &params) == FIG_OK, "%s",
                  message);
    ck_assert_int_eq(fig_store_create(&training->store, scratch_device(), training->model->graph,
                                      1), FIG_OK);
    const struct fig_phase *phase = &training->model->phases[0];
    outputs[outs++] = phase->losses[0];
    outputs[outs++] = phase->step;
    for (int i = 0; i < phase->update_count; i++)
        outputs[outs++] = phase->updates[i];
    ck_assert_int_eq(fig_plan_create(&training->plan, training->store, &(struct fig_plan_params){
        .outputs = outputs, .output_count = outs }), FIG_OK);
    write_inputs(training);
}

static void close_training(struct training *training)
{
    fig_plan_destroy(&training->plan);
    fig_store_destroy(&training->store);
    fig_model_destroy(&training->model);
    fig_config_close(&training->config);
}

static void run(struct training *training)
{
    for (uint32_t step = 0; step < RUNS; step++)
        ck_assert_int_eq(fig_plan_run(training->plan, step, 0), FIG_OK);
}

/* The caller frees. */
static float *read_tensor(struct fig_store *store, int index, size_t *size)
{
    const struct fig_shape shape = fig_store_tensor(store, index)->shape;
    *size = sizeof(float);
    for (int i = 0; i < shape.rank; i++)
        *size *= (size_t)shape.dim[i];
    float *values = malloc(*size);
    ck_assert_ptr_nonnull(values);
    ck_assert_int_eq(fig_store_read(store, index, values), FIG_OK);
    return values;
}

static bool is_same(struct fig_store *left, struct fig_store *right, int index)
{
    size_t size, other;
    float *a = read_tensor(left, index, &size), *b = read_tensor(right, index, &other);
    ck_assert_uint_eq(size, other);
    const bool same = memcmp(a, b, size) == 0;
    free(a);
    free(b);
    return same;
}

/* Models of both families; of the decoder are the parameters from the first on whose name begins
 * so. */
static const struct {
    const char *model, *overrides[MOST], *decoder;
    int count;
} models[] = {
    { "ae-deep", { "batch=4" }, "ae.3.", 1 },
    { "ae-semi", { "encoder=[dense 8 relu, dropout 0.2, dense 4]", "decoder=[dense data sigmoid]",
                   "label-fraction=1" }, "ae.2.", 3 },
    { "vae-dense", { "latent=2" }, "decoder.", 1 },
    { "vae-conditional", { "beta-warmup=2",
                           "decoder=[dense 5, batchnorm relu, dense data sigmoid]" },
      "decoder.", 2 },
};

static int with(const char **overrides, int index, const char *more, const char *others)
{
    memcpy(overrides, models[index].overrides, sizeof(models[index].overrides));
    overrides[models[index].count] = "optimizer={name: momentum, rate: 0.1}";
    overrides[models[index].count + 1] = more;
    overrides[models[index].count + 2] = others;
    return models[index].count + 1 + !!more + !!others;
}

START_TEST(own_optimizers_that_are_like_the_common_one_change_nothing)
{
    const char *overrides[MOST + 3];
    struct training one, two;
    open_training(&one, models[_i].model, overrides, with(overrides, _i, NULL, NULL));
    open_training(&two, models[_i].model, overrides,
                  with(overrides, _i, "encoder-optimizer={name: momentum, rate: 0.1}",
                       "decoder-optimizer={name: momentum, rate: 0.1}"));
    ck_assert_int_eq(fig_store_optimizers(one.store), 1);
    ck_assert_int_eq(fig_store_optimizers(two.store), 2);
    /* One way back through the graph is enough for both. */
    ck_assert_double_eq(fig_plan_info(one.plan)->flops, fig_plan_info(two.plan)->flops);
    run(&one);
    run(&two);
    for (int i = 0; i < fig_store_count(one.store); i++)
        ck_assert_msg(fig_store_tensor(one.store, i)->kind != FIG_PARAMETER ||
                      is_same(one.store, two.store, i), "%s", fig_store_tensor(one.store, i)->name);
    close_training(&two);
    close_training(&one);
}
END_TEST

/* Whether it moved is seen beside a store that nothing was run on. */
START_TEST(each_network_learns_by_its_own_optimizer)
{
    static const char *const still[] = { "encoder-optimizer={name: sgd, rate: 1e-30}",
                                         "decoder-optimizer={name: sgd, rate: 1e-30}" };
    const char *overrides[MOST + 3];
    for (int part = 0; part < 2; part++) {
        struct training before, after;
        bool decoder = false;
        const int count = with(overrides, _i, still[part], NULL);
        open_training(&before, models[_i].model, overrides, count);
        open_training(&after, models[_i].model, overrides, count);
        run(&after);
        for (int i = 0; i < fig_store_count(after.store); i++) {
            const struct fig_tensor *tensor = fig_store_tensor(after.store, i);
            decoder |= strncmp(tensor->name, models[_i].decoder, strlen(models[_i].decoder)) == 0;
            if (tensor->kind == FIG_PARAMETER && strstr(tensor->name, "weight"))
                ck_assert_msg(is_same(before.store, after.store, i) == (decoder == part),
                              "%s with %s", tensor->name, still[part]);
        }
        close_training(&after);
        close_training(&before);
    }
}
END_TEST

START_TEST(a_network_without_parameters_has_nothing_to_learn)
{
    static const char *const overrides[] = {
        "encoder=[maxpool 2x2]", "decoder=[upsample 2, conv data 3x3 sigmoid]",
        "decoder-optimizer={name: sgd}", "encoder-optimizer={name: sgd}" };
    struct training training;
    struct fig_model *model;
    open_training(&training, "ae-shallow", overrides, 3);
    ck_assert_int_eq(fig_store_optimizers(training.store), 1);
    close_training(&training);
    ck_assert_int_eq(fig_config_open(&training.config, "ae-shallow", overrides, 4), FIG_OK);
    ck_assert_int_eq(fig_model_create(&model, training.config, &params), FIG_FORMAT);
    ck_assert_msg(strstr(message, "encoder-optimizer: there is nothing to learn"), "%s",
                  message);
    fig_config_close(&training.config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("own_optimizers");
    TCase *tcase = tcase_create("own_optimizers");
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_loop_test(tcase, own_optimizers_that_are_like_the_common_one_change_nothing, 0,
                        LENGTH(models));
    tcase_add_loop_test(tcase, each_network_learns_by_its_own_optimizer, 0, LENGTH(models));
    tcase_add_test(tcase, a_network_without_parameters_has_nothing_to_learn);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
