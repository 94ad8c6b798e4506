/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "device/opencl/error.h"
#include "device/opencl/opencl.h"

/* Never -cl-fast-relaxed-math or -cl-finite-math-only: they delete tests for NaN. */
static const char options[] = "-cl-std=CL1.2 -cl-mad-enable";

static struct cache_key program_key(const struct opencl *cl, const char *source)
{
    const char *const parts[] = { "program", cl->identity, options, source };
    return cache_key(parts, 4);
}

static void log_build(const struct opencl *cl, cl_program program)
{
    size_t size = 0;
    if (clGetProgramBuildInfo(program, cl->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) || size < 2)
        return;
    char *text = calloc(1, size + 1);
    if (text && clGetProgramBuildInfo(program, cl->id, CL_PROGRAM_BUILD_LOG, size, text, NULL))
        *text = '\0';
    for (char *rest, *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        log_error("%s: the driver's build log: %s", cl->base.info.name, line);
    free(text);
}

static enum fig_status build_source(struct opencl *cl, const char *source, cl_program *out)
{
    const char *name = cl->base.info.name;
    cl_int error = CL_SUCCESS;
    cl_program program = clCreateProgramWithSource(cl->context, 1, &source, NULL, &error);
    if (error)
        return opencl_failed(error, "clCreateProgramWithSource", name);
    error = clBuildProgram(program, 1, &cl->id, options, NULL, NULL);
    if (error) {
        log_build(cl, program);
        clReleaseProgram(program);
        return opencl_failed(error, "clBuildProgram", name);
    }
    *out = program;
    return FIG_OK;
}

/* From a binary; NULL when the driver does not take it. */
static cl_program build_binary(struct opencl *cl, const void *bytes, size_t size)
{
    const unsigned char *binary = bytes;
    cl_int error = CL_SUCCESS, status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(cl->context, 1, &cl->id, &size, &binary,
                                                   &status, &error);
    if (!error && !status && !clBuildProgram(program, 1, &cl->id, options, NULL, NULL))
        return program;
    if (!error && program)
        clReleaseProgram(program);
    return NULL;
}

static void *binary_of(cl_program program, size_t *size)
{
    *size = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(*size), size, NULL) || !*size)
        return NULL;
    unsigned char *bytes = malloc(*size);
    if (bytes && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(bytes), &bytes, NULL)) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static bool has_kernel(cl_program program, const char *name)
{
    cl_int error = CL_SUCCESS;
    cl_kernel kernel = clCreateKernel(program, name, &error);
    if (error)
        return false;
    clReleaseKernel(kernel);
    return true;
}

/* Some drivers build a binary that they then find no kernels in. */
static cl_program from_cache(struct opencl *cl, struct cache_key key, const char *kernel)
{
    void *bytes = NULL;
    size_t size = 0;
    if (!cache_load(&cl->cache, key, &bytes, &size))
        return NULL;
    cl_program program = build_binary(cl, bytes, size);
    if (program && !has_kernel(program, kernel)) {
        clReleaseProgram(program);
        program = NULL;
    }
    if (!program)
        cache_remove(&cl->cache, key);
    free(bytes);
    return program;
}

enum fig_status program_build(struct opencl *cl, const char *source, const char *kernel,
                              cl_program *out)
{
    const struct cache_key key = program_key(cl, source);
    size_t size = 0;
    *out = from_cache(cl, key, kernel);
    if (*out)
        return FIG_OK;
    TRY(build_source(cl, source, out));
    void *bytes = binary_of(*out, &size);
    if (bytes)
        cache_store(&cl->cache, key, bytes, size);
    free(bytes);
    return FIG_OK;
}

enum fig_status program_kernel(struct opencl *cl, cl_program program, const char *name,
                               cl_kernel *out)
{
    cl_int error = CL_SUCCESS;
    *out = clCreateKernel(program, name, &error);
    if (error) {
        *out = NULL;
        log_error("%s: the kernel %s is missing", cl->base.info.name, name);
        return opencl_failed(error, "clCreateKernel", cl->base.info.name);
    }
    return FIG_OK;
}

size_t program_group(struct opencl *cl, cl_kernel kernel)
{
    size_t limit = 1, group = 1;
    if (clGetKernelWorkGroupInfo(kernel, cl->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof(limit), &limit,
                                 NULL))
        return 1;
    while (group * 2 <= limit && group * 2 <= cl->group_limit)
        group *= 2;
    return group;
}
