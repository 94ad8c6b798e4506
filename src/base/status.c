/* SPDX-License-Identifier: MIT */
#include <figment/status.h>

static const char *const status_text[] = {
    [FIG_OK] = "success",
    [FIG_NOMEM] = "out of memory",
    [FIG_INVALID] = "a documented rule was broken",
    [FIG_SHAPE] = "shapes do not fit",
    [FIG_IO] = "a file could not be read or written",
    [FIG_FORMAT] = "a file is not what it claims to be",
    [FIG_NODEVICE] = "no such device",
    [FIG_DEVICE] = "the device reported an error",
    [FIG_BUILD] = "a kernel did not compile",
    [FIG_NUMERIC] = "a number became NaN or infinite",
    [FIG_CANCELLED] = "cancelled",
};

const char *fig_status_text(enum fig_status status)
{
    const unsigned index = (unsigned)status;
    const unsigned count = sizeof(status_text) / sizeof(*status_text);
    return index < count ? status_text[index] : "unknown status";
}
