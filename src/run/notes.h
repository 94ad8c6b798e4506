/* SPDX-License-Identifier: MIT */
/* Numbers and texts among the metadata of a file of tensors. */
#ifndef RUN_NOTES_H
#define RUN_NOTES_H

#include "base/log.h"
#include "run/safetensors.h"

enum { NOTES = 16, NOTE_SIZE = 1024, NOTE_NUMBERS = NOTE_SIZE / 25 /* bytes of the longest */ };

/* Metadata being written: texts live here.  Start with `{ .count = 0 }`. */
struct notes {
    struct safe_pair pairs[NOTES];
    char values[NOTES][NOTE_SIZE];
    int count;
};

void note(struct notes *notes, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);
/* All digits of `count` numbers, at most NOTE_NUMBERS. */
void note_numbers(struct notes *notes, const char *key, const double *numbers, int count);

/* Numbers separated by spaces: exactly `count` finite ones, else FIG_FORMAT.  `path` is for
 * messages. */
enum fig_status read_numbers(const struct safetensors *file, const char *path, const char *key,
                             int count, double *out);
/* Of these all whole, from 0 to `most`. */
enum fig_status read_whole(const struct safetensors *file, const char *path, const char *key,
                           int count, double most, double *out);

#endif
