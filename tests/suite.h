/* SPDX-License-Identifier: MIT */
/* How every suite ends. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#undef fail /* Check's macro; base/log.h has a function of that name */

/* Run it in this process (a fork would not survive OpenCL), print its summary and return main's
 * exit status. */
int suite_main(Suite *suite);

#endif
