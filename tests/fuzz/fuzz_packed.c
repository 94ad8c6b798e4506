/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as packed codes; their checksum is put right, or hardly any would get far. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "run/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packed packed;
    volatile unsigned total = 0;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    for (size_t i = 0; size >= 4 && i < 4; i++)
        bytes[size - 4 + i] = (uint8_t)(libdeflate_crc32(0, bytes, size - 4) >> 8 * i);
    if (!packed_parse(&packed, "fuzz", bytes, size)) {
        for (size_t i = 0; i < (size_t)packed.count * (size_t)packed.length; i++)
            total += packed.symbols[i];
        packed_free(&packed);
    }
    free(bytes);
    return 0;
}
