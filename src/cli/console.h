/* SPDX-License-Identifier: MIT */
/* What the user reads.  Results go to stdout; everything else goes to stderr as "figment: ...". */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdbool.h>

#include <figment/status.h>

struct console {
    bool quiet;     /* errors only */
    bool debug;     /* the library's debug messages too: FIGMENT_DEBUG=1 */
    bool terminal;  /* stdout is one that understands how to erase a line */
    bool line_open; /* a live line is on the screen */
};

/* Looks at stdout and FIGMENT_DEBUG, and shows the library's messages from now on. */
void console_start(struct console *console);
/* The same for messages only; for those who listened to the library themselves for a while. */
void console_listen(struct console *console);

/* Columns of the terminal; 80 if it does not say. */
int console_width(void);

/* Show the line in place of the live line before it; without a newline, so that it stays live. */
void console_live(struct console *console, const char *line);
/* Erase the live line, if there is one: before anything else is printed. */
void console_clear(struct console *console);

/* "figment: ..." to stderr; returns the status: `return complain(FIG_INVALID, ...);` */
enum fig_status complain(enum fig_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A remark for the user, unless it shall be quiet. */
void console_note(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
