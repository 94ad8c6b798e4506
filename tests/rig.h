/* SPDX-License-Identifier: MIT */
/* For suites that run on every device: a graph, its store and its plan on the device that
 * FIGMENT_DEVICE names.  Every function fails the test with the library's own message. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <figment/plan.h>

#include "base/log.h"
#include "tests/suite.h"

enum { RIG_INPUTS = 16, RIG_SEED = 7 };

struct rig {
    struct fig_device *device;
    struct fig_graph *graph;
    struct fig_store *store;
    struct fig_plan *plan;
    struct fig_node *input[RIG_INPUTS];
    double *values[RIG_INPUTS];
    int inputs;
    int history; /* runs that the next plan remembers */
};

/* A device by name, opened once in a process; NULL: FIGMENT_DEVICE, or else the native CPU. */
struct fig_device *rig_device(const char *name);
bool rig_native(void); /* FIGMENT_DEVICE is a CPU engine of ours: cheap to compile for */
bool rig_small(void);  /* FIGMENT_TEST_SMALL: an emulated or interpreted device, shapes are small */
double rig_epsilon(const struct rig *rig); /* half a unit in the last place of 1 there */

void rig_open(struct rig *rig, const char *device);
void rig_close(struct rig *rig);

/* An input that keeps a copy of the values; NULL: random ones, see rig_random. */
struct fig_node *rig_input(struct rig *rig, struct fig_shape shape, const double *values);

/* Plan for these outputs and run it at `step`; a store is made when there is none yet. */
void rig_plan(struct rig *rig, struct fig_node *const *outputs, int count);
void rig_run(struct rig *rig, uint32_t step);
/* The output's values, to be freed by the caller. */
double *rig_read(struct rig *rig, const struct fig_node *output);

/* All three for one node. */
double *rig_evaluate(struct rig *rig, struct fig_node *node);

/* Numbers of [low, high) that floats hold exactly, from a seed; to be freed by the caller. */
double *rig_random(uint64_t seed, size_t count, double low, double high);

/* Run a suite as main() should. */
int rig_main(Suite *suite);

/* What is being tested, for the messages of RIG_OK. */
void rig_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* The note, and the last error that the library logged. */
const char *rig_message(void);

#define RIG_OK(call_)                                                                              \
    do {                                                                                           \
        const enum fig_status status_ = (call_);                                                   \
        ck_assert_msg(status_ == FIG_OK, "%s: %s: %s", #call_, fig_status_text(status_),           \
                      rig_message());                                                              \
    } while (0)

/* |seen - expected| <= atol + rtol |expected|, and NaN where NaN is expected. */
#define RIG_NEAR(seen_, expected_, rtol_, atol_, ...)                                              \
    ck_assert_msg(rig_near(seen_, expected_, rtol_, atol_), __VA_ARGS__)
bool rig_near(double seen, double expected, double rtol, double atol);

#endif
