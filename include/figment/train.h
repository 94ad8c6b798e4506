/* SPDX-License-Identifier: MIT */
#ifndef FIG_TRAIN_H
#define FIG_TRAIN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <figment/api.h>
#include <figment/device.h>
#include <figment/model.h>
#include <figment/plan.h>

FIG_BEGIN

/* --- Training: fills a run folder
 *
 *     RUN/config.yaml              the resolved configuration: enough to repeat the run
 *     RUN/model.safetensors        weights only, PyTorch's names and layouts; of a table also
 *                                  its scaling: data.mean and data.deviation, F64 [columns]
 *     RUN/checkpoint.safetensors   all that is needed to go on bit for bit
 *     RUN/metrics.jsonl            one object per epoch
 *     RUN/samples/epoch-NNNN.png   samples of fixed noise, or reconstructions of fixed test images
 */

/* How far a training is: a few times per second, at the end of each epoch, and where it ends within
 * one. */
struct fig_progress {
    int epoch, epochs; /* epoch counts from 1 */
    int batch, batches; /* within the epoch: done, and in all */
    uint64_t step;
    double images_per_s;
    double seconds_left;
    int loss_count;
    const char *loss_names[FIG_PHASES * FIG_LOSSES];
    double losses[FIG_PHASES * FIG_LOSSES]; /* mean of the epoch so far */
    bool epoch_done;
    bool ended; /* within this epoch, by the limit of steps or by `stop` */
    int test_count; /* at the end of an epoch: the losses of the test set */
    const char *test_names[FIG_PHASES * FIG_LOSSES];
    double tests[FIG_PHASES * FIG_LOSSES];
};

struct fig_train_params {
    const char *folder; /* the run folder; made if missing.  FIG_INVALID if it holds a model
                           already, or if another training is writing into it */
    bool resume;        /* go on from its checkpoint up to the configuration's epochs; FIG_INVALID
                           if there is none, or if it is of another model, network, optimizer,
                           seed or batch: what else differs is warned of */
    const char *trace;  /* one JSON object per step with the losses, 9 digits; or NULL.  A resumed
                           training goes on with the file as far as its checkpoint goes */
    void (*progress)(void *data, const struct fig_progress *progress); /* or NULL */
    void *data;
    const volatile sig_atomic_t *stop; /* when it becomes non-zero the step ends, a checkpoint is
                                          saved and FIG_CANCELLED returned; or NULL */
};

FIG_API enum fig_status fig_train(const struct fig_config *config, struct fig_device *device,
                                  const struct fig_train_params *params);

/* --- Timing: what `figment bench` prints. */
struct fig_bench {
    double step_ms; /* median of one training step, all phases */
    double images_per_s;
    int steps;      /* timed */
    double gflops;  /* rate of the products' floating-point operations */
    double flops;   /* these operations, and the bytes that the works of a step must read and */
    double bytes;   /* write at least: beside the device's rates they are floors of step_ms */
    size_t arena;   /* bytes of intermediates of all phases' plans */
    int works;      /* launches per step */
};
/* On random data of the size of the configuration's data, that lie on the device already; batch 0
 * means the configuration's. */
FIG_API enum fig_status fig_bench_run(struct fig_bench *out, const struct fig_config *config,
                                      struct fig_device *device, int batch, double seconds);

/* What the device does at best. */
enum { FIG_SIDE_FIRST = 256, FIG_SIDES = 5 };
struct fig_rates {
    double flops;  /* floating-point operations of square products per second: the best of */
    double products[FIG_SIDES]; /* those of side FIG_SIDE_FIRST << i; 0 where it would take long */
    double bytes;  /* of a copy too large for its caches, read and written, per second */
    double launch; /* seconds of a work that does next to nothing, one of many, and */
    double wait;   /* of one that is waited for */
};
FIG_API enum fig_status fig_bench_rates(struct fig_rates *out, struct fig_device *device);

/* One work of a step: what it takes when each work is waited for, so that their sum is more than
 * the time of a step. */
struct fig_bench_work {
    const char *phase;
    const struct fig_plan_work *work;
    double ms; /* mean */
};
/* Calls back for each work of a training step, in the order in which they run. */
FIG_API enum fig_status fig_bench_profile(const struct fig_config *config,
                                          struct fig_device *device, int batch, double seconds,
                                          void (*found)(void *data,
                                                        const struct fig_bench_work *work),
                                          void *data);

FIG_END

#endif
