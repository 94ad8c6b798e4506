/* SPDX-License-Identifier: MIT */
/* What a dataset format has to provide.  A new one is a file and a row in dataset.c. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stddef.h>

#include <figment/data.h>

enum { DATASET_LIMIT = 1 << 30 }; /* bytes of one dataset: what a header may make us allocate */

struct fig_dataset {
    struct fig_dataset_info info;
    uint8_t *bytes;  /* one of these two is NULL */
    float *values;
    uint8_t *labels; /* or NULL */
};

/* What to open. */
struct source {
    const char *spec;
    enum fig_split split;
    uint64_t seed;
};

/* probe() looks whether the spec is of this format and logs nothing.  open() gets an empty dataset,
 * fills in `info` and the arrays, and logs what is wrong with the file, the offset and the
 * values; the caller frees what is there, after errors too. */
struct format {
    const char *looks_for; /* a phrase for the user whose file nothing recognises */
    bool (*probe)(const char *spec);
    enum fig_status (*open)(struct fig_dataset *dataset, const struct source *source);
};

extern const struct format synthetic_format, uniform_format, idx_format;

/* Whether the spec is `name` or starts with `name:`. */
bool spec_names(const char *spec, const char *name);

/* COUNT of `name:COUNT`, or `fallback` if there is none; refuses what `sample_size` bytes each
 * would take beyond the limit. */
enum fig_status spec_count(const char *spec, size_t sample_size, int fallback, int *count);

#endif
