/* SPDX-License-Identifier: MIT */
/* Buffers of the CPU devices: plain memory, their own or the host's. */
#ifndef CPU_MEMORY_H
#define CPU_MEMORY_H

#include "device/device.h"

enum fig_status memory_alloc(struct fig_device *device, size_t bytes, struct buffer **out);
enum fig_status memory_borrow(struct fig_device *device, const void *bytes, size_t size,
                              struct buffer **out);
void memory_free(struct fig_device *device, struct buffer *buffer);

size_t memory_total(void); /* bytes that this machine has */

static inline char *region_memory(struct region region)
{
    assert(region_fits(region));
    return (char *)region.buffer->memory + region.offset;
}

#endif
