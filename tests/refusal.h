/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REFUSAL_H
#define TESTS_REFUSAL_H

#include <figment/status.h>

/* Open the training half of what must be refused by a message that names it. */
enum fig_status refusal(const char *spec);

#endif
