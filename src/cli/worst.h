/* SPDX-License-Identifier: MIT */
/* A picture of the samples with the highest scores: each one, what the model makes of it, and where
 * it errs, from black, no error, over red and yellow to white, an error of 1. */
#ifndef CLI_WORST_H
#define CLI_WORST_H

#include "cli/task.h"

/* To the request's --worst, as many as it says; `scores` has one for each sample of `data`. */
enum fig_status worst_write(const struct task *task, const struct fig_dataset *data,
                            const double *scores);

#endif
