/* SPDX-License-Identifier: MIT */
#include "device/opencl/platform.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "device/opencl/error.h"
#include "device/opencl/probe.h"

enum { CANDIDATE_LIMIT = 64 };

/* Filled once, then constant. */
static struct {
    struct candidate candidates[CANDIDATE_LIMIT];
    int count;
    bool doubt; /* there is or may be more than CPUs */
} found;

/* Extensions' queries, by number: older headers lack the names. */
enum {
    DEVICE_UUID = 0x106A,         /* cl_khr_device_uuid: 16 bytes */
    DEVICE_PCI_BUS_INFO = 0x410F, /* cl_khr_pci_bus_info: domain, bus, device, function */
    DEVICE_PCI_BUS_NV = 0x4008,   /* cl_nv_device_attribute_query */
    DEVICE_PCI_SLOT_NV = 0x4009,
    DEVICE_TOPOLOGY_AMD = 0x4037, /* type 1, 17 bytes, bus, device, function: 24 bytes */
};

static void read_text(cl_device_id device, cl_device_info what, char *out, size_t size)
{
    char text[1024] = "";
    if (clGetDeviceInfo(device, what, sizeof(text) - 1, text, NULL))
        text[0] = '\0';
    const char *start = text + strspn(text, " ");
    snprintf(out, size, "%.*s", (int)size - 1, start);
}

static cl_ulong read_number(cl_device_id device, cl_device_info what, size_t size)
{
    cl_ulong number = 0; /* little-endian hosts: a shorter answer fills the low bytes */
    if (clGetDeviceInfo(device, what, size, &number, NULL))
        return 0;
    return number;
}

static void read_place(struct candidate *c)
{
    unsigned char topology[24] = { 0 };
    cl_uint bus = 0, slot = 0;
    c->has_uuid = !clGetDeviceInfo(c->device, DEVICE_UUID, sizeof(c->uuid), c->uuid, NULL);
    c->has_pci = !clGetDeviceInfo(c->device, DEVICE_PCI_BUS_INFO, sizeof(c->pci), c->pci, NULL);
    if (c->has_pci)
        return;
    memset(c->pci, 0, sizeof(c->pci));
    if (!clGetDeviceInfo(c->device, DEVICE_PCI_BUS_NV, sizeof(bus), &bus, NULL) &&
        !clGetDeviceInfo(c->device, DEVICE_PCI_SLOT_NV, sizeof(slot), &slot, NULL)) {
        c->has_pci = true;
        c->pci[1] = bus;
        c->pci[2] = slot >> 3;
        c->pci[3] = slot & 7;
    } else if (!clGetDeviceInfo(c->device, DEVICE_TOPOLOGY_AMD, sizeof(topology), topology, NULL)) {
        c->has_pci = true;
        for (int i = 1; i < 4; i++)
            c->pci[i] = topology[20 + i];
    }
}

static enum fig_device_type device_type(cl_device_id device)
{
    const cl_ulong type = read_number(device, CL_DEVICE_TYPE, sizeof(cl_device_type));
    if (type & CL_DEVICE_TYPE_GPU) {
        const bool unified =
            read_number(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool)) != 0;
        return unified ? FIG_INTEGRATED : FIG_DISCRETE;
    }
    return type & CL_DEVICE_TYPE_CPU ? FIG_HOST : FIG_ACCELERATOR;
}

