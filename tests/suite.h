/* SPDX-License-Identifier: MIT */
/* How every suite ends, and what the library says meanwhile. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#undef fail /* Check's macro; base/log.h has a function of that name */

#include <figment/log.h>

enum { SUITE_MESSAGE = 2048 };
extern char message[SUITE_MESSAGE]; /* the last error or warning that the library logged */

/* The listener that keeps it; with FIGMENT_DEBUG it prints it, too. */
void suite_listen(void *data, enum fig_log_level level, const char *text);

/* Run it in this process (a fork would not survive OpenCL) with this listener, print its summary
 * and return main's exit status. */
int suite_main(Suite *suite);

#endif
