/* SPDX-License-Identifier: MIT */
#ifndef FIG_LOG_H
#define FIG_LOG_H

#include <figment/api.h>

FIG_BEGIN

enum fig_log_level { FIG_LOG_ERROR, FIG_LOG_WARNING, FIG_LOG_INFO, FIG_LOG_DEBUG };

/* Where the library's messages go: one line each, without a newline.  NULL, the
 * default, is silence.  The callback may be called from any thread that calls
 * the library.  This is the library's only global that changes. */
FIG_API void fig_log_set(void (*callback)(void *data, enum fig_log_level level,
                                          const char *text),
                         void *data);

FIG_END

#endif
