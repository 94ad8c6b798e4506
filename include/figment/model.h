/* SPDX-License-Identifier: MIT */
#ifndef FIG_MODEL_H
#define FIG_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <figment/api.h>
#include <figment/graph.h>
#include <figment/optimizer.h>

FIG_BEGIN

/* --- A configuration: what model, trained how, as read from YAML and checked. */
struct fig_config;

enum fig_schedule_kind {
    FIG_CONSTANT,
    FIG_STEPPED,      /* rate * gamma^(epoch / every) */
    FIG_COSINE,       /* down to 0 over all epochs, by half a cosine; to go on for more of them is
                         not what training for so many at once is */
    FIG_INVERSE_TIME, /* rate / (1 + epoch) */
    FIG_TRIPLING,     /* rate 10^(-i/7) for 3^i epochs, i = 0, 1, ... (Burda et al., 2016) */
};
struct fig_schedule {
    enum fig_schedule_kind kind;
    int every;    /* epochs; FIG_STEPPED */
    double gamma; /* FIG_STEPPED */
    int warmup;   /* steps over which the rate rises from 0, linearly; 0 is none */
};

/* What a VAE's training makes of its images, as input and as target, before it is asked for them
 * again.  A trained model encodes and rebuilds images as they are. */
enum fig_binarize {
    FIG_GREY,      /* nothing */
    FIG_THRESHOLD, /* ones where there is at least 0.5, zeros elsewhere */
    FIG_DYNAMIC,   /* ones with the value as probability: drawn anew at every step of a training,
                      and once and for all by evaluations */
};
FIG_API const char *fig_binarize_name(enum fig_binarize binarize); /* in configurations; or NULL */

/* The values every family has. */
struct fig_settings {
    const char *name, *family;
    const char *data; /* as fig_dataset_open takes it */
    int batch, epochs;
    int steps; /* the training ends after so many even within an epoch; 0: no such limit */
    uint64_t seed;
    bool shuffle;
    int window; /* samples on the device at a time; 0: all of them, if they fit */
    int gaussians; /* in the mixture that samples are drawn from by default; 0: the model's own
                      way */
    double labels; /* the part of the training labels that the model is told; 0: it wants none */
    struct fig_optimizer optimizer;
    struct fig_schedule schedule;
    enum fig_binarize binarize; /* FIG_GREY in families other than the VAE */
};

/* `model` is the name of a reference model (fig_model_name), or the path of a YAML file (it has a
 * '/' or ends in .yaml or .yml).  `overrides` are KEY=VALUE with dotted paths:
 * "optimizer.rate=0.002".  Where one changes the name of an optimizer, a schedule or another map
 * that has a name, "optimizer.name=sgd", nothing else that the file says in it holds any more: the
 * new one has its own defaults, and what other overrides say.  FIG_FORMAT with file, line, key and
 * what was expected. */
FIG_API enum fig_status fig_config_open(struct fig_config **out, const char *model,
                                        const char *const *overrides, int override_count);
FIG_API void fig_config_close(struct fig_config **config);
FIG_API const struct fig_settings *fig_config_settings(const struct fig_config *config);
/* The whole configuration, overrides and defaults resolved, as YAML: enough to repeat the run. */
FIG_API enum fig_status fig_config_save(const struct fig_config *config, const char *path);

/* What a sampler's name means, as `sampler` in YAML has it: "prior" is 0 Gaussians, "gmm" 10,
 * "gmm:K" K of 1 to 9999.  False for any other, and *gaussians stays as it is. */
FIG_API bool fig_sampler_parse(const char *name, int *gaussians);

/* Reference models: NULL past the last; the second is one line of what it is. */
FIG_API const char *fig_model_name(int index);
FIG_API const char *fig_model_summary(int index);

/* The learning rate at `epoch` (from 0), `step` steps into the whole training. */
FIG_API double fig_schedule_rate(const struct fig_schedule *schedule, double rate, int epoch,
                                 int epochs, uint64_t step);

/* --- A model: its graph for one batch size. */

enum { FIG_CLASSES = 256 }; /* most classes: labels are bytes */

struct fig_model_params {
    int batch;
    int height, width, channels; /* of one sample */
    int classes;   /* of the labels of the data, at most FIG_CLASSES; 0: they have none */
    bool training; /* with optimisers, and with what only training has (dropout) */
    bool uniform;  /* draw the golden traces' input on the device instead of reading images */
    bool unbounded; /* the data have values outside [0, 1]: refuse a model that cannot draw them */
};

enum { FIG_LOSSES = 8, FIG_PHASES = 4, FIG_UPDATES = 256 };

/* Phases run one after the other for every batch, each when it has its turn. */
struct fig_phase {
    const char *name;
    int every;                  /* a turn is the last of so many steps; 1: each step */
    int first_epoch, end_epoch; /* turns are in first_epoch .. end_epoch - 1, from 0; an
                                   end_epoch of 0: to the end */
    struct fig_node *losses[FIG_LOSSES]; /* single numbers */
    const char *loss_names[FIG_LOSSES];  /* keys of traces and metrics */
    int loss_count;
    struct fig_node *step; /* running it updates the store; NULL unless training */
    struct fig_node *updates[FIG_UPDATES]; /* what else a step changes: running statistics, and
                                              what has an optimiser of its own */
    int update_count;
    bool tested;           /* its losses are also measured on the test set */
};

struct fig_model {
    struct fig_graph *graph;
    struct fig_node *images; /* input [batch, height, width, channels] in [0, 1]; NULL if drawn on
                                the device */
    struct fig_node *labels; /* input [batch, classes]: 1 at the label of each sample, all 0
                                where it is unknown; NULL if the model wants none */
    struct fig_phase phases[FIG_PHASES];
    int phase_count;
    struct fig_node *code;    /* [batch, ...] of `images`; NULL if the family has none */
    struct fig_node *classes; /* [batch, classes] of `images`: how probable each is; or NULL */
    struct fig_node *rebuilt; /* as images, of `images`; or NULL */
    struct fig_node *corrupted; /* as images, what training shows instead of `images`; or NULL */
    int shrink;               /* training shrinks images by this factor; 0: not */
    struct fig_node *seed;    /* input [batch, ...] of the decoder or generator; or NULL */
    struct fig_node *drawn;   /* as images, of `seed`; or NULL */
    struct fig_node *divergences; /* [batch, 1] of `images`, as fig_run_divergences; or NULL */
    struct fig_node *likelihoods; /* [batch, 4] of `images`, as fig_run_likelihoods; or NULL */
    bool prior;               /* `seed` of N(0, 1) draws samples */
    bool conditional;         /* `drawn` depends on the labels, too */
    bool conditional_decoder; /* and so does what is made of a code */
    int pretrain;             /* epochs before those in which what draws them is trained */
    struct fig_node *code_in; /* input of the decoder, like `code`; NULL where that is `seed` */
    struct fig_node *decoded; /* as images, of `code_in`; or NULL */
    int dropouts;             /* layers of it in the graph so far: the library's own */
};

/* Errors of the configuration against the data (sizes, labels) name its file and line. */
FIG_API enum fig_status fig_model_create(struct fig_model **out, const struct fig_config *config,
                                         const struct fig_model_params *params);
FIG_API void fig_model_destroy(struct fig_model **model);

FIG_END

#endif
