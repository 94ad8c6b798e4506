/* SPDX-License-Identifier: MIT */
/* Configurations: what is refused, with which words, and what a saved one repeats. */
#include "tests/suite.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/model.h>

#include "base/size.h"
#include "scratch.h"

static const char good[] = "family: autoencoder\n"
                           "encoder: [dense 8 relu]\n"
                           "decoder:\n"
                           "  - dense data sigmoid\n"
                           "loss: mse\n"
                           "optimizer: {name: adam}\n";

static char path[SCRATCH_PATH];

static void write_file(const char *text)
{
    FILE *file = fopen(scratch_path("model.yaml", path), "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Each takes the good configuration and one override that breaks it. */
static const struct {
    const char *override, *message;
} broken[] = {
    { "famly=autoencoder", "famly" },
    { "family=gam", "family: unknown name 'gam'; did you mean 'gan'?" },
    { "family=gan", "encoder: unknown key" },
    { "encoder=[]", "encoder: expected a list of at least one layer" },
    { "encoder=dense 8", "encoder: expected a list" },
    { "encoder.0=dens 8 relu", "encoder.0: expected a layer" },
    { "encoder.0=dense 0 relu",
      "encoder.0: expected 'data' or a number of units from 1 to 1048576, found '0'" },
    { "encoder.0=dense 8 rely", "or an activation (one of linear, relu" },
    { "encoder.0=dense 8 relu tanh", "encoder.0: 'tanh' is a second activation" },
    { "encoder.0=conv 8 3x3 stride 2 relu stride 3", "encoder.0: 'stride' comes twice" },
    { "encoder.0=dense 8 nobias nobias", "encoder.0: 'nobias' comes twice" },
    { "encoder.0=dense 8 stride 2", "expected an option of the layer" },
    { "encoder.0=conv 8 3x3 pad 3", "encoder.0: pad 3: expected one below the kernel's size, 3" },
    { "encoder.0=deconv 8 4x4 stride 2 output-pad 2",
      "encoder.0: output-pad 2: expected one below the stride, 2" },
    { "encoder.0=dropout 1", "a rate in [0, 1)" },
    { "decoder.0=dense data/0x4",
      "expected units as N, HxWxC, data or data/NxC, found 'data/0x4'" },
    { "decoder.0=dense 9999x9999x99999", "expected at most 1048576 units, found 9997" },
    { "encoder.0=maxpool 2", "expected a square kernel like 3x3, found '2'" },
    { "encoder.0=maxpool 2x2 pad 1", "expected an option of the layer" },
    { "encoder.0=upsample", "expected a factor from 1 to 1048576, found ''" },
    { "corruption={name: gaussian}", "corruption: the key 'amount' is missing" },
    { "corruption={name: masking, amount: 1.5}", "corruption.amount" },
    { "corruption={name: downsample, amount: 2}", "corruption.amount: unknown key" },
    { "corruption={name: downsample, factor: 1}", "corruption.factor" },
    { "corruption={name: inpaint, hole: 3, place: left}", "corruption.place: unknown name 'left'" },
    { "decoder.0=dense data tanh", "" }, /* fine with mse: the last case needs bce */
    { "sampler=gmm:x", "sampler: it is `prior`, `gmm` or `gmm:K`" },
    { "loss=msee", "loss: unknown name 'msee'; did you mean 'mse'?" },
    { "reduction=median", "reduction: unknown name 'median'" },
    { "optimizer.name=adamm", "optimizer.name: unknown name 'adamm'; did you mean 'adam'?" },
    { "optimizer.rate=0", "optimizer.rate" },
    { "optimizer.rate=-1", "optimizer.rate" },
    { "optimizer.rate=nan", "optimizer.rate" },
    { "optimizer.beta1=1", "optimizer.beta1" },
    { "optimizer.momentum=0.9", "momentum" }, /* adam has none: not silently ignored */
    { "generator-optimizer={name: sgd}", "generator-optimizer: unknown key" }, /* nor this */
    { "schedule={name: linear}",
      "schedule.name: unknown name 'linear'; expected one of: constant, step" },
    { "schedule={name: cosine, gamma: 0.5}", "gamma" },
    { "batch=0", "batch" },
    { "batch=1.5", "batch" },
    { "epochs=-1", "epochs" },
    { "seed=x", "seed" },
    { "shuffle=maybe", "shuffle" },
};

START_TEST(a_broken_configuration_is_refused_in_words)
{
    struct fig_config *config;
    const bool fine = !*broken[_i].message;
    write_file(good);
    const enum fig_status status = fig_config_open(&config, path, &broken[_i].override, 1);
    ck_assert_msg(fine == (status == FIG_OK), "%s: status %d", broken[_i].override, status);
    ck_assert_msg(strstr(message, broken[_i].message) != NULL, "%s: %s",
                  broken[_i].override, message);
    fig_config_close(&config);
}
END_TEST

/* The same with a use of labels. */
static const struct {
    const char *family, *override, *message;
} labelled[] = {
    { "autoencoder", "labels=condition",
      "labels: unknown name 'condition'; expected one of: none, classify" },
    { "autoencoder", "label-weight=2", "label-weight: only with labels: classify" },
    { "autoencoder", "label-fraction=0.5", "label-fraction: only with labels: classify" },
    { "vae", "labels=classify",
      "labels: unknown name 'classify'; expected one of: none, condition" },
    { "vae", "label-fraction=0.5", "label-fraction: unknown key" },
    { "vae", "encoder=[dropout 0.5]",
      "encoder: labels: condition: expected a dense, conv or deconv layer" },
};

START_TEST(a_use_of_labels_that_a_family_does_not_have_is_refused)
{
    char family[64];
    snprintf(family, sizeof(family), "family=%s", labelled[_i].family);
    const bool own = strncmp(labelled[_i].override, "label", 5) == 0;
    const char *const overrides[] = { labelled[_i].override, family,
                                      own ? "seed=1" : "labels=condition", "latent=2" };
    struct fig_config *config;
    write_file(good);
    const int count = strcmp(labelled[_i].family, "autoencoder") ? 4 : 3;
    ck_assert_int_eq(fig_config_open(&config, path, overrides, count), FIG_FORMAT);
    ck_assert_msg(strstr(message, labelled[_i].message), "%s", message);
}
END_TEST

START_TEST(another_optimizer_than_the_files_has_its_own_defaults)
{
    static const char *const overrides[] = { "optimizer.name=adam", "optimizer.beta1=0.5",
                                             "schedule.name=step" };
    struct fig_optimizer wanted = fig_optimizer_defaults(FIG_ADAM);
    struct fig_config *config;
    wanted.beta1 = 0.5;
    ck_assert_msg(!fig_config_open(&config, "ae-deep", overrides, 3), "%s", message);
    const struct fig_optimizer *found = &fig_config_settings(config)->optimizer;
    ck_assert_int_eq(found->kind, wanted.kind);
    ck_assert_double_eq(found->rate, wanted.rate); /* the file's was Adadelta's */
    ck_assert_double_eq(found->beta1, wanted.beta1);
    ck_assert_double_eq(found->epsilon, wanted.epsilon);
    fig_config_close(&config);
}
END_TEST

#define NUMBER(field_) offsetof(struct fig_optimizer, field_)
static const struct {
    const char *optimizer, *key;
    size_t place;
} numbers[] = {
    { "sgd", "rate", NUMBER(rate) },          { "sgd", "decay", NUMBER(decay) },
    { "sgd", "clip-norm", NUMBER(clip_norm) }, { "momentum", "momentum", NUMBER(momentum) },
    { "rmsprop", "rho", NUMBER(rho) },        { "adagrad", "epsilon", NUMBER(epsilon) },
    { "adam", "beta1", NUMBER(beta1) },       { "adamw", "beta2", NUMBER(beta2) },
};
#undef NUMBER

START_TEST(a_key_of_an_optimizer_sets_its_own_number)
{
    char name[64], number[64];
    const char *const overrides[] = { name, number };
    struct fig_config *config;
    snprintf(name, sizeof(name), "optimizer.name=%s", numbers[_i].optimizer);
    snprintf(number, sizeof(number), "optimizer.%s=0.375", numbers[_i].key);
    write_file(good);
    ck_assert_msg(!fig_config_open(&config, path, overrides, 2), "%s", message);
    const struct fig_optimizer *found = &fig_config_settings(config)->optimizer;
    const struct fig_optimizer defaults = fig_optimizer_defaults(found->kind);
    for (int i = 0; i < (int)LENGTH(numbers); i++) {
        const double *number_found = (const void *)((const char *)found + numbers[i].place);
        const double *otherwise = (const void *)((const char *)&defaults + numbers[i].place);
        ck_assert_msg(*number_found == (i == _i ? 0.375 : *otherwise), "%s: %s is %g", number,
                      numbers[i].key, *number_found);
    }
    fig_config_close(&config);
}
END_TEST

START_TEST(an_error_in_a_file_names_file_and_line)
{
    struct fig_config *config;
    write_file("family: autoencoder\nencoder: [dense 8 relu]\ndecoder: [dense data sigmoid]\n"
               "loss: hinge\noptimizer: {name: adam}\n");
    ck_assert_int_eq(fig_config_open(&config, path, NULL, 0), FIG_FORMAT);
    ck_assert_msg(strstr(message, "model.yaml:4: loss:"), "%s", message);
}
END_TEST

START_TEST(cross_entropy_wants_logits)
{
    static const char *const overrides[] = { "loss=bce", "decoder.0=dense data tanh" };
    struct fig_config *config;
    write_file(good);
    ck_assert_int_eq(fig_config_open(&config, path, overrides, 2), FIG_FORMAT);
    ck_assert_msg(strstr(message, "expected sigmoid"), "%s", message);
}
END_TEST

/* Each breaks the VAE that it is an override of. */
static const struct {
    const char *override, *message;
} broken_vaes[] = {
    { "reduction=mean", "would outweigh a mean over the values" },
    { "samples=0", "samples: expected" },
    { "free-bits=-1", "free-bits: expected" },
    { "binarize=round", "binarize: unknown name 'round'; expected one of: none, threshold" },
};

START_TEST(a_broken_vae_is_refused_in_words)
{
    struct fig_config *config;
    const char *const override = broken_vaes[_i].override;
    ck_assert_msg(fig_config_open(&config, "vae-400-20", &override, 1) == FIG_FORMAT, "%s",
                  override);
    ck_assert_msg(strstr(message, broken_vaes[_i].message), "%s: %s", override, message);
}
END_TEST

START_TEST(an_unknown_reference_model_lists_those_there_are)
{
    struct fig_config *config;
    ck_assert_int_eq(fig_config_open(&config, "ae-deeep", NULL, 0), FIG_INVALID);
    for (int i = 0; fig_model_name(i); i++)
        ck_assert_msg(strstr(message, fig_model_name(i)), "%s", message);
}
END_TEST

START_TEST(a_saved_configuration_is_whole_and_reads_back_the_same)
{
    char again[SCRATCH_PATH], twice[SCRATCH_PATH];
    for (int i = 0; fig_model_name(i); i++) {
        struct fig_config *config, *read;
        ck_assert_int_eq(fig_config_open(&config, fig_model_name(i), NULL, 0), FIG_OK);
        ck_assert_int_eq(fig_config_save(config, scratch_path("again.yaml", again)), FIG_OK);
        ck_assert_msg(fig_config_open(&read, again, NULL, 0) == FIG_OK, "%s", message);
        ck_assert_int_eq(fig_config_save(read, scratch_path("twice.yaml", twice)), FIG_OK);
        ck_assert_msg(scratch_same_files(again, twice), "%s", fig_model_name(i));
        const struct fig_settings *a = fig_config_settings(config), *b = fig_config_settings(read);
        ck_assert_double_eq(a->optimizer.rate, b->optimizer.rate);
        ck_assert_double_eq(a->optimizer.rho, b->optimizer.rho);
        ck_assert_double_eq(a->optimizer.epsilon, b->optimizer.epsilon);
        ck_assert_int_eq(a->batch, b->batch);
        fig_config_close(&config);
        fig_config_close(&read);
    }
}
END_TEST

START_TEST(schedules_follow_their_formulas)
{
    const struct fig_schedule constant = { FIG_CONSTANT, 0, 0, 0 };
    const struct fig_schedule step = { FIG_STEPPED, 3, 0.1, 0 };
    const struct fig_schedule cosine = { FIG_COSINE, 0, 0, 0 };
    const struct fig_schedule inverse = { FIG_INVERSE_TIME, 0, 0, 0 };
    const struct fig_schedule tripling = { FIG_TRIPLING, 0, 0, 0 };
    static const struct {
        int epoch;
        double power;
    } triples[] = { { 0, 0 }, { 1, 1 }, { 3, 1 }, { 4, 2 }, { 12, 2 }, { 13, 3 }, { 3279, 7 } };
    const struct fig_schedule warm = { FIG_CONSTANT, 0, 0, 10 };
    for (int epoch = 0; epoch < 12; epoch++) {
        const double angle = 3.14159265358979 * epoch / 12;
        ck_assert_double_eq(fig_schedule_rate(&constant, 0.5, epoch, 12, 99), 0.5);
        ck_assert_double_eq_tol(fig_schedule_rate(&step, 0.5, epoch, 12, 99),
                                0.5 * pow(0.1, floor(epoch / 3.0)), 1e-15);
        ck_assert_double_eq_tol(fig_schedule_rate(&cosine, 0.5, epoch, 12, 99),
                                0.25 + 0.25 * cos(angle), 1e-12);
        ck_assert_double_eq_tol(fig_schedule_rate(&inverse, 0.5, epoch, 12, 99),
                                0.5 / (1 + epoch), 1e-15);
    }
    for (size_t i = 0; i < sizeof(triples) / sizeof(*triples); i++)
        ck_assert_double_eq_tol(fig_schedule_rate(&tripling, 0.5, triples[i].epoch, 9, 99),
                                0.5 * pow(10, -triples[i].power / 7), 1e-15);
    for (uint64_t at = 0; at < 10; at++)
        ck_assert_double_eq_tol(fig_schedule_rate(&warm, 0.5, 0, 1, at), 0.05 * (double)(at + 1),
                                1e-15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_add_unchecked_fixture(tcase, NULL, scratch_remove);
    tcase_add_loop_test(tcase, a_broken_configuration_is_refused_in_words, 0,
                        (int)(sizeof(broken) / sizeof(*broken)));
    tcase_add_loop_test(tcase, a_use_of_labels_that_a_family_does_not_have_is_refused, 0,
                        (int)(sizeof(labelled) / sizeof(*labelled)));
    tcase_add_test(tcase, another_optimizer_than_the_files_has_its_own_defaults);
    tcase_add_loop_test(tcase, a_key_of_an_optimizer_sets_its_own_number, 0, LENGTH(numbers));
    tcase_add_test(tcase, an_error_in_a_file_names_file_and_line);
    tcase_add_test(tcase, cross_entropy_wants_logits);
    tcase_add_loop_test(tcase, a_broken_vae_is_refused_in_words, 0, LENGTH(broken_vaes));
    tcase_add_test(tcase, an_unknown_reference_model_lists_those_there_are);
    tcase_add_test(tcase, a_saved_configuration_is_whole_and_reads_back_the_same);
    tcase_add_test(tcase, schedules_follow_their_formulas);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
