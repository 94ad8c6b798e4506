/* SPDX-License-Identifier: MIT */
/* What reading and writing safetensors files must agree on. */
#ifndef RUN_SAFETENSORS_FORMAT_H
#define RUN_SAFETENSORS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "run/safetensors.h"

#define SAFE_METADATA "__metadata__"

enum { SAFE_LENGTH_BYTES = 8 }; /* of the header's length, before it */

/* Bytes of a tensor by its shape; false when size_t cannot hold them. */
bool safe_size(const struct safe_tensor *tensor, size_t *size);

/* Between the file's byte order and the host's, either way, in place; `unit` is an element's
 * size and `size` a multiple of it. */
void safe_swap(unsigned char *bytes, size_t size, size_t unit);

#endif
