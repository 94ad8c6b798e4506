/* SPDX-License-Identifier: MIT */
#include "base/size.h"
#include "device/opencl/script.h"

enum {
    SPLIT_TERMS = 1024, /* of a product, that a group has at least where several share them */
    SPLITS_MOST = 64,
    COVER_MOST = 2, /* times what C has */
};

/* Largest first.  Local memory of product.cl: ((m + n + 8) * k + items * item_n) * 4 bytes, at most
 * 17 KiB. */
static const struct tile tiles[TILES] = {
    { "product.cl", .m = 128, .n = 128, .k = 8, .item_m = 8, .item_n = 8, .items = 256 },
    { "product.cl", .m = 64, .n = 64, .k = 16, .item_m = 8, .item_n = 8, .items = 256 },
    { "product.cl", .m = 32, .n = 32, .k = 32, .item_m = 4, .item_n = 4, .items = 256 },
    { "product.cl", .m = 16, .n = 16, .k = 64, .item_m = 4, .item_n = 4, .items = 256 },
    { "product.cl", .m = 32, .n = 32, .k = 16, .item_m = 4, .item_n = 4, .items = 64 },
    { "product.cl", .m = 16, .n = 16, .k = 16, .item_m = 4, .item_n = 4, .items = 64 },
    { "product_single.cl", .m = 64, .n = 64, .k = 64, .item_m = 4, .item_n = 16, .items = 1 },
    { "product_single.cl", .m = 16, .n = 32, .k = 64, .item_m = 4, .item_n = 16, .items = 1 },
};
static const struct tile plain = { "product_plain.cl", .m = 0 };

/* Of a group of the tiles that suit the device. */
static size_t items_for(const struct opencl *cl)
{
    return cl->serial ? 1 : cl->group_limit < GROUP_LIMIT ? 64 : GROUP_LIMIT;
}

unsigned product_tiles(const struct opencl *cl)
{
    unsigned fitting = 0;
    for (int i = 0; i < TILES; i++) {
        if (tiles[i].items == items_for(cl))
            fitting |= 1u << i;
    }
    return fitting;
}

const struct tile *product_shape(int number)
{
    return &tiles[number];
}

size_t product_phases(const struct product *p)
{
    const bool phases = p->patches == PATCHES_INPUT;
    return phases ? (size_t)p->conv.stride * (size_t)p->conv.stride : 1;
}

size_t product_rows(const struct product *p)
{
    const struct conv *conv = &p->conv;
    if (p->patches != PATCHES_INPUT)
        return (size_t)p->m;
    const size_t stride = (size_t)conv->stride;
    return (size_t)conv->n * size_parts((size_t)conv->h, stride) *
           size_parts((size_t)conv->w, stride);
}

size_t product_groups(const struct tile *tile, const struct product *p)
{
    return size_parts(product_rows(p), (size_t)tile->m) *
           size_parts((size_t)p->n, (size_t)tile->n);
}

bool product_by_clblast(const struct opencl *cl, const struct product *p)
{
    return cl->engine == ENGINE_CLBLAST && !p->patches &&
           2.0 * p->m * p->n * p->k >= cl->clblast_from;
}

/* Groups that share the terms of one tile, so that there are so many groups in all. */
static size_t splits_for(const struct opencl *cl, const struct product *p, size_t groups,
                         size_t wanted)
{
    if (!cl->group_sums || p->sums.buffer || product_phases(p) > 1)
        return 1;
    const size_t most = size_least(SPLITS_MOST, (size_t)p->k / SPLIT_TERMS);
    return size_most(1, size_least(most, size_parts(wanted, groups)));
}

/* Elements of the tiles that cover C: more than it has, where they reach over its edges. */
static size_t covered(const struct tile *tile, const struct product *p)
{
    return product_groups(tile, p) * (size_t)tile->m * (size_t)tile->n;
}

/* The largest tile that leaves work for every unit of the device and little beyond C, else the
 * smallest. */
const struct tile *product_tile(const struct opencl *cl, const struct product *product,
                                size_t *splits)
{
    const size_t wanted = 2 * (size_t)cl->base.info.units;
    const size_t elements = product_rows(product) * (size_t)product->n;
    const struct tile *last = &plain;
    *splits = 1;
    for (int i = 0; cl->engine != ENGINE_PLAIN && i < TILES; i++) {
        if (!(cl->tiles & 1u << i))
            continue;
        last = &tiles[i];
        const size_t groups = product_groups(last, product) * product_phases(product);
        *splits = splits_for(cl, product, groups, wanted);
        if (groups * *splits >= wanted && covered(last, product) <= COVER_MOST * elements)
            break;
    }
    return last;
}

