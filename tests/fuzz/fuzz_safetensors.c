/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as a safetensors file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "run/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors read;
    char *bytes = malloc(size + 1);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    if (safetensors_parse(&read, "fuzz", bytes, size))
        return 0;
    for (int i = 0; i < read.count; i++) {
        const struct safe_tensor *tensor = &read.tensors[i];
        const char *end = (const char *)tensor->data + tensor->size;
        if (end > (const char *)read.bytes + size || !safetensors_find(&read, tensor->name))
            abort();
    }
    safetensors_close(&read);
    return 0;
}
