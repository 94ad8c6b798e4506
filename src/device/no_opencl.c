/* SPDX-License-Identifier: MIT */
/* Stands for device/opencl where the library is built without OpenCL. */
#include "device/device.h"

#include "base/log.h"
#include "device/opencl/probe.h"

static int no_count(void)
{
    return 0;
}

static enum fig_status no_query(int index, struct fig_device_info *info)
{
    (void)info;
    return fail(FIG_NODEVICE, "no OpenCL device %d: built without OpenCL", index);
}

static enum fig_status no_open(int index, struct fig_device **out)
{
    (void)out;
    return fail(FIG_NODEVICE, "no OpenCL device %d: built without OpenCL", index);
}

bool probe_knows_no_gpu(void)
{
    return false; /* nor is a look dear */
}

const struct backend opencl_backend = {
    .name = "opencl", .count = no_count, .query = no_query, .open = no_open,
};
