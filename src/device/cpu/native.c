/* SPDX-License-Identifier: MIT */
#include "device/cpu/native.h"

extern const struct native native_float_base, native_float_v3, native_float_v4, native_double_base;

const struct native *native_float(void)
{
#ifdef NATIVE_V4
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return &native_float_v4;
#endif
#ifdef NATIVE_V3
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return &native_float_v3;
#endif
    return &native_float_base;
}

const struct native *native_double(void)
{
    return &native_double_base;
}
