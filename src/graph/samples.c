/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/size.h"
#include "graph/store.h"

static enum fig_status upload(struct fig_samples *samples, const uint8_t *bytes,
                              const float *reals)
{
    size_t values, size;
    if (!size_mul((size_t)samples->count, (size_t)samples->length, &values) ||
        !size_mul(values, bytes ? 1 : sizeof(double), &size))
        return fail(FIG_NOMEM, "%d samples of %d values are too many", samples->count,
                    samples->length);
    samples->values.size = bytes ? values : device_reals(samples->device, values);
    samples->order.size = (size_t)samples->count * sizeof(uint32_t);
    TRY(device_alloc(samples->device, samples->values.size, &samples->values.buffer));
    TRY(device_alloc(samples->device, samples->order.size, &samples->order.buffer));
    return bytes ? device_write_bytes(samples->device, samples->values, bytes)
                 : device_write(samples->device, samples->values, reals);
}

static enum fig_status natural_order(struct fig_samples *samples)
{
    uint32_t *order = malloc(samples->order.size);
    if (!order)
        return fail(FIG_NOMEM, "no memory for the order of %d samples", samples->count);
    for (int i = 0; i < samples->count; i++)
        order[i] = (uint32_t)i;
    const enum fig_status status = fig_samples_order(samples, order);
    free(order);
    return status;
}

enum fig_status fig_samples_create(struct fig_samples **out, struct fig_device *device, int count,
                                   int length, const uint8_t *bytes, const float *reals)
{
    REQUIRE(out && device && count > 0 && length > 0);
    REQUIRE(!bytes != !reals);
    struct fig_samples *samples = calloc(1, sizeof(*samples));
    *out = NULL;
    if (!samples)
        return fail(FIG_NOMEM, "no memory for samples");
    *samples = (struct fig_samples){
        .device = device, .count = count, .length = length, .bytes = bytes != NULL };
    enum fig_status status = upload(samples, bytes, reals);
    if (!status)
        status = natural_order(samples);
    if (status)
        fig_samples_destroy(&samples);
    *out = samples;
    return status;
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
    REQUIRE(samples && order);
    for (int i = 0; i < samples->count; i++) {
        if (order[i] >= (uint32_t)samples->count)
            return fail(FIG_INVALID, "entry %d of an order is %u; there are %d samples", i,
                        order[i], samples->count);
    }
    return device_write_bytes(samples->device, samples->order, order);
}
