/* SPDX-License-Identifier: MIT */
/* What the driver's error codes mean, and what their reader can do. */
#ifndef OPENCL_ERROR_H
#define OPENCL_ERROR_H

#include <CL/cl.h>

#include "base/log.h"

const char *opencl_error_name(cl_int error); /* "CL_OUT_OF_RESOURCES"; never NULL */

/* Log that `function` failed on `subject` (a device's or a node's name): the error's name, the
 * cause and the next step.  The status that fits: out of memory, a failed build, or the
 * device's. */
enum fig_status opencl_failed(cl_int error, const char *function, const char *subject);

/* CL_TRY(clFlush(queue), "name of the device"): return the status of a failed call.  The
 * function's name is what stands before the parenthesis. */
#define CL_TRY(call, subject)                                                                      \
    do {                                                                                           \
        const cl_int error_ = (call);                                                              \
        if (error_ != CL_SUCCESS)                                                                  \
            return opencl_failed(error_, #call, subject);                                          \
    } while (0)

#endif
