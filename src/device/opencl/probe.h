/* SPDX-License-Identifier: MIT */
/* Drivers may crash while they are only being listed.  So they are first listed in a child
 * process; one that ends it, or that takes longer than ten seconds, is left out here.  A good end
 * is remembered in the cache for as long as the list of drivers stays as it is, so most starts
 * pay nothing.  That they showed no GPU is remembered too, for as long as the machine stays as it
 * is: until it boots, or a driver or a GPU's device node comes, goes or changes.  FIGMENT_PROBE=0
 * leaves out the child and this memory. */
#ifndef OPENCL_PROBE_H
#define OPENCL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "device/opencl/cache.h"

enum { PLATFORM_LIMIT = 32 };

/* One look at the drivers: begin, ask for the platforms, list their devices, end. */
struct probe {
    struct cache cache;
    struct text machine; /* as it was before the look; failed: nothing is to be remembered */
};
void probe_begin(struct probe *probe);
void probe_end(struct probe *probe, bool no_gpu); /* false: there is one, or it is not sure */

/* Whether such a look, by any process of this user, ended with no GPU on this very machine. */
bool probe_knows_no_gpu(void);

/* Bit i: platform i must not be asked for its devices.  UINT32_MAX: do not call OpenCL at all.
 * Call before the first OpenCL call of the process: a process that has made one must not fork. */
uint32_t probe_platforms(struct probe *probe);

/* PoCL shows no device when it cannot write below HOME: give it a folder that it can. */
void probe_prepare_environment(void);

#endif
