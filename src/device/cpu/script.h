/* SPDX-License-Identifier: MIT */
/* Lists of works on the CPU: compiling them and running them on the pool.  The number of threads
 * (FIGMENT_THREADS) changes no bit of a result.  With oneDNN the instruction set does, and so does
 * the number of cores that the process may use: it sets how the rows of a product are split. */
#ifndef CPU_SCRIPT_H
#define CPU_SCRIPT_H

#include "base/threads.h"
#include "device/cpu/native.h"
#include "device/device.h"

struct cpu_device {
    struct fig_device base;
    const struct native *native;
    multiply_fn *multiply;
    struct pool *pool;
    size_t scratch_size; /* of each thread; grows as scripts are compiled */
    char *scratch;
};

enum fig_status script_compile(struct fig_device *device, const struct work *works, int count,
                               struct script **out);
enum fig_status script_run(struct fig_device *device, struct script *script, uint32_t step,
                           double *seconds);
void script_release(struct fig_device *device, struct script *script);

#endif
