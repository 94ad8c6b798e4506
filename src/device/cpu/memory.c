/* SPDX-License-Identifier: MIT */
#include "device/cpu/memory.h"

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
    struct buffer *buffer = malloc(sizeof(*buffer));
    char *memory = aligned_alloc(DEVICE_ALIGN, round_up(bytes + SLACK, DEVICE_ALIGN));
    if (!buffer || !memory) {
        free(buffer);
        free(memory);
        return fail(FIG_NOMEM, "%s: %zu bytes asked for, the system refused them (%zu are free)",
                    device->info.name, bytes, available);
    }
    memset(memory, 0, bytes + SLACK);
    *buffer = (struct buffer){ .size = bytes, .memory = memory };
    *out = buffer;
    return FIG_OK;
}

void memory_free(struct fig_device *device, struct buffer *buffer)
{
    (void)device;
    free(buffer->memory);
    free(buffer);
}