int product_fused(const struct work *work)
{
    const struct chain *chain = &work->chain;
    const struct product *p = &work->product;
    int fused = -1;
    for (int i = 0; i < chain->ins; i++) {
        if (!region_overlaps(chain->in[i].region, p->c))
            continue;
        if (fused >= 0 || chain->in[i].count || !region_same(chain->in[i].region, p->c))
            return -1; /* it reads elements that other groups make */
        fused = i;
    }
    for (int i = 0; i < chain->outs; i++) {
        const struct region out = chain->out[i].region;
        if (chain->out[i].sum || region_overlaps(out, p->a) || region_overlaps(out, p->b))
            return -1; /* other groups would still read what is overwritten */
    }
    return chain->outs ? fused : -1;
}

bool product_stores(const struct work *work, int fused)
{
    if (fused < 0)
        return true;
    for (int i = 0; i < work->chain.outs; i++) {
        if (region_overlaps(work->chain.out[i].region, work->product.c))
            return false;
    }
    return work->product_kept;
}

static void define(struct text *out, const char *name, int value)
{
    text_add(out, "#undef %s\n#define %s %d\n", name, name, value);
}

/* The geometry as constants: divisions by it become multiplications.  The number of images is not
 * among them, so that batches of all sizes have the same kernel. */
static void define_conv(struct text *out, const struct product *p)
{
    const struct conv *c = &p->conv;
    text_add(out, "#undef CONV\n"
                  "#define CONV ((struct conv){ 0, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d })\n",
             c->h, c->w, c->c, c->oh, c->ow, c->o, c->kh, c->kw, c->stride, c->pad);
}

static void define_product(struct text *out, const struct tile *tile, const struct product *p)
{
    define(out, "PATCHES", (int)p->patches);
    define(out, "PATCHES_FORWARD", PATCHES_FORWARD);
    define(out, "PATCHES_INPUT", PATCHES_INPUT);
    define(out, "PATCHES_WEIGHT", PATCHES_WEIGHT);
    define(out, "TRANS_A", p->trans_a || p->patches == PATCHES_WEIGHT);
    define(out, "TRANS_B", p->trans_b || p->patches == PATCHES_FORWARD);
    define(out, "SUMS", p->sums.buffer != NULL);
    define(out, "TILE_M", tile->m);
    define(out, "TILE_N", tile->n);
    define(out, "TILE_K", tile->k);
    define(out, "ITEM_M", tile->item_m);
    define(out, "ITEM_N", tile->item_n);
    define(out, "ITEMS", (int)tile->items);
    if (p->patches)
        define_conv(out, p);
}

/* The function that finishes elements, and the macro that calls it. */
static void define_store(struct text *out, struct text *text, const struct work *work, int fused,
                         bool wide)
{
    char finish[NAME_LIMIT];
    const struct chain_style style = { wide, work->product.n % WIDE == 0 };
    chain_finish(out, &work->chain, fused, product_stores(work, fused), style, finish);
    const char *name = wide ? "STORE_WIDE" : "STORE";
    text_add(text, "#undef %s\n#define %s(i, value) %s(i, value, result", name, name, finish);
    if (fused >= 0)
        chain_arguments(text, &work->chain, fused);
    text_add(text, ")\n");
}

enum fig_status product_kernel(struct text *out, const struct tile *tile, const struct work *work,
                               int fused, char name[NAME_LIMIT])
{
    struct text text = { 0 };
    text_add(&text, "#undef NAME\n#define NAME @\n");
    define_product(&text, tile, &work->product);
    text_add(&text, "#undef MORE\n#define MORE , global real *result%s",
             work->product.sums.buffer ? ", global real *sums" : "");
    if (fused >= 0)
        chain_parameters(&text, &work->chain, fused);
    text_add(&text, "\n");
    define_store(out, &text, work, fused, false);
    if (tile->items == 1)
        define_store(out, &text, work, fused, true);
    enum fig_status status = source_add(&text, "operands.cl");
    if (!status)
        status = source_add(&text, tile->source);
    chain_emit(out, "product", &text, name);
    return status;
}
