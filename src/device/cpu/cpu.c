/* SPDX-License-Identifier: MIT */
/* The library's own CPU engine: "cpu" in float32, and "cpu64", plain kernels in float64. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "device/cpu/memory.h"
#include "device/cpu/script.h"
#include "device/cpu/sgemm.h"

static void cpu_close(struct fig_device *base)
{
    struct cpu_device *device = (struct cpu_device *)base;
    pool_destroy(&device->pool);
    free(device->scratch);
    free(device);
}

static enum fig_status cpu_write(struct fig_device *device, struct region to, const void *bytes)
{
    (void)device;
    memcpy(region_memory(to), bytes, to.size);
    return FIG_OK;
}

static enum fig_status cpu_read(struct fig_device *device, struct region from, void *bytes)
{
    (void)device;
    memcpy(bytes, region_memory(from), from.size);
    return FIG_OK;
}

static enum fig_status cpu_zero(struct fig_device *device, struct region region)
{
    (void)device;
    memset(region_memory(region), 0, region.size);
    return FIG_OK;
}

static enum fig_status cpu_finish(struct fig_device *device)
{
    (void)device;
    return FIG_OK;
}

static const struct device_ops cpu_ops = {
    .close = cpu_close,
    .alloc = memory_alloc,
    .borrow = memory_borrow,
    .free = memory_free,
    .write = cpu_write,
    .read = cpu_read,
    .zero = cpu_zero,
    .compile = script_compile,
    .run = script_run,
    .release = script_release,
    .finish = cpu_finish,
};

static int cpu_count(void)
{
    return 1;
}

/* What the processor calls itself, as far as the system says. */
static void processor_name(char *out, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(out, size, "unknown");
    if (!file)
        return;
    while (fgets(line, sizeof(line), file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(out, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    fclose(file);
}

static void describe(struct fig_device_info *info, const char *name, const struct native *native)
{
    *info = (struct fig_device_info){
        .opencl = -1,
        .type = FIG_NATIVE,
        .platform = "native",
        .memory = memory_total(),
        .max_alloc = memory_total(),
        .units = pool_default_threads(),
        .real_size = (int)native->real_size,
    };
    snprintf(info->name, sizeof(info->name), "%s", name);
    snprintf(info->driver, sizeof(info->driver), "%s", native->isa);
    processor_name(info->vendor, sizeof(info->vendor));
}

static enum fig_status open_native(const char *name, const struct native *native,
                                   multiply_fn *multiply, const char *products,
                                   struct fig_device **out)
{
    struct cpu_device *device = calloc(1, sizeof(*device));
    if (!device)
        return fail(FIG_NOMEM, "%s: out of memory", name);
    describe(&device->base.info, name, native);
    snprintf(device->base.info.products, sizeof(device->base.info.products), "%s", products);
    device->base.ops = &cpu_ops;
    device->native = native;
    device->multiply = multiply;
    const enum fig_status status = pool_create(&device->pool, 0);
    if (status) {
        free(device);
        return status;
    }
    device->base.info.units = pool_threads(device->pool);
    *out = &device->base;
    return FIG_OK;
}

static enum fig_status cpu_query(int index, struct fig_device_info *info)
{
    (void)index;
    describe(info, "cpu", native_float());
    return FIG_OK;
}

static enum fig_status cpu_open(int index, struct fig_device **out)
{
    (void)index;
    const struct native *native = native_float();
    return sgemm_name() ? open_native("cpu", native, sgemm, sgemm_name(), out)
                        : open_native("cpu", native, native->multiply,
                                      "plain kernel, slow: build with oneDNN", out);
}

static enum fig_status cpu64_query(int index, struct fig_device_info *info)
{
    (void)index;
    describe(info, "cpu64", native_double());
    return FIG_OK;
}

static enum fig_status cpu64_open(int index, struct fig_device **out)
{
    (void)index;
    const struct native *native = native_double();
    return open_native("cpu64", native, native->multiply, "plain kernel in float64", out);
}

const struct backend cpu_backend = {
    .name = "cpu", .count = cpu_count, .query = cpu_query, .open = cpu_open,
};
const struct backend cpu64_backend = {
    .name = "cpu64", .count = cpu_count, .query = cpu64_query, .open = cpu64_open,
};
