/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_DATASET_H
#define FUZZ_DATASET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The path of a file of these bytes that is called `name`: always the same one. */
const char *fuzz_file(const char *name, const uint8_t *bytes, size_t size);

/* Both halves of such a file: whatever opens is read whole. */
void fuzz_dataset(const char *name, const char *options, const uint8_t *bytes, size_t size);

#endif
