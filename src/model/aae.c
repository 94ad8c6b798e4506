/* SPDX-License-Identifier: MIT */
/* Adversarial autoencoders (Makhzani et al., 2015): an autoencoder whose encoder is also a
 * generator: its codes shall pass for draws of N(0, 1) before a discriminator.  What is drawn is
 * decoded noise.
 *
 * Supervised (labels: condition), the decoder is told the class, so that the code keeps the style;
 * and other than with Makhzani et al. the discriminator, too, so that the codes of each class pass.
 * Semi-supervised (labels: classify), the encoder tells the class itself: beside a style of
 * `latent` values it makes a softmax over the classes, which learns from the labels that are known.
 * Each has a discriminator of its own: the style shall pass for a draw of N(0, 1), the softmax for
 * a class drawn at random.  The code is the style and, behind it, the softmax. */
#include "base/random.h"
#include "model/config.h"

static const char *const keys[] = { "loss", "reduction", "latent", CONTEST_KEYS, NULL };

static bool classifies(const struct fig_config *config)
{
    return config->labels.use == LABELS_CLASSIFY;
}

static enum fig_status read(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *latent = yaml_find(root, "latent");
    TRY(read_reconstruction(config, root, FIG_MEAN));
    if (classifies(config)) {
        TRY(yaml_require(root, "latent", &latent));
        TRY(yaml_int(latent, 1, 1 << 16, &config->latent));
    } else if (latent) {
        return yaml_fail(latent, "only with labels: classify; else the last layer of the encoder "
                         "makes the code");
    }
    return read_contest(config, root);
}

struct building {
    struct fig_model *model;
    const struct fig_config *config;
    const struct fig_model_params *params;
};

/* What the encoder makes of images. */
struct encoded {
    struct fig_node *code;
    struct fig_node *style;   /* the code, or its part */
    struct fig_node *logits;  /* of the class; NULL unless it classifies */
    struct fig_node *classes; /* what the decoder is told: [batch, classes], or NULL */
};

static struct encoded encode(const struct building *b, struct stack *stack, struct fig_node *images)
{
    struct fig_node *body = network_apply(&b->config->networks[PART_ENCODER], stack, images, NULL);
    if (!classifies(b->config))
        return (struct encoded){ .code = body, .style = body, .classes = b->model->labels };
    struct encoded encoded = { .style = fig_dense(body, "encoder.style", b->config->latent),
                               .logits = fig_dense(body, "encoder.class", b->params->classes) };
    encoded.classes = fig_softmax(encoded.logits);
    encoded.code = fig_concat(encoded.style, encoded.classes, 1);
    return encoded;
}

static struct fig_node *decode(const struct building *b, struct fig_node *style,
                               struct fig_node *classes, struct fig_node **logits,
                               struct fig_phase *phase)
{
    struct stack stack = stack_of(b->model, "decoder", b->params);
    stack.labels = classes;
    struct fig_node *drawn = decoder_draw(b->config, &stack, style, logits);
    if (phase)
        add_updates(phase, &stack);
    return drawn;
}

static struct fig_node *draw(const struct building *b, struct fig_node *style,
                             struct fig_node *classes)
{
    struct fig_node *logits;
    return as_images(decode(b, style, classes, &logits, NULL), b->params);
}

/* --- The autoencoder's phase, with the classifier's loss */

static void add_losses(const struct building *b, struct fig_phase *phase,
                       struct fig_node *reconstruction, const struct encoded *encoded)
{
    if (classifies(b->config))
        add_classification(phase, "autoencoder", b->config, &(struct classification){
            .reconstruction = reconstruction, .others = reconstruction, .logits = encoded->logits,
            .labels = b->model->labels, .testing = !b->params->training });
    else
        add_loss(phase, "autoencoder", reconstruction);
}

static enum fig_status add_autoencoder(const struct building *b, const struct encoded *encoded,
                                       struct fig_node *images)
{
    struct fig_model *model = b->model;
    struct fig_node *logits;
    struct fig_phase *phase = add_phase(model, "autoencoder");
    model->rebuilt = decode(b, encoded->style, encoded->classes, &logits, phase);
    TRY(fig_graph_status(model->graph));
    TRY(check_drawn(b->config, PART_DECODER, model->rebuilt, b->params));
    model->rebuilt = as_images(model->rebuilt, b->params);
    phase->tested = true;
    add_losses(b, phase, reconstruction_loss(b->config, model->rebuilt,
                                             as_images(logits, b->params), images,
                                             b->config->reduction), encoded);
    if (b->params->training)
        phase->step = fig_optimize(phase->losses[0], "encoder.,decoder.",
                                   &b->config->optimizers[PART_DECODER]);
    return fig_graph_status(model->graph);
}

/* --- What is drawn, and what codes are compared with */

static void add_drawings(const struct building *b, const struct encoded *encoded)
{
    struct fig_model *model = b->model;
    model->prior = true;
    model->conditional = model->labels;
    model->seed = fig_input(model->graph, "style", fig_node_shape(encoded->style));
    model->drawn = draw(b, model->seed, model->labels);
    if (!classifies(b->config))
        return;
    const int length = b->config->latent, all = length + b->params->classes;
    model->code_in = fig_input(model->graph, "code", fig_shape2(b->params->batch, all));
    model->decoded = draw(b, fig_slice(model->code_in, 1, 0, length),
                          fig_slice(model->code_in, 1, length, all));
}

static void add_matches(struct contest *contest, const struct encoded *encoded)
{
    struct match *style = &contest->matches[0], *class = &contest->matches[1];
    const bool both = classifies(contest->config);
    struct fig_node *noise = fig_normal(contest->graph, fig_node_shape(encoded->style),
                                        STREAM_NOISE);
    contest->match_count = 1 + both;
    *style = (struct match){ .judge = both ? "discriminator.style" : "discriminator",
                             .losses = { "discriminator_style", "generator_style" },
                             .real = noise, .fake = encoded->style, .passing = encoded->style,
                             .labels = both ? NULL : contest->model->labels };
    if (both)
        *class = (struct match){ .judge = "discriminator.class",
                                 .losses = { "discriminator_class", "generator_class" },
                                 .real = draw_classes(contest->graph, contest->params),
                                 .fake = encoded->classes, .passing = encoded->classes };
}

static enum fig_status build(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images)
{
    const struct building b = { model, config, params };
    struct contest contest = { .model = model, .graph = model->graph, .config = config,
                               .params = params, .generator = stack_of(model, "encoder", params),
                               .optimizer = &config->optimizers[PART_ENCODER] };
    const struct encoded encoded = encode(&b, &contest.generator, images);
    TRY(fig_graph_status(model->graph));
    model->code = encoded.code;
    model->classes = classifies(config) ? encoded.classes : NULL;
    TRY(add_autoencoder(&b, &encoded, images));
    add_drawings(&b, &encoded);
    add_matches(&contest, &encoded);
    return add_contest(&contest);
}

const struct family aae_family = {
    .name = "aae",
    .parts = 1 << PART_ENCODER | 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .optimizers = 1 << PART_ENCODER | 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .labels = 1 << LABELS_CONDITION | 1 << LABELS_CLASSIFY,
    .told = 1 << PART_DECODER | 1 << PART_DISCRIMINATOR,
    .keys = keys,
    .read = read,
    .build = build,
};
