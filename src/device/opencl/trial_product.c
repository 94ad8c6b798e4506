/* SPDX-License-Identifier: MIT */
/* Products of all transposes, with a chain behind. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/size.h"
#include "device/opencl/trial.h"

static const double relu_slope = 0.25;

static void make_product(struct trial *trial, struct work *work, int m, int n, int k, int number)
{
    const size_t rows = (size_t)m, cols = (size_t)n, terms = (size_t)k;
    *work = (struct work){ .kind = WORK_PRODUCT, .name = "the self-test's product" };
    work->product = (struct product){
        .a = trial_take(trial, rows * terms), .b = trial_take(trial, terms * cols),
        .c = trial_take(trial, rows * cols), .trans_a = number & 1, .trans_b = number >> 1 & 1,
        .m = m, .n = n, .k = k,
    };
    if (work->product.trans_a)
        work->product.sums = trial_take(trial, rows);
    work->chain = (struct chain){
        .n = rows * cols, .ins = 2, .steps = 2, .outs = 1,
        .in = { { .region = work->product.c },
                { .region = trial_take(trial, cols), .inner = 1, .count = (unsigned)n } },
        .step = { { .row = ROW_add, .a = 0, .b = 1 },
                  { .row = ROW_leaky_relu, .a = 2, .b = -1, .p = (float)relu_slope } },
        .out = { { .region = work->product.c, .value = 3 } },
    };
}

static double product_element(const struct trial *trial, const struct work *work, size_t at)
{
    const struct product *p = &work->product;
    const float *a = trial_host(trial, p->a), *b = trial_host(trial, p->b);
    const size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
    const size_t row = at / n, col = at % n;
    double sum = trial_host(trial, work->chain.in[1].region)[col];
    for (size_t t = 0; t < k; t++)
        sum += (double)(p->trans_a ? a[t * m + row] : a[row * k + t]) *
               (double)(p->trans_b ? b[col * k + t] : b[t * n + col]);
    return sum < 0 ? relu_slope * sum : sum;
}

static bool sums_are_right(const struct trial *trial, const struct product *p, const float *after)
{
    const float *a = trial_host(trial, p->a), *sums = after + p->sums.offset / sizeof(float);
    for (int row = 0; p->sums.buffer && row < p->m; row++) {
        double expected = 0;
        for (int t = 0; t < p->k; t++)
            expected += (double)a[(size_t)t * (size_t)p->m + (size_t)row];
        if (trial_close(sums[row], expected, 1e-5 + 1e-6 * p->k))
            continue;
        log_warning("%s: self-test: [%d,%d] x [%d,%d], A^T: the sum of row %d is %.9g instead of "
                    "%.9g", trial->cl->base.info.name, p->m, p->k, p->k, p->n, row,
                    (double)sums[row], expected);
        return false;
    }
    return true;
}

static bool product_is_right(const struct trial *trial, const struct work *work, const float *after)
{
    const struct product *p = &work->product;
    const size_t count = work->chain.n, start = p->c.offset / sizeof(float);
    const size_t stride = count > 100000 ? 997 : 1;
    const double tolerance = 1e-5 + 1e-6 * p->k;
    for (size_t i = 0; i < count; i += stride) {
        const double expected = product_element(trial, work, i);
        if (trial_close(after[start + i], expected, tolerance))
            continue;
        log_warning("%s: self-test: [%d,%d] x [%d,%d]%s%s: element %zu is %.9g instead of %.9g",
                    trial->cl->base.info.name, p->m, p->k, p->k, p->n, p->trans_a ? ", A^T" : "",
                    p->trans_b ? ", B^T" : "", i, (double)after[start + i], expected);
        return false;
    }
    const size_t guard = trial_room(count) - count * sizeof(float);
    if (memcmp(after + start + count, trial_host(trial, p->c) + count, guard) == 0)
        return true;
    log_warning("%s: self-test: [%d,%d] x [%d,%d]: writes outside its result",
                trial->cl->base.info.name, p->m, p->k, p->k, p->n);
    return false;
}

static size_t product_room(int m, int n, int k)
{
    const size_t rows = (size_t)m, cols = (size_t)n, terms = (size_t)k;
    return trial_room(rows * terms) + trial_room(terms * cols) + trial_room(rows * cols) +
           trial_room(cols) + trial_room(rows);
}

bool trial_products(struct opencl *cl, int m, int n, int k)
{
    struct trial trial;
    struct work works[4];
    float *after = NULL;
    if (!trial_begin(&trial, cl, 4 * product_room(m, n, k))) {
        for (int i = 0; i < 4; i++)
            make_product(&trial, &works[i], m, n, k, i);
        after = trial_run(&trial, works, 4);
    }
    bool right = after != NULL;
    for (int i = 0; right && i < 4; i++)
        right = product_is_right(&trial, &works[i], after) &&
                sums_are_right(&trial, &works[i].product, after);
    free(after);
    trial_end(&trial);
    return right;
}

static double time_script(struct fig_device *device, struct script *script)
{
    double best = INFINITY;
    for (int i = 0; i < 4 && !(i > 1 && best > 0.1); i++) { /* the first warms up */
        const double start = clock_now();
        if (device_run(device, script, 0) || opencl_finish(device))
            return INFINITY;
        const double took = clock_now() - start;
        best = i > 0 && took < best ? took : best;
    }
    return best;
}

double trial_seconds(struct opencl *cl, int m, int n, int k)
{
    struct trial trial;
    struct work work;
    struct script *script = NULL;
    double took = INFINITY;
    if (!trial_begin(&trial, cl, product_room(m, n, k))) {
        make_product(&trial, &work, m, n, k, 0);
        if (!device_write(&cl->base, trial_memory(&trial), trial.host) &&
            !device_compile(&cl->base, &work, 1, &script)) {
            took = time_script(&cl->base, script);
            device_release(&cl->base, &script);
        }
    }
    trial_end(&trial);
    return took;
}
