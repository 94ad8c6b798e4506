/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as an IDX file, plain or gzip'd; long.sh's limit on single allocations proves
 * that no header alone makes us allocate. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <figment/data.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Read every byte that the dataset says it has. */
static unsigned sum(const struct fig_dataset *dataset)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const size_t length = (size_t)info->count * (size_t)info->height * (size_t)info->width;
    unsigned total = 0;
    for (size_t i = 0; i < length; i++)
        total += fig_dataset_bytes(dataset)[i];
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fig_dataset *dataset = NULL;
    char path[64];
    const int file = memfd_create("idx", 0);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    volatile unsigned total = 0;
    if (!fig_dataset_open(&dataset, path, FIG_TEST, 1))
        total += sum(dataset);
    fig_dataset_close(&dataset);
    close(file);
    return 0;
}
