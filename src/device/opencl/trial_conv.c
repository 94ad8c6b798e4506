/* SPDX-License-Identifier: MIT */
/* The three products of a convolution, at a geometry where nothing is even: places outside the
 * image, taps that meet none, phases of different sizes. */
#include <stdlib.h>

#include "base/size.h"
#include "device/opencl/trial.h"

enum { N = 3, H = 5, W = 4, C = 3, OH = 3, OW = 3, O = 5, KH = 3, KW = 2 };
static const struct conv conv = { .n = N, .h = H, .w = W, .c = C, .oh = OH, .ow = OW, .o = O,
                                  .kh = KH, .kw = KW, .stride = 2, .pad = 1 };
enum { IMAGE = N * H * W * C, WEIGHTS = O * KH * KW * C, PIXELS = N * OH * OW * O };

/* Which of the three arrays each product reads and makes. */
enum array { OF_IMAGE, OF_WEIGHTS, OF_PIXELS, ARRAYS };
static const size_t lengths[ARRAYS] = { IMAGE, WEIGHTS, PIXELS };
static const struct {
    enum patches patches;
    enum array a, b, c;
    int m, n, k;
} kinds[] = {
    { PATCHES_FORWARD, OF_IMAGE, OF_WEIGHTS, OF_PIXELS, N * OH * OW, O, KH * KW * C },
    { PATCHES_INPUT, OF_PIXELS, OF_WEIGHTS, OF_IMAGE, N * H * W, C, KH * KW * O },
    { PATCHES_WEIGHT, OF_PIXELS, OF_IMAGE, OF_WEIGHTS, O, KH * KW * C, N * OH * OW },
};

static void make_work(struct trial *trial, struct work *work, size_t kind)
{
    *work = (struct work){ .kind = WORK_PRODUCT, .name = "the self-test's convolution" };
    work->product = (struct product){
        .a = trial_take(trial, lengths[kinds[kind].a]),
        .b = trial_take(trial, lengths[kinds[kind].b]),
        .c = trial_take(trial, lengths[kinds[kind].c]),
        .m = kinds[kind].m, .n = kinds[kind].n, .k = kinds[kind].k,
        .patches = kinds[kind].patches, .conv = conv,
    };
}

/* Where pixel and tap meet the image, add a[..] b[..] to c[..] for all channels and filters. */
static void add_meeting(size_t kind, const float *a, const float *b, double *c,
                        const size_t at[ARRAYS])
{
    for (int channel = 0; channel < conv.c; channel++) {
        for (int filter = 0; filter < conv.o; filter++) {
            const size_t index[ARRAYS] = {
                [OF_IMAGE] = at[OF_IMAGE] + (size_t)channel,
                [OF_WEIGHTS] = at[OF_WEIGHTS] + (size_t)(filter * conv.kh * conv.kw * conv.c +
                                                         channel),
                [OF_PIXELS] = at[OF_PIXELS] + (size_t)filter,
            };
            c[index[kinds[kind].c]] += (double)a[index[kinds[kind].a]] * b[index[kinds[kind].b]];
        }
    }
}

static void convolve(size_t kind, const float *a, const float *b, double *c)
{
    for (int pixel = 0; pixel < conv.n * conv.oh * conv.ow; pixel++) {
        for (int tap = 0; tap < conv.kh * conv.kw; tap++) {
            const int image = pixel / (conv.oh * conv.ow);
            const int y = pixel / conv.ow % conv.oh * conv.stride - conv.pad + tap / conv.kw;
            const int x = pixel % conv.ow * conv.stride - conv.pad + tap % conv.kw;
            if (y < 0 || y >= conv.h || x < 0 || x >= conv.w)
                continue;
            add_meeting(kind, a, b, c, (const size_t[ARRAYS]){
                [OF_IMAGE] = (size_t)(((image * conv.h + y) * conv.w + x) * conv.c),
                [OF_WEIGHTS] = (size_t)(tap * conv.c),
                [OF_PIXELS] = (size_t)(pixel * conv.o) });
        }
    }
}

static bool is_right(const struct trial *trial, const struct work *work, size_t kind,
                     const float *after)
{
    const struct product *p = &work->product;
    const float *c = after + p->c.offset / sizeof(float);
    double expected[IMAGE > PIXELS ? IMAGE : PIXELS] = { 0 };
    convolve(kind, trial_host(trial, p->a), trial_host(trial, p->b), expected);
    for (size_t i = 0; i < lengths[kinds[kind].c]; i++) {
        if (trial_close(c[i], expected[i], 1e-5 + 1e-6 * p->k))
            continue;
        log_warning("%s: self-test: %s: element %zu is %.9g instead of %.9g",
                    trial->cl->base.info.name, work_text(work), i, (double)c[i], expected[i]);
        return false;
    }
    return true;
}

bool trial_convolutions(struct opencl *cl)
{
    const size_t room = trial_room(IMAGE) + trial_room(WEIGHTS) + trial_room(PIXELS);
    struct work works[LENGTH(kinds)];
    struct trial trial;
    float *after = NULL;
    if (!trial_begin(&trial, cl, LENGTH(kinds) * room)) {
        for (size_t i = 0; i < LENGTH(kinds); i++)
            make_work(&trial, &works[i], i);
        after = trial_run(&trial, works, LENGTH(kinds));
    }
    bool right = after != NULL;
    for (size_t i = 0; right && i < LENGTH(kinds); i++)
        right = is_right(&trial, &works[i], i, after);
    free(after);
    trial_end(&trial);
    return right;
}
