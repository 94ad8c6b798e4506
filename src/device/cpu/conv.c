/* SPDX-License-Identifier: MIT */
#include "device/cpu/conv.h"

#include <string.h>

#include "base/size.h"
#include "base/threads.h"

enum { ROWS_MOST = 256 }; /* of output pixels in a block: it should stay in the L2 cache */

/* One of the two sides of a block: rows of images, sorted by their number modulo the stride, then
 * by their number, then by image. */
struct side {
    char *rows;
    int height, stride;
    size_t width, pitch; /* elements of a row, and from row to row */
};

struct block {
    const struct conv *conv;
    size_t size; /* bytes of an element */
    size_t first, images;
    struct side input, output; /* [n,h,w,c] and [n,oh,ow,o] of the convolution */
};

/* What the output pixels of a column and the taps of a row have to do with each other: elements
 * from the beginning of each, output pixels, and terms that each has. */
struct strip {
    size_t input, output, weights;
    size_t pixels, terms;
};

static size_t terms_of(const struct conv *conv)
{
    return (size_t)conv->kh * (size_t)conv->kw * (size_t)conv->c;
}

/* Items of a part when all cores are to have some, if the work is worth it. */
static size_t share_of(const struct conv *conv, size_t total)
{
    const double pixels = (double)conv->n * conv->oh * conv->ow;
    const double worth = 1 + 2 * pixels * conv->o * (double)terms_of(conv) / FLOPS_LEAST;
    const size_t cores = (size_t)pool_cores();
    return (total - 1) / (worth < (double)cores ? (size_t)worth : cores) + 1;
}

/* What each takes when `total` are shared out evenly, none taking more than `limit`. */
static size_t evenly(size_t total, size_t limit)
{
    const size_t parts = (total - 1) / limit + 1;
    return (total - 1) / parts + 1;
}

/* Every part of the weights' gradient takes all images, a block at a time. */
static size_t block_images(const struct product *product)
{
    const struct conv *conv = &product->conv;
    const size_t n = (size_t)conv->n, fit = size_most(ROWS_MOST / (size_t)conv->oh, 1);
    const size_t share = product->patches == PATCHES_WEIGHT ? n : share_of(conv, n);
    return evenly(n, size_least(fit, share));
}

static struct block block_of(const struct conv *conv, size_t size)
{
    const size_t width = (size_t)conv->w * (size_t)conv->c;
    const size_t output_width = (size_t)conv->ow * (size_t)conv->o;
    return (struct block){
        .conv = conv,
        .size = size,
        .input = { .height = conv->h, .stride = conv->stride, .width = width,
                   .pitch = product_pitch(width) },
        .output = { .height = conv->oh, .stride = 1, .width = output_width,
                    .pitch = product_pitch(output_width) },
    };
}

static size_t side_bytes(const struct side *side, size_t images, size_t size)
{
    return images * (size_t)side->height * side->pitch * size;
}

/* Items are images, or of the weights' gradient (row of taps, filter). */
struct shares conv_share(const struct product *product, size_t real_size)
{
    const struct conv *conv = &product->conv;
    const struct block block = block_of(conv, real_size);
    const bool weight = product->patches == PATCHES_WEIGHT;
    const size_t total = (size_t)(weight ? conv->kh * conv->o : conv->n);
    const size_t images = block_images(product);
    const struct side *side = product->patches == PATCHES_FORWARD ? &block.output : &block.input;
    return (struct shares){
        .total = total,
        .chunk = weight ? share_of(conv, total) : images,
        .width = weight ? 0 : (size_t)side->height * side->width,
        .scratch = side_bytes(&block.input, images, real_size) +
                   side_bytes(&block.output, images, real_size),
    };
}

/* Copy the rows of the block's images to where they are multiplied, or back. */
static void copy_rows(const struct block *block, const struct side *side, void *images, bool back)
{
    const size_t width = side->width * block->size, pitch = side->pitch * block->size;
    const size_t image = (size_t)side->height * width;
    char *row = side->rows;
    for (int rest = 0; rest < side->stride; rest++) {
        for (int y = rest; y < side->height; y += side->stride) {
            char *at = (char *)images + block->first * image + (size_t)y * width;
            for (size_t i = 0; i < block->images; i++, at += image, row += pitch)
                memcpy(back ? at : row, back ? row : at, width);
        }
    }
}

/* Rows before the row `y` of the first image. */
static size_t rows_before(const struct block *block, const struct side *side, int y)
{
    const int rest = y % side->stride, longer = side->height % side->stride;
    const int rows = rest * (side->height / side->stride) + (rest < longer ? rest : longer);
    return (size_t)(rows + y / side->stride) * block->images;
}

