/* SPDX-License-Identifier: MIT */
/* Sums of the rows of one matrix, so many that they are made in parts, and of the columns of
 * another. */
#include <stdlib.h>

#include "device/opencl/trial.h"

enum { LONG = 1100, SHORT = 29 };

static void make_work(struct trial *trial, struct work *work, bool rows)
{
    *work = (struct work){
        .kind = WORK_KERNEL, .name = rows ? "sums of rows" : "sums of columns",
        .kernel = rows ? KERNEL_sum_rows : KERNEL_sum_cols,
        .buffers = { trial_take(trial, SHORT), trial_take(trial, (size_t)LONG * SHORT) },
        .n = SHORT,
        .params.matrix = { rows ? LONG : SHORT, rows ? SHORT : LONG },
    };
}

static bool is_right(const struct trial *trial, const struct work *work, const float *after)
{
    const float *in = trial_host(trial, work->buffers[1]);
    const float *out = after + work->buffers[0].offset / sizeof(float);
    const bool rows = work->kernel == KERNEL_sum_rows;
    for (size_t o = 0; o < SHORT; o++) {
        double sum = 0;
        for (size_t t = 0; t < LONG; t++)
            sum += (double)in[rows ? t * SHORT + o : o * LONG + t];
        if (trial_close(out[o], sum, 1e-3))
            continue;
        log_warning("%s: self-test: %s: number %zu is %.9g instead of %.9g",
                    trial->cl->base.info.name, work->name, o, (double)out[o], sum);
        return false;
    }
    return true;
}

bool trial_sums(struct opencl *cl)
{
    struct trial trial;
    struct work works[2];
    float *after = NULL;
    if (!trial_begin(&trial, cl, 2 * (trial_room(SHORT) + trial_room((size_t)LONG * SHORT)))) {
        make_work(&trial, &works[0], true);
        make_work(&trial, &works[1], false);
        after = trial_run(&trial, works, 2);
    }
    const bool right = after && is_right(&trial, &works[0], after) &&
                       is_right(&trial, &works[1], after);
    free(after);
    trial_end(&trial);
    return right;
}
