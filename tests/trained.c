/* SPDX-License-Identifier: MIT */
#include "trained.h"

#include "tests/suite.h"

#include <string.h>

#include "scratch.h"

static const char spec[] = "synthetic:200";
struct trained trained;

void open_trained(const char *model, const char *const *overrides)
{
    char path[SCRATCH_PATH];
    trained.device = scratch_device();
    ck_assert_msg(scratch_train(trained.device, &(struct scratch_training){
        .model = model, .run = "run" }, overrides) == FIG_OK, "%s", message);
    ck_assert_int_eq(fig_run_open(&trained.run, scratch_path("run", path), trained.device), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&trained.train, spec, FIG_TRAIN, 7), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&trained.test, spec, FIG_TEST, 7), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(trained.test)->count, TEST_IMAGES);
    for (int i = 0; i < TEST_IMAGES; i++)
        fig_dataset_sample(trained.test, i, trained.images + i * LENGTH_28);
}

void close_trained(void)
{
    fig_dataset_close(&trained.train);
    fig_dataset_close(&trained.test);
    fig_run_close(&trained.run);
    scratch_remove();
}

void open_vae(void)
{
    static const char *const overrides[] = {
        "data=synthetic:200", "seed=7", "epochs=20", "batch=50", "latent=1",
        "encoder.0=dense 32 relu", "decoder.0=dense 32 relu", NULL };
    open_trained("vae-400-20", overrides);
}

int find_metric(const char *name)
{
    int index = 0;
    while (strcmp(fig_metric_info(index)->name, name) != 0)
        index++;
    return index;
}

struct fig_measure measure(const char *name, int samples)
{
    const int index = find_metric(name);
    bool wanted[FIG_METRICS] = { false };
    struct fig_findings findings;
    const struct fig_evaluation evaluation = { .run = trained.run, .train = trained.train,
                                               .test = trained.test, .nll_samples = samples };
    wanted[index] = true;
    ck_assert_msg(fig_evaluate(&evaluation, wanted, &findings) == FIG_OK, "%s", message);
    return findings.measures[index];
}

double metric(const char *name, int samples)
{
    return measure(name, samples).value;
}
