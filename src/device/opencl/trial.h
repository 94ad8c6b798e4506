/* SPDX-License-Identifier: MIT */
/* Work done on the device and compared with the host in double: what a self-test is made of.  What
 * cl says about products and sums is what is tried; what is wrong is logged. */
#ifndef OPENCL_TRIAL_H
#define OPENCL_TRIAL_H

#include "device/opencl/opencl.h"

/* trial_kernels.c: chains with broadcasts and sums, and kernels of cl/. */
bool trial_kernels(struct opencl *cl);

/* trial_sums.c: sums of the rows of a matrix, and of the columns of another. */
bool trial_sums(struct opencl *cl);

/* trial_product.c: products of all four transposes with a chain behind, and whether they leave the
 * memory behind C alone.  Large ones are compared at some elements only. */
bool trial_products(struct opencl *cl, int m, int n, int k);
/* Seconds that such a product takes; infinite if it fails. */
double trial_seconds(struct opencl *cl, int m, int n, int k);

/* trial_conv.c: a convolution, what its image receives, and what its weights do. */
bool trial_convolutions(struct opencl *cl);

/* --- trial.c: what they share */

/* Memory of a trial, on the host as on the device: regions one after the other. */
struct trial {
    struct opencl *cl;
    struct buffer *buffer;
    float *host;
    size_t size, used; /* bytes */
};
/* To be ended after errors too. */
enum fig_status trial_begin(struct trial *trial, struct opencl *cl, size_t size);
void trial_end(struct trial *trial);

/* `count` numbers in [-0.5, 0.5), and behind them a guard of more; they take that many bytes. */
struct region trial_take(struct trial *trial, size_t count);
size_t trial_room(size_t count);
float *trial_host(const struct trial *trial, struct region region);
struct region trial_memory(const struct trial *trial); /* all of it */

/* Run the works on what the host has: the device's memory afterwards, which the caller frees; NULL
 * after an error. */
float *trial_run(struct trial *trial, const struct work *works, int count);
bool trial_close(double got, double expected, double tolerance); /* false for NaN */

#endif
