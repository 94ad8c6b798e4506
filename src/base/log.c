/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
    void (*callback)(void *data, enum fig_log_level level, const char *text);
    void *data;
} sink;

void fig_log_set(void (*callback)(void *data, enum fig_log_level level, const char *text),
                 void *data)
{
    sink.callback = callback;
    sink.data = data;
}

static void say(enum fig_log_level level, const char *format, va_list args)
{
    char text[2048];
    if (!sink.callback)
        return;
    vsnprintf(text, sizeof(text), format, args);
    sink.callback(sink.data, level, text);
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        say(level, format, args);                                                                  \
        va_end(args);                                                                              \
    }
LOG_FUNCTION(log_error, FIG_LOG_ERROR)
LOG_FUNCTION(log_warning, FIG_LOG_WARNING)
LOG_FUNCTION(log_info, FIG_LOG_INFO)
LOG_FUNCTION(log_debug, FIG_LOG_DEBUG)
#undef LOG_FUNCTION

enum fig_status fail(enum fig_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(FIG_LOG_ERROR, format, args);
    va_end(args);
    return status;
}
