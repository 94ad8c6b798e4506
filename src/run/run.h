/* SPDX-License-Identifier: MIT */
/* What the library itself needs of a run beyond <figment/run.h>. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <figment/plan.h>
#include <figment/run.h>

#include "run/model_file.h"

/* On a store that somebody else owns: how a training draws what it has learnt. */
enum fig_status run_borrow(struct fig_run **out, const struct fig_config *config,
                           struct fig_device *device, struct fig_store *store,
                           struct sample_size size);

/* [count][length]; the errors of fig_run_noise. */
enum fig_status noise_draw(const struct fig_noise *noise, int length, float *out);

/* As fig_run_decode; the rows are samples first, first + 1 ... */
enum fig_status run_decode(struct fig_run *run, const float *codes, int first, int count,
                           float *images);

/* Of the file that the run was opened from: the folder may have another model by now. */
uint64_t run_hash(const struct fig_run *run);
/* The same as text, for files that remember which model they were made of. */
enum { MARK_SIZE = 17 };
void run_mark(const struct fig_run *run, char mark[MARK_SIZE]);

struct fig_device *run_device(const struct fig_run *run);

#endif
