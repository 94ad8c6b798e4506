/* SPDX-License-Identifier: MIT */
#ifndef FIG_RUN_H
#define FIG_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <figment/api.h>
#include <figment/data.h>
#include <figment/device.h>
#include <figment/model.h>

FIG_BEGIN

/* --- A trained model in use.  Images are [count][values] in [0, 1], rows of tables [count][values]
 * standardised by the scaling of the training, codes [count][code].
 *
 * A conditional model is told the class of every row: of images their labels, by fig_run_label;
 * what is made of noise and codes gets the classes in turn, sample or row i the class i % classes,
 * until fig_run_condition says something else.  Other models do not mind either. */
struct fig_run;

FIG_API enum fig_status fig_run_open(struct fig_run **out, const char *folder,
                                     struct fig_device *device);
FIG_API void fig_run_close(struct fig_run **run);

struct fig_run_info {
    int height, width, channels; /* of one sample */
    int code;                    /* length of a code; 0 if the model has none */
    int noise;                   /* values that a sample is drawn from; 0 if it cannot draw */
    int classes;                 /* of the labels that it was trained with; 0 if with none */
    bool conditional;            /* what it draws is of a class */
    bool conditional_decoder;    /* and so is what it decodes: a code alone does not tell it */
    bool classifies;             /* fig_run_classify can tell classes */
    bool samples;                /* fig_run_sample can draw */
    bool divergences;            /* fig_run_divergences can tell */
    bool likelihoods;            /* fig_run_likelihoods can tell */
    bool corrupts;               /* fig_run_corrupt can */
    bool rebuilds;               /* fig_run_reconstruct can */
    int shrink;                  /* training shrinks images by this factor; 0: not */
    bool holes;                  /* training makes holes in images: squares of 0.5.  What such a
                                    model makes of the rest is not meant to be used: it is known */
    uint64_t step;               /* steps trained */
};
FIG_API const struct fig_run_info *fig_run_info(const struct fig_run *run);
FIG_API const struct fig_config *fig_run_config(const struct fig_run *run);

/* Of a model that learnt a table: how its columns were standardised in training; else NULL. */
FIG_API const struct fig_scaling *fig_run_scaling(const struct fig_run *run);
/* Data as the model takes it: a table is standardised by the model's numbers, not by its own, and
 * pictures of a folder are made to fit the model, not each other, unless options say otherwise.
 * `data` is as fig_dataset_open takes it, or NULL for what the run was trained on; the seed is the
 * run's.  Of samples that are drawn as they are used it has the first 131072, in memory.  FIG_SHAPE
 * if the samples are not of the model's size. */
FIG_API enum fig_status fig_run_dataset(struct fig_dataset **out, const struct fig_run *run,
                                        const char *data, enum fig_split split);
/* The name of a class below `classes`, as the data had it; NULL for others. */
FIG_API const char *fig_run_class_name(const struct fig_run *run, int label);
/* The number of the class of this name, or -1. */
FIG_API int fig_run_class(const struct fig_run *run, const char *name);

/* The classes of a dataset's samples as the model counts them, by their names, [count]; -1 for what
 * has no label, or one that the model does not know. */
FIG_API void fig_run_match_labels(const struct fig_run *run, const struct fig_dataset *dataset,
                                  int *labels);

/* From now on sample or row i of what is drawn or decoded is of the class classes[i % count]; with
 * count 0 in turn again. */
FIG_API enum fig_status fig_run_condition(struct fig_run *run, const int *classes, int count);
/* From now on row i of the images that are given has the label labels[i % count]; with count 0 they
 * have none.  Labels are the model's numbers: another dataset counts its classes otherwise, see
 * fig_run_match_labels, whose -1 may be among them.  Both copy.  What a conditional model needs and
 * was not told, and classes that it does not know, are FIG_INVALID when they are used. */
FIG_API enum fig_status fig_run_label(struct fig_run *run, const int *labels, int count);

/* Samples first .. first + count - 1 of those that `seed` stands for, whatever comes with them. */
FIG_API enum fig_status fig_run_sample(struct fig_run *run, uint64_t seed, int first, int count,
                                       float *images);
