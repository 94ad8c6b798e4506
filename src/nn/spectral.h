/* SPDX-License-Identifier: MIT */
/* Spectral norm of weights (Miyato et al., ICLR 2018). */
#ifndef NN_SPECTRAL_H
#define NN_SPECTRAL_H

#include "graph/node.h"

/* weight / sigma, where sigma is its largest singular value as a matrix [out, rest], followed by
 * one power iteration per step; the state LAYER.u [out] remembers the direction.  With `training`,
 * *update receives the assignment that a plan may run. */
struct fig_node *spectral_norm(struct fig_node *weight, const char *layer, bool training,
                               struct fig_node **update);

#endif
