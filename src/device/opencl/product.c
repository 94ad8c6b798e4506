/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/size.h"
#include "device/opencl/opencl.h"

/* Largest first.  Local memory: (m + n + 2) * k * 4 bytes, at most 16 KiB.  The last one gives a
 * tile to an item alone, for processors that run few items side by side. */
static const struct tile tiles[] = {
    { .m = 128, .n = 128, .k = 8, .item_m = 8, .item_n = 8 },
    { .m = 64, .n = 64, .k = 16, .item_m = 4, .item_n = 4 },
    { .m = 32, .n = 32, .k = 16, .item_m = 4, .item_n = 2 },
    { .m = 16, .n = 16, .k = 16, .item_m = 2, .item_n = 2 },
    { .m = 16, .n = 16, .k = 32, .item_m = 16, .item_n = 16 },
};
static const struct tile plain = { 0 };
static_assert(LENGTH(tiles) == TILES, "opencl.h counts them");

unsigned product_tiles(const struct opencl *cl)
{
    const unsigned single = 1u << (TILES - 1);
    unsigned fitting = 0;
    for (int i = 0; i < TILES - 1; i++) {
        if (product_items(&tiles[i]) <= cl->group_limit)
            fitting |= 1u << i;
    }
    return cl->base.info.type == FIG_HOST || !fitting ? single : fitting;
}

const struct tile *product_shape(int number)
{
    return &tiles[number];
}

size_t product_items(const struct tile *tile)
{
    return (size_t)(tile->m / tile->item_m) * (size_t)(tile->n / tile->item_n);
}

size_t product_groups(const struct tile *tile, const struct product *p)
{
    const size_t rows = ((size_t)p->m + (size_t)tile->m - 1) / (size_t)tile->m;
    return rows * (((size_t)p->n + (size_t)tile->n - 1) / (size_t)tile->n);
}

/* The largest tile that leaves work for every unit of the device, else the smallest. */
const struct tile *product_tile(const struct opencl *cl, const struct product *product)
{
    const struct tile *last = &plain;
    for (int i = 0; cl->engine != ENGINE_PLAIN && i < TILES; i++) {
        if (!(cl->tiles & 1u << i))
            continue;
        last = &tiles[i];
        if (product_groups(last, product) >= 2 * (size_t)cl->base.info.units)
            break;
    }
    return last;
}

static bool overlap(struct region a, struct region b)
{
    return a.buffer == b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

static bool same(struct region a, struct region b)
{
    return a.buffer == b.buffer && a.offset == b.offset;
}

int product_fused(const struct work *work)
{
    const struct chain *chain = &work->chain;
    const struct product *p = &work->product;
    int fused = -1;
    for (int i = 0; i < chain->ins; i++) {
        if (!overlap(chain->in[i].region, p->c))
            continue;
        if (fused >= 0 || chain->in[i].count || !same(chain->in[i].region, p->c))
            return -1; /* it reads elements that other groups make */
        fused = i;
    }
    for (int i = 0; i < chain->outs; i++) {
        const struct region out = chain->out[i].region;
        if (chain->out[i].sum || overlap(out, p->a) || overlap(out, p->b))
            return -1; /* other groups would still read what is overwritten */
    }
    return chain->outs ? fused : -1;
}

bool product_stores(const struct work *work, int fused)
{
    if (fused < 0)
        return true;
    for (int i = 0; i < work->chain.outs; i++) {
        if (overlap(work->chain.out[i].region, work->product.c))
            return false;
    }
    return work->product_kept;
}

enum fig_status product_kernel(struct text *out, const struct tile *tile, const struct work *work,
                               int fused, char name[NAME_LIMIT])
{
    struct text text = { 0 };
    char finish[NAME_LIMIT];
    chain_finish(out, &work->chain, fused, product_stores(work, fused), finish);
    text_add(&text, "#define NAME @\n#define TRANS_A %d\n#define TRANS_B %d\n",
             work->product.trans_a, work->product.trans_b);
    if (tile->m)
        text_add(&text, "#define TILE_M %d\n#define TILE_N %d\n#define TILE_K %d\n"
                        "#define ITEM_M %d\n#define ITEM_N %d\n",
                 tile->m, tile->n, tile->k, tile->item_m, tile->item_n);
    text_add(&text, "#define MORE , global real *result");
    if (fused >= 0)
        chain_parameters(&text, &work->chain, fused);
    text_add(&text, "\n#define STORE(i, value) %s(i, value, result", finish);
    if (fused >= 0)
        chain_arguments(&text, &work->chain, fused);
    text_add(&text, ")\n");
    const enum fig_status status = source_add(&text, tile->m ? "product.cl" : "product_plain.cl");
    chain_emit(out, "product", &text, name);
    return status;
}
