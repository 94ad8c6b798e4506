/* SPDX-License-Identifier: MIT */
/* Networks of layers and the data that they are for: what fits, and what every layer gets. */
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"
#include "graph/node.h"
#include "scratch.h"

/* Networks that samples of height x width x 1 do not fit, or the other way round; each message has
 * the layer's place in front. */
static const struct {
    const char *encoder, *decoder;
    int height, width;
    const char *message;
} misfits[] = {
    { "dense 8", "dense 100 sigmoid", 28, 28,
      "decoder.0: this network draws 100 values, a sample of the data has 784: expected 'dense "
      "784 ...' or 'dense data ...'" },
    { "dense 8", "deconv 16 5x5 stride 2 relu", 28, 28,
      "decoder.0: 'deconv 16 5x5 stride 2 relu' on [2,8]: it needs images: put 'dense HxWxC'" },
    { "dense 8", "upsample 2", 28, 28, "decoder.0: 'upsample 2' on [2,8]: it needs images" },
    { "maxpool 9x9", "dense data", 12, 8,
      "encoder.0: 'maxpool 9x9' on [2,12,8,1]: a kernel that images of 12x8 with a pad of 0 hold" },
    { "conv 3 7x7 pad 1", "dense data", 28, 4,
      "encoder.0: 'conv 3 7x7 pad 1' on [2,28,4,1]: a kernel that images of 28x4 with a pad of 1" },
    { "dense 8", "dense data/4x64, upsample 4, conv data 3x3", 4, 2,
      "decoder.0: 'dense data/4x64' on [2,8]: samples whose sides are multiples of 4 are "
      "expected, found 4x2" },
    { "dense 8", "dense data/4x64, upsample 4, conv data 3x3", 28, 30,
      "decoder.0: from 'dense data/4x64' on, this network draws 784 values, a sample of the data "
      "has 840: expected samples whose sides are multiples of 4, found 28x30" },
    { "dense 8", "dense 7x7x8, upsample 4, conv data 3x3", 30, 30,
      "decoder.2: this network draws 784 values, a sample of the data has 900: expected layers "
      "that end with images of 30x30x1" },
    { "dense 8", "dense data/1x99999", 1024, 1024,
      "decoder.0: so 'dense data/1x99999' cannot stand here" },
};

START_TEST(a_network_that_does_not_fit_the_data_is_refused_where_it_was_written)
{
    char layers[2][128], expected[512];
    const char *const overrides[] = { layers[0], layers[1] };
    const struct fig_model_params params = { .batch = 2, .height = misfits[_i].height,
                                             .width = misfits[_i].width, .channels = 1 };
    struct fig_config *config;
    struct fig_model *model;
    snprintf(layers[0], sizeof(layers[0]), "encoder=[%s]", misfits[_i].encoder);
    snprintf(layers[1], sizeof(layers[1]), "decoder=[%s]", misfits[_i].decoder);
    snprintf(expected, sizeof(expected), "]: %s", misfits[_i].message); /* --set ...]: PLACE */
    ck_assert_msg(!fig_config_open(&config, "ae-shallow", overrides, 2), "%s", message);
    ck_assert_int_ne(fig_model_create(&model, config, &params), FIG_OK);
    ck_assert_msg(strstr(message, expected), "%s", message);
    ck_assert_ptr_null(model);
    fig_config_close(&config);
}
END_TEST

START_TEST(the_codes_of_a_batch_are_counted_without_overflow)
{
    static const char *const override = "samples=65536";
    const struct fig_model_params params = { .batch = 65536, .height = 28, .width = 28,
                                             .channels = 1, .training = true };
    struct fig_config *config;
    struct fig_model *model;
    ck_assert_msg(!fig_config_open(&config, "vae-iwae", &override, 1), "%s", message);
    ck_assert_int_eq(fig_model_create(&model, config, &params), FIG_FORMAT);
    ck_assert_msg(strstr(message, "samples: 65536 codes of each of 65536 images"), "%s", message);
    fig_config_close(&config);
}
END_TEST

/* Masks of encoder and decoder would repeat each other if they drew from the same stream. */
START_TEST(every_dropout_of_a_model_has_a_stream_of_its_own)
{
    static const char *const overrides[] = {
        "encoder=[dense 8, dropout 0.5, dense 8, dropout 0.5]",
        "decoder=[dropout 0.5, dense data sigmoid]", "family=vae", "latent=2" };
    const struct fig_model_params params = { .batch = 2, .height = 4, .width = 4, .channels = 1,
                                             .training = true };
    struct fig_config *config;
    struct fig_model *model;
    unsigned seen = 0;
    int dropouts = 0;
    ck_assert_msg(!fig_config_open(&config, "ae-shallow", overrides, 4), "%s", message);
    ck_assert_msg(fig_model_create(&model, config, &params) == FIG_OK, "%s", message);
    for (int i = 0; i < model->graph->count; i++) {
        const struct fig_node *node = model->graph->nodes[i];
        if (node->op != OP_random || node->stream < STREAM_DROPOUT)
            continue;
        ck_assert_msg(!(seen >> (node->stream - STREAM_DROPOUT) & 1), "stream %x comes twice",
                      node->stream);
        seen |= 1u << (node->stream - STREAM_DROPOUT);
        dropouts++;
    }
    ck_assert_int_eq(dropouts, 3);
    fig_model_destroy(&model);
    fig_config_close(&config);
}
END_TEST

