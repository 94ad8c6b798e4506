/* SPDX-License-Identifier: MIT */
/* Numbers of the elementwise functions: for each unary row its value and two derivatives. */
#ifndef DEVICE_ROW_H
#define DEVICE_ROW_H

enum row {
#define UNARY(name, value, of, d1, d2) ROW_##name, ROW_##name##_d1, ROW_##name##_d2,
#define BINARY(name, value, da, db)    ROW_##name,
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
    ROW_COUNT
};

/* Kernels that are no rows. */
enum kernel {
#define KERNEL(name, buffers, params) KERNEL_##name,
#include "cl/kernels.h"
#undef KERNEL
    KERNEL_COUNT
};

#endif
