/* SPDX-License-Identifier: MIT */
/* The rules of work.h, checked once for all backends. */
#include "device/work.h"

#include "base/log.h"
#include "base/size.h"

enum { ITEMS_MOST = 0x7fffffff }; /* kernels count in 32 bits */

/* Log which work breaks which rule. */
#define CHECK(work_, rule)                                                                         \
    do {                                                                                           \
        if (!(rule))                                                                               \
            return fail(FIG_INVALID, "work `%s`: the rule `%s` is broken",                         \
                        (work_)->name ? (work_)->name : "?", #rule);                               \
    } while (0)

static enum fig_status check_region(const struct work *work, const char *what,
                                    struct region region, size_t count, size_t size)
{
    size_t need;
    const char *name = work->name ? work->name : "?";
    if (!region.buffer || region.offset % DEVICE_ALIGN)
        return fail(FIG_INVALID, "work `%s`: %s: no buffer, or offset %zu is no multiple of %d",
                    name, what, region.offset, DEVICE_ALIGN);
    if (!region_fits(region))
        return fail(FIG_INVALID, "work `%s`: %s: %zu bytes from %zu on are not in a buffer of %zu",
                    name, what, region.size, region.offset, region.buffer->size);
    if (!size_mul(count, size, &need) || region.size < need)
        return fail(FIG_INVALID, "work `%s`: %s: %zu numbers of %zu bytes do not fit in %zu bytes",
                    name, what, count, size, region.size);
    return FIG_OK;
}

const struct kernel_info kernel_infos[] = {
#define KERNEL(name, buffers, params) [KERNEL_##name] = { #name, buffers, sizeof(struct params) },
#include "cl/kernels.h"
#undef KERNEL
};

/* The last number that a copied block touches, and one. */
static size_t block_end(size_t n, size_t cols, size_t from, size_t stride)
{
    const size_t rows = (n - 1) / cols;
    return rows ? from + rows * stride + cols : from + n;
}

/* Reals that each buffer of the kernel holds at least; of a dataset and its order we know less. */
static void kernel_needs(const struct work *work, size_t need[KERNEL_BUFFERS])
{
    const size_t rows = work->params.matrix.rows, cols = work->params.matrix.cols;
    const struct copy *copy = &work->params.copy;
    for (int i = 0; i < KERNEL_BUFFERS; i++)
        need[i] = work->n;
    switch (work->kernel) {
    case KERNEL_sum_rows:
    case KERNEL_sum_cols:
    case KERNEL_log_sum_exp:
        need[1] = rows * cols;
        break;
    case KERNEL_softmax:
        need[0] = need[1] = rows * cols;
        break;
    case KERNEL_copy:
        need[0] = block_end(work->n, copy->cols, copy->to, copy->to_stride);
        need[1] = block_end(work->n, copy->cols, copy->from, copy->from_stride);
        break;
    case KERNEL_gather_bytes:
    case KERNEL_gather_reals:
        need[1] = need[2] = 0;
        break;
    default:
        break;
    }
}

static enum fig_status check_params(const struct work *work)
{
    const struct matrix *matrix = &work->params.matrix;
    switch (work->kernel) {
    case KERNEL_sum_rows:
        CHECK(work, work->n == matrix->cols && matrix->rows > 0);
        break;
    case KERNEL_sum_cols:
    case KERNEL_softmax:
    case KERNEL_log_sum_exp:
        CHECK(work, work->n == matrix->rows && matrix->cols > 0);
        break;
    case KERNEL_copy:
        CHECK(work, work->params.copy.cols > 0);
        break;
    case KERNEL_gather_bytes:
    case KERNEL_gather_reals:
        CHECK(work, work->params.gather.cols > 0);
        break;
    default:
        break;
    }
    return FIG_OK;
}

static enum fig_status check_kernel(const struct work *work, size_t size)
{
    size_t need[KERNEL_BUFFERS];
    CHECK(work, (unsigned)work->kernel < KERNEL_COUNT);
    CHECK(work, work->n > 0 && work->n <= ITEMS_MOST);
    TRY(check_params(work));
    kernel_needs(work, need);
    for (int i = 0; i < kernel_infos[work->kernel].buffers; i++) {
        TRY(check_region(work, "buffer of a kernel", work->buffers[i], need[i], size));
        for (int j = 0; j < i; j++)
            CHECK(work, !region_overlaps(work->buffers[i], work->buffers[j]));
    }
    return FIG_OK;
}

static enum fig_status check_steps(const struct work *work)
{
    const struct chain *chain = &work->chain;
    for (int s = 0; s < chain->steps; s++) {
        const struct chain_step *step = &chain->step[s];
        const int values = chain->ins + s;
        CHECK(work, (unsigned)step->row < ROW_COUNT);
        CHECK(work, step->a >= 0 && step->a < values && step->b >= -1 && step->b < values);
    }
    return FIG_OK;
}

static enum fig_status check_out(const struct work *work, int o, size_t size)
{
    const struct chain *chain = &work->chain;
    const struct chain_out *out = &chain->out[o];
    const size_t count = out->sum ? (chain->n - 1) / PARTIAL + 1 : chain->n;
    CHECK(work, out->value >= 0 && out->value < chain->ins + chain->steps);
    CHECK(work, !out->slot || (chain->slot && !out->sum));
    TRY(check_region(work, "output of a chain", out->region, count, size));
    for (int i = 0; i < chain->ins; i++) {
        const bool own = region_same(out->region, chain->in[i].region);
        CHECK(work, !region_overlaps(out->region, chain->in[i].region) ||
                        (own && chain->in[i].count == 0 && !out->sum && !out->slot));
    }
    for (int i = 0; i < o; i++)
        CHECK(work, !region_overlaps(out->region, chain->out[i].region));
    return FIG_OK;
}

static enum fig_status check_chain(const struct work *work, size_t size)
{
    const struct chain *chain = &work->chain;
    CHECK(work, chain->n > 0 && chain->n <= ITEMS_MOST);
    CHECK(work, chain->ins > 0 && chain->ins <= CHAIN_INS);
    CHECK(work, chain->steps >= 0 && chain->steps <= CHAIN_STEPS);
    CHECK(work, chain->outs > 0 && chain->outs <= CHAIN_OUTS);
    for (int i = 0; i < chain->ins; i++) {
        const struct chain_in *in = &chain->in[i];
        CHECK(work, in->count == 0 || in->inner > 0);
        CHECK(work, !in->sum || (in->count > 1 && chain->n == 1 && work->kind == WORK_CHAIN));
        TRY(check_region(work, "input of a chain", in->region, in->count ? in->count : chain->n,
                         size));
    }
    TRY(check_steps(work));
    for (int o = 0; o < chain->outs; o++)
        TRY(check_out(work, o, size));
    return FIG_OK;
}

/* Elements of [a, b, c, d], 0 when a kernel cannot count them. */
static size_t volume(int a, int b, int c, int d)
{
    const int sizes[] = { a, b, c, d };
    size_t count = 1;
    for (int i = 0; i < 4; i++) {
        if (sizes[i] < 1 || count > ITEMS_MOST / (size_t)sizes[i])
            return 0;
        count *= (size_t)sizes[i];
    }
    return count;
}

static bool fits_geometry(const struct conv *conv)
{
    return conv->stride > 0 && conv->pad >= 0 && conv->pad < conv->kh && conv->pad < conv->kw &&
           conv->kh <= conv->h + 2 * conv->pad && conv->kw <= conv->w + 2 * conv->pad &&
           conv->oh == (conv->h + 2 * conv->pad - conv->kh) / conv->stride + 1 &&
           conv->ow == (conv->w + 2 * conv->pad - conv->kw) / conv->stride + 1;
}

static bool fits_conv(const struct product *p)
{
    const struct conv *conv = &p->conv;
    const int rows = conv->n * conv->oh * conv->ow, terms = conv->kh * conv->kw * conv->c;
    switch (p->patches) {
    case PATCHES_FORWARD:
        return p->m == rows && p->n == conv->o && p->k == terms;
    case PATCHES_INPUT:
        return p->m == conv->n * conv->h * conv->w && p->n == conv->c &&
               p->k == conv->kh * conv->kw * conv->o;
    case PATCHES_WEIGHT:
        return p->m == conv->o && p->n == terms && p->k == rows;
    default:
        return false;
    }
}

static enum fig_status check_conv(const struct work *work, size_t size)
{
    const struct product *p = &work->product;
    const struct conv *conv = &p->conv;
    const size_t first = volume(conv->n, conv->h, conv->w, conv->c);
    const size_t second = volume(conv->n, conv->oh, conv->ow, conv->o);
    const size_t weights = volume(conv->o, conv->kh, conv->kw, conv->c);
    const bool forward = p->patches == PATCHES_FORWARD, weight = p->patches == PATCHES_WEIGHT;
    CHECK(work, first && second && weights);
    CHECK(work, fits_geometry(conv));
    CHECK(work, fits_conv(p));
    CHECK(work, !p->trans_a && !p->trans_b);
    TRY(check_region(work, "image", p->a, forward ? first : second, size));
    TRY(check_region(work, weight ? "image" : "weights", p->b, weight ? first : weights, size));
    return check_region(work, "convolution", p->c,
                        weight ? weights : forward ? second : first, size);
}

static enum fig_status check_factors(const struct work *work, size_t size)
{
    const struct product *p = &work->product;
    CHECK(work, p->m > 0 && p->n > 0 && p->k > 0);
    const size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
    CHECK(work, m <= ITEMS_MOST / n && m <= ITEMS_MOST / k && n <= ITEMS_MOST / k);
    TRY(check_region(work, "left factor", p->a, m * k, size));
    TRY(check_region(work, "right factor", p->b, k * n, size));
    if (p->sums.buffer)
        TRY(check_region(work, "sums of the left factor", p->sums, m, size));
    return check_region(work, "product", p->c, m * n, size);
}

/* Whether the product's operands or its chain lie there. */
static bool touches(const struct work *work, struct region region)
{
    const struct product *p = &work->product;
    bool found = region_overlaps(region, p->a) || region_overlaps(region, p->b) ||
                 region_overlaps(region, p->c);
    for (int i = 0; i < work->chain.ins; i++)
        found |= region_overlaps(region, work->chain.in[i].region);
    for (int o = 0; o < work->chain.outs; o++)
        found |= region_overlaps(region, work->chain.out[o].region);
    return found;
}

/* A chain's output must not touch a factor either: other rows still read it. */
static enum fig_status check_product(const struct work *work, size_t size)
{
    const struct product *p = &work->product;
    TRY(p->patches ? check_conv(work, size) : check_factors(work, size));
    CHECK(work, !region_overlaps(p->c, p->a) && !region_overlaps(p->c, p->b));
    CHECK(work, !p->sums.buffer || (p->trans_a && !p->patches && !touches(work, p->sums)));
    if (!work->chain.outs)
        return FIG_OK;
    CHECK(work, work->chain.n == (size_t)p->m * (size_t)p->n);
    for (int o = 0; o < work->chain.outs; o++)
        CHECK(work, !region_overlaps(work->chain.out[o].region, p->a) &&
                        !region_overlaps(work->chain.out[o].region, p->b));
    return check_chain(work, size);
}

void product_flatten(struct product *p)
{
    const struct conv *conv = &p->conv;
    const bool pixel = conv->kh == 1 && conv->kw == 1 && conv->stride == 1;
    const bool whole = conv->kh == conv->h && conv->kw == conv->w;
    if (!p->patches || conv->pad || !(pixel || whole))
        return;
    if (p->patches == PATCHES_INPUT) {
        p->m = conv->n * conv->oh * conv->ow;
        p->n = conv->kh * conv->kw * conv->c;
        p->k = conv->o;
    }
    p->trans_a = p->patches == PATCHES_WEIGHT;
    p->trans_b = p->patches == PATCHES_FORWARD;
    p->patches = PATCHES_NONE;
}

const char *work_text(const struct work *work)
{
    static const char *const products[] = {
        [PATCHES_NONE] = "product", [PATCHES_FORWARD] = "convolution",
        [PATCHES_INPUT] = "convolution's image", [PATCHES_WEIGHT] = "convolution's weights" };
    return work->kind == WORK_KERNEL    ? kernel_infos[work->kernel].name
           : work->kind == WORK_PRODUCT ? products[work->product.patches] : "chain";
}

/* Pairs of a pixel and a tap that meets the image, along one axis. */
static double meetings(int size, int pixels, int taps, int stride, int pad)
{
    int count = 0;
    for (int pixel = 0; pixel < pixels; pixel++) {
        for (int tap = 0, at = pixel * stride - pad; tap < taps; tap++, at++)
            count += at >= 0 && at < size;
    }
    return count;
}

double work_flops(const struct work *work)
{
    const struct product *p = &work->product;
    const struct conv *conv = &p->conv;
    if (work->kind != WORK_PRODUCT)
        return 0;
    if (!p->patches)
        return 2.0 * p->m * p->n * p->k;
    return 2.0 * conv->n * conv->o * conv->c *
           meetings(conv->h, conv->oh, conv->kh, conv->stride, conv->pad) *
           meetings(conv->w, conv->ow, conv->kw, conv->stride, conv->pad);
}

static size_t kernel_bytes(const struct work *work, size_t size)
{
    const bool gather_bytes = work->kernel == KERNEL_gather_bytes;
    size_t need[KERNEL_BUFFERS], reals = 0;
    kernel_needs(work, need);
    for (int i = 0; i < kernel_infos[work->kernel].buffers; i++)
        reals += need[i];
    if (gather_bytes || work->kernel == KERNEL_gather_reals)
        return work->n * (size + (gather_bytes ? 1 : size));
    return work->kernel == KERNEL_copy ? 2 * work->n * size : reals * size;
}

/* A product that its chain reads stays where it is made. */
static size_t chain_bytes(const struct work *work, size_t size)
{
    const struct chain *chain = &work->chain;
    size_t bytes = 0;
    for (int i = 0; i < chain->ins; i++) {
        if (work->kind == WORK_CHAIN || !region_same(chain->in[i].region, work->product.c))
            bytes += (chain->in[i].count ? chain->in[i].count : chain->n) * size;
    }
    for (int o = 0; o < chain->outs; o++)
        bytes += (chain->out[o].sum ? (chain->n - 1) / PARTIAL + 1 : chain->n) * size;
    return bytes;
}

size_t work_bytes(const struct work *work, size_t size)
{
    const struct product *p = &work->product;
    if (work->kind == WORK_KERNEL)
        return kernel_bytes(work, size);
    size_t bytes = chain_bytes(work, size);
    if (work->kind == WORK_PRODUCT) {
        bytes += p->a.size + p->b.size + (p->sums.buffer ? p->sums.size : 0);
        bytes += !work->chain.outs || work->product_kept ? p->c.size : 0;
    }
    return bytes;
}

enum fig_status work_check(const struct work *work, size_t real_size)
{
    switch (work->kind) {
    case WORK_KERNEL:
        return check_kernel(work, real_size);
    case WORK_CHAIN:
        return check_chain(work, real_size);
    case WORK_PRODUCT:
        return check_product(work, real_size);
    }
    return fail(FIG_INVALID, "work `%s`: no such kind: %d", work->name, (int)work->kind);
}
