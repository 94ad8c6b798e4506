/* SPDX-License-Identifier: MIT */
/* Another machine for the program that this is loaded into by LD_PRELOAD.  MACHINE names a folder
 * that has its /dev/dri as dri/, and its boot's name, if it has one, as boot_id.  OpenCL has one
 * platform, which says on stdout that it is asked, with one device, which does not open.
 *     MACHINE_DEVICE=gpu     it is a GPU, else a CPU
 *     MACHINE_DEVICE=error   its platform fails
 *     MACHINE_DEVICE=crash   its platform crashes */
#define _GNU_SOURCE
#pragma GCC visibility push(default)
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CL/cl.h>

/* Where a path of ours leads: into `out`, or to itself. */
static const char *lead(const char *path, char out[4096])
{
    static const struct {
        const char *here, *there;
    } places[] = { { "/dev/dri", "dri" }, { "/proc/sys/kernel/random/boot_id", "boot_id" } };
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        const size_t length = strlen(places[i].here);
        if (strncmp(path, places[i].here, length) != 0)
            continue;
        snprintf(out, 4096, "%s/%s%s", getenv("MACHINE"), places[i].there, path + length);
        return out;
    }
    return path;
}

DIR *opendir(const char *path)
{
    char out[4096];
    DIR *(*real)(const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "opendir");
    return real(lead(path, out));
}

int access(const char *path, int how)
{
    char out[4096];
    int (*real)(const char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "access");
    return real(lead(path, out), how);
}

int open(const char *path, int flags, ...)
{
    char out[4096];
    va_list args;
    va_start(args, flags);
    const unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
    va_end(args);
    return openat(AT_FDCWD, lead(path, out), flags, mode);
}

static int device_is(const char *what)
{
    const char *device = getenv("MACHINE_DEVICE");
    return device && strcmp(device, what) == 0;
}

cl_int CL_API_CALL clGetPlatformIDs(cl_uint room, cl_platform_id *out, cl_uint *count)
{
    static char platform;
    puts("asked");
    fflush(stdout);
    if (room)
        *out = (cl_platform_id)&platform;
    *count = 1;
    return CL_SUCCESS;
}

cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t room,
                                     void *out, size_t *size)
{
    (void)platform, (void)what, (void)room, (void)out, (void)size;
    return CL_INVALID_VALUE;
}

cl_int CL_API_CALL clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint room,
                                  cl_device_id *out, cl_uint *count)
{
    static char device;
    (void)platform, (void)type;
    if (device_is("crash"))
        abort();
    if (room)
        *out = (cl_device_id)&device;
    *count = 1;
    return device_is("error") ? CL_OUT_OF_HOST_MEMORY : CL_SUCCESS;
}

cl_int CL_API_CALL clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t room, void *out,
                                   size_t *size)
{
    const cl_device_type type = device_is("gpu") ? CL_DEVICE_TYPE_GPU : CL_DEVICE_TYPE_CPU;
    const cl_bool yes = CL_TRUE;
    (void)device, (void)size;
    if (what == CL_DEVICE_TYPE && room >= sizeof(type))
        memcpy(out, &type, sizeof(type));
    else if (what == CL_DEVICE_NAME)
        snprintf(out, room, "the machine's");
    else if (what == CL_DEVICE_VERSION)
        snprintf(out, room, "OpenCL 1.2 of a test");
    else if (what == CL_DEVICE_AVAILABLE || what == CL_DEVICE_COMPILER_AVAILABLE)
        memcpy(out, &yes, sizeof(yes));
    else
        return CL_INVALID_VALUE;
    return CL_SUCCESS;
}
