/* SPDX-License-Identifier: MIT */
/* What labels do in networks and in losses, against double loops. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>

#include <figment/plan.h>

#include "base/size.h"
#include "scratch.h"

enum { SIDE = 4, PIXELS = SIDE * SIDE, FEW = 3, CODE = 2 };

struct part {
    struct fig_config *config;
    struct fig_model *model;
    struct fig_store *store;
    struct fig_plan *plan;
};

/* A model for 4x4 images of three classes, ready to make `output`, its drawings or its codes. */
static void open_part(struct part *part, const char *yaml, bool codes)
{
    const struct fig_model_params params = { .batch = FEW, .height = SIDE, .width = SIDE,
                                             .channels = 1, .classes = FEW };
    char path[SCRATCH_PATH];
    FILE *file = fopen(scratch_path("part.yaml", path), "wb");
    ck_assert_ptr_nonnull(file);
    fputs(yaml, file);
    fclose(file);
    ck_assert_msg(fig_config_open(&part->config, path, NULL, 0) == FIG_OK, "%s", message);
    ck_assert_msg(fig_model_create(&part->model, part->config, &params) == FIG_OK, "%s", message);
    struct fig_node *const output = codes ? part->model->code : part->model->drawn;
    const struct fig_plan_params plan = { .outputs = &output, .output_count = 1 };
    ck_assert_int_eq(fig_store_create(&part->store, scratch_device(), part->model->graph, 3),
                     FIG_OK);
    ck_assert_int_eq(fig_plan_create(&part->plan, part->store, &plan), FIG_OK);
}

static void close_part(struct part *part)
{
    fig_plan_destroy(&part->plan);
    fig_store_destroy(&part->store);
    fig_model_destroy(&part->model);
    fig_config_close(&part->config);
}

/* Row r is of class r. */
static void run_part(const struct part *part, const struct fig_node *input, const float *values,
                     const struct fig_node *output, float *out)
{
    static const float labels[FEW * FEW] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
    ck_assert_int_eq(fig_plan_write(part->plan, input, values), FIG_OK);
    ck_assert_int_eq(fig_plan_write(part->plan, part->model->labels, labels), FIG_OK);
    ck_assert_int_eq(fig_plan_run(part->plan, 0, 0), FIG_OK);
    ck_assert_int_eq(fig_plan_read(part->plan, output, out), FIG_OK);
}

static const float *tensor(const struct part *part, const char *name, float *values)
{
    const int index = fig_store_find(part->store, name);
    ck_assert_msg(index >= 0, "no tensor %s", name);
    ck_assert_int_eq(fig_store_read(part->store, index, values), FIG_OK);
    return values;
}

/* sigmoid(W z + b + V[:, class]) */
START_TEST(a_dense_layer_gathers_a_row_of_weights_for_each_label)
{
    static const float z[FEW * CODE] = { 0.5f, -1, 2, 0.25f, -0.75f, 1.5f };
    float w[PIXELS * CODE], v[PIXELS * FEW], b[PIXELS], drawn[FEW * PIXELS];
    struct part part;
    open_part(&part, "family: gan\nlabels: condition\nlatent: 2\ngenerator: [dense data sigmoid]\n"
                     "discriminator: [dense 1]\noptimizer: {name: adam}\n", false);
    run_part(&part, part.model->seed, z, part.model->drawn, drawn);
    tensor(&part, "generator.0.weight", w);
    tensor(&part, "generator.0.bias", b);
    tensor(&part, "generator.labels.weight", v);
    for (int row = 0; row < FEW; row++) {
        for (int i = 0; i < PIXELS; i++) {
            double sum = (double)b[i] + (double)v[i * FEW + row];
            for (int k = 0; k < CODE; k++)
                sum += (double)w[i * CODE + k] * (double)z[row * CODE + k];
            ck_assert_double_eq_tol(drawn[row * PIXELS + i], 1 / (1 + exp(-sum)), 1e-6);
        }
    }
    close_part(&part);
}
END_TEST

/* A convolution of one pixel, w0 x + w1 V[:, class] + c, and then the mean: m . that + d. */
START_TEST(a_convolution_sees_a_plane_for_each_label)
{
    float x[FEW * PIXELS], w[2], c[1], v[PIXELS * FEW], m[PIXELS], d[1], code[FEW];
    struct part part;
    open_part(&part, "family: vae\nlabels: condition\nlatent: 1\nencoder: [conv 1 1x1]\n"
                     "decoder: [dense data sigmoid]\nloss: bce\noptimizer: {name: adam}\n", true);
    for (int i = 0; i < FEW * PIXELS; i++)
        x[i] = (float)(i * 7 % 11) / 11;
    run_part(&part, part.model->images, x, part.model->code, code);
    tensor(&part, "encoder.0.weight", w);
    tensor(&part, "encoder.0.bias", c);
    tensor(&part, "encoder.labels.weight", v);
    tensor(&part, "encoder.mean.weight", m);
    tensor(&part, "encoder.mean.bias", d);
    for (int row = 0; row < FEW; row++) {
        double sum = (double)d[0];
        for (int i = 0; i < PIXELS; i++)
            sum += (double)m[i] * ((double)w[0] * (double)x[row * PIXELS + i] +
                                   (double)w[1] * (double)v[i * FEW + row] + (double)c[0]);
        ck_assert_double_eq_tol(code[row], sum, 1e-5);
    }
    close_part(&part);
}
END_TEST

