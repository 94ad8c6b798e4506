/* SPDX-License-Identifier: MIT */
/* Work that a device does: what a plan is compiled to.  Numbers are `real`s: float, or double on
 * cpu64.  Offsets and sizes are in bytes of the device's own numbers. */
#ifndef DEVICE_WORK_H
#define DEVICE_WORK_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <figment/status.h>

#include "cl/params.h"
#include "device/row.h"

static_assert(sizeof(struct matrix) == 2 * 4, "the OpenCL driver must see the same bytes");
static_assert(sizeof(struct random) == 4 * 4, "the OpenCL driver must see the same bytes");
static_assert(sizeof(struct gather) == 3 * 4, "the OpenCL driver must see the same bytes");
static_assert(sizeof(struct optimizer) == 9 * 4, "the OpenCL driver must see the same bytes");
static_assert(sizeof(struct copy) == 5 * 4, "the OpenCL driver must see the same bytes");
static_assert(sizeof(struct conv) == 11 * 4, "the OpenCL driver must see the same bytes");

enum {
    DEVICE_ALIGN = 1024, /* offsets of regions are multiples: enough for any sub-buffer */
    PARTIAL = 1024,      /* elements that one partial sum of a chain covers */
    CHAIN_INS = 12,
    CHAIN_STEPS = 40,
    CHAIN_OUTS = 8,
    KERNEL_BUFFERS = 4,
};

/* An allocation. */
struct buffer {
    size_t size;  /* bytes */
    void *memory; /* the backend's: bytes of this process, or a driver's handle */
};

struct region {
    struct buffer *buffer;
    size_t offset, size;
};

static inline bool region_fits(struct region region)
{
    return region.buffer && region.offset <= region.buffer->size &&
           region.size <= region.buffer->size - region.offset;
}

static inline bool region_overlaps(struct region a, struct region b)
{
    return a.buffer == b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

/* Do they begin at the same place? */
static inline bool region_same(struct region a, struct region b)
{
    return a.buffer == b.buffer && a.offset == b.offset;
}

/* A chain: elementwise functions over elements 0..n-1 in one pass; nothing between them is stored.
 * Values are numbered: first the inputs, then the results of the steps. */
struct chain_in {
    struct region region;
    unsigned inner, count; /* element i reads [i / inner % count]; count 0: reads [i] */
    bool sum; /* it reads the sum of all `count` > 1 numbers instead; only in a work that is a chain
               * of one element */
};
struct chain_step {
    enum row row;
    int a, b;   /* values; b is -1 for a unary row */
    float p, q; /* the row's constants */
};
struct chain_out {
    struct region region;
    int value;
    bool sum; /* store sums over each PARTIAL elements (the last may be short) instead of these */
    bool slot; /* element i goes to [*slot + i] of the region, see struct chain */
};
/* An output region may be the region of an input with count 0, read by the same element, and no
 * other overlap is allowed. */
struct chain {
    size_t n;
    int ins, steps, outs;
    const uint32_t *slot; /* looked up before each run, if an output asks for it */
    struct chain_in in[CHAIN_INS];
    struct chain_step step[CHAIN_STEPS];
    struct chain_out out[CHAIN_OUTS];
};

/* C[m,n] = op(A) op(B), row-major and dense; op transposes where asked: A is then [k,m], B [n,k].
 * A convolution is a product too: one operand is then a matrix that nobody stores, of what each
 * output pixel sees.  Its region holds the image instead, and nothing is transposed beyond what is
 * said here (see struct conv for the names):
 *     PATCHES_FORWARD  a is the image [n,h,w,c], b the weights: C[n oh ow, o] = patches(a) b^T
 *     PATCHES_INPUT    a is the image [n,oh,ow,o], b the weights: C[n h w, c], what the image of
 *                      PATCHES_FORWARD receives; also a transposed convolution
 *     PATCHES_WEIGHT   a is the image [n,oh,ow,o], b the image [n,h,w,c]:
 *                      C[o, kh kw c] = a^T patches(b)
 * with m and n as C has them, and k the sum's length (of PATCHES_INPUT kh kw o, most of whose terms
 * may not be there). */
enum patches { PATCHES_NONE, PATCHES_FORWARD, PATCHES_INPUT, PATCHES_WEIGHT };

struct product {
    struct region a, b, c;
    struct region sums; /* [m]: of the rows of op(A), if there is a buffer and A is transposed */
    bool trans_a, trans_b;
    int m, n, k;
    enum patches patches;
    struct conv conv; /* unless PATCHES_NONE */
};

/* The kernels of cl/kernels.h; the function of one is k_NAME. */
extern const struct kernel_info {
    const char *name;
    int buffers;
    size_t size; /* of the parameter block */
} kernel_infos[KERNEL_COUNT];

enum work_kind {
    WORK_KERNEL,
    WORK_CHAIN,
    WORK_PRODUCT, /* then the chain over C's m * n elements, if it has outputs */
};

struct work {
    enum work_kind kind;
    const char *name; /* of the graph's node, for messages and profiles; outlives the script */

    /* WORK_KERNEL: n items; `tick`, if any, sets what changes from step to step in `params` before
     * each run. */
    enum kernel kernel;
    struct region buffers[KERNEL_BUFFERS];
    size_t n;
    union {
        struct matrix matrix;
        struct copy copy;
        struct random random;
        struct gather gather;
        struct optimizer optimizer;
    } params;
    void (*tick)(struct work *work, uint32_t step);
    void *context; /* of tick */

    /* WORK_PRODUCT: in the chain, an input whose region is product.c and whose count is 0 is the
     * product's result; when an output of the chain is stored in that same region, or when the
     * chain alone reads it (`product_kept` is false), C itself need not reach memory. */
    struct product product;
    bool product_kept; /* others read C as the product left it */
    struct chain chain;
};

/* Where the patches are the image itself as it lies in memory (one pixel each, or all of them), the
 * convolution becomes a plain product with the same regions. */
void product_flatten(struct product *product);

/* What the work is: "product", "chain", the kernel's name ... */
const char *work_text(const struct work *work);
/* Floating-point operations of its product, none for taps outside an image; and the bytes that it
 * must read and write at least, each of them once (of the samples that a gather takes too). */
double work_flops(const struct work *work);
size_t work_bytes(const struct work *work, size_t real_size);

/* Does the work keep the rules above, with numbers of that many bytes?  Names it in the log. */
enum fig_status work_check(const struct work *work, size_t real_size);

#endif