static void describe(struct candidate *c)
{
    struct fig_device_info *info = &c->info;
    read_text(c->device, CL_DEVICE_NAME, info->name, sizeof(info->name));
    read_text(c->device, CL_DEVICE_VENDOR, info->vendor, sizeof(info->vendor));
    read_text(c->device, CL_DRIVER_VERSION, info->driver, sizeof(info->driver));
    read_text(c->device, CL_DEVICE_VERSION, info->version, sizeof(info->version));
    if (clGetPlatformInfo(c->platform, CL_PLATFORM_NAME, sizeof(info->platform), info->platform,
                          NULL))
        snprintf(info->platform, sizeof(info->platform), "unnamed platform");
    info->type = device_type(c->device);
    info->memory = read_number(c->device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
    info->max_alloc = read_number(c->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong));
    info->local_memory = read_number(c->device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    info->group = (int)read_number(c->device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    info->units = (int)read_number(c->device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    info->real_size = sizeof(float);
    read_place(c);
}

/* Why figment cannot use the device, or NULL. */
static const char *unusable(const struct candidate *c)
{
    int major = 0, minor = 0;
    if (sscanf(c->info.version, "OpenCL %d.%d", &major, &minor) != 2 || major * 10 + minor < 12)
        return "older than OpenCL 1.2";
    if (!read_number(c->device, CL_DEVICE_AVAILABLE, sizeof(cl_bool)))
        return "not available";
    if (!read_number(c->device, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_bool)))
        return "without a compiler";
    return NULL;
}

/* The same hardware through two platforms?  Where drivers do not say where it is plugged in,
 * name, memory and units must agree. */
static bool same_hardware(const struct candidate *a, const struct candidate *b)
{
    if (a->platform == b->platform)
        return false;
    if (a->has_pci && b->has_pci)
        return memcmp(a->pci, b->pci, sizeof(a->pci)) == 0;
    if (a->has_uuid && b->has_uuid && memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0)
        return true;
    return strcmp(a->info.name, b->info.name) == 0 && a->info.memory == b->info.memory &&
           a->info.units == b->info.units;
}

static void add_device(cl_platform_id platform, cl_device_id device)
{
    struct candidate c = { .platform = platform, .device = device };
    describe(&c);
    found.doubt |= c.info.type != FIG_HOST;
    const char *reason = unusable(&c);
    for (int i = 0; !reason && i < found.count; i++) {
        if (same_hardware(&c, &found.candidates[i]))
            reason = "listed already, by another platform";
    }
    if (!reason && found.count == CANDIDATE_LIMIT)
        reason = "one too many";
    if (reason) {
        log_debug("%s (%s): left out: %s", c.info.name, c.info.platform, reason);
        return;
    }
    found.candidates[found.count++] = c;
}

static void add_platform(cl_platform_id platform)
{
    cl_device_id devices[CANDIDATE_LIMIT];
    cl_uint count = 0;
    const cl_int error =
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, CANDIDATE_LIMIT, devices, &count);
    found.doubt |= error && error != CL_DEVICE_NOT_FOUND;
    if (error) {
        log_debug("an OpenCL platform shows no devices: %s", opencl_error_name(error));
        return;
    }
    for (cl_uint i = 0; i < count && i < CANDIDATE_LIMIT; i++)
        add_device(platform, devices[i]);
}

/* By type as the enum orders them, larger memory first, and else as the drivers list them. */
static int compare(const struct candidate *a, const struct candidate *b)
{
    if (a->info.type != b->info.type)
        return a->info.type < b->info.type ? -1 : 1;
    return (a->info.memory < b->info.memory) - (a->info.memory > b->info.memory);
}

static void rank(void)
{
    for (int i = 1; i < found.count; i++) {
        const struct candidate c = found.candidates[i];
        int at = i;
        for (; at > 0 && compare(&c, &found.candidates[at - 1]) < 0; at--)
            found.candidates[at] = found.candidates[at - 1];
        found.candidates[at] = c;
    }
    for (int i = 0; i < found.count; i++)
        found.candidates[i].info.opencl = i;
}

static void list_platforms(uint32_t skip)
{
    cl_platform_id platforms[PLATFORM_LIMIT];
    cl_uint count = 0;
    const cl_int error = clGetPlatformIDs(PLATFORM_LIMIT, platforms, &count);
    found.doubt |= error != CL_SUCCESS;
    if (error) {
        log_debug("no OpenCL devices: clGetPlatformIDs: %s", opencl_error_name(error));
        return;
    }
    for (cl_uint i = 0; i < count && i < PLATFORM_LIMIT; i++) {
        if (!(skip & (uint32_t)1 << i))
            add_platform(platforms[i]);
    }
    rank();
}

static void list(void)
{
    struct probe probe;
    probe_begin(&probe);
    probe_prepare_environment();
    const uint32_t skip = probe_platforms(&probe);
    found.doubt = skip != 0;
    if (skip != UINT32_MAX)
        list_platforms(skip);
    probe_end(&probe, !found.doubt);
}

int platform_candidates(const struct candidate **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, list);
    *out = found.candidates;
    return found.count;
}
