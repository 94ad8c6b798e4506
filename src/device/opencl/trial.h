/* SPDX-License-Identifier: MIT */
/* Work done on the device and compared with the host in double: what a self-test is made of. */
#ifndef OPENCL_TRIAL_H
#define OPENCL_TRIAL_H

#include "device/opencl/opencl.h"

/* Chains with broadcasts and sums, and kernels of cl/.  Logs what is wrong. */
bool trial_kernels(struct opencl *cl);

/* Products of all four transposes with a chain behind, by cl->engine and cl->tiles, and whether
 * they leave the memory behind C alone.  Large ones are compared at some elements only. */
bool trial_products(struct opencl *cl, int m, int n, int k);

/* Seconds that such a product takes; infinite if it fails. */
double trial_seconds(struct opencl *cl, int m, int n, int k);

#endif
