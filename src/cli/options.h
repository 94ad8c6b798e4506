/* SPDX-License-Identifier: MIT */
/* The command line: each command has one table of options, which both parses and explains them. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <figment/status.h>

#include "cli/console.h"

/* What the user asked for.  What he did not give is NULL, 0 or false. */
struct request {
    struct console console;
    char *const *arguments; /* without the options */
    int argument_count;
    char **overrides; /* KEY=VALUE for fig_config_open, in their order; the request's own */
    int override_count;
    const char *data, *device, *out, *trace, *metrics, *split, *sampler, *anomaly, *worst;
    const char *class_name;
    int count, batch, rows;
    double quantile, tolerance;
    uint64_t seed;
    double temperature, truncation;
    struct grid_size {
        int rows, columns;
    } grid;
    bool corrupt, resume, quiet, json, spherical, linear, profile, floors;
};

enum option_kind {
    OPTION_FLAG,   /* bool; takes no value */
    OPTION_TEXT,   /* const char *; not empty */
    OPTION_CHOICE, /* const char *; one of the words in its value's name: "train|test" */
    OPTION_COUNT,  /* int; 1 to 2^31 - 1 */
    OPTION_SHARE,  /* double; above 0 and below 1 */
    OPTION_NUMBER, /* double; 0.01 to 100 */
    OPTION_SEED,   /* uint64_t; 0 to 2^64 - 1 */
    OPTION_GRID,   /* struct grid_size; "RxC", both from 1 to 10000 */
    OPTION_PAIR,   /* KEY=VALUE */
};

struct option {
    const char *name;  /* "--data", "-o" */
    const char *value; /* its name in the help; NULL for a flag */
    enum option_kind kind;
    bool required;
    const char *help;
    size_t target;       /* where it goes: offsetof(struct request, ...) */
    const char *setting; /* or else: it is the override SETTING VALUE, "epochs=" "20" */
};

struct command {
    const char *name;
    const char *arguments;        /* in the help: "MODEL", "[MODEL...]", "" */
    int least, most;              /* how many arguments it takes */
    const char *summary;          /* one line */
    const struct option *options; /* ends with a row without a name; --help is understood besides */
    enum fig_status (*run)(struct request *request);
};

/* Rows that several commands have. */
#define OPTION_DATA                                                                                \
    { "--data", "DATA", OPTION_TEXT, false,                                                        \
      "synthetic, uniform, ring, grid or a path (else the run's)",                                 \
      offsetof(struct request, data), NULL }
#define OPTION_PART                                                                                \
    { "--split", "train|test", OPTION_CHOICE, false,                                               \
      "a half (default: test, of other data than the run's all)",                                  \
      offsetof(struct request, split), NULL }
#define OPTION_SPLIT                                                                               \
    { "--split", "train|test", OPTION_CHOICE, false, "which half of the data (default: test)",     \
      offsetof(struct request, split), NULL }
#define OPTION_DEVICE                                                                              \
    { "--device", "DEV", OPTION_TEXT, false,                                                       \
      "auto (default), cpu, cpu64, opencl[:N] or part of a name",                                  \
      offsetof(struct request, device), NULL }
#define OPTION_OUTPUT(value_, help_)                                                               \
    { "-o", value_, OPTION_TEXT, true, help_, offsetof(struct request, out), NULL }
#define OPTION_DRAW_SEED                                                                           \
    { "--seed", "N", OPTION_SEED, false, "what is drawn depends on it only (default: 0)",          \
      offsetof(struct request, seed), NULL }
#define OPTION_CLASS(help_)                                                                        \
    { "--class", "C", OPTION_TEXT, false, help_, offsetof(struct request, class_name), NULL }
#define OPTION_JSON(help_)                                                                         \
    { "--json", NULL, OPTION_FLAG, false, help_, offsetof(struct request, json), NULL }
#define OPTION_END                                                                                 \
    { NULL, NULL, OPTION_FLAG, false, NULL, 0, NULL }

/* Fill the request from the words behind the command's name, which are put in another order:
 * FIG_INVALID after a message that names the word.  `help` becomes true, and nothing else is
 * looked at, if --help is among them. */
enum fig_status request_parse(struct request *request, const struct command *command, int count,
                              char **words, bool *help);
void request_finish(struct request *request);

/* Usage, summary and a line for every option. */
void command_help(const struct command *command, FILE *out);

#endif
