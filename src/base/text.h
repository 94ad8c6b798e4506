/* SPDX-License-Identifier: MIT */
/* A string that grows.  Start with `struct text t = { 0 };`.  The first failed
 * allocation is remembered in `failed`, and later additions do nothing: look once. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

struct text {
    char *chars;         /* zero-terminated; NULL while empty */
    size_t length, room; /* bytes used without the zero, and bytes allocated */
    bool failed;
};

/* Numbers as in number.h. */
void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
/* In double quotes, which are doubled inside, as CSV has it. */
void text_add_quoted(struct text *text, const char *words);
/* Number `index`, from 0, of texts that were added with a zero behind each; NULL: there are
 * fewer. */
const char *text_part(const struct text *text, int index);
void text_free(struct text *text);

#endif
