/* SPDX-License-Identifier: MIT */
/* Takes a training's signs for the health monitor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/size.h"
#include "evaluate/health.h"
#include "run/labels.h"
#include "run/rows.h"
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

/* `images` has room for LOOKED_AT. */
static enum fig_status look_at_samples(struct trainer *trainer, float *images, size_t length,
                                       struct signs *signs)
{
    TRY(fig_run_sample(trainer->view, trainer->settings->seed, 0, LOOKED_AT, images));
    spread_and_contrast(images, LOOKED_AT, length, &signs->sample_spread,
                        &signs->sample_contrast);
    return effective_classes(&trainer->checkup.means, images, LOOKED_AT, &signs->sample_classes);
}

static enum fig_status look_at_rebuilt(struct trainer *trainer, const float *images, int count,
                                       size_t length, struct signs *signs)
{
    float *rebuilt;
    double contrast;
    TRY(make_rows(&rebuilt, count, length));
    const enum fig_status status = fig_run_reconstruct(trainer->view, images, count, rebuilt);
    if (!status)
        spread_and_contrast(rebuilt, count, length, &signs->rebuilt_spread, &contrast);
    free(rebuilt);
    return status;
}

static enum fig_status look_at_codes(struct trainer *trainer, const float *images, int count,
                                     struct signs *signs)
{
    const int length = fig_run_info(trainer->view)->code;
    float *codes;
    TRY(make_rows(&codes, count, (size_t)length));
    const enum fig_status status = fig_run_encode(trainer->view, images, count, codes);
    if (!status)
        signs->dead_units = dead_share(codes, count, (size_t)length);
    free(codes);
    return status;
}

/* Some of the test half; the run is told their classes. */
static enum fig_status load_some(struct trainer *trainer, float *images, int count)
{
    uint32_t *order;
    TRY(pick_places(&order, count, trainer->test.info.count));
    const enum fig_status status =
        run_load(trainer->view, trainer->test.dataset, order, 0, count, images);
    free(order);
    return status;
}

static enum fig_status look_at_all(struct trainer *trainer, float *images, size_t length,
                                   struct signs *signs)
{
    const int all = trainer->test.info.count, count = all < LOOKED_AT ? all : LOOKED_AT;
    TRY(load_some(trainer, images, count));
    spread_and_contrast(images, count, length, &signs->data_spread, &signs->data_contrast);
    TRY(effective_classes(&trainer->checkup.means, images, count, &signs->data_classes));
    if (fig_run_info(trainer->view)->code)
        TRY(look_at_codes(trainer, images, count, signs));
    if (fig_run_info(trainer->view)->rebuilds)
        TRY(look_at_rebuilt(trainer, images, count, length, signs));
    return trainer_draws(trainer) ? look_at_samples(trainer, images, length, signs) : FIG_OK;
}

static enum fig_status look(struct trainer *trainer, struct signs *signs)
{
    const struct fig_dataset_info *info = &trainer->test.info;
    const size_t length = image_length(info->height, info->width, info->channels);
    float *images;
    TRY(make_rows(&images, LOOKED_AT, length));
    const enum fig_status status = look_at_all(trainer, images, length, signs);
    free(images);
    log_debug("health at step %.0f: spread %.4g, rebuilt %.4g of %.4g, contrast %.4g of %.4g, "
              "classes %.3g of %.3g, dead units %.3g, kl %.3g", signs->steps,
              signs->sample_spread, signs->rebuilt_spread, signs->data_spread,
              signs->sample_contrast, signs->data_contrast, signs->sample_classes,
              signs->data_classes, signs->dead_units, signs->kl);
    return status;
}

static void warn(struct trainer *trainer, const struct signs *signs)
{
    bool end = false;
    for (int rule = 0; !end; rule++) {
        const char *text = health_rule(rule, signs, &end);
        if (text && !(trainer->checkup.warned >> rule & 1)) {
            log_warning("epoch %d: %s", trainer->place.epoch, text);
            trainer->checkup.warned |= 1u << rule;
        }
    }
}

enum fig_status check_up(struct trainer *trainer)
{
    struct checkup *checkup = &trainer->checkup;
    struct signs signs = signs_none();
    signs.steps = (double)trainer->place.step;
    signs.left = trainer_finished(trainer) ? 0
                                           : trainer->settings->epochs - trainer->place.epoch;
    signs.stall = contest_stall(trainer->config);
    signs.kl = mean_named(trainer, "kl");
    signs.discriminator = mean_named(trainer, "discriminator");
    signs.generator = mean_named(trainer, "generator");
    signs.loss = mean_named(trainer, "loss");
    if (!checkup->begun) {
        TRY(class_means_create(&checkup->means, trainer->train.dataset));
        checkup->first = signs;
    }
    signs.first_loss = checkup->first.loss;
    if (checkup->begun) {
        signs.last_discriminator = checkup->last.discriminator;
        signs.last_generator = checkup->last.generator;
    }
    TRY(look(trainer, &signs));
    warn(trainer, &signs);
    checkup->begun = true;
    checkup->last = signs;
    return FIG_OK;
}

void checkup_finish(struct checkup *checkup)
{
    class_means_free(&checkup->means);
}
