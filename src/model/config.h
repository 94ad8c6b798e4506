/* SPDX-License-Identifier: MIT */
/* A configuration as families see it. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <figment/model.h>

#include "model/layers.h"

/* The networks a model can have; each is a key of the configuration, and PART-optimizer another
 * where a family has more than one optimiser. */
enum part { PART_ENCODER, PART_DECODER, PART_GENERATOR, PART_DISCRIMINATOR, PARTS };

/* What a model does with the labels of its data. */
enum label_use {
    LABELS_NONE,
    LABELS_CONDITION, /* its networks are told the class of what they see and draw */
    LABELS_CLASSIFY,  /* it learns to tell the class from a code */
};
struct label_plan {
    enum label_use use;
    const struct yaml *at; /* where it was written; NULL: nowhere */
    double weight;         /* LABELS_CLASSIFY: of the classifier's loss */
};

/* Of a reconstruction. */
enum loss_kind { LOSS_MSE, LOSS_BCE, LOSS_L1 };

enum corruption_kind {
    CORRUPTION_NONE,
    CORRUPTION_GAUSSIAN,
    CORRUPTION_MASKING,
    CORRUPTION_SALT_AND_PEPPER,
    CORRUPTION_DOWNSAMPLE,
    CORRUPTION_INPAINT,
};
struct corruption {
    enum corruption_kind kind;
    const struct yaml *at; /* where it was written; NULL if nowhere */
    double amount;         /* gaussian, masking, salt-and-pepper */
    int factor;            /* downsample */
    int hole;              /* inpaint: side of the square, in pixels */
    bool centre;           /* inpaint: it is always there, else anywhere */
};

struct sparsity {
    int kind; /* penalty.c's */
    double weight, target;
};

struct fig_config {
    struct document document;
    struct fig_settings settings;
    const struct family *family;
    struct network networks[PARTS];
    struct fig_optimizer optimizers[PARTS]; /* settings.optimizer unless the part has its own */
    const struct yaml *optimizer_at[PARTS]; /* where its own was written; NULL: nowhere */
    enum loss_kind loss;
    enum fig_reduction reduction;
    struct label_plan labels;
    struct corruption corruption; /* autoencoder */
    struct sparsity sparsity;     /* autoencoder; weight 0: none */
    double contractive;           /* autoencoder: weight of the penalty */
    double gamma;      /* VAE-GAN: weight of the feature error for the decoder */
    int feature_layer; /* VAE-GAN: of the discriminator, from 0 */
    int latent;        /* length of a code that is drawn: a VAE's, a GAN's noise */
    double beta;       /* VAE: weight of the KL divergence */
    int beta_warmup;   /* VAE: steps over which that weight rises from 0, linearly; 0 is none */
    double free_bits;  /* VAE: nats that each value of the code may tell for nothing */
    int samples;       /* VAE: codes of each image; more than 1: an importance-weighted bound */
    int adversary;     /* GAN: its loss, an index of contest.c's table */
    double real_label; /* GAN: what the discriminator is told of real samples */
    double fake_label; /* GAN: and of drawn ones */
    double penalty;    /* GAN: weight of the gradient penalty */
    int pack;          /* GAN: samples that the discriminator sees side by side */
    double ema;        /* GAN: decay of the generator's running average; 0: none is kept */
    int critic_steps;  /* GAN: steps of the discriminator for one of the generator */
    int pretrain;      /* latent GAN: epochs of the autoencoder before the contest */
    bool joint;        /* latent GAN: the autoencoder goes on learning beside the contest */
};

/* A family of models: one file each, one row in model.c. */
struct family {
    const char *name;
    unsigned parts;          /* 1 << PART_... of the networks that it has */
    unsigned optimizers;     /* 1 << PART_... of those that may have an optimiser of their own */
    unsigned labels;         /* 1 << LABELS_... of what it can do with labels */
    unsigned told;           /* LABELS_CONDITION: 1 << PART_... of the networks that are told */
    const char *const *keys; /* its own, beside those that all have; ends with NULL */
    enum fig_status (*read)(struct fig_config *config, const struct yaml *root);
    /* Adds nodes and phases to a model that has its graph and its images; an error of shapes is
     * in the graph. */
    enum fig_status (*build)(struct fig_model *model, const struct fig_config *config,
                             const struct fig_model_params *params, struct fig_node *images);
};

extern const struct family autoencoder_family, vae_family, gan_family, latent_gan_family,
    aae_family, vae_gan_family;

/* --- What families share */

bool has_part(const struct fig_config *config, enum part part);

/* Write what was not given into the configuration that is saved: a number, or the word `text` at
 * `path`, where the configuration has `given` or NULL. */
enum fig_status put_default(struct document *document, const char *key, double value);
enum fig_status put_word(struct document *document, const struct yaml *given, const char *path,
                         const char *text);

/* `labels`: one of the uses that the family has; and of a classifier `label-weight` and
 * `label-fraction`. */
enum fig_status read_label_use(struct fig_config *config, const struct yaml *root);
/* The model's input of labels, if it wants any. */
enum fig_status add_labels(struct fig_model *model, const struct fig_config *config,
                           const struct fig_model_params *params);

