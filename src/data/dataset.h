/* SPDX-License-Identifier: MIT */
/* What a dataset format has to provide.  A new one is a file and a row in dataset.c. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stddef.h>

#include <figment/data.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"

enum {
    DATASET_LIMIT = 1 << 30, /* bytes of one dataset: what a header may make us allocate */
    CLASS_LIMIT = 256,       /* labels are bytes */
    OPTION_LIMIT = 8,
};

struct fig_dataset {
    struct fig_dataset_info info;
    uint8_t *bytes;    /* one of these two is NULL, both if samples are drawn */
    float *values;
    /* Of samples that are drawn: sample `index`, as bytes. */
    void (*draw)(const struct fig_dataset *dataset, int index, uint8_t *bytes);
    struct stream stream; /* what it draws from, by the format's own rules */
    uint8_t *labels;   /* or NULL */
    struct text names; /* of the classes, a zero behind each; numbers if a format leaves it empty */
    struct text samples;        /* names of the samples, likewise; empty if they have none */
    struct fig_scaling scaling; /* of a table; no columns if there is none */
    struct fig_modes modes;     /* none if their count is 0 */
};

/* Samples as a model takes them. */
struct form {
    const struct fig_dataset_info *like; /* pictures of a folder are made to fit these, unless
                                            options say otherwise; NULL: they fit each other */
    const struct fig_scaling *scaling;   /* what standardises a table of as many columns; none does
                                            if it has no columns; NULL: the table's own */
};

/* What to open. */
struct source {
    char spec[PATH_LIMIT]; /* without its options */
    struct spec_option {
        const char *name, *value; /* in `text` */
    } options[OPTION_LIMIT];
    int option_count;
    char text[PATH_LIMIT];
    enum fig_split split, asked; /* split: for FIG_WHOLE the test half */
    uint64_t seed;
    struct form form;
};

/* probe() looks whether the spec is of this format and logs nothing.  open() gets an empty dataset,
 * fills in `info` and the arrays, and logs what is wrong with the file, the offset and the
 * values; the caller frees what is there, after errors too. */
struct format {
    const char *looks_for; /* a phrase for the user whose file nothing recognises */
    const char *options;   /* their names, each between spaces: " size channels "; or NULL */
    bool (*probe)(const char *spec);
    enum fig_status (*open)(struct fig_dataset *dataset, const struct source *source);
};

extern const struct format synthetic_format, uniform_format, ring_format, grid_format,
    cifar_format, csv_format, numpy_format, idx_format, folder_format;

/* fig_dataset_open for a model. */
enum fig_status dataset_open(struct fig_dataset **out, const char *spec, enum fig_split split,
                             uint64_t seed, struct form form);

/* Whether files of pictures are what is opened for this spec without options. */
bool dataset_is_pictures(const char *spec);

/* Take "SPEC:name=value,name=value" apart; what exists as a whole has no options. */
enum fig_status source_parse(struct source *source, const char *spec);
/* The option's value, or NULL. */
const char *source_option(const struct source *source, const char *name);
/* The option as a whole number of [least, most], or `fallback` if it is not given. */
enum fig_status source_number(const struct source *source, const char *name,
                              const int range[2], int fallback, int *number);

/* The label that the option `only` names, or -1 if it is not given. */
enum fig_status source_only(const struct source *source, const struct fig_dataset *dataset,
                            int *label);

void names_add(struct text *names, const char *name);

/* Whether the spec is `name` or starts with `name:`. */
bool spec_names(const char *spec, const char *name);

/* COUNT of `name:COUNT`, or `fallback` if there is none; refuses what `sample_size` bytes each
 * would take beyond the limit. */
enum fig_status spec_count(const char *spec, size_t sample_size, int fallback, int *count);

#endif
