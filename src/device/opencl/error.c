/* SPDX-License-Identifier: MIT */
#include "device/opencl/error.h"

#include <string.h>

#include "base/size.h"

static const struct error {
    cl_int code;
    enum fig_status status;
    const char *name, *cause, *next;
} errors[] = {
#define ERROR(name, status, cause, next) { name, status, #name, cause, next }
    ERROR(CL_DEVICE_NOT_FOUND, FIG_NODEVICE, "the platform has no device that this user may use",
          "check the driver, and that you are in the groups `video` and `render`"),
    ERROR(CL_DEVICE_NOT_AVAILABLE, FIG_DEVICE, "the device is in use or switched off",
          "end other programs that use it, or choose another with --device"),
    ERROR(CL_COMPILER_NOT_AVAILABLE, FIG_BUILD, "the driver has no compiler",
          "install the driver's compiler package, or choose another device"),
    ERROR(CL_MEM_OBJECT_ALLOCATION_FAILURE, FIG_NOMEM, "the device's memory is used up",
          "take a smaller batch or model, or end other programs that use the device"),
    ERROR(CL_OUT_OF_RESOURCES, FIG_NOMEM,
          "the device ran out of memory or registers, or stopped a kernel",
          "take a smaller batch; if that does not help, update the driver"),
    ERROR(CL_OUT_OF_HOST_MEMORY, FIG_NOMEM, "the computer's memory is used up",
          "take a smaller batch or model, or end other programs"),
    ERROR(CL_BUILD_PROGRAM_FAILURE, FIG_BUILD, "the driver's compiler refused a kernel",
          "update the driver, or choose another device; the build log tells more"),
    ERROR(CL_LINK_PROGRAM_FAILURE, FIG_BUILD, "the driver's linker refused a kernel",
          "update the driver, or choose another device"),
    ERROR(CL_INVALID_BINARY, FIG_BUILD, "the driver does not take this compiled kernel",
          "remove the folder of compiled kernels: ~/.cache/figment/kernels, or that below "
          "XDG_CACHE_HOME"),
    ERROR(CL_INVALID_BUFFER_SIZE, FIG_NOMEM, "the device cannot allocate so much at once",
          "take a smaller batch"),
    ERROR(CL_INVALID_WORK_GROUP_SIZE, FIG_DEVICE, "the device cannot run so many items together",
          "update the driver, or choose another device"),
    ERROR(CL_INVALID_COMMAND_QUEUE, FIG_DEVICE, "the device was lost or reset",
          "start again, from the last checkpoint; look for the reset in the system's log"),
    ERROR(CL_INVALID_CONTEXT, FIG_DEVICE, "the device was lost or reset",
          "start again, from the last checkpoint; look for the reset in the system's log"),
    ERROR(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, FIG_DEVICE, "an earlier command failed",
          "look at the messages before this one"),
    ERROR(CL_INVALID_KERNEL_ARGS, FIG_DEVICE, "a kernel's argument was not set",
          "this is a mistake in figment: please report it"),
    ERROR(CL_INVALID_VALUE, FIG_DEVICE, "the driver refuses a value that the standard allows",
          "update the driver, or choose another device"),
#undef ERROR
    { -1001, FIG_NODEVICE, "CL_PLATFORM_NOT_FOUND_KHR", "no OpenCL driver is installed",
      "install one (pocl-opencl-icd, intel-opencl-icd, mesa-opencl-icd or your vendor's), or use "
      "--device cpu" },
    { -9999, FIG_DEVICE, "NVIDIA's illegal access", "a kernel read or wrote outside its buffers",
      "this is a mistake in figment or in CLBlast: please report it; FIGMENT_PRODUCTS=own avoids "
      "CLBlast" },
};

/* Codes that nobody meets in a correct program: the name is enough. */
static const struct {
    cl_int code;
    const char *name;
} other_names[] = {
#define NAME(name) { name, #name }
    NAME(CL_PROFILING_INFO_NOT_AVAILABLE), NAME(CL_MEM_COPY_OVERLAP), NAME(CL_MAP_FAILURE),
    NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET), NAME(CL_COMPILE_PROGRAM_FAILURE),
    NAME(CL_LINKER_NOT_AVAILABLE), NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    NAME(CL_INVALID_DEVICE_TYPE), NAME(CL_INVALID_PLATFORM), NAME(CL_INVALID_DEVICE),
    NAME(CL_INVALID_QUEUE_PROPERTIES), NAME(CL_INVALID_HOST_PTR), NAME(CL_INVALID_MEM_OBJECT),
    NAME(CL_INVALID_BUILD_OPTIONS), NAME(CL_INVALID_PROGRAM),
    NAME(CL_INVALID_PROGRAM_EXECUTABLE), NAME(CL_INVALID_KERNEL_NAME),
    NAME(CL_INVALID_KERNEL_DEFINITION), NAME(CL_INVALID_KERNEL), NAME(CL_INVALID_ARG_INDEX),
    NAME(CL_INVALID_ARG_VALUE), NAME(CL_INVALID_ARG_SIZE), NAME(CL_INVALID_WORK_DIMENSION),
    NAME(CL_INVALID_WORK_ITEM_SIZE), NAME(CL_INVALID_GLOBAL_OFFSET),
    NAME(CL_INVALID_EVENT_WAIT_LIST), NAME(CL_INVALID_EVENT), NAME(CL_INVALID_OPERATION),
    NAME(CL_INVALID_GLOBAL_WORK_SIZE), NAME(CL_INVALID_PROPERTY),
#undef NAME
};

static const struct error *find_error(cl_int code)
{
    for (size_t i = 0; i < LENGTH(errors); i++) {
        if (errors[i].code == code)
            return &errors[i];
    }
    return NULL;
}

const char *opencl_error_name(cl_int code)
{
    const struct error *error = find_error(code);
    for (size_t i = 0; !error && i < LENGTH(other_names); i++) {
        if (other_names[i].code == code)
            return other_names[i].name;
    }
    return error ? error->name : "an error that OpenCL does not list";
}

enum fig_status opencl_failed(cl_int code, const char *function, const char *subject)
{
    const int length = (int)strcspn(function, "(");
    const struct error *error = find_error(code);
    if (!error)
        return fail(FIG_DEVICE, "%s: %.*s failed: %s (%d): update the driver, or choose another "
                    "device with --device", subject, length, function, opencl_error_name(code),
                    (int)code);
    return fail(error->status, "%s: %.*s failed: %s (%d): %s; %s", subject, length, function,
                error->name, (int)code, error->cause, error->next);
}
