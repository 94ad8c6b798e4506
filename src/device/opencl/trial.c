/* SPDX-License-Identifier: MIT */
#include "device/opencl/trial.h"

#include <math.h>
#include <stdlib.h>

#include "base/size.h"

enum fig_status trial_begin(struct trial *trial, struct opencl *cl, size_t size)
{
    *trial = (struct trial){ .cl = cl, .size = size };
    trial->host = calloc(1, size);
    if (!trial->host)
        return fail(FIG_NOMEM, "%s: no memory for the self-test", cl->base.info.name);
    return device_alloc(&cl->base, size, &trial->buffer);
}

void trial_end(struct trial *trial)
{
    free(trial->host);
    device_free(&trial->cl->base, &trial->buffer);
}

size_t trial_room(size_t count)
{
    return round_up(count * sizeof(float), DEVICE_ALIGN) + DEVICE_ALIGN;
}

struct region trial_take(struct trial *trial, size_t count)
{
    const struct region region = { trial->buffer, trial->used, count * sizeof(float) };
    float *values = trial->host + trial->used / sizeof(float);
    for (size_t i = 0; i < trial_room(count) / sizeof(float); i++)
        values[i] = (float)((i * 2654435761u + region.offset) >> 8 & 0xFFFF) / 65536 - 0.5f;
    trial->used += trial_room(count);
    return region;
}

float *trial_host(const struct trial *trial, struct region region)
{
    return trial->host + region.offset / sizeof(float);
}

struct region trial_memory(const struct trial *trial)
{
    return (struct region){ trial->buffer, 0, trial->size };
}

float *trial_run(struct trial *trial, const struct work *works, int count)
{
    struct fig_device *device = &trial->cl->base;
    struct script *script = NULL;
    float *after = malloc(trial->size);
    if (!after || device_compile(device, works, count, &script)) {
        free(after);
        return NULL;
    }
    enum fig_status status = device_write(device, trial_memory(trial), trial->host);
    if (!status)
        status = device_run(device, script, 0);
    if (!status)
        status = device_read(device, trial_memory(trial), after);
    device_release(device, &script);
    if (status) {
        free(after);
        return NULL;
    }
    return after;
}

bool trial_close(double got, double expected, double tolerance)
{
    return fabs(got - expected) <= tolerance;
}
