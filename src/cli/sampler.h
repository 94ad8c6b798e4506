/* SPDX-License-Identifier: MIT */
/* What samples are drawn from, for the commands that have --sampler. */
#ifndef CLI_SAMPLER_H
#define CLI_SAMPLER_H

#include "cli/task.h"

#define OPTION_SAMPLER                                                                             \
    { "--sampler", "prior|gmm[:K]", OPTION_TEXT, false,                                            \
      "own, or 10 (K) Gaussians of codes (default: the run's)",                                    \
      offsetof(struct request, sampler), NULL }

/* Whether the request names a sampler: asked before any long work. */
enum fig_status sampler_check(const struct request *request);

/* The mixture that the request, or else the model's configuration, asks for; NULL if it is the
 * model's own distribution.  What is drawn of it will be of --class, if given. */
enum fig_status sampler_open(const struct task *task, struct fig_mixture **out);

#endif
