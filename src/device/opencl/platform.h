/* SPDX-License-Identifier: MIT */
/* The OpenCL devices of all platforms, each physical device once, best first. */
#ifndef OPENCL_PLATFORM_H
#define OPENCL_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include <CL/cl.h>

#include <figment/device.h>

struct candidate {
    cl_platform_id platform;
    cl_device_id device;
    struct fig_device_info info; /* index, products and self_test are not set */
    uint32_t pci[4];             /* where it is plugged in, if the driver says it */
    unsigned char uuid[16];
    bool has_pci, has_uuid;
};

/* The first call lists them; the list stays as it is for the life of the process. */
int platform_candidates(const struct candidate **list);

#endif
