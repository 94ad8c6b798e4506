/* SPDX-License-Identifier: MIT */
#include "device/cpu/patches.h"

#include <string.h>

#include "base/size.h"
#include "base/threads.h"

enum {
    ROWS_MOST = 256,           /* output pixels in a block: packing the weights must pay */
    BLOCK_BYTES = 256 * 1024,  /* of patches, so that they stay in the L2 cache */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
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

/* Items in each of at least `parts` parts, of at most `most` items. */
static size_t items_in_part(size_t total, size_t parts, size_t most)
{
    const size_t chunk = (total - 1) / parts + 1;
    return chunk < most ? chunk : (total - 1) / ((total - 1) / most + 1) + 1;
}

struct shares patches_share(const struct product *product, size_t real_size)
{
    const struct conv *conv = &product->conv;
    const size_t cores = (size_t)pool_cores(), pixels = (size_t)conv->oh * (size_t)conv->ow;
    struct shares s = { .scratch = BLOCK_BYTES };
    switch (product->patches) {
    case PATCHES_FORWARD:
        s.total = output_pixels(conv);
        s.width = (size_t)conv->o;
        s.chunk = items_in_part(s.total, cores, ROWS_MOST);
        break;
    case PATCHES_INPUT:
        s.total = (size_t)conv->n * (size_t)conv->h;
        s.width = (size_t)conv->w * (size_t)conv->c;
        s.chunk = items_in_part((size_t)conv->n, cores, 1 + ROWS_MOST / pixels) * (size_t)conv->h;
        break;
    default:
        s.total = terms_of(conv);
        s.chunk = items_in_part(s.total, cores, block_cols(ROWS_MOST, real_size));
        break;
    }
    return s;
}

/* Rows of patches against all weights; long sums are added up in several blocks. */
static bool multiply_forward(const struct patches_part *part)
{
    const struct conv *conv = &part->product->conv;
    const size_t size = part->native->real_size, terms = terms_of(conv);
    struct window w = { .conv = conv, .bottom = conv->h };
    for (w.row = part->begin; w.row < part->end; w.row += w.rows) {
        w.rows = least(part->end - w.row, ROWS_MOST);
        for (w.col = 0; w.col < terms; w.col += w.cols) {
            w.cols = least(terms - w.col, block_cols(w.rows, size));
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
                .lda = (int)w.cols,
                .ldb = (int)terms,
                .ldc = conv->o,
            };
            if (!part->multiply(&slice))
                return false;
        }
    }
    return true;
}

/* What `count` output pixels from `first` on give to the image rows that the window names. */
static bool spread(const struct patches_part *part, struct window w, size_t first, size_t count)
{
    const size_t size = part->native->real_size, terms = terms_of(w.conv);
    for (w.row = first; w.row < first + count; w.row += w.rows) {
        w.rows = least(first + count - w.row, ROWS_MOST);
        for (w.col = 0; w.col < terms; w.col += w.cols) {
            w.cols = least(terms - w.col, block_cols(w.rows, size));
            const struct slice slice = {
                .a = (char *)part->buffers[0] + w.row * (size_t)w.conv->o * size,
                .b = (char *)part->buffers[1] + w.col * size,
                .c = part->scratch,
                .rows = (int)w.rows,
                .n = (int)w.cols,
                .k = w.conv->o,
                .lda = w.conv->o,
                .ldb = (int)terms,
                .ldc = (int)w.cols,
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
static bool multiply_input(const struct patches_part *part)
{
    const struct conv *conv = &part->product->conv;
    const size_t height = (size_t)conv->h, pixels = (size_t)conv->oh * (size_t)conv->ow;
    const size_t width = (size_t)conv->w * (size_t)conv->c * part->native->real_size;
    memset((char *)part->buffers[2] + part->begin * width, 0, (part->end - part->begin) * width);
    for (size_t row = part->begin, rows; row < part->end; row += rows) {
        const size_t image = row / height, top = row % height, left = part->end - row;
        const size_t images = top ? 0 : left / height;
        rows = images ? images * height : least(height - top, left);
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
static bool multiply_weight(const struct patches_part *part)
{
    const struct conv *conv = &part->product->conv;
    const size_t size = part->native->real_size, pixels = output_pixels(conv);
    struct window w = { .conv = conv, .col = part->begin, .cols = part->end - part->begin,
                        .bottom = conv->h };
    for (w.row = 0; w.row < pixels; w.row += w.rows) {
        w.rows = least(pixels - w.row, BLOCK_BYTES / size / w.cols);
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
            .ldb = (int)w.cols,
            .ldc = (int)terms_of(conv),
        };
        if (!part->multiply(&slice))
            return false;
    }
    return true;
}

bool patches_multiply(const struct patches_part *part)
{
    static bool (*const multiply[])(const struct patches_part *) = {
        [PATCHES_FORWARD] = multiply_forward,
        [PATCHES_INPUT] = multiply_input,
        [PATCHES_WEIGHT] = multiply_weight,
    };
    return multiply[part->product->patches](part);
}
