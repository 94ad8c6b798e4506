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

enum npy_type { NPY_FLOAT, NPY_DOUBLE, NPY_BYTE, NPY_INT, NPY_LONG }; /* int32 and int64 */

/* A file as its header describes it. */
struct npy {
    int rank, dim[FIG_ARRAY_RANK];
    enum npy_type type;
    size_t item;         /* bytes of a number */
    const char *numbers; /* in the file's bytes, not aligned */
    size_t size;         /* bytes from there to the end of the file */
};

/* Strict: FIG_FORMAT, and a message that names the file, for all but these types in C order.  The
 * dimensions are at least 1, and `length`, their product, is what follows the header. */
enum fig_status npy_parse(struct npy *npy, const char *path, const char *bytes, size_t size,
                          size_t *length);
double npy_number(const struct npy *npy, size_t index);

#endif