static double mean(const float *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)values[i] / count;
    return sum;
}

/* Of an autoencoder that is sparse, too: the sum and its parts. */
START_TEST(the_reconstruction_error_beside_a_classifier_is_without_penalties)
{
    float x[FEW * PIXELS], rebuilt[FEW * PIXELS], code[FEW * CODE], found[3];
    struct part part;
    open_part(&part, "family: autoencoder\nlabels: classify\nlabel-weight: 0.5\nloss: mse\n"
                     "encoder: [dense 2]\ndecoder: [dense data]\noptimizer: {name: adam}\n"
                     "sparsity: {name: l1, weight: 10}\n", true);
    const struct fig_phase *phase = &part.model->phases[0];
    struct fig_node *const outputs[] = { phase->losses[0], phase->losses[1], phase->losses[2],
                                         part.model->rebuilt, part.model->code };
    fig_plan_destroy(&part.plan);
    ck_assert_int_eq(fig_plan_create(&part.plan, part.store, &(struct fig_plan_params){
        .outputs = outputs, .output_count = 5 }), FIG_OK);
    for (int i = 0; i < FEW * PIXELS; i++)
        x[i] = (float)(i * 7 % 11) / 11;
    run_part(&part, part.model->images, x, outputs[3], rebuilt);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fig_plan_read(part.plan, outputs[i], &found[i]), FIG_OK);
    ck_assert_int_eq(fig_plan_read(part.plan, outputs[4], code), FIG_OK);
    for (int i = 0; i < FEW * PIXELS; i++)
        rebuilt[i] = (rebuilt[i] - x[i]) * (rebuilt[i] - x[i]);
    for (int i = 0; i < FEW * CODE; i++)
        code[i] = fabsf(code[i]);
    const double error = mean(rebuilt, FEW * PIXELS), sparsity = mean(code, FEW * CODE);
    ck_assert_str_eq(phase->loss_names[1], "reconstruction");
    ck_assert_double_eq_tol(found[1], error, 1e-6); /* dozens of floats of about 1 */
    ck_assert_double_eq_tol(found[0], error + 10 * sparsity + 0.5 * (double)found[2], 1e-5);
    close_part(&part);
}
END_TEST

static bool reads_labels(const struct fig_model *model, struct fig_node *output)
{
    struct fig_store *store;
    struct fig_plan *plan;
    ck_assert_int_eq(fig_store_create(&store, scratch_device(), model->graph, 1), FIG_OK);
    ck_assert_int_eq(fig_plan_create(&plan, store, &(struct fig_plan_params){
        .outputs = &output, .output_count = 1 }), FIG_OK);
    const bool reads = model->labels && fig_plan_reads(plan, model->labels);
    fig_plan_destroy(&plan);
    fig_store_destroy(&store);
    return reads;
}

static const struct {
    const char *model, *override;
    bool drawn, decoded;
} uses[] = {
    { "vae-dense", "labels=none", false, false }, { "vae-dense", "labels=condition", true, true },
    { "gan-small", "labels=condition", true, true }, { "aae", "labels=condition", true, true },
    { "vae-gan", "labels=condition", true, true },
    { "latent-gan", "labels=condition", true, false },
    { "aae-semi", "batch=9", true, false }, { "ae-semi", "batch=9", false, false },
};

START_TEST(a_model_tells_whether_labels_change_what_is_drawn_and_decoded)
{
    struct fig_config *config;
    struct fig_model *model;
    ck_assert_msg(!fig_config_open(&config, uses[_i].model, &uses[_i].override, 1), "%s", message);
    ck_assert_msg(!fig_model_create(&model, config, &(struct fig_model_params){
        .batch = FEW, .height = SIDE, .width = SIDE, .channels = 1, .classes = FEW }), "%s",
        message);
    ck_assert_int_eq(model->conditional, uses[_i].drawn);
    ck_assert_int_eq(reads_labels(model, model->drawn), uses[_i].drawn);
    ck_assert_int_eq(model->conditional_decoder, uses[_i].decoded);
    if (model->code)
        ck_assert_int_eq(reads_labels(model, model->code_in ? model->decoded : model->drawn),
                         uses[_i].decoded);
    fig_model_destroy(&model);
    fig_config_close(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("label_use");
    TCase *tcase = tcase_create("label_use");
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_test(tcase, a_dense_layer_gathers_a_row_of_weights_for_each_label);
    tcase_add_test(tcase, a_convolution_sees_a_plane_for_each_label);
    tcase_add_test(tcase, the_reconstruction_error_beside_a_classifier_is_without_penalties);
    tcase_add_loop_test(tcase, a_model_tells_whether_labels_change_what_is_drawn_and_decoded, 0,
                        LENGTH(uses));
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
