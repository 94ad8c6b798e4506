/* SPDX-License-Identifier: MIT */
/* Parameter blocks of kernels, one text for the host and for OpenCL C: 4-byte fields only. */
#ifndef CL_PARAMS_H
#define CL_PARAMS_H

struct matrix {
    unsigned rows, cols;
};

/* Element (row, col) goes from `in[from + row * from_stride + col]` to
 * `out[to + row * to_stride + col]`. */
struct copy {
    unsigned cols, from, from_stride, to, to_stride;
};

/* A stream of random numbers; see philox.cl. */
struct random {
    unsigned seed_low, seed_high, stream, step;
};

/* Row r of the batch is sample order[first + r] of `cols` values, each divided by `divisor`. */
struct gather {
    unsigned first, cols;
    float divisor;
};

/* A convolution between images [n, h, w, c] and [n, oh, ow, o], channels last, with weights
 * [o, kh, kw, c]: pixel (y, x) of the first meets pixel (v, u) of the second at tap (i, j) where
 * y = v * stride - pad + i and x = u * stride - pad + j. */
struct conv {
    int n, h, w, c, oh, ow, o, kh, kw, stride, pad;
};

/* Items of a kernel that a work-item takes where they run one after the other: a multiple of all
 * widths of EACH_SPAN. */
#define SERIAL_SPAN 256u

/* Constants of an optimiser step, computed in double on the host; see optimizer.cl. */
struct optimizer {
    float rate;
    float momentum, fresh;      /* beta1 or momentum, and 1 - it */
    float rho, leak;            /* beta2 or rho, and 1 - it */
    float correct1, correct2;   /* Adam: 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float decay;                /* weight decay: L2, or decoupled for AdamW */
};

#endif
