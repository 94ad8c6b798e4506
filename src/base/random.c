/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <math.h>
#include <string.h>

typedef uint32_t uint; /* OpenCL's name */
#define FN static inline
FN uint mul_hi(uint a, uint b)
{
    return (uint)((uint64_t)a * b >> 32);
}
#include "cl/philox.cl"

static const double unit = 1.0 / 16777216; /* 2^-24 */
static const double two_pi = 6.283185307179586476925;

void random_words(const struct stream *stream, uint32_t block, uint32_t word[4])
{
    philox(word, (uint32_t)stream->seed, (uint32_t)(stream->seed >> 32), stream->stream,
           stream->step, block);
}

static void four_uniforms(const uint32_t word[4], double out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (word[i] >> 8) * unit;
}

static void four_normals(const uint32_t word[4], double out[4])
{
    for (int i = 0; i < 4; i += 2) {
        const double radius = sqrt(-2 * log(((word[i] >> 8) + 1) * unit));
        const double angle = two_pi * ((word[i + 1] >> 8) * unit);
        out[i] = radius * cos(angle);
        out[i + 1] = radius * sin(angle);
    }
}

static void draw(const struct stream *stream, double *out, size_t count,
                 void (*four)(const uint32_t word[4], double out[4]))
{
    for (size_t i = 0; i < count; i += 4) {
        uint32_t word[4];
        double value[4];
        random_words(stream, (uint32_t)(i / 4), word);
        four(word, value);
        memcpy(out + i, value, (count - i < 4 ? count - i : 4) * sizeof(*out));
    }
}

void random_uniform(const struct stream *stream, double *out, size_t count)
{
    draw(stream, out, count, four_uniforms);
}

void random_normal(const struct stream *stream, double *out, size_t count)
{
    draw(stream, out, count, four_normals);
}

void random_permutation(const struct stream *stream, uint32_t *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = i;
    for (uint32_t i = count; i-- > 1;) {
        uint32_t word[4];
        random_words(stream, i / 4, word);
        const uint32_t j = (uint32_t)((uint64_t)word[i % 4] * (i + 1) >> 32);
        const uint32_t swap = out[i];
        out[i] = out[j];
        out[j] = swap;
    }
}
