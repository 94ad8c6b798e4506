/* SPDX-License-Identifier: MIT */
/* Images that are rebuilt, by a model or by what it is compared with. */
#ifndef EVALUATE_REBUILD_H
#define EVALUATE_REBUILD_H

#include <figment/run.h>

#include "evaluate/pca.h"

/* Who does: one of the two is NULL. */
struct rebuilder {
    struct fig_run *run;
    const struct pca *pca;
};
enum fig_status rebuild(const struct rebuilder *rebuilder, const float *images, int count,
                        float *out);

#endif
