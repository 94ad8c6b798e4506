/* SPDX-License-Identifier: MIT */
/* Spectral norm of weights (Miyato et al., ICLR 2018). */
#ifndef NN_SPECTRAL_H
#define NN_SPECTRAL_H

#include <figment/nn.h>

/* weight / sigma, where sigma is its largest singular value as a matrix [out, rest], followed by
 * one power iteration per step; the state LAYER.u [out] remembers the direction.  `out` is the
 * weight's first dimension, or its last.  The weight as it is where `spectral` is NULL. */
enum out_axis { OUT_FIRST, OUT_LAST };
struct fig_node *spectral_norm(struct fig_node *weight, const char *layer, enum out_axis axis,
                               const struct fig_spectral *spectral);

#endif
