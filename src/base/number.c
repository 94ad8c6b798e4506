/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t plain; /* once made, for as long as the program runs */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_plain(void)
{
    plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

/* This thread's locale until now; without memory for ours it stays. */
static locale_t begin(void)
{
    pthread_once(&once, make_plain);
    return uselocale(plain);
}

double number_read(const char *text, char **end)
{
    const locale_t before = begin();
    const double number = strtod(text, end);
    uselocale(before);
    return number;
}

int number_vprint(char *out, size_t room, const char *format, va_list args)
{
    const locale_t before = begin();
    const int length = vsnprintf(out, room, format, args);
    uselocale(before);
    return length;
}

int number_print(char *out, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length = number_vprint(out, room, format, args);
    va_end(args);
    return length;
}
