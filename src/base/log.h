/* SPDX-License-Identifier: MIT */
/* Messages for humans.  An error names the thing, the rule and the values. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <figment/log.h>
#include <figment/status.h>

#define PRINTF_LIKE(format_, first_) __attribute__((format(printf, format_, first_)))

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/* Log the message as an error and return the status: `return fail(FIG_IO, ...);` */
enum fig_status fail(enum fig_status status, const char *format, ...) PRINTF_LIKE(2, 3);

#define TRY(call)                                                                                  \
    do {                                                                                           \
        const enum fig_status try_ = (call);                                                       \
        if (try_ != FIG_OK)                                                                        \
            return try_;                                                                           \
    } while (0)

/* The border check of a public function: a broken rule is the caller's error. */
#define REQUIRE(rule)                                                                              \
    do {                                                                                           \
        if (!(rule))                                                                               \
            return fail(FIG_INVALID, "%s: the rule `%s` is broken", __func__, #rule);              \
    } while (0)

#endif
