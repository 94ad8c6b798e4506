/* SPDX-License-Identifier: MIT */
/* Makes calls of OpenCL fail.  Load it with LD_PRELOAD and set
 *     CLFAIL=function:n:code    the n-th call of the function (from 1) returns code
 *     CLFAIL_STICKY=1           and so do all after it: the device is lost
 * CLFAIL=probe:0:0 makes clGetDeviceIDs crash, as broken drivers do. */
#define _GNU_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#pragma GCC visibility push(default)
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CL/cl.h>

static struct {
    char function[64];
    int n, code;
    int sticky, known;
    atomic_int calls;
} plan;

static void read_plan(void)
{
    const char *text = getenv("CLFAIL");
    if (plan.known)
        return;
    plan.known = 1;
    plan.sticky = getenv("CLFAIL_STICKY") != NULL;
    if (text && sscanf(text, "%63[^:]:%d:%d", plan.function, &plan.n, &plan.code) != 3)
        abort();
}

/* The code that this call shall return; 0: go on. */
static cl_int hit(const char *function)
{
    read_plan();
    if (strcmp(function, plan.function) != 0)
        return CL_SUCCESS;
    const int call = atomic_fetch_add(&plan.calls, 1) + 1;
    return call == plan.n || (plan.sticky && call > plan.n) ? plan.code : CL_SUCCESS;
}

/* FAIL(function, (parameters), (arguments)): one that returns its code;
 * FAIL_OUT: one whose last parameter `error` receives it. */
#define FAIL(function, parameters, arguments)                                                      \
    cl_int CL_API_CALL function parameters                                                         \
    {                                                                                              \
        static cl_int(CL_API_CALL *real) parameters;                                               \
        const cl_int code = hit(#function);                                                        \
        if (!real)                                                                                 \
            *(void **)&real = dlsym(RTLD_NEXT, #function);                                         \
        return code ? code : real arguments;                                                       \
    }
#define FAIL_OUT(type, function, parameters, arguments)                                            \
    type CL_API_CALL function parameters                                                           \
    {                                                                                              \
        static type(CL_API_CALL *real) parameters;                                                 \
        const cl_int code = hit(#function);                                                        \
        if (!real)                                                                                 \
            *(void **)&real = dlsym(RTLD_NEXT, #function);                                         \
        if (!code)                                                                                 \
            return real arguments;                                                                 \
        if (error)                                                                                 \
            *error = code;                                                                         \
        return NULL;                                                                               \
    }

FAIL(clGetPlatformIDs, (cl_uint room, cl_platform_id *out, cl_uint *count), (room, out, count))
FAIL(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value),
     (kernel, index, size, value))
FAIL(clBuildProgram,
     (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
      void(CL_CALLBACK *notify)(cl_program, void *), void *data),
     (program, count, devices, options, notify, data))
FAIL(clEnqueueNDRangeKernel,
     (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
      const size_t *global, const size_t *local, cl_uint waits, const cl_event *wait,
      cl_event *event),
     (queue, kernel, dimensions, offset, global, local, waits, wait, event))
FAIL(clEnqueueReadBuffer,
     (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
      void *out, cl_uint waits, const cl_event *wait, cl_event *event),
     (queue, memory, blocking, offset, size, out, waits, wait, event))
FAIL(clEnqueueWriteBuffer,
     (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
      const void *bytes, cl_uint waits, const cl_event *wait, cl_event *event),
     (queue, memory, blocking, offset, size, bytes, waits, wait, event))
FAIL(clEnqueueFillBuffer,
     (cl_command_queue queue, cl_mem memory, const void *pattern, size_t pattern_size,
      size_t offset, size_t size, cl_uint waits, const cl_event *wait, cl_event *event),
     (queue, memory, pattern, pattern_size, offset, size, waits, wait, event))
FAIL_OUT(cl_context, clCreateContext,
         (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
          void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data,
          cl_int *error),
         (properties, count, devices, notify, data, error))
FAIL_OUT(cl_command_queue, clCreateCommandQueue,
         (cl_context context, cl_device_id device, cl_command_queue_properties properties,
          cl_int *error),
         (context, device, properties, error))
FAIL_OUT(cl_mem, clCreateBuffer,
         (cl_context context, cl_mem_flags flags, size_t size, void *bytes, cl_int *error),
         (context, flags, size, bytes, error))
FAIL_OUT(cl_mem, clCreateSubBuffer,
         (cl_mem memory, cl_mem_flags flags, cl_buffer_create_type type, const void *region,
          cl_int *error),
         (memory, flags, type, region, error))
FAIL_OUT(cl_program, clCreateProgramWithSource,
         (cl_context context, cl_uint count, const char **texts, const size_t *sizes,
          cl_int *error),
         (context, count, texts, sizes, error))
FAIL_OUT(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *error),
         (program, name, error))

cl_int CL_API_CALL clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint room,
                                  cl_device_id *out, cl_uint *count)
{
    static cl_int(CL_API_CALL *real)(cl_platform_id, cl_device_type, cl_uint, cl_device_id *,
                                     cl_uint *);
    const cl_int code = hit("clGetDeviceIDs");
    if (strcmp(plan.function, "probe") == 0)
        abort();
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clGetDeviceIDs");
    return code ? code : real(platform, type, room, out, count);
}
