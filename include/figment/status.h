/* SPDX-License-Identifier: MIT */
#ifndef FIG_STATUS_H
#define FIG_STATUS_H

#include <figment/api.h>

FIG_BEGIN

/* What went wrong, for the program.  The log line says why, for the human. */
enum fig_status {
    FIG_OK = 0,
    FIG_NOMEM,     /* host or device memory ran out */
    FIG_INVALID,   /* the caller broke a documented rule */
    FIG_SHAPE,     /* shapes do not fit each other */
    FIG_IO,        /* a file could not be read or written */
    FIG_FORMAT,    /* a file is not what it claims to be */
    FIG_NODEVICE,  /* no device by that name */
    FIG_DEVICE,    /* the driver reported an error */
    FIG_BUILD,     /* a kernel did not compile; the build log is in the log */
    FIG_NUMERIC,   /* a loss or a parameter became NaN or infinite */
    FIG_CANCELLED, /* stopped by the caller; what was done is saved */
};

/* A short lower-case phrase, never NULL. */
FIG_API const char *fig_status_text(enum fig_status status);

FIG_END

#endif
