/* SPDX-License-Identifier: MIT */
/* Text files that live in the library (embed.py makes the tables; their last name is NULL). */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

struct embedded {
    const char *name;    /* of the file, without its folder; without .yaml */
    const char *summary; /* one line; "" for kernels */
    const char *text;
};

extern const struct embedded embedded_kernels[]; /* cl/ */
extern const struct embedded embedded_models[];  /* the YAML files of samples/ */

#endif
