/* SPDX-License-Identifier: MIT */
/* Arbitrary text as a table, with and without labels. */
#include "dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset("table.csv", "", bytes, size);
    fuzz_dataset("table.csv", ":label=-1", bytes, size);
    return 0;
}
