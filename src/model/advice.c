/* SPDX-License-Identifier: MIT */
/* What may be asked for, but is hardly meant. */
#include "model/config.h"

static void advise_turns(const struct fig_config *config)
{
    if (config->pretrain && config->pretrain >= config->settings.epochs)
        yaml_warn(yaml_find(config->document.root, "pretrain"), "%d of %d epochs: none is left to "
                  "train the generator in", config->pretrain, config->settings.epochs);
}

static bool is_spectral(const struct network *network)
{
    for (int i = 0; i < network->count; i++) {
        if (network->layers[i].spectral)
            return true;
    }
    return false;
}

static void advise_slope(const struct fig_config *config)
{
    if (wants_slope(config) && config->penalty == 0 &&
        !is_spectral(&config->networks[PART_DISCRIMINATOR]))
        yaml_warn(yaml_find(config->document.root, "penalty"), "0: nothing holds the slope of the "
                  "discriminator, and its loss has no bound: try 10, or spectral layers");
}

/* Adadelta finds the length of its steps itself; the rate is a factor. */
static void advise_rate(const struct yaml *map, const struct fig_optimizer *optimizer)
{
    if (optimizer->kind == FIG_ADADELTA && optimizer->rate <= 0.01)
        yaml_warn(yaml_find(map, "rate"), "%g: adadelta hardly learns at rates that suit others: "
                  "its own is 1", optimizer->rate);
}

void config_advise(const struct fig_config *config)
{
    advise_turns(config);
    advise_slope(config);
    advise_rate(yaml_find(config->document.root, "optimizer"), &config->settings.optimizer);
    for (int part = 0; part < PARTS; part++) {
        if (config->optimizer_at[part])
            advise_rate(config->optimizer_at[part], &config->optimizers[part]);
    }
}