/* The noise that these samples are drawn from, [count][noise]: N(0, 1), unless told otherwise. */
struct fig_noise {
    uint64_t seed;
    int first, count;
    double truncation;  /* a value outside +- truncation is drawn anew until it is inside; at least
                           0.01, or 0 for none */
    double temperature; /* then all are scaled by it; 0 stands for 1 */
};
FIG_API enum fig_status fig_run_noise(struct fig_run *run, const struct fig_noise *how,
                                      float *noise);
/* Images of any noise. */
FIG_API enum fig_status fig_run_draw(struct fig_run *run, const float *noise, int count,
                                     float *images);
/* Any count; FIG_INVALID if the model's family has no such part. */
FIG_API enum fig_status fig_run_reconstruct(struct fig_run *run, const float *images, int count,
                                            float *out);
/* What training shows the model instead of the images: noise, holes, a lower resolution, all as the
 * configuration's corruption says.  Values can be outside of [0, 1].  What is drawn depends on the
 * image's place modulo 8192, or modulo less where images are large. */
FIG_API enum fig_status fig_run_corrupt(struct fig_run *run, const float *images, int count,
                                        float *out);
FIG_API enum fig_status fig_run_encode(struct fig_run *run, const float *images, int count,
                                       float *codes);
/* Of each image the probability of every class, [count][classes]; FIG_INVALID if the model does not
 * learn to tell them (labels: classify). */
FIG_API enum fig_status fig_run_classify(struct fig_run *run, const float *images, int count,
                                         float *probabilities);
FIG_API enum fig_status fig_run_decode(struct fig_run *run, const float *codes, int count,
                                       float *images);

/* The vector at t in [0, 1] of the way from one to the other: on the straight line; or spherical,
 * with the weights sin((1 - t) a) / sin a and sin(t a) / sin a for the angle a between them, which
 * keeps the norm of vectors of equal norm, as noise in many dimensions nearly has.  Vectors
 * within 1e-3 of one line, or of length 0, are always mixed on it. */
struct fig_mix {
    int length;
    bool spherical;
};
FIG_API void fig_mix(struct fig_mix mix, const float *from, const float *to, double t, float *out);

/* What the codes of a class have in common: the mean code [code] of a dataset's samples with this
 * label.  FIG_INVALID if there are none. */
FIG_API enum fig_status fig_run_mean_code(struct fig_run *run, const struct fig_dataset *dataset,
                                          int label, float *mean);

/* Of each image of a model whose encoder tells a distribution of codes, q(z|x): its divergence from
 * p(z), in nats, [count]. */
FIG_API enum fig_status fig_run_divergences(struct fig_run *run, const float *images, int count,
                                            float *out);
/* Of each image of a variational autoencoder, in nats, for one code z of q(z|x).  log p(x|z) is the
 * negative reconstruction error: its normalising constant is left out unless the loss is bce. */
enum { FIG_LOG_DATA, FIG_LOG_PRIOR, FIG_LOG_POSTERIOR, FIG_DIVERGENCE, FIG_LIKELIHOODS };
/* [count][FIG_LIKELIHOODS]: log p(x|z), log p(z), log q(z|x), and the divergence of q(z|x) from
 * p(z), which does not depend on z.  Which z are drawn depends on `draw`, below 2^26, and on the
 * image's place as in fig_run_corrupt. */
FIG_API enum fig_status fig_run_likelihoods(struct fig_run *run, const float *images, int count,
                                            uint32_t draw, float *out);

/* --- Samples of any model that has codes: Gaussians fitted to the codes of the training half.
 *
 *     RUN/mixture-K.safetensors    weights [K], means [K][code], Cholesky factors [K][code][code]
 */
struct fig_mixture;

/* The mixture that the run folder has for this very model; or else fit one to the run's own data
 * (20000 of its samples at most, from all of them) and keep it there; fewer than ten codes for each
 * Gaussian are warned of. */
FIG_API enum fig_status fig_mixture_open(struct fig_mixture **out, struct fig_run *run,
                                         const char *folder, int components);
FIG_API void fig_mixture_close(struct fig_mixture **mixture);
/* As fig_run_sample. */
FIG_API enum fig_status fig_mixture_sample(struct fig_mixture *mixture, struct fig_run *run,
                                           uint64_t seed, int first, int count, float *images);

FIG_END

#endif
