/* SPDX-License-Identifier: MIT */
#include "device/device.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/size.h"

/* Reals converted and transferred at a time: a few MiB, beside which a transfer's start is
 * little. */
enum { PIECE = 1 << 20 };

const struct fig_device_info *fig_device_info(const struct fig_device *device)
{
    return &device->info;
}

void fig_device_close(struct fig_device **device)
{
    if (!device || !*device)
        return;
    (*device)->ops->close(*device);
    *device = NULL;
}

enum fig_status fig_device_finish(struct fig_device *device)
{
    REQUIRE(device);
    return device->ops->finish(device);
}

size_t device_reals(const struct fig_device *device, size_t count)
{
    return count * (size_t)device->info.real_size;
}

enum fig_status device_alloc(struct fig_device *device, size_t bytes, struct buffer **out)
{
    REQUIRE(device && out);
    const size_t most = device->info.max_alloc;
    if (bytes == 0 || (most && bytes > most))
        return fail(FIG_NOMEM, "%s: a buffer of %zu bytes: 1 to %zu are possible; take a smaller "
                    "batch or model", device->info.name, bytes, most);
    return device->ops->alloc(device, bytes, out);
}

enum fig_status device_borrow(struct fig_device *device, const void *bytes, size_t size,
                              struct buffer **out)
{
    REQUIRE(device && bytes && size && out);
    if (device->ops->borrow)
        return device->ops->borrow(device, bytes, size, out);
    TRY(device_alloc(device, size, out));
    const struct region whole = { *out, 0, size };
    const enum fig_status status = device->ops->write(device, whole, bytes);
    if (status)
        device_free(device, out);
    return status;
}

void device_free(struct fig_device *device, struct buffer **buffer)
{
    if (!*buffer)
        return;
    device->ops->free(device, *buffer);
    *buffer = NULL;
}

enum fig_status device_write_bytes(struct fig_device *device, struct region to, const void *bytes)
{
    REQUIRE(device && region_fits(to) && to.offset % DEVICE_ALIGN == 0 && bytes);
    return to.size ? device->ops->write(device, to, bytes) : FIG_OK;
}

enum fig_status device_read_bytes(struct fig_device *device, struct region from, void *bytes)
{
    REQUIRE(device && region_fits(from) && from.offset % DEVICE_ALIGN == 0 && bytes);
    return from.size ? device->ops->read(device, from, bytes) : FIG_OK;
}

enum fig_status device_zero(struct fig_device *device, struct region region)
{
    REQUIRE(device && region_fits(region) && region.offset % DEVICE_ALIGN == 0);
    return region.size ? device->ops->zero(device, region) : FIG_OK;
}

/* Floats to doubles, or back, as the size of what they become says. */
static void convert(void *to, size_t to_size, const void *from, size_t count)
{
    for (size_t i = 0; to_size == sizeof(double) && i < count; i++)
        ((double *)to)[i] = (double)((const float *)from)[i];
    for (size_t i = 0; to_size == sizeof(float) && i < count; i++)
        ((float *)to)[i] = (float)((const double *)from)[i];
}

static struct region slice_of(struct region region, size_t offset, size_t size)
{
    return (struct region){ region.buffer, region.offset + offset, size };
}

/* Room for as many of `length` numbers as move at a time; nothing for none. */
static enum fig_status piece_alloc(const struct fig_device *device, size_t length, void **out)
{
    const size_t size = device_reals(device, size_least(length, PIECE));
    *out = size ? malloc(size) : NULL;
    return *out || !size ? FIG_OK : fail(FIG_NOMEM, "no memory to convert %zu numbers", length);
}

static enum fig_status write_reals(struct fig_device *device, struct region to,
                                   const void *values, size_t value_size)
{
    const size_t size = (size_t)device->info.real_size;
    if (size == value_size)
        return device_write_bytes(device, to, values);
    REQUIRE(region_fits(to) && to.offset % DEVICE_ALIGN == 0 && values);
    const size_t length = to.size / size;
    void *piece = NULL;
    enum fig_status status = piece_alloc(device, length, &piece);
    for (size_t i = 0; !status && i < length; i += PIECE) {
        const size_t count = size_least(length - i, PIECE);
        convert(piece, size, (const char *)values + i * value_size, count);
        status = device->ops->write(device, slice_of(to, i * size, count * size), piece);
    }
    free(piece);
    return status;
}

static enum fig_status read_reals(struct fig_device *device, struct region from, void *values,
                                  size_t value_size)
{
    const size_t size = (size_t)device->info.real_size;
    if (size == value_size)
        return device_read_bytes(device, from, values);
    REQUIRE(region_fits(from) && from.offset % DEVICE_ALIGN == 0 && values);
    const size_t length = from.size / size;
    void *piece = NULL;
    enum fig_status status = piece_alloc(device, length, &piece);
    for (size_t i = 0; !status && i < length; i += PIECE) {
        const size_t count = size_least(length - i, PIECE);
        status = device->ops->read(device, slice_of(from, i * size, count * size), piece);
        if (!status)
            convert((char *)values + i * value_size, value_size, piece, count);
    }
    free(piece);
    return status;
}

enum fig_status device_write(struct fig_device *device, struct region to, const float *values)
{
    REQUIRE(device);
    return write_reals(device, to, values, sizeof(*values));
}

enum fig_status device_read(struct fig_device *device, struct region from, float *values)
{
    REQUIRE(device);
    return read_reals(device, from, values, sizeof(*values));
}

enum fig_status device_write_doubles(struct fig_device *device, struct region to,
                                     const double *values)
{
    REQUIRE(device);
    return write_reals(device, to, values, sizeof(*values));
}

enum fig_status device_read_doubles(struct fig_device *device, struct region from, double *values)
{
    REQUIRE(device);
    return read_reals(device, from, values, sizeof(*values));
}

enum fig_status device_compile(struct fig_device *device, const struct work *works, int count,
                               struct script **out)
{
    REQUIRE(device && works && count > 0 && out);
    for (int i = 0; i < count; i++)
        TRY(work_check(&works[i], (size_t)device->info.real_size));
    return device->ops->compile(device, works, count, out);
}

enum fig_status device_run(struct fig_device *device, struct script *script, uint32_t step)
{
    REQUIRE(device && script);
    return device->ops->run(device, script, step, NULL);
}

enum fig_status device_time(struct fig_device *device, struct script *script, uint32_t step,
                            double *seconds)
{
    REQUIRE(device && script && seconds);
    TRY(device->ops->finish(device));
    return device->ops->run(device, script, step, seconds);
}

void device_release(struct fig_device *device, struct script **script)
{
    if (!*script)
        return;
    device->ops->release(device, *script);
    *script = NULL;
}
