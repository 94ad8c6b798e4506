/* SPDX-License-Identifier: MIT */
/* NumPy's file format: magic, version, the length of a header, the header -- a Python dict literal
 * padded with spaces to a multiple of 64 bytes -- and the numbers. */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include <stddef.h>

#include <figment/array.h>

enum { NPY_HEADER = 128 }; /* bytes of the headers that we write */

/* The header of a float32 array; returns its size. */
size_t npy_header(char out[NPY_HEADER], const struct fig_array *array);

/* A file as its header describes it. */
struct npy {
    int rank, dim[FIG_ARRAY_RANK];
    size_t item;         /* bytes of a number: 4 or 8, floating-point */
    const char *numbers; /* in the file's bytes, not aligned */
    size_t size;         /* bytes from there to the end of the file */
};

/* Strict: FIG_FORMAT, and a message that names the file, for all but what array.h says.  That
 * `size` fits the dimensions, and that they fit in memory, is left to look at. */
enum fig_status npy_parse(struct npy *npy, const char *path, const char *bytes, size_t size);

#endif
