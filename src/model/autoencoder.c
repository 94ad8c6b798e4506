/* SPDX-License-Identifier: MIT */
/* Autoencoders: encoder and decoder, trained to draw their input again.  Parameters are ae.0,
 * ae.1, ... through both networks. */
#include "base/text.h"
#include "graph/node.h"
#include "model/config.h"

static const char *const keys[] = { "loss", "reduction", "corruption", "sparsity", "contractive",
                                    NULL };

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    TRY(read_reconstruction(config, root, FIG_MEAN));
    TRY(read_corruption(config, root));
    return read_penalties(config, root);
}

/* The networks on the images that they are shown, clean or corrupted. */
struct pass {
    struct fig_node *code, *rebuilt, *logits;
    int first; /* number of the decoder's first layer with parameters */
};

static enum fig_status run_networks(struct pass *pass, const struct fig_model *model,
                                    const struct fig_config *config,
                                    const struct fig_model_params *params, struct stack *stack,
                                    struct fig_node *shown)
{
    pass->code = network_apply(&config->networks[PART_ENCODER], stack, shown, NULL);
    pass->first = stack->next;
    struct fig_node *drawn = decoder_draw(config, stack, pass->code, &pass->logits);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(config, PART_DECODER, drawn, params));
    pass->rebuilt = as_images(drawn, params);
    pass->logits = as_images(pass->logits, params);
    return FIG_OK;
}

static struct fig_node *classify(struct fig_node *code, const struct fig_model_params *params)
{
    return fig_dense(code, "ae.class", params->classes);
}

/* Prefixes of the layers first .. end - 1, and `more` behind them; NULL if there are none. */
static const char *prefixes_of(struct fig_graph *graph, int first, int end, const char *more)
{
    struct text text = { 0 };
    for (int i = first; i < end; i++)
        text_add(&text, "ae.%d.,", i);
    text_add(&text, "%s", more);
    if (text.length && text.chars[text.length - 1] == ',')
        text.chars[text.length - 1] = '\0';
    const char *prefixes = text.length ? graph_copy_text(graph, text.chars) : NULL;
    if (text.failed)
        graph_fail(graph, FIG_NOMEM, "no memory for the names of %d layers", end - first);
    text_free(&text);
    return prefixes;
}

/* A classifier reads the code, too: it learns with the decoder. */
static enum fig_status add_step(struct fig_model *model, struct fig_phase *phase,
                                const struct fig_config *config, int first, int end)
{
    const struct pupils pupils = {
        .all = "ae.", .encoder = prefixes_of(model->graph, 0, first, ""),
        .decoder = prefixes_of(model->graph, first, end, model->labels ? "ae.class." : "") };
    TRY(fig_graph_status(model->graph));
    return add_autoencoder_step(phase, config, &pupils);
}

static enum fig_status add_training(struct fig_model *model, const struct fig_config *config,
                                    const struct fig_model_params *params,
                                    struct fig_node *images)
{
    struct stack stack = stack_of(model, "ae", params);
    struct fig_node *shown;
    TRY(check_corruption(&config->corruption, params));
    TRY(corrupt(&config->corruption, model->graph, images, &shown));
    if (shown != images)
        model->corrupted = shown;
    struct pass pass;
    TRY(run_networks(&pass, model, config, params, &stack, shown));
    struct fig_phase *phase = add_phase(model, "train");
    struct fig_node *error = reconstruction_loss(config, pass.rebuilt, pass.logits, images,
                                                 config->reduction);
    struct fig_node *loss = add_penalties(config, model->graph, error, pass.code, shown);
    phase->tested = true;
    if (model->labels)
        add_classification(phase, "loss", config, &(struct classification){
            .reconstruction = error, .others = loss, .logits = classify(pass.code, params),
            .labels = model->labels, .testing = !params->training });
    else
        add_loss(phase, "loss", loss);
    add_updates(phase, &stack);
    TRY(fig_graph_status(model->graph));
    return params->training ? add_step(model, phase, config, pass.first, stack.next) : FIG_OK;
}

/* In use nothing is corrupted, and a code may come from outside. */
static void add_use(struct fig_model *model, const struct fig_config *config,
                    const struct fig_model_params *params, struct fig_node *images)
{
    struct stack stack = stack_of(model, "ae", params);
    struct fig_node *logits;
    model->shrink = config->corruption.factor;
    model->code = network_apply(&config->networks[PART_ENCODER], &stack, images, NULL);
    if (model->labels)
        model->classes = fig_softmax(classify(model->code, params));
    const int first = stack.next; /* of the decoder's layers */
    model->rebuilt = as_images(decoder_draw(config, &stack, model->code, &logits), params);
    stack.next = first;
    model->seed = fig_input(model->graph, "code", fig_node_shape(model->code));
    model->drawn = as_images(decoder_draw(config, &stack, model->seed, &logits), params);
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    TRY(add_training(model, config, params, images));
    if (!params->training)
        add_use(model, config, params, images);
    return fig_graph_status(model->graph);
}

const struct family autoencoder_family = {
    .name = "autoencoder",
    .parts = 1 << PART_ENCODER | 1 << PART_DECODER,
    .optimizers = 1 << PART_ENCODER | 1 << PART_DECODER,
    .labels = 1 << LABELS_CLASSIFY,
    .keys = keys,
    .read = read,
    .build = build,
};
