/* SPDX-License-Identifier: MIT */
#include "device/cpu/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/size.h"

size_t memory_total(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (size_t)pages * (size_t)page : 0;
}

/* Bytes that can be had without swapping, as far as the system says; else all. */
static size_t memory_free_now(void)
{
    size_t kilobytes = 0;
    char line[128];
    FILE *file = fopen("/proc/meminfo", "r");
    if (!file)
        return memory_total();
    while (fgets(line, sizeof(line), file) &&
           sscanf(line, "MemAvailable: %zu", &kilobytes) != 1)
        ;
    fclose(file);
    return kilobytes ? kilobytes * 1024 : memory_total();
}

struct block {
    struct buffer base;
    void *owned; /* the same memory, or NULL if it is the host's */
};

/* oneDNN's kernels read up to a vector beyond a matrix, without using what they read. */
enum { SLACK = 256 };

/* Systems promise more memory than they have and kill whoever believes it, so we look first,
 * and touch all of it here rather than in the middle of a training. */
enum fig_status memory_alloc(struct fig_device *device, size_t bytes, struct buffer **out)
{
    const size_t available = memory_free_now();
    if (available && bytes > available)
        return fail(FIG_NOMEM, "%s: %zu bytes asked for, %zu are free: take a smaller batch or "
                    "model", device->info.name, bytes, available);
    struct block *block = malloc(sizeof(*block));
    char *memory = aligned_alloc(DEVICE_ALIGN, round_up(bytes + SLACK, DEVICE_ALIGN));
    if (!block || !memory) {
        free(block);
        free(memory);
        return fail(FIG_NOMEM, "%s: %zu bytes asked for, the system refused them (%zu are free)",
                    device->info.name, bytes, available);
    }
    memset(memory, 0, bytes + SLACK);
    *block = (struct block){ .base = { .size = bytes, .memory = memory }, .owned = memory };
    *out = &block->base;
    return FIG_OK;
}

enum fig_status memory_borrow(struct fig_device *device, const void *bytes, size_t size,
                              struct buffer **out)
{
    struct block *block = malloc(sizeof(*block));
    if (!block)
        return fail(FIG_NOMEM, "%s: no memory for a buffer's name", device->info.name);
    void *memory = (void *)(uintptr_t)bytes; /* only read, as the caller promised */
    *block = (struct block){ .base = { .size = size, .memory = memory } };
    *out = &block->base;
    return FIG_OK;
}

void memory_free(struct fig_device *device, struct buffer *buffer)
{
    struct block *block = (struct block *)buffer;
    (void)device;
    free(block->owned);
    free(block);
}
