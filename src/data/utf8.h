/* SPDX-License-Identifier: MIT */
#ifndef DATA_UTF8_H
#define DATA_UTF8_H

#include <stdbool.h>

/* As RFC 3629 has it: each character in its shortest form, none a surrogate or above 10FFFF. */
static inline bool is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        const unsigned char lead = *at++;
        const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (more && (lead < 0xc2 || lead > 0xf4 || *at < low || *at > high))
            return false;
        for (int i = 0; i < more; i++, at++) {
            if ((*at & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}

#endif