/* A classifier learns from the labels that are known.  Adds the losses `name`, which is the others'
 * plus the weighted classifier's, `reconstruction`, `classification` and, where all labels are
 * known (of a few per batch it would say little), `accuracy`. */
struct classification {
    struct fig_node *reconstruction; /* the error alone */
    struct fig_node *others;         /* that with its penalties */
    struct fig_node *logits, *labels;
    bool testing; /* with all labels */
};
void add_classification(struct fig_phase *phase, const char *name,
                        const struct fig_config *config, const struct classification *what);
/* One-hot [batch, classes], all classes as likely, of the stream STREAM_NOISE + 1. */
struct fig_node *draw_classes(struct fig_graph *graph, const struct fig_model_params *params);

/* `loss` and `reduction`, which is `usual` unless it is given, and that the decoder's last layer
 * suits them. */
enum fig_status read_reconstruction(struct fig_config *config, const struct yaml *root,
                                    enum fig_reduction usual);
/* What the decoder draws for a code, from the stack's next layer on, and its logits; the sigmoid of
 * its output where cross-entropy stands for one that was left out; of one that ends in tanh its
 * [-1, 1] as [0, 1]. */
struct fig_node *decoder_draw(const struct fig_config *config, struct stack *stack,
                              struct fig_node *code, struct fig_node **logits);
struct fig_node *reconstruction_loss(const struct fig_config *config, struct fig_node *drawn,
                                     struct fig_node *logits, struct fig_node *images,
                                     enum fig_reduction reduction);
/* Of every value; their sum is a sample's reconstruction error. */
struct fig_node *reconstruction_errors(const struct fig_config *config, struct fig_node *drawn,
                                       struct fig_node *logits, struct fig_node *images);

/* What a VAE's encoder says of images: q(z|x) is N(mean, e^logvar), and `code` = mean + noise
 * e^(logvar/2) with `noise` of N(0, 1) is drawn from it; all [batch, latent].  p(z) is N(0, 1). */
struct posterior {
    struct fig_node *mean, *logvar, *noise, *code;
};
/* Of `samples` codes of each image; the encoder's stack begins with its first layer. */
struct posterior encode_posterior(struct fig_graph *graph, const struct fig_config *config,
                                  struct stack *stack, struct fig_node *images, int samples);
/* KL(q(z|x) || p(z)), the mean over the batch.  With `free` nats for each value of the code (Kingma
 * et al., 2016): the sum over these of max(free, the mean over the batch of its divergence). */
struct fig_node *divergence(const struct posterior *posterior, double free);
/* The same as a phase's loss has it, by these keys: beyond its free bits, and times beta.  The
 * steps of a warm-up are counted by a state, which checkpoints keep; the tested loss has the whole
 * weight. */
#define DIVERGENCE_KEYS "beta", "beta-warmup", "free-bits"
enum fig_status read_divergence(struct fig_config *config, const struct yaml *root);
struct fig_node *weigh_divergence(struct fig_phase *phase, struct fig_model *model,
                                  const struct fig_config *config, bool training,
                                  const struct posterior *posterior);
/* The importance-weighted bound (Burda et al., 2016): ln of the mean over `samples` codes z of
 * p(x|z) p(z) / q(z|x), the mean over the images.  Posterior and errors are those of `samples`
 * blocks of the same images. */
struct fig_node *weighted_bound(const struct posterior *posterior, struct fig_node *errors,
                                int samples);
/* Of each image the divergence, [batch, 1]. */
struct fig_node *divergences(const struct posterior *posterior);
/* Of each image log p(x|z), log p(z), log q(z|x) and the divergence, as [batch, 4]; -log p(x|z) is
 * the sum of the errors. */
struct fig_node *likelihoods(const struct posterior *posterior, struct fig_node *errors);

/* The network ends with as many values as a sample has, and in a layer that can draw the data's. */
enum fig_status check_drawn(const struct fig_config *config, enum part part,
                            const struct fig_node *out, const struct fig_model_params *params);
/* What the network sees instead of the images. */
enum fig_status read_corruption(struct fig_config *config, const struct yaml *root);
enum fig_status check_corruption(const struct corruption *corruption,
                                 const struct fig_model_params *params);
enum fig_status corrupt(const struct corruption *corruption, struct fig_graph *graph,
                        struct fig_node *images, struct fig_node **out);
/* Penalties on a code of `images`, added to the loss. */
enum fig_status read_penalties(struct fig_config *config, const struct yaml *root);
struct fig_node *add_penalties(const struct fig_config *config, struct fig_graph *graph,
                               struct fig_node *loss, struct fig_node *code,
                               struct fig_node *images);
/* Adds a phase; its step is there in training only. */
struct fig_phase *add_phase(struct fig_model *model, const char *name);
void add_loss(struct fig_phase *phase, const char *name, struct fig_node *loss);
/* What encoder and decoder learn together from the phase's first loss: as one group, or in two
 * where either has an optimiser of its own. */
