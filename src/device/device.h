/* SPDX-License-Identifier: MIT */
/* The device interface: a checked front (device_...) over a small table that each backend fills. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <figment/device.h>

#include "device/work.h"

struct script; /* a list of works, compiled and with its arguments set; the backend defines it */

/* What a backend must do.  Arguments were checked by the caller in device.c: regions lie in their
 * buffers and are large enough, counts are positive.  Buffers are live and belong to this device.
 * Work is queued in order; only read() and finish() wait.  Only borrow() is optional.  Every
 * failure is logged with its cause. */
struct device_ops {
    void (*close)(struct fig_device *device);

    enum fig_status (*alloc)(struct fig_device *device, size_t bytes, struct buffer **out);
    /* A buffer of the host's bytes where they lie; NULL if the device has memory of its own. */
    enum fig_status (*borrow)(struct fig_device *device, const void *bytes, size_t size,
                              struct buffer **out);
    void (*free)(struct fig_device *device, struct buffer *buffer);

    /* Bytes as the device keeps them.  write() has taken the bytes when it returns. */
    enum fig_status (*write)(struct fig_device *device, struct region to, const void *bytes);
    enum fig_status (*read)(struct fig_device *device, struct region from, void *bytes);
    enum fig_status (*zero)(struct fig_device *device, struct region region);

    /* The script copies what it needs of the works.  Running allocates, compiles and waits for
     * nothing; it calls the works' ticks with `step`.  But if `seconds` is not NULL, each work is
     * waited for, and what it took added to seconds[its index]. */
    enum fig_status (*compile)(struct fig_device *device, const struct work *works, int count,
                               struct script **out);
    enum fig_status (*run)(struct fig_device *device, struct script *script, uint32_t step,
                           double *seconds);
    void (*release)(struct fig_device *device, struct script *script);

    enum fig_status (*finish)(struct fig_device *device);
};

/* First member of every backend's own device struct. */
struct fig_device {
    const struct device_ops *ops;
    struct fig_device_info info;
};

/* A backend is one of these; choose.c lists them. */
struct backend {
    const char *name;
    int (*count)(void);
    enum fig_status (*query)(int index, struct fig_device_info *info);
    enum fig_status (*open)(int index, struct fig_device **out);
};
extern const struct backend cpu_backend, cpu64_backend, opencl_backend;

/* The front.  A region's size is in bytes of the device's numbers; `device_reals` gives that of a
 * number of reals.  Offsets are multiples of DEVICE_ALIGN. */
size_t device_reals(const struct fig_device *device, size_t count);
enum fig_status device_alloc(struct fig_device *device, size_t bytes, struct buffer **out);
/* A buffer that holds these bytes and is only read; they must stay as they are until it is freed,
 * as not every device copies them. */
enum fig_status device_borrow(struct fig_device *device, const void *bytes, size_t size,
                              struct buffer **out);
void device_free(struct fig_device *device, struct buffer **buffer);

/* `size` bytes as they are: dataset bytes, orders. */
enum fig_status device_write_bytes(struct fig_device *device, struct region to, const void *bytes);
enum fig_status device_read_bytes(struct fig_device *device, struct region from, void *bytes);
/* The region's reals from and to floats; or doubles, where float64 matters (cpu64 in tests). */
enum fig_status device_write(struct fig_device *device, struct region to, const float *values);
enum fig_status device_read(struct fig_device *device, struct region from, float *values);
enum fig_status device_write_doubles(struct fig_device *device, struct region to,
                                     const double *values);
enum fig_status device_read_doubles(struct fig_device *device, struct region from, double *values);
enum fig_status device_zero(struct fig_device *device, struct region region);

enum fig_status device_compile(struct fig_device *device, const struct work *works, int count,
                               struct script **out);
enum fig_status device_run(struct fig_device *device, struct script *script, uint32_t step);
enum fig_status device_time(struct fig_device *device, struct script *script, uint32_t step,
                            double *seconds);
void device_release(struct fig_device *device, struct script **script);

#endif
