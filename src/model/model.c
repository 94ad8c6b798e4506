/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "model/config.h"

static const struct family *const families[] = { &autoencoder_family, &vae_family, &gan_family,
                                               &latent_gan_family, &aae_family,
                                               &vae_gan_family, NULL };

enum fig_status family_find(const struct yaml *name, const struct family **out)
{
    const char *names[LENGTH(families)] = { NULL };
    int index;
    for (int i = 0; families[i]; i++)
        names[i] = families[i]->name;
    TRY(yaml_choice(name, names, &index));
    *out = families[index];
    return FIG_OK;
}

/* The images of one batch: read from a feed, or drawn as the golden traces' input: u^4. */
static struct fig_node *add_images(struct fig_model *model, const struct fig_model_params *params)
{
    const struct fig_shape shape = fig_shape4(params->batch, params->height, params->width,
                                              params->channels);
    if (params->uniform)
        return fig_square(fig_square(fig_uniform(model->graph, shape, STREAM_UNIFORM)));
    model->images = fig_input(model->graph, "images", shape);
    return model->images;
}

enum fig_status fig_model_create(struct fig_model **out, const struct fig_config *config,
                                 const struct fig_model_params *params)
{
    size_t values;
    REQUIRE(out && config && params && params->batch > 0);
    REQUIRE(params->classes >= 0 && params->classes <= FIG_CLASSES);
    REQUIRE(params->height > 0 && params->width > 0 && params->channels > 0);
    REQUIRE(size_mul((size_t)params->height * (size_t)params->width, (size_t)params->channels,
                     &values) && values <= INT32_MAX);
    struct fig_model *model = calloc(1, sizeof(*model));
    *out = NULL;
    if (!model)
        return fail(FIG_NOMEM, "no memory for a model");
    enum fig_status status = fig_graph_create(&model->graph);
    struct fig_node *images = status ? NULL : add_images(model, params);
    if (!status)
        status = add_labels(model, config, params);
    if (!status)
        status = fig_graph_status(model->graph);
    if (!status)
        status = config->family->build(model, config, params, images);
    if (status)
        fig_model_destroy(&model);
    *out = model;
    return status;
}

void fig_model_destroy(struct fig_model **model)
{
    if (!*model)
        return;
    fig_graph_destroy(&(*model)->graph);
    free(*model);
    *model = NULL;
}