START_TEST(pooling_windows_touch_unless_a_stride_is_given)
{
    static const char *const overrides[] = {
        "encoder=[conv 4 3x3 relu, maxpool 2x2, avgpool 3x3 stride 2]",
        "decoder=[upsample 5, conv data 3x3 sigmoid]" };
    const struct fig_model_params params = { .batch = 2, .height = 30, .width = 31, .channels = 3 };
    struct fig_config *config;
    struct fig_model *model;
    ck_assert_msg(!fig_config_open(&config, "ae-shallow", overrides, 2), "%s", message);
    ck_assert_int_eq(fig_model_create(&model, config, &params), FIG_FORMAT);
    ck_assert_msg(strstr(message, "draws 3675 values"), "%s", message); /* 35x35 */
    fig_config_close(&config);
}
END_TEST

/* None is forgotten: what does not fit is refused. */
START_TEST(a_network_has_room_for_32_running_statistics)
{
    const struct fig_model_params params = { .batch = 2, .height = 4, .width = 4, .channels = 1,
                                             .training = true };
    char layers[512] = "encoder=[dense 3";
    const char *const override = layers;
    for (int count = 1; count <= 17; count++) {
        struct fig_config *config;
        struct fig_model *model;
        layers[strcspn(layers, "]")] = '\0';
        strcat(layers, ", batchnorm]");
        ck_assert_msg(!fig_config_open(&config, "ae-shallow", &override, 1), "%s", message);
        const enum fig_status status = fig_model_create(&model, config, &params);
        ck_assert_int_eq(status, count <= 16 ? FIG_OK : FIG_FORMAT);
        if (status)
            ck_assert_ptr_nonnull(strstr(message, "at most 32 running statistics"));
        else
            ck_assert_int_eq(model->phases[0].update_count, 2 * count);
        fig_model_destroy(&model);
        fig_config_close(&config);
    }
}
END_TEST

static const struct {
    const char *model, *network, *message; /* NULL: it can learn from single samples */
} norms[] = {
    { "ae-shallow", "encoder=[dense 8, dropout 0.1, batchnorm relu]",
      "encoder.2: 'batchnorm relu' of a batch of one row leaves nothing of it but a bias: expected "
      "a batch of at least 2" },
    { "vae-dense", "decoder=[dense 8, batchnorm, dense data sigmoid]", "decoder.1: 'batchnorm'" },
    { "vae-iwae", "decoder=[dense 8, batchnorm, dense data sigmoid]", NULL },
    { "vae-iwae", "encoder=[dense 8, batchnorm]", "encoder.1: 'batchnorm'" },
    { "gan-small", "discriminator=[dense 8, batchnorm, dense 1]", "discriminator.1: 'batchnorm'" },
    { "ae-shallow", "encoder=[batchnorm, dense 8, layernorm]", NULL },
    { "ae-shallow", "encoder=[dense 8, dense 2x2x2, batchnorm]", NULL },
};

START_TEST(a_batch_of_one_is_refused_before_a_batch_norm_of_rows)
{
    const char *overrides[] = { norms[_i].network, "batch=1" };
    struct fig_config *config;
    const enum fig_status status = fig_config_open(&config, norms[_i].model, overrides, 2);
    ck_assert_msg(status == (norms[_i].message ? FIG_FORMAT : FIG_OK), "%s", message);
    if (status)
        ck_assert_msg(strstr(message, norms[_i].message), "%s", message);
    fig_config_close(&config);
    overrides[1] = "batch=2";
    ck_assert_msg(!fig_config_open(&config, norms[_i].model, overrides, 2), "%s", message);
    fig_config_close(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("networks");
    TCase *tcase = tcase_create("networks");
    tcase_add_unchecked_fixture(tcase, NULL, scratch_remove);
    tcase_add_loop_test(tcase, a_network_that_does_not_fit_the_data_is_refused_where_it_was_written,
                        0, LENGTH(misfits));
    tcase_add_test(tcase, the_codes_of_a_batch_are_counted_without_overflow);
    tcase_add_test(tcase, every_dropout_of_a_model_has_a_stream_of_its_own);
    tcase_add_test(tcase, pooling_windows_touch_unless_a_stride_is_given);
    tcase_add_test(tcase, a_network_has_room_for_32_running_statistics);
    tcase_add_loop_test(tcase, a_batch_of_one_is_refused_before_a_batch_norm_of_rows, 0,
                        LENGTH(norms));
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