/* False where all taps of the row are outside the image from all pixels of the column. */
static bool find_strip(const struct block *block, int column, int tap_row, struct strip *strip)
{
    const struct conv *p = block->conv;
    const int x = column * p->stride - p->pad, y = tap_row - p->pad;
    const int left = x < 0 ? -x : 0, right = p->w - x < p->kw ? p->w - x : p->kw;
    const int top = y < 0 ? (p->stride - 1 - y) / p->stride : 0;
    const int last = y < p->h ? (p->h - 1 - y) / p->stride : -1;
    const int bottom = last < p->oh ? last + 1 : p->oh;
    if (left >= right || top >= bottom)
        return false;
    const size_t c = (size_t)p->c, row = rows_before(block, &block->input, top * p->stride + y);
    *strip = (struct strip){
        .input = row * block->input.pitch + (size_t)(x + left) * c,
        .output = (size_t)top * block->images * block->output.pitch +
                  (size_t)column * (size_t)p->o,
        .weights = (size_t)(tap_row * p->kw + left) * c,
        .pixels = (size_t)(bottom - top) * block->images,
        .terms = (size_t)(right - left) * c,
    };
    return true;
}

/* Multiply what a strip has of input [pixels, terms], output [pixels, filters] and weights
 * [filters, terms]; from the filter `from` on, as many. */
static bool multiply_strip(const struct product_part *part, const struct block *block,
                           const struct strip *strip, size_t from, size_t filters)
{
    const size_t size = block->size, terms = terms_of(block->conv);
    const enum patches patches = part->product->patches;
    char *input = block->input.rows + strip->input * size;
    char *output = block->output.rows + (strip->output + from) * size;
    char *weights = (char *)part->buffers[patches == PATCHES_WEIGHT ? 2 : 1] +
                    (from * terms + strip->weights) * size;
    const int m = (int)strip->pixels, n = (int)strip->terms, o = (int)filters;
    const int ld_input = (int)block->input.pitch, ld_output = (int)block->output.pitch;
    struct slice slice;
    if (patches == PATCHES_FORWARD) /* output += input weights^T */
        slice = (struct slice){ .a = input, .lda = ld_input, .b = weights, .ldb = (int)terms,
                                .c = output, .ldc = ld_output, .trans_b = true, .add = true,
                                .rows = m, .n = o, .k = n };
    else if (patches == PATCHES_INPUT) /* input += output weights */
        slice = (struct slice){ .a = output, .lda = ld_output, .b = weights, .ldb = (int)terms,
                                .c = input, .ldc = ld_input, .add = true,
                                .rows = m, .n = n, .k = o };
    else /* weights += output^T input */
        slice = (struct slice){ .a = output, .lda = ld_output, .b = input, .ldb = ld_input,
                                .c = weights, .ldc = (int)terms, .trans_a = true, .add = true,
                                .rows = o, .n = n, .k = m };
    return part->multiply(&slice);
}

/* All columns through a row of taps. */
static bool multiply_columns(const struct product_part *part, const struct block *block,
                             int tap_row, size_t from, size_t filters)
{
    struct strip strip;
    for (int column = 0; column < block->conv->ow; column++) {
        if (find_strip(block, column, tap_row, &strip) &&
            !multiply_strip(part, block, &strip, from, filters))
            return false;
    }
    return true;
}

/* The block's images, of which no other part writes anything. */
static bool multiply_images(const struct product_part *part, const struct block *block)
{
    const bool forward = part->product->patches == PATCHES_FORWARD;
    const struct side *from = forward ? &block->input : &block->output;
    const struct side *to = forward ? &block->output : &block->input;
    copy_rows(block, from, part->buffers[0], false);
    memset(to->rows, 0, side_bytes(to, block->images, block->size));
    for (int tap_row = 0; tap_row < block->conv->kh; tap_row++) {
        if (!multiply_columns(part, block, tap_row, 0, (size_t)block->conv->o))
            return false;
    }
    copy_rows(block, to, part->buffers[2], true);
    return true;
}

/* What the block's images give to the part's weights. */
static bool add_to_weights(const struct product_part *part, const struct block *block)
{
    const size_t filters = (size_t)block->conv->o;
    copy_rows(block, &block->output, part->buffers[0], false);
    copy_rows(block, &block->input, part->buffers[1], false);
    for (size_t item = part->begin, count; item < part->end; item += count) {
        const size_t from = item % filters;
        count = size_least(filters - from, part->end - item);
        if (!multiply_columns(part, block, (int)(item / filters), from, count))
            return false;
    }
    return true;
}

static void clear_weights(const struct product_part *part, const struct block *block)
{
    const size_t filters = (size_t)block->conv->o, rows = (size_t)block->conv->kh;
    const size_t bytes = (size_t)block->conv->kw * (size_t)block->conv->c * block->size;
    for (size_t item = part->begin; item < part->end; item++) {
        const size_t row = item % filters * rows + item / filters;
        memset((char *)part->buffers[2] + row * bytes, 0, bytes);
    }
}

bool conv_multiply(const struct product_part *part)
{
    const bool weight = part->product->patches == PATCHES_WEIGHT;
    const size_t images = block_images(part->product);
    const size_t end = weight ? (size_t)part->product->conv.n : part->end;
    struct block block = block_of(&part->product->conv, part->native->real_size);
    block.input.rows = part->scratch;
    block.output.rows = part->scratch + side_bytes(&block.input, images, block.size);
    if (weight)
        clear_weights(part, &block);
    for (block.first = weight ? 0 : part->begin; block.first < end; block.first += images) {
        block.images = size_least(end - block.first, images);
        if (!(weight ? add_to_weights(part, &block) : multiply_images(part, &block)))
            return false;
    }
    return true;
}
