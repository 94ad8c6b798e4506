/* SPDX-License-Identifier: MIT */
/* Files of codes in steps.  All numbers are little-endian:
 *
 *     "FIGZ", version 1 (u32), hash of the model (u64),
 *     count, length, streams (u32 each; streams is 1 or length),
 *     lowest [length], step [length] (F32),
 *     sizes [streams] (u32), the streams,
 *     CRC-32 of all that precedes it (u32)
 *
 * A stream is raw deflate: either the symbols of one value of all codes, or those of all values,
 * one after the other.  What has its own stream has its own Huffman code, 2 % above the entropy of
 * 10000 Gaussian values; LZMA's adaptive one is 5 % above.  Few codes are better kept together.
 *
 * What we read may come from anywhere: FIG_FORMAT, and a message with the file's name, for all else
 * than what is above, and no more memory than deflate can fill from such a file. */
#ifndef RUN_PACKED_H
#define RUN_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include <figment/status.h>

/* Value k of code i is lowest[k] + symbols[k * count + i] * step[k]. */
struct packed {
    uint64_t model;
    int count, length;
    float *lowest, *step; /* [length], finite */
    uint8_t *symbols;     /* [length][count] */
};

/* Room for the arrays; release after errors too. */
enum fig_status packed_create(struct packed *packed, int count, int length);
void packed_free(struct packed *packed);

/* Without a path only the size is told. */
enum fig_status packed_write(const struct packed *packed, const char *path, size_t *size);

/* `name` is for messages.  Nothing is left to free after a failure. */
enum fig_status packed_parse(struct packed *out, const char *name, const uint8_t *bytes,
                             size_t size);

#endif
