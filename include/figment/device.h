/* SPDX-License-Identifier: MIT */
#ifndef FIG_DEVICE_H
#define FIG_DEVICE_H

#include <stddef.h>

#include <figment/api.h>
#include <figment/status.h>

FIG_BEGIN

struct fig_device;

enum fig_device_type {
    FIG_NATIVE,      /* the library's own CPU engine */
    FIG_DISCRETE,    /* an OpenCL GPU with memory of its own */
    FIG_INTEGRATED,  /* an OpenCL GPU that shares the host's memory */
    FIG_ACCELERATOR, /* another OpenCL device */
    FIG_HOST,        /* OpenCL on the CPU: PoCL and the like */
};

struct fig_device_info {
    int index;            /* as fig_device_query takes it */
    int opencl;           /* N of the name "opencl:N", or -1 */
    enum fig_device_type type;
    char name[128];       /* "cpu", or what the driver calls the device */
    char vendor[128];
    char platform[128];   /* "native", or the OpenCL platform's name */
    char driver[128];     /* driver's version; part of the kernel cache's key */
    char version[64];     /* of OpenCL, as the device says it; "" on the native CPU */
    size_t memory;        /* bytes; 0 if the driver does not say */
    size_t max_alloc;     /* largest single buffer, bytes */
    size_t local_memory;  /* that a group of work-items shares, bytes; 0 on the native CPU */
    int group;            /* most work-items of a group; likewise */
    int units;            /* CPU threads, or OpenCL compute units */
    int real_size;        /* bytes per number: 4, or 8 on "cpu64", the oracle of the tests */
    char products[96];    /* which engine multiplies matrices; "" before the device was opened */
    char self_test[96];   /* what the check at opening found; "" before the device was opened */
};

/* Devices are numbered 0..count-1: the native CPU is 0 and always there, OpenCL devices of all
 * platforms follow, best first, each physical device once.  The first call probes the drivers. */
FIG_API int fig_device_count(void);
FIG_API enum fig_status fig_device_query(int index, struct fig_device_info *info);
FIG_API const char *fig_device_type_text(enum fig_device_type type);

/* Which device a name means: "cpu", "cpu64" (float64, plain kernels: for tests), "opencl" (the best
 * OpenCL device of any type), "opencl:N", part of a device's name, or "auto": a discrete GPU, else
 * an integrated one, else the native CPU.  NULL means FIGMENT_DEVICE, or else "auto".
 * `reason`, if not NULL, receives a phrase for the user.  FIG_NODEVICE lists what there is. */
FIG_API enum fig_status fig_device_choose(const char *name, struct fig_device_info *info,
                                          char reason[256]);

/* Open what fig_device_choose finds; kernels are compiled, or taken from the cache, and checked.
 * But "auto" loads no driver to find no GPU once more, where the last look found none and the
 * machine is still the same.  A device serves one thread at a time. */
FIG_API enum fig_status fig_device_open(struct fig_device **out, const char *name);
FIG_API void fig_device_close(struct fig_device **device);

FIG_API const struct fig_device_info *fig_device_info(const struct fig_device *device);

/* Wait until all queued work is done. */
FIG_API enum fig_status fig_device_finish(struct fig_device *device);

FIG_END

#endif
