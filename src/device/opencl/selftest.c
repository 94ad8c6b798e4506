/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "device/opencl/script.h"
#include "device/opencl/trial.h"

/* What a self-test found; the cache keeps it beside the compiled kernels. */
struct verdict {
    double clblast_from;
    uint32_t engine, tiles, group_sums, override;
    char products[96], self_test[96];
};

static const char *const engine_names[ENGINE_COUNT] = { "plain", "own", "clblast" };

/* Where our own kernels and CLBlast are compared, the smallest first: it tells about all beyond. */
static const struct { int m, n, k; } rungs[] = { { 256, 1024, 1024 }, { 1024, 1024, 1024 },
                                                 { 2048, 2048, 2048 } };

/* Seconds that a rung may take, and before them a product of half a MFLOP: on slower devices trials
 * of speed do not pay, and simulators would need minutes for them. */
static const double patience = 0.02, first_patience = 0.002;

/* What FIGMENT_PRODUCTS asks for; ENGINE_COUNT: what is best. */
static enum fig_status read_wish(enum engine *wish)
{
    const char *name = getenv("FIGMENT_PRODUCTS");
    *wish = ENGINE_COUNT;
    if (!name || !*name)
        return FIG_OK;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        if (strcmp(name, engine_names[i]) == 0)
            *wish = (enum engine)i;
    }
    if (*wish == ENGINE_COUNT)
        return fail(FIG_INVALID, "FIGMENT_PRODUCTS=%s: expected own, clblast or plain", name);
    if (*wish == ENGINE_CLBLAST && !clblast_present())
        return fail(FIG_INVALID, "FIGMENT_PRODUCTS=clblast: figment was built without CLBlast");
    return FIG_OK;
}

static void stop_sharing(struct opencl *cl, const char *what)
{
    cl->group_sums = false;
    log_warning("%s: self-test: %s that groups share fail: not used", cl->base.info.name, what);
}

/* Each tile shape is tried at sizes that leave rests everywhere, and those that fail are not used;
 * then a product of so many terms that groups share them, where they do. */
static void try_own(struct opencl *cl)
{
    const unsigned wanted = product_tiles(cl);
    unsigned good = 0;
    cl->engine = ENGINE_OWN;
    for (int i = 0; i < TILES; i++) {
        const struct tile *tile = product_shape(i);
        cl->tiles = 1u << i;
        if (!(wanted & cl->tiles))
            continue;
        if (trial_products(cl, tile->m + 3, tile->n + 5, tile->k + 3) && trial_convolutions(cl))
            good |= cl->tiles;
        else
            log_warning("%s: self-test: tiles of %d x %d fail: not used", cl->base.info.name,
                        tile->m, tile->n);
    }
    cl->tiles = good;
    if (!good)
        cl->engine = ENGINE_PLAIN;
    else if (cl->group_sums && !trial_products(cl, 5, 3, 2100))
        stop_sharing(cl, "products");
}

static bool is_slow(struct opencl *cl)
{
    return trial_seconds(cl, 64, 64, 64) > first_patience ||
           trial_seconds(cl, rungs[0].m, rungs[0].n, rungs[0].k) > patience;
}

/* Large tiles are there to be faster.  Where one is not, as where the registers do not hold its
 * sums, it is not used.  Measured where the largest has work for every unit. */
static void drop_slow_tiles(struct opencl *cl)
{
    static const int terms = 512;
    static const double slower = 1.1; /* the clock's noise tells nothing */
    const unsigned good = cl->tiles;
    const double tiles = fmin(16, fmax(1, ceil(sqrt(2.0 * cl->base.info.units))));
    const int side = product_shape(0)->m * (int)tiles;
    double fastest = INFINITY;
    unsigned kept = 0;
    int least = 0;
    for (int i = TILES - 1; i >= 0; i--) {
        const struct tile *tile = product_shape(i);
        cl->tiles = 1u << i;
        if (!(good & cl->tiles))
            continue;
        least = kept ? least : tile->m;
        const double took = trial_seconds(cl, side, side, terms);
        log_debug("%s: tiles of %d x %d by %zu items: %.3f ms", cl->base.info.name, tile->m,
                  tile->n, tile->items, took * 1e3);
        if (tile->m == least || took <= slower * fastest)
            kept |= cl->tiles;
        fastest = took < fastest ? took : fastest;
    }
    cl->tiles = kept;
}

/* Both of CLBlast's ways to multiply: small products go one, large ones the other. */
static bool clblast_is_right(struct opencl *cl, bool slow)
{
    if (!trial_products(cl, 33, 17, 65) || !trial_products(cl, 131, 127, 130))
        return false;
    return slow || trial_products(cl, 1030, 1027, 1029);
}

static bool clblast_is_right_with_defaults(struct opencl *cl, bool slow)
{
    clblast_finish(cl); /* forget what was compiled with the tuned parameters */
    return clblast_override(cl) == FIG_OK && clblast_is_right(cl, slow);
}

/* The operations of the first rung from which on CLBlast is faster; INFINITY if it is at none.
 * Rungs that take our own kernels too long are not measured. */
static double find_crossing(struct opencl *cl)
{
    double from = INFINITY;
    for (size_t i = 0; i < LENGTH(rungs); i++) {
        const int m = rungs[i].m, n = rungs[i].n, k = rungs[i].k;
        cl->clblast_from = INFINITY;
        const double own = trial_seconds(cl, m, n, k);
        if (own > patience)
            break;
        cl->clblast_from = 0;
        const double theirs = trial_seconds(cl, m, n, k);
        log_debug("%s: [%d,%d] x [%d,%d]: own %.3f ms, CLBlast %.3f ms", cl->base.info.name, m, k,
                  k, n, own * 1e3, theirs * 1e3);
        from = theirs >= own ? INFINITY : from == INFINITY ? 2.0 * m * n * k : from;
    }
    return from;
}

