/* SPDX-License-Identifier: MIT */
/* Drivers may crash while they are only being listed.  So they are first listed in a child
 * process; one that ends it, or that takes longer than ten seconds, is left out here.  A good end
 * is remembered in the cache for as long as the list of drivers stays as it is, so most starts
 * pay nothing.  FIGMENT_PROBE=0 leaves the child out. */
#ifndef OPENCL_PROBE_H
#define OPENCL_PROBE_H

#include <stdint.h>

enum { PLATFORM_LIMIT = 32 };

/* Bit i: platform i must not be asked for its devices.  UINT32_MAX: do not call OpenCL at all.
 * Call before the first OpenCL call of the process: a process that has made one must not fork. */
uint32_t probe_platforms(void);

/* PoCL shows no device when it cannot write below HOME: give it a folder that it can. */
void probe_prepare_environment(void);

#endif
