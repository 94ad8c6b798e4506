/* SPDX-License-Identifier: MIT */
/* How a training goes: a live line on a terminal, and a plain one for each epoch or part of one. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <figment/train.h>

#include "cli/console.h"

struct progress_view {
    struct console *console;
    double shown; /* when the live line was drawn last, seconds */
    bool trained; /* there was progress */
};

/* For fig_train_params; `data` is a progress_view. */
void progress_show(void *data, const struct fig_progress *progress);

/* The two lines, cut to size - 1 bytes.  The live one has at most `width` columns: its bar shrinks
 * first and then goes. */
void progress_live_line(char *out, size_t size, const struct fig_progress *progress, int width);
void progress_epoch_line(char *out, size_t size, const struct fig_progress *progress);

#endif
