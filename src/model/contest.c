/* SPDX-License-Identifier: MIT */
/* A generator against a discriminator: two phases.  First the discriminator learns to tell real
 * samples from drawn ones, then the generator learns to pass through the discriminator as it now
 * is.  In each phase the parameters of the other network stay where they are.  The generator may
 * have a turn only after several steps of the discriminator, each on a batch of its own.  Of
 * several discriminators all learn in the one phase, and the generator to pass all in the other. */
#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "model/config.h"

/* --- Losses of what the discriminator says: of each sample, by the label that it should have. */

/* Goodfellow et al., 2014, with the generator's loss that does not saturate. */
static struct fig_node *cross_entropy(struct fig_node *said, struct fig_node *labels)
{
    return fig_bce(said, labels);
}

/* Mao et al., 2017. */
static struct fig_node *square_distance(struct fig_node *said, struct fig_node *labels)
{
    return fig_square(fig_sub(said, labels));
}

/* Lim and Ye, 2017; Miyato et al., 2018.  Labels are 1 and -1. */
static struct fig_node *hinge(struct fig_node *said, struct fig_node *labels)
{
    return fig_relu(fig_affine(fig_mul(said, labels), -1, 1));
}

/* Arjovsky et al., 2017; the penalty of Gulrajani et al., 2017 is added to it. */
static struct fig_node *distance(struct fig_node *said, struct fig_node *labels)
{
    return fig_neg(fig_mul(said, labels));
}

static const struct adversary {
    const char *name;
    struct fig_node *(*discriminator)(struct fig_node *said, struct fig_node *labels);
    struct fig_node *(*generator)(struct fig_node *said, struct fig_node *labels);
    bool labels;     /* 1 and 0, which may be smoothed; else 1 and -1 */
    double of_drawn; /* weight of the generator's */
    double penalty;  /* default weight of the gradient penalty */
    struct stall stall; /* where labels are not smoothed */
} adversaries[] = {
    { "bce", cross_entropy, cross_entropy, true, 1, 0, { 0.01, 6, 2, 0.01 } },
    { "least-squares", square_distance, square_distance, true, 0.5, 0, { 0.01, 0.45, 0.4, 0.01 } },
    { "hinge", hinge, distance, false, 1, 0, { 0.01, 0.9, 3, -1 } },
    { "wasserstein", distance, distance, false, 1, 10, { NAN, NAN, NAN, NAN } },
};
static const char *const adversary_names[] = { "bce", "least-squares", "hinge", "wasserstein",
                                               NULL };

/* Below which no cross-entropy with this label falls. */
static double entropy(double label)
{
    return label > 0 && label < 1 ? -label * log(label) - (1 - label) * log1p(-label) : 0;
}

/* A generator that is always found out is not told from one that nears a smoothed label of drawn
 * samples: no rule speaks of it then. */
struct stall contest_stall(const struct fig_config *config)
{
    struct stall stall = { NAN, NAN, NAN, NAN };
    if (!has_part(config, PART_DISCRIMINATOR))
        return stall;
    const struct adversary *adversary = &adversaries[config->adversary];
    stall = adversary->stall;
    if (adversary->discriminator == cross_entropy)
        stall.won += entropy(config->real_label) / 2;
    return stall;
}

static enum fig_status read_labels(struct fig_config *config, const struct yaml *root)
{
    const struct yaml_range low = { .high = 0.5, .below = true };
    const struct yaml_range high = { .low = 0.5, .high = 1, .above = true };
    const struct yaml *real = yaml_find(root, "real-label"), *fake = yaml_find(root, "fake-label");
    config->real_label = 1;
    config->fake_label = 0;
    TRY(yaml_number(real, &high, &config->real_label));
    TRY(yaml_number(fake, &low, &config->fake_label));
    if (!adversaries[config->adversary].labels &&
        (config->real_label < 1 || config->fake_label > 0))
        return yaml_fail(config->real_label < 1 ? real : fake, "the adversary %s has no labels to "
                         "smooth: expected %d", adversary_names[config->adversary],
                         config->real_label < 1);
    TRY(put_default(&config->document, "real-label", config->real_label));
    return put_default(&config->document, "fake-label", config->fake_label);
}

enum fig_status read_contest(struct fig_config *config, const struct yaml *root)
{
    const struct yaml_range from_zero = { .high = INFINITY, .below = true };
    TRY(yaml_choice(yaml_find(root, "adversary"), adversary_names, &config->adversary));
    TRY(read_labels(config, root));
    config->penalty = adversaries[config->adversary].penalty;
    TRY(yaml_number(yaml_find(root, "penalty"), &from_zero, &config->penalty));
    TRY(put_word(&config->document, yaml_find(root, "adversary"), "adversary",
                 adversary_names[config->adversary]));
    config->critic_steps = 1;
    TRY(yaml_int(yaml_find(root, "critic-steps"), 1, 1000, &config->critic_steps));
    config->pack = 1;
    TRY(yaml_int(yaml_find(root, "pack"), 1, 64, &config->pack));
    TRY(put_default(&config->document, "penalty", config->penalty));
    TRY(put_default(&config->document, "critic-steps", config->critic_steps));
    return put_default(&config->document, "pack", config->pack);
}

