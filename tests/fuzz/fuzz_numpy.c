/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as a NumPy array of samples. */
#include "dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset("array.npy", "", bytes, size);
    return 0;
}