/* `asked`: it need not be faster than what the device has already. */
static void try_clblast(struct opencl *cl, struct verdict *verdict, bool asked, bool slow)
{
    const enum engine before = cl->engine;
    const char *found = "passed";
    cl->engine = ENGINE_CLBLAST;
    cl->clblast_from = 0;
    bool right = clblast_is_right(cl, slow);
    if (!right) {
        verdict->override = 1;
        right = clblast_is_right_with_defaults(cl, slow);
        found = right ? "passed; CLBlast's tuning is wrong here and was replaced"
                      : "passed, but CLBlast is wrong here and not used";
        log_warning("%s: %s", cl->base.info.name, found);
    }
    snprintf(verdict->self_test, sizeof(verdict->self_test), "%s", found);
    if (right && !asked)
        cl->clblast_from = find_crossing(cl);
    if (!right || cl->clblast_from == INFINITY)
        cl->engine = before;
}

static void describe_products(const struct opencl *cl, struct verdict *verdict)
{
    static const char *const text[ENGINE_COUNT] = { "plain kernel (slow)", "own tiled kernel",
                                                    "CLBlast" };
    snprintf(verdict->products, sizeof(verdict->products), "%s", text[cl->engine]);
    if (cl->engine == ENGINE_CLBLAST && cl->clblast_from > 0)
        snprintf(verdict->products, sizeof(verdict->products), "%s; CLBlast from %.1f GFLOP on",
                 text[cl->tiles ? ENGINE_OWN : ENGINE_PLAIN], cl->clblast_from * 1e-9);
}

/* Sums by groups of items, where the device has them. */
static void try_sums(struct opencl *cl)
{
    cl->group_sums = !cl->serial;
    if (cl->group_sums && !trial_sums(cl))
        stop_sharing(cl, "sums");
}

static enum fig_status examine(struct opencl *cl, enum engine wish, struct verdict *verdict)
{
    const char *name = cl->base.info.name;
    cl->engine = ENGINE_PLAIN;
    snprintf(verdict->self_test, sizeof(verdict->self_test), "passed");
    if (!trial_kernels(cl) || !trial_products(cl, 19, 23, 37) || !trial_convolutions(cl))
        return fail(FIG_DEVICE, "%s: it fails the self-test with plain kernels, so figment does "
                    "not use it; update the driver, or choose another device", name);
    try_sums(cl);
    if (wish != ENGINE_PLAIN)
        try_own(cl);
    if (wish != ENGINE_PLAIN && cl->engine == ENGINE_PLAIN)
        snprintf(verdict->self_test, sizeof(verdict->self_test), "passed by plain kernels only");
    const bool asked = wish == ENGINE_CLBLAST && clblast_present();
    const bool slow = wish == ENGINE_PLAIN || (cl->serial && !asked) || is_slow(cl);
    if (cl->engine == ENGINE_OWN && !slow)
        drop_slow_tiles(cl);
    if (asked || (clblast_present() && wish == ENGINE_COUNT && !slow))
        try_clblast(cl, verdict, asked, slow);
    verdict->engine = cl->engine;
    verdict->tiles = cl->tiles;
    verdict->group_sums = cl->group_sums;
    verdict->clblast_from = cl->clblast_from;
    describe_products(cl, verdict);
    return FIG_OK;
}

static enum fig_status verdict_key(const struct opencl *cl, enum engine wish,
                                   struct cache_key *key)
{
    struct text text = { 0 };
    enum fig_status status = source_add_dialect(cl, &text);
    if (!status)
        status = source_add_kernels(cl, &text);
    if (!status)
        status = source_add_products(&text);
    clblast_identify(&text);
    const char *const parts[] = { "verdict 3", cl->identity, text.chars,
                                  wish < ENGINE_COUNT ? engine_names[wish] : "best" };
    *key = cache_key(parts, LENGTH(parts));
    text_free(&text);
    return status;
}

static bool recall(struct opencl *cl, struct cache_key key, struct verdict *verdict)
{
    void *bytes = NULL;
    size_t size = 0;
    if (!cache_load(&cl->cache, key, &bytes, &size))
        return false;
    const bool whole = size == sizeof(*verdict);
    if (whole)
        memcpy(verdict, bytes, sizeof(*verdict));
    free(bytes);
    if (!whole || verdict->engine >= ENGINE_COUNT)
        return false;
    cl->engine = (enum engine)verdict->engine;
    cl->tiles = verdict->tiles;
    cl->group_sums = verdict->group_sums;
    cl->clblast_from = verdict->clblast_from;
    return !verdict->override || clblast_override(cl) == FIG_OK;
}

enum fig_status selftest_run(struct opencl *cl)
{
    struct fig_device_info *info = &cl->base.info;
    struct verdict verdict = { 0 };
    struct cache_key key;
    enum engine wish;
    TRY(read_wish(&wish));
    TRY(verdict_key(cl, wish, &key));
    if (!recall(cl, key, &verdict)) {
        verdict = (struct verdict){ 0 };
        TRY(examine(cl, wish, &verdict));
        if (cl->engine != ENGINE_PLAIN || wish == ENGINE_PLAIN)
            cache_store(&cl->cache, key, &verdict, sizeof(verdict));
    }
    memcpy(info->products, verdict.products, sizeof(info->products));
    memcpy(info->self_test, verdict.self_test, sizeof(info->self_test));
    return FIG_OK;
}
