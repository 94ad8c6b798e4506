/* SPDX-License-Identifier: MIT */
#include "device/device.h"

#include "base/log.h"

enum { CONVERT = 1024 }; /* reals converted at a time */

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

void device_free(struct fig_device *device, struct buffer **buffer)
{
    if (!*buffer)
        return;
    device->ops->free(device, *buffer);
    *buffer = NULL;
}

enum fig_status device_write_bytes(struct fig_device *device, struct region to, const void *bytes)
{
    REQUIRE(device && to.buffer && to.offset % DEVICE_ALIGN == 0 && bytes);
    return to.size ? device->ops->write(device, to, bytes) : FIG_OK;
}

enum fig_status device_read_bytes(struct fig_device *device, struct region from, void *bytes)
{
    REQUIRE(device && from.buffer && from.offset % DEVICE_ALIGN == 0 && bytes);
    return from.size ? device->ops->read(device, from, bytes) : FIG_OK;
}

enum fig_status device_zero(struct fig_device *device, struct region region)
{
    REQUIRE(device && region.buffer && region.offset % DEVICE_ALIGN == 0);
    return region.size ? device->ops->zero(device, region) : FIG_OK;
}

/* Numbers on their way. */
union reals {
    float floats[CONVERT];
    double doubles[CONVERT];
};

/* Numbers of 4 bytes are floats, of 8 doubles. */
static void convert(void *to, size_t to_size, const void *from, size_t from_size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double value = from_size == 4 ? ((const float *)from)[i] : ((const double *)from)[i];
        if (to_size == 4)
            ((float *)to)[i] = (float)value;
        else
            ((double *)to)[i] = value;
    }
}

static struct region slice_of(struct region region, size_t offset, size_t size)
{
    return (struct region){ region.buffer, region.offset + offset, size };
}

static enum fig_status write_reals(struct fig_device *device, struct region to,
                                   const void *values, size_t value_size)
{
    const size_t size = (size_t)device->info.real_size;
    if (size == value_size)
        return device_write_bytes(device, to, values);
    REQUIRE(to.buffer && to.offset % DEVICE_ALIGN == 0 && values);
    for (size_t i = 0; i < to.size / size; i += CONVERT) {
        union reals reals;
        const size_t count = to.size / size - i < CONVERT ? to.size / size - i : CONVERT;
        convert(&reals, size, (const char *)values + i * value_size, value_size, count);
        TRY(device->ops->write(device, slice_of(to, i * size, count * size), &reals));
    }
    return FIG_OK;
}

static enum fig_status read_reals(struct fig_device *device, struct region from, void *values,
                                  size_t value_size)
{
    const size_t size = (size_t)device->info.real_size;
    if (size == value_size)
        return device_read_bytes(device, from, values);
    REQUIRE(from.buffer && from.offset % DEVICE_ALIGN == 0 && values);
    for (size_t i = 0; i < from.size / size; i += CONVERT) {
        union reals reals;
        const size_t count = from.size / size - i < CONVERT ? from.size / size - i : CONVERT;
        TRY(device->ops->read(device, slice_of(from, i * size, count * size), &reals));
        convert((char *)values + i * value_size, value_size, &reals, size, count);
    }
    return FIG_OK;
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
