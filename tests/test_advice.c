/* SPDX-License-Identifier: MIT */
/* What a training says before it begins of a configuration that is allowed, but hardly meant. */
#include "tests/suite.h"

#include <string.h>

#include "base/size.h"
#include "model/config.h"
#include "scratch.h"

enum { MOST = 2 };

static const struct {
    const char *model, *overrides[MOST], *advice; /* NULL: none */
} cases[] = {
    { "latent-gan", { "pretrain=4", "epochs=4" }, "pretrain: 4 of 4 epochs: none is left" },
    { "latent-gan", { "pretrain=4", "epochs=5" }, NULL },
    { "latent-gan", { "pretrain=0", "epochs=0" }, NULL },
    { "gan-wgan-gp", { "penalty=0", "seed=1" }, "penalty: 0: nothing holds the slope" },
    { "gan-wgan-gp", { "penalty=0.1", "seed=1" }, NULL },
    { "gan-wgan-gp", { "penalty=0", "discriminator.1=dense 8 spectral" }, NULL },
    { "gan-small", { "penalty=0", "seed=1" }, NULL },
    { "ae-deep", { "optimizer.rate=0.01", "seed=1" }, "optimizer.rate: 0.01: adadelta hardly" },
    { "ae-deep", { "optimizer.rate=0.02", "seed=1" }, NULL },
    { "ae-deep", { "optimizer.name=adam", "optimizer.rate=0.001" }, NULL },
    { "ae-deep", { "optimizer={name: adam}", "decoder-optimizer={name: adadelta, rate: 1e-3}" },
      "decoder-optimizer.rate: 0.001: adadelta hardly" },
};

START_TEST(what_is_hardly_meant_is_told_with_its_place)
{
    struct fig_config *config;
    message[0] = '\0';
    ck_assert_msg(!fig_config_open(&config, cases[_i].model, cases[_i].overrides, MOST), "%s",
                  message);
    ck_assert_msg(!*message, "before a training: %s", message);
    config_advise(config);
    if (cases[_i].advice)
        ck_assert_msg(strstr(message, cases[_i].advice) && strncmp(message, "--set ", 6) == 0,
                      "%s", message);
    else
        ck_assert_msg(!*message, "%s", message);
    fig_config_close(&config);
}
END_TEST

static int told; /* how often advice was given */

static void listen(void *data, enum fig_log_level level, const char *text)
{
    suite_listen(data, level, text);
    told += level == FIG_LOG_WARNING && strstr(text, "adadelta hardly");
}

START_TEST(a_training_is_given_advice_once)
{
    const char *overrides[] = { "data=synthetic:20", "optimizer.rate=0.001", "epochs=1", NULL };
    struct scratch_training training = { .model = "ae-deep", .run = "advised" };
    fig_log_set(listen, NULL);
    ck_assert_msg(!scratch_train(scratch_device(), &training, overrides), "%s", message);
    ck_assert_int_eq(told, 1);
    overrides[2] = "epochs=2";
    training.resume = true;
    ck_assert_msg(!scratch_train(scratch_device(), &training, overrides), "%s", message);
    ck_assert_int_eq(told, 1);
    fig_log_set(suite_listen, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("advice");
    TCase *tcase = tcase_create("advice");
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_loop_test(tcase, what_is_hardly_meant_is_told_with_its_place, 0, LENGTH(cases));
    tcase_add_test(tcase, a_training_is_given_advice_once);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
