/* SPDX-License-Identifier: MIT */
/* Numbers as files have them, with a decimal point: a host program's locale may know another. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdarg.h>
#include <stddef.h>

#include "base/log.h"

double number_read(const char *text, char **end); /* as strtod */
int number_print(char *out, size_t room, const char *format, ...) PRINTF_LIKE(3, 4); /* snprintf */
int number_vprint(char *out, size_t room, const char *format, va_list args);

#endif
