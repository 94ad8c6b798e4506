/* SPDX-License-Identifier: MIT */
/* Chains with broadcasts and sums, and kernels of cl/. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "device/opencl/trial.h"

enum { CHAIN_LENGTH = 2500, ROW_LENGTH = 50, ROWS = CHAIN_LENGTH / ROW_LENGTH };

enum { CHAIN_WORK, SUMS_WORK, UNIFORM_WORK, WORKS };

static const struct stream stream = { .seed = UINT64_C(0x100000007), .stream = 3, .step = 2 };

/* y = tanh(x + bias) * 0.5, its partial sums, the sums of its columns; random numbers. */
static void make_works(struct trial *trial, struct work works[WORKS])
{
    const struct region x = trial_take(trial, CHAIN_LENGTH), y = trial_take(trial, CHAIN_LENGTH);
    const size_t parts = (CHAIN_LENGTH + PARTIAL - 1) / PARTIAL;
    works[CHAIN_WORK] = (struct work){ .kind = WORK_CHAIN, .name = "the self-test's chain" };
    works[CHAIN_WORK].chain = (struct chain){
        .n = CHAIN_LENGTH, .ins = 2, .steps = 3, .outs = 2,
        .in = { { .region = x },
                { .region = trial_take(trial, ROW_LENGTH), .inner = 1, .count = ROW_LENGTH } },
        .step = { { .row = ROW_add, .a = 0, .b = 1 }, { .row = ROW_tanh, .a = 2, .b = -1 },
                  { .row = ROW_affine, .a = 3, .b = -1, .p = 0.5f } },
        .out = { { .region = y, .value = 4 },
                 { .region = trial_take(trial, parts), .value = 4, .sum = true } },
    };
    works[SUMS_WORK] = (struct work){
        .kind = WORK_KERNEL, .name = "the self-test's sums", .kernel = KERNEL_sum_rows,
        .buffers = { trial_take(trial, ROW_LENGTH), y }, .n = ROW_LENGTH,
        .params.matrix = { ROWS, ROW_LENGTH },
    };
    works[UNIFORM_WORK] = (struct work){
        .kind = WORK_KERNEL, .name = "the self-test's random numbers", .kernel = KERNEL_uniform,
        .buffers = { trial_take(trial, ROW_LENGTH) }, .n = ROW_LENGTH,
        .params.random = { (unsigned)stream.seed, stream.seed >> 32, stream.stream, stream.step },
    };
}

static const float *result(const float *after, struct region region)
{
    return after + region.offset / sizeof(float);
}

static const char *wrong_work(const struct trial *trial, const struct work works[WORKS],
                              const float *after)
{
    const struct chain *chain = &works[CHAIN_WORK].chain;
    const float *x = trial_host(trial, chain->in[0].region);
    const float *bias = trial_host(trial, chain->in[1].region);
    double part[CHAIN_LENGTH / PARTIAL + 1] = { 0 }, column[ROW_LENGTH] = { 0 };
    double uniform[ROW_LENGTH];
    for (int i = 0; i < CHAIN_LENGTH; i++) {
        const double y = tanh((double)x[i] + (double)bias[i % ROW_LENGTH]) * 0.5;
        if (!trial_close(result(after, chain->out[0].region)[i], y, 1e-5))
            return works[CHAIN_WORK].name;
        part[i / PARTIAL] += y;
        column[i % ROW_LENGTH] += y;
    }
    for (size_t i = 0; i < LENGTH(part); i++) {
        if (!trial_close(result(after, chain->out[1].region)[i], part[i], 1e-3))
            return "the self-test's partial sums";
    }
    for (int i = 0; i < ROW_LENGTH; i++) {
        if (!trial_close(result(after, works[SUMS_WORK].buffers[0])[i], column[i], 1e-3))
            return works[SUMS_WORK].name;
    }
    random_uniform(&stream, uniform, ROW_LENGTH);
    for (int i = 0; i < ROW_LENGTH; i++) {
        if (!trial_close(result(after, works[UNIFORM_WORK].buffers[0])[i], uniform[i], 0))
            return works[UNIFORM_WORK].name;
    }
    return NULL;
}

bool trial_kernels(struct opencl *cl)
{
    struct trial trial;
    struct work works[WORKS];
    float *after = NULL;
    if (!trial_begin(&trial, cl, 2 * trial_room(CHAIN_LENGTH) + 4 * trial_room(ROW_LENGTH))) {
        make_works(&trial, works);
        after = trial_run(&trial, works, WORKS);
    }
    const char *wrong = after ? wrong_work(&trial, works, after) : "running it at all";
    if (wrong)
        log_error("%s: self-test: %s went wrong", cl->base.info.name, wrong);
    free(after);
    trial_end(&trial);
    return !wrong;
}
