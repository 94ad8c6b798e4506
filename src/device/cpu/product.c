/* SPDX-License-Identifier: MIT */
#include "device/cpu/product.h"

#include <string.h>

#include "base/size.h"
#include "base/threads.h"
#include "device/cpu/conv.h"

enum {
    ROWS_LEAST = 24,      /* rows that a part takes, if there are several parts */
    PITCH_SLOW = 256,     /* elements: rows as far apart, or multiples, are copied */
    ROWS_COPIED = 512,    /* of C at a time, where rows of A are copied */
    TERMS_MOST = 256, TERMS_LEAST = 32, /* of the sums at a time, where anything is */
    COPY_BYTES = 1 << 20, /* of B: about what the L2 cache holds */
};

/* oneDNN packs what it reads across the rows, and takes up to twice the time where all of them fall
 * into the same few sets of the cache: it gets a copy with rows farther apart. */
static bool copies_a(const struct product *product)
{
    return product->trans_a && product->m % PITCH_SLOW == 0;
}

/* Where both are read across the rows, half as far apart is slow too: by a tenth to a quarter. */
static bool copies_b(const struct product *product)
{
    const int slow = product->trans_a ? PITCH_SLOW / 2 : PITCH_SLOW;
    return !product->trans_b && product->n % slow == 0;
}

/* Of the sums at a time. */
static size_t terms_of(const struct product *product, size_t real_size)
{
    const size_t fit = COPY_BYTES / real_size / product_pitch((size_t)product->n);
    if (!copies_a(product) && !copies_b(product))
        return (size_t)product->k;
    return size_most(TERMS_LEAST, size_least(TERMS_MOST, fit));
}

static size_t scratch_a(const struct product *product, size_t real_size)
{
    return copies_a(product) ? TERMS_MOST * product_pitch(ROWS_COPIED) * real_size : 0;
}

static size_t scratch_b(const struct product *product, size_t real_size)
{
    const size_t pitch = product_pitch((size_t)product->n);
    return copies_b(product) ? terms_of(product, real_size) * pitch * real_size : 0;
}

/* Rows of a part.  The last bits of a row depend on the rows that oneDNN multiplies with it, so the
 * parts depend on the shape and on the machine's cores, never on the number of threads.  Each part
 * packs the right factor again: 128 rows run at 185 GFLOP/s where 64 run at 165. */
static size_t rows_of_part(const struct product *product)
{
    const size_t rows = (size_t)product->m, cores = (size_t)pool_cores();
    if (2.0 * product->m * product->n * product->k < FLOPS_LEAST)
        return rows;
    const size_t parts = size_least(rows / ROWS_LEAST, cores);
    return parts < 2 ? rows : round_up((rows - 1) / parts + 1, 4);
}

struct shares product_share(const struct product *product, size_t real_size)
{
    if (product->patches)
        return conv_share(product, real_size);
    return (struct shares){
        .total = (size_t)product->m,
        .chunk = rows_of_part(product),
        .width = (size_t)product->n,
        .scratch = scratch_a(product, real_size) + scratch_b(product, real_size),
    };
}

/* Copy rows to where they lie farther apart: *pitch, in elements, becomes that of the copy. */
static const void *copy_rows(char *to, const void *from, int *pitch, int rows, int cols,
                             size_t size)
{
    const size_t old = (size_t)*pitch * size, width = (size_t)cols * size;
    *pitch = (int)product_pitch((size_t)cols);
    for (size_t i = 0; i < (size_t)rows; i++)
        memcpy(to + i * (size_t)*pitch * size, (const char *)from + i * old, width);
    return to;
}

/* The terms first.. of these rows. */
static struct slice slice_of(const struct product_part *part, size_t row, size_t rows, size_t first,
                             size_t terms)
{
    const struct product *product = part->product;
    const size_t size = part->native->real_size;
    const size_t m = (size_t)product->m, n = (size_t)product->n, k = (size_t)product->k;
    const size_t a = product->trans_a ? first * m + row : row * k + first;
    const size_t b = product->trans_b ? first : first * n;
    return (struct slice){
        .a = (char *)part->buffers[0] + a * size,
        .b = (char *)part->buffers[1] + b * size,
        .c = (char *)part->buffers[2] + row * n * size,
        .trans_a = product->trans_a,
        .trans_b = product->trans_b,
        .add = first > 0,
        .rows = (int)rows,
        .n = product->n,
        .k = (int)terms,
        .lda = (int)(product->trans_a ? m : k),
        .ldb = (int)(product->trans_b ? k : n),
        .ldc = product->n,
    };
}

static bool multiply_rows(const struct product_part *part, size_t row, size_t rows)
{
    const struct product *product = part->product;
    const size_t size = part->native->real_size, k = (size_t)product->k;
    const size_t terms = terms_of(product, size);
    for (size_t first = 0; first < k; first += terms) {
        struct slice slice = slice_of(part, row, rows, first, size_least(terms, k - first));
        if (copies_a(product))
            slice.a = copy_rows(part->scratch + scratch_b(product, size), slice.a, &slice.lda,
                                slice.k, slice.rows, size);
        if (copies_b(product))
            slice.b = copy_rows(part->scratch, slice.b, &slice.ldb, slice.k, slice.n, size);
        if (!part->multiply(&slice))
            return false;
    }
    return true;
}

bool product_multiply(const struct product_part *part)
{
    if (part->product->patches)
        return conv_multiply(part);
    const size_t all = part->end - part->begin;
    const size_t rows = copies_a(part->product) ? ROWS_COPIED : all;
    for (size_t row = part->begin; row < part->end; row += rows) {
        if (!multiply_rows(part, row, size_least(rows, part->end - row)))
            return false;
    }
    return true;
}
