/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as one of CIFAR-10's batches. */
#include "dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset("batch.bin", "", bytes, size);
    return 0;
}
