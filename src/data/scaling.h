/* SPDX-License-Identifier: MIT */
/* Scalings that own their numbers. */
#ifndef DATA_SCALING_H
#define DATA_SCALING_H

#include <stddef.h>

#include <figment/data.h>

/* All numbers 0.  After a failure there is nothing to free. */
enum fig_status scaling_create(struct fig_scaling *out, int columns);
enum fig_status scaling_copy(struct fig_scaling *out, const struct fig_scaling *scaling);
/* Column `column`'s number, standardised; as it is by a scaling without columns.  False if it is
 * beyond floats then. */
bool scaling_apply(const struct fig_scaling *scaling, size_t column, double number, float *out);
/* The same numbers of as many columns; two without columns are the same. */
bool scaling_same(const struct fig_scaling *a, const struct fig_scaling *b);
/* Leaves no columns; twice is harmless. */
void scaling_free(struct fig_scaling *scaling);

#endif
