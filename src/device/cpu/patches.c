/* SPDX-License-Identifier: MIT */
#include "device/cpu/patches.h"

#include <string.h>

#include "base/size.h"
#include "base/threads.h"

enum {
    ROWS_MOST = 256,          /* output pixels in a block: packing the weights must pay */
    BLOCK_BYTES = 256 * 1024, /* of patches, so that they stay in the L2 cache */
    VECTOR = 16,          /* elements */
    COLS_LEAST = 8,       /* of the weights' gradient in a part, if there are several parts */
};

/* What each takes when `total` are shared out evenly, none taking more than `limit`. */
static size_t evenly(size_t total, size_t limit)
{
    const size_t parts = (total - 1) / limit + 1;
    return (total - 1) / parts + 1;
}

/* The same for columns: whole vectors. */
static size_t evenly_cols(size_t total, size_t limit)
{
    return size_least(round_up(evenly(total, limit), VECTOR), limit);
}

static size_t output_pixels(const struct conv *conv)
{
    return (size_t)conv->n * (size_t)conv->oh * (size_t)conv->ow;
}

static size_t terms_of(const struct conv *conv)
{
    return (size_t)conv->kh * (size_t)conv->kw * (size_t)conv->c;
}

/* Columns of a block that has so many rows. */
static size_t block_cols(size_t rows, size_t real_size)
{
    return BLOCK_BYTES / real_size / rows;
}

/* Scratch for a block of patches. */
static size_t block_bytes(size_t real_size)
{
    return BLOCK_BYTES + ROWS_MOST * PITCH_MORE * real_size;
}

/* And for the weights of so many columns. */
static size_t weight_bytes(const struct conv *conv, size_t real_size)
{
    return (size_t)conv->o * (block_cols(ROWS_MOST, real_size) + PITCH_MORE) * real_size;
}

/* Items of a part when all cores are to have some, if the work is worth it. */
static size_t share_of(const struct conv *conv, size_t total)
{
    const double flops = 2.0 * (double)output_pixels(conv) * conv->o * (double)terms_of(conv);
    const size_t cores = (size_t)pool_cores();
    const double worth = 1 + flops / FLOPS_LEAST;
    return (total - 1) / (worth < (double)cores ? (size_t)worth : cores) + 1;
}

static struct shares share_forward(const struct conv *conv, size_t real_size)
{
    const size_t total = output_pixels(conv);
    return (struct shares){
        .total = total,
        .chunk = evenly(total, size_least(share_of(conv, total), ROWS_MOST)),
        .width = (size_t)conv->o,
        .scratch = block_bytes(real_size),
    };
}

/* Whole images, or some rows of one where there are few. */
static struct shares share_input(const struct conv *conv, size_t real_size)
{
    const size_t images = (size_t)conv->n, height = (size_t)conv->h, total = images * height;
    const size_t block = size_most(ROWS_MOST / ((size_t)conv->oh * (size_t)conv->ow), 1);
    const size_t share = share_of(conv, total);
    return (struct shares){
        .total = total,
        .chunk = share < height ? size_least(size_most(share, 2 * (size_t)conv->kh), total)
                                : evenly(images, size_least(share / height, block)) * height,
        .width = (size_t)conv->w * (size_t)conv->c,
        .scratch = block_bytes(real_size) + weight_bytes(conv, real_size),
    };
}

static struct shares share_weight(const struct conv *conv, size_t real_size)
{
    const size_t total = terms_of(conv), share = size_most(share_of(conv, total), COLS_LEAST);
    return (struct shares){
        .total = total,
        .chunk = evenly_cols(total, size_least(share, block_cols(ROWS_MOST, real_size))),
        .scratch = block_bytes(real_size),
    };
}

struct shares patches_share(const struct product *product, size_t real_size)
{
    static struct shares (*const share[])(const struct conv *, size_t) = {
        [PATCHES_FORWARD] = share_forward,
        [PATCHES_INPUT] = share_input,
        [PATCHES_WEIGHT] = share_weight,
    };
    return share[product->patches](&product->conv, real_size);
}

/* Rows of patches against all weights; long sums are added up in several blocks. */
static bool multiply_forward(const struct product_part *part)
{
    const struct conv *conv = &part->product->conv;
    const size_t size = part->native->real_size, terms = terms_of(conv);
    const size_t rows = evenly(part->end - part->begin, ROWS_MOST);
    const size_t cols = evenly_cols(terms, block_cols(rows, size));
    struct window w = { .conv = conv, .bottom = conv->h };
    for (w.row = part->begin; w.row < part->end; w.row += w.rows) {
        w.rows = size_least(part->end - w.row, rows);
        for (w.col = 0; w.col < terms; w.col += w.cols) {
            w.cols = size_least(terms - w.col, cols);
            w.pitch = product_pitch(w.cols);
            part->native->take_patches(part->scratch, part->buffers[0], &w);
            const struct slice slice = {
                .a = part->scratch,
                .b = (char *)part->buffers[1] + w.col * size,
                .c = (char *)part->buffers[2] + w.row * (size_t)conv->o * size,
                .trans_b = true,
                .add = w.col > 0,
                .rows = (int)w.rows,
                .n = conv->o,
                .k = (int)w.cols,
                .lda = (int)w.pitch,
                .ldb = (int)terms,
                .ldc = conv->o,
            };
            if (!part->multiply(&slice))
                return false;
        }
    }
    return true;
}

