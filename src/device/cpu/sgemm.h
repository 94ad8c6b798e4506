/* SPDX-License-Identifier: MIT */
/* Products of floats by oneDNN, if the library was built with it. */
#ifndef CPU_SGEMM_H
#define CPU_SGEMM_H

#include "device/cpu/native.h"

/* Which library and version; NULL when there is none. */
const char *sgemm_name(void);

/* On the calling thread alone. */
multiply_fn sgemm;

#endif
