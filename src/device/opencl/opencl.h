/* SPDX-License-Identifier: MIT */
/* An open OpenCL device, and what the files of this folder do for each other. */
#ifndef OPENCL_OPENCL_H
#define OPENCL_OPENCL_H

#include <CL/cl.h>

#include "base/text.h"
#include "device/device.h"
#include "device/opencl/cache.h"

enum {
    GROUP_LIMIT = 256, /* items in a work-group, at most */
    NAME_LIMIT = 32,   /* bytes of a generated kernel's name */
    TILES = 8,         /* shapes in product.c */
    WIDE = 16,         /* elements in the vectors of wide.cl */
};

/* Who multiplies matrices; CLBlast from cl->clblast_from on, and our own kernels before. */
enum engine { ENGINE_PLAIN, ENGINE_OWN, ENGINE_CLBLAST, ENGINE_COUNT };

struct opencl {
    struct fig_device base;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue; /* in order */
    cl_mem word;            /* what is read to wait for the queue */
    cl_program kernels;     /* the dialect's; a script's own kernels are in its own program */
    char *identity;         /* what compiled kernels depend on besides their source */
    struct cache cache;
    size_t group_limit; /* largest work-group, a power of two up to GROUP_LIMIT */
    bool serial;        /* a processor: an item alone in its group, with vectors, is the fastest */
    size_t used;        /* bytes of buffers */
    enum engine engine;
    unsigned tiles;      /* bit i: our kernel with product_shape(i) may be used */
    bool group_sums;     /* groups share long sums, by sums.cl, and long products; else reduce.cl */
    double clblast_from; /* operations of a product */
    cl_mem scratch;      /* CLBlast's temporary memory: grows when a script is compiled */
    size_t scratch_size;
    bool clblast_used;
};

static inline struct opencl *opencl_of(struct fig_device *device)
{
    return (struct opencl *)device;
}

/* memory.c: entries of device_ops. */
enum fig_status opencl_alloc(struct fig_device *device, size_t bytes, struct buffer **out);
void opencl_free(struct fig_device *device, struct buffer *buffer);
enum fig_status opencl_write(struct fig_device *device, struct region to, const void *bytes);
enum fig_status opencl_read(struct fig_device *device, struct region from, void *bytes);
enum fig_status opencl_zero(struct fig_device *device, struct region region);

/* open.c: wait for all that was queued; an entry of device_ops. */
enum fig_status opencl_finish(struct fig_device *device);

/* memory.c: regions as the driver sees them, all zero at first. */
struct views {
    struct view {
        struct region region;
        cl_mem memory;
    } *list;
    int count, room;
};
/* The region's memory object, which the views own: the same one for the same region. */
enum fig_status views_find(struct opencl *cl, struct views *views, struct region region,
                           cl_mem *out);
void views_finish(struct views *views);

/* source.c: add the text of a file of cl/ to `out`: the embedded one, or that in the folder
 * FIGMENT_CL_PATH. */
enum fig_status source_add(struct text *out, const char *name);
/* What every program for the device starts with. */
enum fig_status source_add_dialect(const struct opencl *cl, struct text *out);
/* All kernels of cl/kernels.h, and sums.cl where it suits the device. */
enum fig_status source_add_kernels(const struct opencl *cl, struct text *out);
enum fig_status source_add_products(struct text *out); /* all templates of products */

/* program.c: compile, or take from the cache.  `kernel` is one of the program's: an entry of the
 * cache without it is a bad one. */
enum fig_status program_build(struct opencl *cl, const char *source, const char *kernel,
                              cl_program *out);
enum fig_status program_kernel(struct opencl *cl, cl_program program, const char *name,
                               cl_kernel *out);
/* The largest power of two that the kernel's work-group may have. */
size_t program_group(struct opencl *cl, cl_kernel kernel);

/* clblast.c, or without.c where the library was built without CLBlast. */
bool clblast_present(void);
void clblast_identify(struct text *text); /* what tells this CLBlast from another */
/* Compile what this shape needs, and make room for its temporary memory. */
enum fig_status clblast_prepare(struct opencl *cl, const struct product *product);
enum fig_status clblast_run(struct opencl *cl, const struct product *product,
                            const cl_mem operands[3]); /* A, B, C */
/* Replace the tuned parameters of the product kernel by ones that are known to be right. */
enum fig_status clblast_override(struct opencl *cl);
void clblast_finish(struct opencl *cl);

/* selftest.c: check the device against the host, and choose who multiplies matrices. */
enum fig_status selftest_run(struct opencl *cl);

#endif