/* Columns col.. of the weights, side by side at the pitch. */
static void pack_weights(const struct product_part *part, const struct window *w, char *packed)
{
    const size_t size = part->native->real_size, terms = terms_of(w->conv);
    const char *weights = (const char *)part->buffers[1] + w->col * size;
    for (size_t o = 0; o < (size_t)w->conv->o; o++)
        memcpy(packed + o * w->pitch * size, weights + o * terms * size, w->cols * size);
}

/* What `count` output pixels from `first` on give to the image rows that the window names. */
static bool spread(const struct product_part *part, struct window w, size_t first, size_t count)
{
    const size_t size = part->native->real_size, terms = terms_of(w.conv), o = (size_t)w.conv->o;
    const size_t cols = evenly_cols(terms, block_cols(ROWS_MOST, size));
    const size_t rows = evenly(count, ROWS_MOST);
    char *packed = part->scratch + block_bytes(size);
    for (w.col = 0; w.col < terms; w.col += w.cols) {
        w.cols = size_least(terms - w.col, cols);
        w.pitch = product_pitch(w.cols);
        pack_weights(part, &w, packed);
        for (w.row = first; w.row < first + count; w.row += w.rows) {
            w.rows = size_least(first + count - w.row, rows);
            const struct slice slice = {
                .a = (char *)part->buffers[0] + w.row * o * size,
                .b = packed,
                .c = part->scratch,
                .rows = (int)w.rows,
                .n = (int)w.cols,
                .k = (int)o,
                .lda = (int)o,
                .ldb = (int)w.pitch,
                .ldc = (int)w.pitch,
            };
            if (!part->multiply(&slice))
                return false;
            part->native->add_patches(part->buffers[2], part->scratch, &w);
        }
    }
    return true;
}

/* Whole images side by side, or some rows of one: output rows that see them are multiplied, at the
 * border of two parts by both. */
static bool multiply_input(const struct product_part *part)
{
    const struct conv *conv = &part->product->conv;
    const size_t height = (size_t)conv->h, pixels = (size_t)conv->oh * (size_t)conv->ow;
    const size_t width = (size_t)conv->w * (size_t)conv->c * part->native->real_size;
    memset((char *)part->buffers[2] + part->begin * width, 0, (part->end - part->begin) * width);
    for (size_t row = part->begin, rows; row < part->end; row += rows) {
        const size_t image = row / height, top = row % height, left = part->end - row;
        const size_t images = top ? 0 : left / height;
        rows = images ? images * height : size_least(height - top, left);
        const int bottom = images ? conv->h : (int)(top + rows);
        const int reach = (int)top + conv->pad - conv->kh;
        const int from = reach < 0 ? 0 : reach / conv->stride + 1;
        const int last = (bottom - 1 + conv->pad) / conv->stride;
        const int to = last < conv->oh ? last + 1 : conv->oh;
        const struct window w = { .conv = conv, .top = (int)top, .bottom = bottom };
        const size_t first = image * pixels + (size_t)(from * conv->ow);
        const size_t count = images ? images * pixels : (size_t)((to - from) * conv->ow);
        if ((images || from < to) && !spread(part, w, first, count))
            return false;
    }
    return true;
}

/* Some columns of C: no two parts add to the same element. */
static bool multiply_weight(const struct product_part *part)
{
    const struct conv *conv = &part->product->conv;
    const size_t size = part->native->real_size, pixels = output_pixels(conv);
    struct window w = { .conv = conv, .col = part->begin, .cols = part->end - part->begin,
                        .pitch = product_pitch(part->end - part->begin), .bottom = conv->h };
    const size_t rows = evenly(pixels, BLOCK_BYTES / size / w.pitch);
    for (w.row = 0; w.row < pixels; w.row += w.rows) {
        w.rows = size_least(pixels - w.row, rows);
        part->native->take_patches(part->scratch, part->buffers[1], &w);
        const struct slice slice = {
            .a = (char *)part->buffers[0] + w.row * (size_t)conv->o * size,
            .b = part->scratch,
            .c = (char *)part->buffers[2] + part->begin * size,
            .trans_a = true,
            .add = w.row > 0,
            .rows = conv->o,
            .n = (int)w.cols,
            .k = (int)w.rows,
            .lda = conv->o,
            .ldb = (int)w.pitch,
            .ldc = (int)terms_of(conv),
        };
        if (!part->multiply(&slice))
            return false;
    }
    return true;
}

bool patches_multiply(const struct product_part *part)
{
    static bool (*const multiply[])(const struct product_part *) = {
        [PATCHES_FORWARD] = multiply_forward,
        [PATCHES_INPUT] = multiply_input,
        [PATCHES_WEIGHT] = multiply_weight,
    };
    return multiply[part->product->patches](part);
}