struct pupils {
    const char *all, *encoder, *decoder; /* prefixes; NULL of one without parameters */
};
enum fig_status add_autoencoder_step(struct fig_phase *phase, const struct fig_config *config,
                                     const struct pupils *pupils);

/* What a discriminator judges.  `real`, `fake` and `passing` have the same shape [batch, ...], but
 * of what is drawn there may be two batches.  Of `pack` samples side by side the last ones, where
 * the batch is no multiple of it, are the batch's first again. */
enum side { SIDE_DISCRIMINATOR, SIDE_GENERATOR, SIDES };
struct match {
    const char *judge;         /* its parameters are JUDGE.0, ...; "discriminator", or that with
                                  more behind a dot */
    const char *losses[SIDES]; /* their names where there are several matches; of a single one they
                                  are the names of the phases */
    struct fig_node *real;     /* no gradient flows into it */
    struct fig_node *fake;     /* what the discriminator learns to tell from it */
    struct fig_node *passing;  /* what is to pass; its gradient moves the generator */
    struct fig_node *labels;   /* that the discriminator is told of each batch; or NULL */
};

/* Somebody who draws samples against a discriminator, or their parts each against one of its own;
 * all of these have the layers that the configuration says. */
enum { MATCHES = 2 };
struct contest {
    struct fig_model *model;
    struct fig_graph *graph;
    const struct fig_config *config;
    const struct fig_model_params *params;
    struct match matches[MATCHES];
    int match_count;
    struct fig_node *beside;  /* what else the generator is to make small; or NULL */
    struct stack generator;   /* the network that made `passing`: its prefix, its updates */
    const struct fig_optimizer *optimizer; /* of the generator */
};
/* Losses that show one side of a contest to win always, so that the other learns nothing: the
 * discriminator's below `won` while the generator's is above `beaten`, or above `lost` while the
 * generator's is below `fooled`.  NaN of critics, whose losses have no such meaning, and without a
 * contest. */
struct stall {
    double won, beaten, lost, fooled;
};
struct stall contest_stall(const struct fig_config *config);

/* The configuration's keys of a contest. */
#define CONTEST_KEYS "adversary", "real-label", "fake-label", "penalty", "critic-steps", "pack"
enum fig_status read_contest(struct fig_config *config, const struct yaml *root);
/* Whether the adversary is one that wants something to hold the slope of the discriminator. */
bool wants_slope(const struct fig_config *config);
/* Adds both phases, which have no turn in the epochs of config->pretrain, and the running average
 * of the generator where config->ema asks for one. */
enum fig_status add_contest(const struct contest *contest);

/* The configuration's keys of a generator of noise and its contest. */
#define GENERATOR_KEYS "latent", "ema", CONTEST_KEYS
enum fig_status read_generator(struct fig_config *config, const struct yaml *root);
/* A network that draws samples for a discriminator ends in tanh, with values in [-1, 1], or in
 * sigmoid, as images are; of a table's columns also linear.  `drawn` has as many values as a
 * sample. */
enum fig_status check_range(const struct fig_config *config, enum part part,
                            const struct fig_node *drawn, const struct fig_model_params *params);
/* Images in that range, and what is drawn in it as images. */
struct fig_node *to_range(const struct fig_config *config, enum part part,
                          struct fig_node *images);
struct fig_node *from_range(const struct fig_config *config, enum part part,
                            struct fig_node *drawn);
/* The generator on noise [batch, latent]; stack of "generator". */
struct fig_node *generator_draw(const struct fig_config *config, struct stack *stack,
                                struct fig_node *noise);
/* The same by the generator whose samples are shown: its running average where config->ema asks for
 * one, which is there after the contest. */
struct fig_node *generator_show(struct fig_model *model, const struct fig_config *config,
                                const struct fig_model_params *params, struct fig_node *noise);
/* The contest of a generator that draws `real` samples from noise 0 for the discriminator and
 * noise 1 for itself; noise k is stream STREAM_NOISE + k.  Of a conditional model what is drawn has
 * the classes of the real samples. */
enum fig_status add_generator_contest(struct fig_model *model, const struct fig_config *config,
                                      const struct fig_model_params *params,
                                      struct fig_node *real);

/* Of [n, ...] the values of one of the n; and these as the rows of a matrix [n, values]. */
int row_length(const struct fig_node *node);
struct fig_node *as_rows(struct fig_node *node);
/* Values of one sample; and what was drawn, of as many values, in the shape of samples. */
int sample_values(const struct fig_model_params *params);
struct fig_node *as_images(struct fig_node *drawn, const struct fig_model_params *params);
/* The running statistics that the layers of a stack follow, while the phase runs. */
void add_updates(struct fig_phase *phase, const struct stack *stack);

struct stack stack_of(struct fig_model *model, const char *prefix,
                      const struct fig_model_params *params);

/* Warnings for whoever begins to train. */
void config_advise(const struct fig_config *config);

/* The family of that name; the error lists all. */
enum fig_status family_find(const struct yaml *name, const struct family **out);

/* The text of a reference model, NULL if there is none of that name. */
const char *reference_text(const char *name);

#endif