bool wants_slope(const struct fig_config *config)
{
    return adversaries[config->adversary].penalty > 0;
}

/* --- Groups of samples, side by side (Lin et al., 2018): whoever draws few modes is seen to
 * repeat himself */

static int sample_count(const struct fig_node *samples)
{
    return fig_node_shape(samples).dim[0];
}

/* `count` samples from `first` on; after the last comes the first again. */
static struct fig_node *take(struct fig_node *samples, int first, int count)
{
    const int all = sample_count(samples), end = first + count;
    if (end <= all)
        return fig_slice(samples, 0, first, end);
    return fig_concat(fig_slice(samples, 0, first, all), fig_slice(samples, 0, 0, end - all), 0);
}

/* [n, ..., c] to [n / pack, ..., pack c], where n / pack is rounded up. */
static struct fig_node *pack(struct fig_node *samples, int pack)
{
    const int all = sample_count(samples), groups = (all + pack - 1) / pack;
    struct fig_node *packed = pack == 1 ? samples : take(samples, 0, groups);
    for (int k = 1; k < pack && packed; k++)
        packed = fig_concat(packed, take(samples, k * groups % all, groups),
                            fig_node_shape(samples).rank - 1);
    return packed;
}

/* --- What the discriminator says; in `phase`, if not NULL, its running statistics are followed */

/* The classes that the discriminator is told, of samples of some batches behind each other. */
static struct fig_node *classes_of(const struct match *match, struct fig_node *samples)
{
    struct fig_node *labels = match->labels;
    while (labels && samples && sample_count(labels) < sample_count(samples))
        labels = fig_concat(labels, match->labels, 0);
    return labels;
}

static struct fig_node *judge(const struct contest *contest, const struct match *match,
                              struct fig_node *samples, struct fig_phase *phase)
{
    struct stack stack = stack_of(contest->model, match->judge, contest->params);
    stack.labels = classes_of(match, samples);
    struct fig_node *said = network_apply(&contest->config->networks[PART_DISCRIMINATOR], &stack,
                                          samples, NULL);
    if (phase)
        add_updates(phase, &stack);
    return said;
}

/* [all, 1]: what should be said of `count` real samples, and of one or two times as many drawn. */
static struct fig_node *verdicts(const struct contest *contest, int count, int all)
{
    const struct fig_config *config = contest->config;
    const bool labels = adversaries[config->adversary].labels;
    const double fake = labels ? config->fake_label : -1;
    const double values[] = { config->real_label, fake, fake };
    struct fig_node *parts = fig_values(contest->graph, fig_shape2(all / count, 1), values);
    return fig_reshape(fig_broadcast(parts, fig_shape2(all / count, count)), fig_shape2(all, 1));
}

/* (|dD/dx| - 1)^2 at points x between real and drawn samples, a random part of the way. */
static struct fig_node *gradient_penalty(const struct contest *contest, const struct match *match,
                                         struct fig_node *fake)
{
    const struct fig_shape column = fig_shape2(sample_count(fake), 1);
    const uint32_t stream = STREAM_NOISE + 2 + (uint32_t)(match - contest->matches);
    struct fig_node *part = fig_uniform(contest->graph, column, stream);
    struct fig_node *real = as_rows(take(match->real, 0, sample_count(fake)));
    struct fig_node *way = fig_mul(fig_sub(as_rows(fake), real), part), *slope = NULL;
    struct fig_node *between = fig_reshape(fig_add(real, way), fig_node_shape(fake));
    struct fig_node *said = fig_sum(judge(contest, match, between, NULL));
    if (!said || fig_gradients(said, &between, 1, &slope))
        return NULL;
    /* The root of 0 has no slope: 1e-12 keeps it finite where the discriminator is flat. */
    struct fig_node *square = fig_sum_cols(fig_square(as_rows(slope)));
    struct fig_node *norm = fig_sqrt(fig_affine(square, 1, 1e-12));
    return fig_mean(fig_square(fig_affine(norm, 1, -1)));
}

/* --- Phases */

/* Of `count` real samples and the drawn ones behind them: with labels the mean over all; without,
 * that over the real ones and that over the drawn ones, which weigh the same also where there are
 * more of these: else what is said of all alike would not cancel out. */
static struct fig_node *mean_of_both(struct fig_node *errors, int count, bool labels)
{
    if (labels || !errors)
        return fig_mean(errors);
    return fig_add(fig_mean(fig_slice(errors, 0, 0, count)),
                   fig_mean(fig_slice(errors, 0, count, sample_count(errors))));
}

