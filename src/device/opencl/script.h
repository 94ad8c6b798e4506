/* SPDX-License-Identifier: MIT */
/* Works as calls of the driver: plan.c says which and writes the text of their kernels, with the
 * help of chain.c, product.c and sums.c; script.c sets their arguments and runs them. */
#ifndef OPENCL_SCRIPT_H
#define OPENCL_SCRIPT_H

#include "device/opencl/opencl.h"

/* chain.c: C text of a chain.  `product` is the number of the input that is the result of the
 * product before it, or -1.  Each writes one function named `prefix` and a hash of its text, adds
 * it to `out` unless it is there, and gives its name.  Arguments in order: the inputs but for the
 * product, the outputs, the slot if there is one, and for a kernel the number of elements. */
void chain_kernel(const struct opencl *cl, struct text *out, const struct chain *chain,
                  char name[NAME_LIMIT]);
/* Do the kernel's groups cover PARTIAL elements each? */
bool chain_by_partials(const struct opencl *cl, const struct chain *chain);
/* How the text of an element reads: of one, or of WIDE at a time. */
struct chain_style {
    bool wide;
    bool aligned; /* i is a multiple of WIDE */
};
/* void name(uint i, real value, global real *result, ...): result[i] = value where `store` says. */
void chain_finish(struct text *out, const struct chain *chain, int product, bool store,
                  struct chain_style style, char name[NAME_LIMIT]);
void chain_parameters(struct text *out, const struct chain *chain, int product);
void chain_arguments(struct text *out, const struct chain *chain, int product);
/* Add the function that `text` is to `out`, with its hash for the name where it says @. */
void chain_emit(struct text *out, const char *prefix, struct text *text, char name[NAME_LIMIT]);

/* product.c: kernels for products. */
struct tile {
    const char *source;          /* which of cl/product*.cl */
    int m, n, k, item_m, item_n; /* as there; of the plain kernel 0 */
    size_t items;                /* of a work-group */
};
unsigned product_tiles(const struct opencl *cl); /* those that suit the device, as bits */
const struct tile *product_shape(int number);
bool product_by_clblast(const struct opencl *cl, const struct product *product);
/* For this product, and how many groups share the terms of one tile: if several, each makes a C of
 * its own and nothing can be fused. */
const struct tile *product_tile(const struct opencl *cl, const struct product *product,
                                size_t *splits);
/* Of PATCHES_INPUT, the pixels that are seen by the same taps are a phase, and rows are counted in
 * each; of others there is one. */
size_t product_phases(const struct product *product);
size_t product_rows(const struct product *product);
size_t product_groups(const struct tile *tile, const struct product *product); /* of a phase */
/* The chain's input that is the product's result, where the chain can follow in the same kernel;
 * -1 where it must be a kernel of its own. */
int product_fused(const struct work *work);
/* Must C itself reach memory? */
bool product_stores(const struct work *work, int fused);
/* Kernel of the product and, if `fused` >= 0, the chain.  Arguments: a, b, m, n, k, C, the sums if
 * there are any, and the chain's. */
enum fig_status product_kernel(struct text *out, const struct tile *tile, const struct work *work,
                               int fused, char name[NAME_LIMIT]);

/* sums.c: the sums of a matrix' rows, an element of `out` for each column, or of its columns. */
struct sums {
    struct region in, out;
    struct matrix matrix;
    bool rows;
};
size_t sums_outs(const struct sums *sums);
size_t sums_terms(const struct sums *sums); /* of each */
size_t sums_width(const struct sums *sums, size_t group); /* see cl/sums.cl */
/* How many groups should share the terms of each sum, for a device of so many units. */
size_t sums_parts(const struct sums *sums, size_t group, unsigned units);

/* --- Scripts */

/* An argument of a kernel that is set anew before each run. */
struct fresh {
    cl_uint index;
    size_t size; /* 0: there is none */
    const void *bytes;
};

enum launch_kind { LAUNCH_KERNEL, LAUNCH_CHAIN, LAUNCH_SUMS, LAUNCH_PRODUCT };

enum { LAUNCHES = 4 }; /* of a work, at most */

/* One call of the driver in a run.  Regions without a buffer are in the script's scratch memory. */
struct launch {
    enum launch_kind kind;
    struct work *work;
    char function[NAME_LIMIT];
    const struct tile *tile; /* of a product; NULL: CLBlast multiplies */
    struct region c;         /* where it goes */
    int fused;               /* see product_fused */
    struct sums sums;
    size_t parts; /* of the sums, or of the product's */
    cl_kernel kernel;
    struct fresh fresh;
    cl_mem operands[3]; /* of CLBlast */
    size_t global[3], local[3];
};

struct script {
    struct work *works;
    struct launch *launches; /* room for LAUNCHES of each work */
    int work_count, launch_count;
    size_t scratch_size;
    struct buffer *scratch; /* NULL: none is needed */
    struct views views;
    cl_program program; /* NULL: there are no kernels of its own */
};

/* plan.c: the launches of the script's works, and the text of the kernels of its own. */
enum fig_status script_plan(struct opencl *cl, struct script *script, struct text *text);

/* script.c: entries of device_ops. */
enum fig_status opencl_compile(struct fig_device *device, const struct work *works, int count,
                               struct script **out);
enum fig_status opencl_run(struct fig_device *device, struct script *script, uint32_t step,
                           double *seconds);
void opencl_release(struct fig_device *device, struct script *script);

#endif
