/* SPDX-License-Identifier: MIT */
/* A data set of which only a part is on the device at a time, since it is too large, or drawn as it
 * is used: a thread makes the next part ready while the device works on this one. */
#ifndef TRAIN_WINDOW_H
#define TRAIN_WINDOW_H

#include <figment/data.h>
#include <figment/plan.h>

struct window;

/* `samples` were created as a window of `rows` samples; they and the dataset are the caller's. */
enum fig_status window_create(struct window **out, const struct fig_dataset *dataset,
                              struct fig_samples *samples, int rows);
void window_destroy(struct window **window);

/* From now on the samples come in this order, which the window frees; at first as they lie. */
void window_order(struct window *window, uint32_t *order);

/* Bring sample `first` of the order to the device, and all that share its part. */
enum fig_status window_reach(struct window *window, int first);

#endif
