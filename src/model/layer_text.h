/* SPDX-License-Identifier: MIT */
/* One layer as text: "conv 64 5x5 stride 2 leaky-relu"; see layers.h. */
#ifndef MODEL_LAYER_TEXT_H
#define MODEL_LAYER_TEXT_H

#include "model/layers.h"

enum fig_status layer_read(struct layer *layer, const struct yaml *node);

#endif
