/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "device/opencl/error.h"
#include "device/opencl/opencl.h"

/* Drivers promise more than they have, and fail when the memory is used: we stay below. */
static const int memory_percent = 80;

static enum fig_status check_budget(const struct opencl *cl, size_t bytes)
{
    const struct fig_device_info *info = &cl->base.info;
    const size_t budget = info->memory / 100 * (size_t)memory_percent;
    if (info->memory && bytes > (cl->used < budget ? budget - cl->used : 0))
        return fail(FIG_NOMEM, "%s: a buffer of %zu bytes: %zu are in use, and figment takes %d %% "
                    "of the device's %zu; take a smaller batch or model", info->name, bytes,
                    cl->used, memory_percent, info->memory);
    return FIG_OK;
}

static enum fig_status fill_with_zero(struct opencl *cl, cl_mem memory, size_t offset, size_t size)
{
    const cl_uint word = 0;
    const cl_uchar byte = 0;
    const size_t words = size & ~(size_t)3;
    const char *name = cl->base.info.name;
    if (words)
        CL_TRY(clEnqueueFillBuffer(cl->queue, memory, &word, 4, offset, words, 0, NULL, NULL),
               name);
    if (size > words)
        CL_TRY(clEnqueueFillBuffer(cl->queue, memory, &byte, 1, offset + words, size - words, 0,
                                   NULL, NULL), name);
    return FIG_OK;
}

/* Touched at once, because some drivers find out only then that there is no memory. */
static enum fig_status touch(struct opencl *cl, const struct buffer *buffer)
{
    TRY(fill_with_zero(cl, buffer->memory, 0, buffer->size));
    return opencl_finish(&cl->base);
}

enum fig_status opencl_alloc(struct fig_device *device, size_t bytes, struct buffer **out)
{
    struct opencl *cl = opencl_of(device);
    cl_int error = CL_SUCCESS;
    TRY(check_budget(cl, bytes));
    struct buffer *buffer = calloc(1, sizeof(*buffer));
    if (!buffer)
        return fail(FIG_NOMEM, "%s: no memory for a buffer's name", device->info.name);
    buffer->size = bytes;
    buffer->memory = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, bytes, NULL, &error);
    if (error) {
        free(buffer);
        return opencl_failed(error, "clCreateBuffer", device->info.name);
    }
    cl->used += bytes;
    const enum fig_status status = touch(cl, buffer);
    if (status)
        opencl_free(device, buffer);
    else
        *out = buffer;
    return status;
}

void opencl_free(struct fig_device *device, struct buffer *buffer)
{
    opencl_of(device)->used -= buffer->size;
    clReleaseMemObject(buffer->memory);
    free(buffer);
}

enum fig_status opencl_write(struct fig_device *device, struct region to, const void *bytes)
{
    CL_TRY(clEnqueueWriteBuffer(opencl_of(device)->queue, to.buffer->memory, CL_TRUE, to.offset,
                                to.size, bytes, 0, NULL, NULL), device->info.name);
    return FIG_OK;
}

enum fig_status opencl_read(struct fig_device *device, struct region from, void *bytes)
{
    CL_TRY(clEnqueueReadBuffer(opencl_of(device)->queue, from.buffer->memory, CL_TRUE, from.offset,
                               from.size, bytes, 0, NULL, NULL), device->info.name);
    return FIG_OK;
}

enum fig_status opencl_zero(struct fig_device *device, struct region region)
{
    return fill_with_zero(opencl_of(device), region.buffer->memory, region.offset, region.size);
}

/* --- Views */

static enum fig_status make_view(struct opencl *cl, struct region region, cl_mem *out)
{
    cl_int error = CL_SUCCESS;
    const cl_buffer_region part = { region.offset, region.size };
    if (part.origin == 0 && part.size == region.buffer->size) {
        *out = region.buffer->memory;
        error = clRetainMemObject(*out);
    } else {
        *out = clCreateSubBuffer(region.buffer->memory, CL_MEM_READ_WRITE,
                                 CL_BUFFER_CREATE_TYPE_REGION, &part, &error);
    }
    return error ? opencl_failed(error, "clCreateSubBuffer", cl->base.info.name) : FIG_OK;
}

enum fig_status views_find(struct opencl *cl, struct views *views, struct region r, cl_mem *out)
{
    for (int i = 0; i < views->count; i++) {
        const struct view *v = &views->list[i];
        if (v->region.buffer == r.buffer && v->region.offset == r.offset &&
            v->region.size == r.size) {
            *out = v->memory;
            return FIG_OK;
        }
    }
    if (views->count == views->room) {
        const int room = views->room ? 2 * views->room : 64;
        struct view *list = realloc(views->list, (size_t)room * sizeof(*list));
        if (!list)
            return fail(FIG_NOMEM, "%s: no memory for a script", cl->base.info.name);
        views->list = list;
        views->room = room;
    }
    TRY(make_view(cl, r, out));
    views->list[views->count++] = (struct view){ r, *out };
    return FIG_OK;
}

void views_finish(struct views *views)
{
    for (int i = 0; i < views->count; i++)
        clReleaseMemObject(views->list[i].memory);
    free(views->list);
}
