/* SPDX-License-Identifier: MIT */
/* Images as zeros and ones. */
#ifndef MODEL_BINARIZE_H
#define MODEL_BINARIZE_H

#include <figment/model.h>

#include "model/yaml.h"

/* The key `binarize` of a configuration; its default is written into the document. */
enum fig_status read_binarize(struct document *document, enum fig_binarize *binarize);

/* What a step of training makes of the images; dynamic ones are drawn anew at every step. */
struct fig_node *binarize_images(enum fig_binarize binarize, struct fig_graph *graph,
                                 struct fig_node *images);

/* What evaluations make of images first .. first + count - 1 of a data set, [count][length], in
 * place: the same at every call and for every model. */
enum fig_status binarize_values(enum fig_binarize binarize, int first, int count, float *images,
                                size_t length);

#endif