/* Real and drawn samples go through the discriminator as one batch. */
static struct fig_node *discriminator_loss(const struct contest *contest,
                                           const struct match *match, struct fig_phase *phase)
{
    const struct adversary *adversary = &adversaries[contest->config->adversary];
    struct fig_node *fake = fig_detach(match->fake);
    struct fig_node *said = judge(contest, match, fig_concat(match->real, fake, 0), phase);
    const int count = sample_count(match->real);
    struct fig_node *labels = verdicts(contest, count, sample_count(said));
    struct fig_node *loss = mean_of_both(adversary->discriminator(said, labels), count,
                                         adversary->labels);
    if (contest->config->penalty > 0)
        loss = fig_add(loss, fig_affine(gradient_penalty(contest, match, fake),
                                        contest->config->penalty, 0));
    return loss;
}

/* The discriminator as it is: its running statistics are not followed. */
static struct fig_node *generator_loss(const struct contest *contest, const struct match *match)
{
    const struct adversary *adversary = &adversaries[contest->config->adversary];
    struct fig_node *said = judge(contest, match, match->passing, NULL);
    struct fig_node *passed = fig_constant(contest->graph, fig_node_shape(said), 1);
    struct fig_node *mean = fig_mean(adversary->generator(said, passed));
    return fig_affine(mean, adversary->of_drawn, 0);
}

/* The sum over all matches, and of several also each. */
static void add_losses(const struct contest *contest, struct fig_phase *phase, enum side side,
                       struct fig_node *const losses[MATCHES])
{
    struct fig_node *sum = losses[0];
    for (int i = 1; i < contest->match_count; i++)
        sum = fig_add(sum, losses[i]);
    add_loss(phase, phase->name, sum);
    for (int i = 0; contest->match_count > 1 && i < contest->match_count; i++)
        add_loss(phase, contest->matches[i].losses[side], losses[i]);
}

static struct fig_phase *discriminator_phase(const struct contest *contest)
{
    struct fig_phase *phase = add_phase(contest->model, "discriminator");
    struct fig_node *losses[MATCHES] = { NULL };
    for (int i = 0; i < contest->match_count; i++)
        losses[i] = discriminator_loss(contest, &contest->matches[i], phase);
    add_losses(contest, phase, SIDE_DISCRIMINATOR, losses);
    return phase;
}

static struct fig_phase *generator_phase(const struct contest *contest)
{
    struct fig_phase *phase = add_phase(contest->model, "generator");
    struct fig_node *losses[MATCHES] = { NULL };
    for (int i = 0; i < contest->match_count; i++)
        losses[i] = generator_loss(contest, &contest->matches[i]);
    add_updates(phase, &contest->generator);
    add_losses(contest, phase, SIDE_GENERATOR, losses);
    return phase;
}

static enum fig_status add_average(const struct contest *contest, struct fig_phase *phase,
                                   const char *prefix)
{
    const struct fig_average average = { prefix, contest->config->ema };
    phase->update_count += fig_average(contest->graph, &average,
                                       phase->updates + phase->update_count,
                                       FIG_UPDATES - phase->update_count);
    if (fig_graph_status(contest->graph) == FIG_INVALID)
        yaml_fail(yaml_find(contest->config->document.root, "ema"), "so the average cannot follow "
                  "this generator: expected fewer layers, or 0");
    return fig_graph_status(contest->graph);
}

static enum fig_status check_judge(const struct contest *contest)
{
    const struct network *network = &contest->config->networks[PART_DISCRIMINATOR];
    const struct layer *last = &network->layers[network->count - 1];
    if (last->kind == LAYER_DENSE && last->units == 1 && last->activation == FIG_LINEAR)
        return FIG_OK;
    return yaml_fail(last->at, "expected 'dense 1' as the last layer of a discriminator (its loss "
                     "is computed from logits), found '%s'", last->at->text);
}

/* The same contest about groups of samples. */
static struct contest pack_contest(const struct contest *contest)
{
    struct contest packed = *contest;
    for (int i = 0; i < contest->match_count; i++) {
        struct match *match = &packed.matches[i];
        match->real = pack(match->real, contest->config->pack);
        match->fake = pack(match->fake, contest->config->pack);
        match->passing = pack(match->passing, contest->config->pack);
        match->labels = match->labels ? pack(match->labels, contest->config->pack) : NULL;
    }
    return packed;
}

enum fig_status add_contest(const struct contest *contest)
{
    const struct fig_config *config = contest->config;
    const struct contest packed = pack_contest(contest);
    char prefix[64];
    TRY(fig_graph_status(contest->graph));
    TRY(check_judge(contest));
    struct fig_phase *first = discriminator_phase(&packed);
    struct fig_phase *second = generator_phase(&packed);
    first->first_epoch = second->first_epoch = config->pretrain;
    second->every = config->critic_steps;
    snprintf(prefix, sizeof(prefix), "%s.", contest->generator.prefix);
    TRY(fig_graph_status(contest->graph));
    if (config->ema > 0)
        TRY(add_average(contest, second, prefix));
    if (!contest->params->training)
        return FIG_OK;
    first->step = fig_optimize(first->losses[0], "discriminator.",
                               &config->optimizers[PART_DISCRIMINATOR]);
    struct fig_node *target = contest->beside ? fig_add(second->losses[0], contest->beside)
                                              : second->losses[0];
    second->step = fig_optimize(target, prefix, contest->optimizer);
    return fig_graph_status(contest->graph);
}
