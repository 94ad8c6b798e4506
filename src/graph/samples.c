/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/size.h"
#include "graph/store.h"

/* Room for the values, or the caller's own. */
static enum fig_status reserve(struct fig_samples *samples, const void *borrowed)
{
    struct region *place = &samples->values;
    size_t values, size;
    if (!size_mul((size_t)samples->rows, (size_t)samples->length, &values) ||
        !size_mul(values, samples->bytes ? 1 : sizeof(double), &size))
        return fail(FIG_NOMEM, "%d samples of %d values are too many", samples->rows,
                    samples->length);
    place->size = samples->bytes ? values : device_reals(samples->device, values);
    samples->order.size = (size_t)samples->count * sizeof(uint32_t);
    TRY(borrowed ? device_borrow(samples->device, borrowed, place->size, &place->buffer)
                 : device_alloc(samples->device, place->size, &place->buffer));
    return device_alloc(samples->device, samples->order.size, &samples->order.buffer);
}

/* Sample i in row i; of a window in row i modulo its rows. */
static enum fig_status natural_order(struct fig_samples *samples)
{
    uint32_t *order = malloc(samples->order.size);
    if (!order)
        return fail(FIG_NOMEM, "no memory for the order of %d samples", samples->count);
    for (int i = 0; i < samples->count; i++)
        order[i] = (uint32_t)(i % samples->rows);
    const enum fig_status status = device_write_bytes(samples->device, samples->order, order);
    free(order);
    return status;
}

/* As the form says, with these values or, if they are NULL, with room for some. */
static enum fig_status create(struct fig_samples **out, const struct fig_samples *form,
                              const void *borrowed)
{
    struct fig_samples *samples = malloc(sizeof(*samples));
    if (!samples)
        return fail(FIG_NOMEM, "no memory for samples");
    *samples = *form;
    enum fig_status status = reserve(samples, borrowed);
    if (!status)
        status = natural_order(samples);
    if (status)
        fig_samples_destroy(&samples);
    *out = samples;
    return status;
}

enum fig_status fig_samples_create_window(struct fig_samples **out, struct fig_device *device,
                                          int count, int length, int rows, bool bytes)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(device && length > 0 && rows > 0 && rows <= count);
    const struct fig_samples form = {
        .device = device, .count = count, .rows = rows, .length = length, .bytes = bytes };
    return create(out, &form, NULL);
}

enum fig_status fig_samples_write(struct fig_samples *samples, int count, const void *values)
{
    REQUIRE(samples && values && count > 0 && count <= samples->rows && !samples->borrowed);
    const size_t length = (size_t)count * (size_t)samples->length;
    struct region region = samples->values;
    region.size = samples->bytes ? length : device_reals(samples->device, length);
    return samples->bytes ? device_write_bytes(samples->device, region, values)
                          : device_write(samples->device, region, values);
}

enum fig_status fig_samples_create(struct fig_samples **out, struct fig_device *device, int count,
                                   int length, const uint8_t *bytes, const float *reals)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(!bytes != !reals);
    const void *values = bytes ? (const void *)bytes : reals;
    TRY(fig_samples_create_window(out, device, count, length, count, bytes != NULL));
    const enum fig_status status = fig_samples_write(*out, count, values);
    if (status)
        fig_samples_destroy(out);
    return status;
}

enum fig_status fig_samples_borrow(struct fig_samples **out, struct fig_device *device, int count,
                                   int length, const uint8_t *bytes, const float *reals)
{
    REQUIRE(out);
    *out = NULL;
    REQUIRE(device && count > 0 && length > 0 && !bytes != !reals);
    const bool fits = bytes || device->info.real_size == sizeof(*reals);
    const struct fig_samples form = {
        .device = device, .count = count, .rows = count, .length = length, .bytes = bytes };
    TRY(fits ? create(out, &form, bytes ? (const void *)bytes : reals)
             : fig_samples_create(out, device, count, length, NULL, reals));
    (*out)->borrowed = true;
    return FIG_OK;
}

void fig_samples_destroy(struct fig_samples **samples)
{
    if (!*samples)
        return;
    device_free((*samples)->device, &(*samples)->values.buffer);
    device_free((*samples)->device, &(*samples)->order.buffer);
    free(*samples);
    *samples = NULL;
}

enum fig_status fig_samples_order(struct fig_samples *samples, const uint32_t *order)
{
    REQUIRE(samples && order && samples->rows == samples->count);
    for (int i = 0; i < samples->count; i++) {
        if (order[i] >= (uint32_t)samples->count)
            return fail(FIG_INVALID, "entry %d of an order is %u; there are %d samples", i,
                        order[i], samples->count);
    }
    return device_write_bytes(samples->device, samples->order, order);
}
