/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "device/opencl/error.h"
#include "device/opencl/platform.h"
#include "device/opencl/script.h"

static void add_info(struct text *text, cl_int error, const char *value)
{
    text_add(text, "%s\n", error ? "" : value);
}

/* Names and versions of everything that makes machine code of our kernels. */
static enum fig_status find_identity(struct opencl *cl, cl_platform_id platform)
{
    static const cl_device_info device_infos[] = { CL_DEVICE_NAME, CL_DEVICE_VENDOR,
                                                   CL_DEVICE_VERSION, CL_DRIVER_VERSION };
    static const cl_platform_info platform_infos[] = { CL_PLATFORM_NAME, CL_PLATFORM_VERSION };
    struct text text = { 0 };
    char value[1024];
    for (int i = 0; i < 4; i++)
        add_info(&text, clGetDeviceInfo(cl->id, device_infos[i], sizeof(value), value, NULL),
                 value);
    for (int i = 0; i < 2; i++)
        add_info(&text, clGetPlatformInfo(platform, platform_infos[i], sizeof(value), value, NULL),
                 value);
    if (text.failed) {
        text_free(&text);
        return fail(FIG_NOMEM, "%s: no memory to open it", cl->base.info.name);
    }
    cl->identity = text.chars;
    return FIG_OK;
}

static enum fig_status check_limits(struct opencl *cl)
{
    const char *name = cl->base.info.name;
    size_t group = 1;
    cl_uint align_bits = 0;
    CL_TRY(clGetDeviceInfo(cl->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(align_bits), &align_bits,
                           NULL), name);
    CL_TRY(clGetDeviceInfo(cl->id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(group), &group, NULL),
           name);
    if (align_bits / 8 > DEVICE_ALIGN)
        return fail(FIG_NODEVICE, "%s: its buffers must be aligned to %u bytes, and figment's are "
                    "to %d; choose another device", name, align_bits / 8, DEVICE_ALIGN);
    for (cl->group_limit = 1; cl->group_limit * 2 <= group && cl->group_limit < GROUP_LIMIT;)
        cl->group_limit *= 2;
    cl->serial = cl->base.info.type == FIG_HOST || cl->group_limit < 64;
    return FIG_OK;
}

static enum fig_status make_queue(struct opencl *cl, cl_platform_id platform)
{
    const cl_context_properties properties[] = { CL_CONTEXT_PLATFORM,
                                                 (cl_context_properties)platform, 0 };
    const char *name = cl->base.info.name;
    cl_int error = CL_SUCCESS;
    cl->context = clCreateContext(properties, 1, &cl->id, NULL, NULL, &error);
    if (error)
        return opencl_failed(error, "clCreateContext", name);
    cl->queue = clCreateCommandQueue(cl->context, cl->id, 0, &error);
    if (error)
        return opencl_failed(error, "clCreateCommandQueue", name);
    cl->word = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, sizeof(cl_uint), NULL, &error);
    return error ? opencl_failed(error, "clCreateBuffer", name) : FIG_OK;
}

static enum fig_status build_kernels(struct opencl *cl)
{
    struct text text = { 0 };
    enum fig_status status = source_add_dialect(cl, &text);
    if (!status)
        status = source_add_kernels(cl, &text);
    if (!status)
        status = program_build(cl, text.chars, "k_copy", &cl->kernels);
    text_free(&text);
    return status;
}

static enum fig_status prepare(struct opencl *cl, cl_platform_id platform)
{
    TRY(check_limits(cl));
    TRY(find_identity(cl, platform));
    TRY(make_queue(cl, platform));
    cache_open(&cl->cache);
    TRY(build_kernels(cl));
    return selftest_run(cl);
}

static void opencl_close(struct fig_device *device)
{
    struct opencl *cl = opencl_of(device);
    if (cl->word)
        (void)opencl_finish(device);
    clblast_finish(cl);
    if (cl->kernels)
        clReleaseProgram(cl->kernels);
    if (cl->word)
        clReleaseMemObject(cl->word);
    if (cl->queue)
        clReleaseCommandQueue(cl->queue);
    if (cl->context)
        clReleaseContext(cl->context);
    free(cl->identity);
    free(cl);
}

/* Mesa's rusticl 22.3 does not wait in clFinish, but in a read. */
enum fig_status opencl_finish(struct fig_device *device)
{
    const struct opencl *cl = opencl_of(device);
    cl_uint word;
    CL_TRY(clEnqueueReadBuffer(cl->queue, cl->word, CL_TRUE, 0, sizeof(word), &word, 0, NULL, NULL),
           device->info.name);
    return FIG_OK;
}

static const struct device_ops opencl_ops = {
    .close = opencl_close,
    .alloc = opencl_alloc,
    .free = opencl_free,
    .write = opencl_write,
    .read = opencl_read,
    .zero = opencl_zero,
    .compile = opencl_compile,
    .run = opencl_run,
    .release = opencl_release,
    .finish = opencl_finish,
};

static int opencl_count(void)
{
    const struct candidate *list;
    return platform_candidates(&list);
}

static enum fig_status opencl_query(int index, struct fig_device_info *info)
{
    const struct candidate *list;
    if (index < 0 || index >= platform_candidates(&list))
        return fail(FIG_NODEVICE, "opencl:%d: there is no such device", index);
    *info = list[index].info;
    return FIG_OK;
}

static enum fig_status opencl_open(int index, struct fig_device **out)
{
    const struct candidate *list;
    if (index < 0 || index >= platform_candidates(&list))
        return fail(FIG_NODEVICE, "opencl:%d: there is no such device", index);
    struct opencl *cl = calloc(1, sizeof(*cl));
    if (!cl)
        return fail(FIG_NOMEM, "%s: no memory to open it", list[index].info.name);
    cl->base = (struct fig_device){ &opencl_ops, list[index].info };
    cl->id = list[index].device;
    cl->engine = ENGINE_OWN;
    const enum fig_status status = prepare(cl, list[index].platform);
    if (status)
        opencl_close(&cl->base);
    else
        *out = &cl->base;
    return status;
}

const struct backend opencl_backend = {
    .name = "opencl",
    .count = opencl_count,
    .query = opencl_query,
    .open = opencl_open,
};
