/* SPDX-License-Identifier: MIT */
/* Takes a training's signs for the health monitor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "train/health.h"
#include "train/trainer.h"

enum { LOOKED_AT = 128 /* samples */ };

static double mean_named(const struct trainer *trainer, const char *name)
{
    for (int i = 0; i < trainer->losses; i++) {
        if (strcmp(trainer->loss_names[i], name) == 0)
            return mean_loss(trainer, i);
    }
    return NAN;
}

static enum fig_status look_at_samples(struct trainer *trainer, struct signs *signs)
{
    const struct fig_dataset_info *info = &trainer->test.info;
    const size_t length = (size_t)info->height * (size_t)info->width * (size_t)info->channels;
    const int count = info->count < LOOKED_AT ? info->count : LOOKED_AT;
    float *images = malloc(LOOKED_AT * length * sizeof(*images));
    if (!images)
        return fail(FIG_NOMEM, "no memory to look at %d samples", LOOKED_AT);
    enum fig_status status = FIG_OK;
    for (int i = 0; !status && i < count; i++)
        status = fig_dataset_sample(trainer->test.dataset, i, images + (size_t)i * length);
    spread_and_contrast(images, count, length, &signs->data_spread, &signs->data_contrast);
    if (!status)
        status = fig_run_sample(trainer->view, trainer->settings->seed, 0, LOOKED_AT, images);
    spread_and_contrast(images, LOOKED_AT, length, &signs->sample_spread,
                        &signs->sample_contrast);
    free(images);
    return status;
}

static void warn(struct trainer *trainer, const struct signs *signs)
{
    bool end = false;
    for (int rule = 0; !end; rule++) {
        const char *text = health_rule(rule, signs, &end);
        if (text && !(trainer->warned >> rule & 1)) {
            log_warning("epoch %d: %s", trainer->place.epoch, text);
            trainer->warned |= 1u << rule;
        }
    }
}

enum fig_status check_up(struct trainer *trainer)
{
    struct signs signs = signs_none();
    signs.kl = mean_named(trainer, "kl");
    signs.discriminator = mean_named(trainer, "discriminator");
    signs.generator = mean_named(trainer, "generator");
    signs.loss = mean_named(trainer, "loss");
    if (trainer->place.epoch == 1)
        trainer->first_loss = signs.loss;
    signs.first_loss = trainer->first_loss;
    if (trainer_draws(trainer))
        TRY(look_at_samples(trainer, &signs));
    warn(trainer, &signs);
    return FIG_OK;
}
