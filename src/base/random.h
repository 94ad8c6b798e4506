/* SPDX-License-Identifier: MIT */
/* Random numbers for the host: the contract's streams, the same words that kernels draw.
 * A value depends on (seed, stream, step, index) only. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum {
    STREAM_PARAMETER = 0x1000, /* + k: initial value of the k-th parameter tensor, step 0 */
    STREAM_NOISE = 0x2000,     /* + k: the k-th noise source of a model, step = training step */
    STREAM_UNIFORM = 0x3000,   /* the input batches of `uniform`, step = training step */
    STREAM_SHUFFLE = 0x4000,   /* the order of samples, step = epoch */
    STREAM_DROPOUT = 0x5000,   /* + k */
    STREAM_AUGMENT = 0x6000,   /* + k */
    STREAM_SYNTHETIC = 0x7000, /* the drawn digits, step = index of the image */
    STREAM_SAMPLE = 0x8000,    /* what a trained model draws from: sample i has step i */
    STREAM_MIXTURE = 0x9000,   /* the start of a fit, step = component; + 1: which to draw from */
    STREAM_POINTS = 0xa000,    /* points in the plane, step = half of the data */
    STREAM_BINARIZE = 0xa000,  /* of pixels: step = training step, in evaluations the image; points
                                  are never binarized */
    STREAM_LABELS = 0xb000,    /* which labels are known, step = 0 */
    STREAM_PIXELS = 0xc000,    /* Gaussian pixels that samples are compared with, step = image */
    STREAM_REDRAW = 0xd000,    /* + k: the k-th new draw of a sample's noise, as STREAM_SAMPLE */
};

struct stream {
    uint64_t seed;
    uint32_t stream, step;
};

/* Words 4 block .. 4 block + 3. */
void random_words(const struct stream *stream, uint32_t block, uint32_t word[4]);

/* Elements [0, count): uniform in [0, 1) as multiples of 2^-24, and standard normal. */
void random_uniform(const struct stream *stream, double *out, size_t count);
void random_normal(const struct stream *stream, double *out, size_t count);

/* A permutation of 0..count-1: Fisher-Yates from the last element down, element i swapped with
 * (word i * (i + 1)) >> 32 where word i is the stream's i-th word. */
void random_permutation(const struct stream *stream, uint32_t *out, uint32_t count);

#endif
