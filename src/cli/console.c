/* SPDX-License-Identifier: MIT */
#include "cli/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <figment/log.h>

static const char *const prefixes[] = {
    [FIG_LOG_ERROR] = "figment: ",
    [FIG_LOG_WARNING] = "figment: warning: ",
    [FIG_LOG_INFO] = "figment: ",
    [FIG_LOG_DEBUG] = "figment: debug: ",
};

static bool wanted(const struct console *console, enum fig_log_level level)
{
    if (level == FIG_LOG_DEBUG)
        return console->debug;
    return level == FIG_LOG_ERROR || !console->quiet;
}

static void on_message(void *data, enum fig_log_level level, const char *text)
{
    struct console *console = data;
    if (!wanted(console, level))
        return;
    console_clear(console);
    fprintf(stderr, "%s%s\n", prefixes[level], text);
}

void console_listen(struct console *console)
{
    fig_log_set(on_message, console);
}

void console_start(struct console *console)
{
    const char *debug = getenv("FIGMENT_DEBUG"), *terminal = getenv("TERM");
    *console = (struct console){
        .debug = debug && strcmp(debug, "1") == 0,
        .terminal = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0,
    };
    console_listen(console);
}

int console_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

void console_live(struct console *console, const char *line)
{
    printf("\r%s\033[K", line);
    fflush(stdout);
    console->line_open = true;
}

void console_clear(struct console *console)
{
    if (!console->line_open)
        return;
    printf("\r\033[K");
    fflush(stdout);
    console->line_open = false;
}

static void say(const char *format, va_list arguments)
{
    fputs("figment: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

enum fig_status complain(enum fig_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return status;
}

void console_note(struct console *console, const char *format, ...)
{
    va_list arguments;
    if (console->quiet)
        return;
    console_clear(console);
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}
