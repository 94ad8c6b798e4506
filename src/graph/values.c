/* SPDX-License-Identifier: MIT */
/* A tensor's values between the device, where they lie as kernels want them, and the order of its
 * file.  Numbers of the host are floats or doubles, as their size says. */
#include <stdlib.h>
#include <string.h>

#include "graph/store.h"

static enum fig_status read_numbers(struct fig_device *device, struct region from, void *numbers,
                                    size_t size)
{
    return size == sizeof(float) ? device_read(device, from, numbers)
                                 : device_read_doubles(device, from, numbers);
}

static enum fig_status write_numbers(struct fig_device *device, struct region to,
                                     const void *numbers, size_t size)
{
    return size == sizeof(float) ? device_write(device, to, numbers)
                                 : device_write_doubles(device, to, numbers);
}

/* Room for them as they lie on the device. */
static enum fig_status alloc_numbers(size_t length, size_t size, char **out)
{
    *out = malloc(length * size);
    return *out ? FIG_OK : fail(FIG_NOMEM, "no memory for a tensor of %zu values", length);
}

enum fig_status values_read(struct fig_device *device, struct region from,
                            const struct layout *layout, void *values, size_t size)
{
    const size_t length = from.size / device_reals(device, 1);
    char *numbers;
    if (!layout->view.rank)
        return read_numbers(device, from, values, size);
    TRY(alloc_numbers(length, size, &numbers));
    const enum fig_status status = read_numbers(device, from, numbers, size);
    for (size_t i = 0; !status && i < length; i++)
        memcpy((char *)values + size * layout_index(layout, i), numbers + size * i, size);
    free(numbers);
    return status;
}

enum fig_status values_write(struct fig_device *device, struct region to,
                             const struct layout *layout, const void *values, size_t size)
{
    const size_t length = to.size / device_reals(device, 1);
    char *numbers;
    if (!layout->view.rank)
        return write_numbers(device, to, values, size);
    TRY(alloc_numbers(length, size, &numbers));
    for (size_t i = 0; i < length; i++)
        memcpy(numbers + size * i, (const char *)values + size * layout_index(layout, i), size);
    const enum fig_status status = write_numbers(device, to, numbers, size);
    free(numbers);
    return status;
}
