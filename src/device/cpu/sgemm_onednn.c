/* SPDX-License-Identifier: MIT */
#include "device/cpu/sgemm.h"

#include <oneapi/dnnl/dnnl.h>

#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)

/* oneDNN may have been built with OpenMP or without; its own threads would fight with ours. */
extern void omp_set_num_threads(int count) __attribute__((weak));
extern int omp_get_max_threads(void) __attribute__((weak));

const char *sgemm_name(void)
{
    return "oneDNN " TEXT(DNNL_VERSION_MAJOR) "." TEXT(DNNL_VERSION_MINOR) "."
           TEXT(DNNL_VERSION_PATCH) " sgemm";
}

static bool multiply_here(const struct slice *s)
{
    return dnnl_sgemm(s->trans_a ? 'T' : 'N', s->trans_b ? 'T' : 'N', s->rows, s->n, s->k, 1,
                      s->a, s->lda, s->b, s->ldb, s->add ? 1 : 0, s->c, s->ldc) == dnnl_success;
}

/* The setting belongs to the calling thread, which may be the user's: it gets back what it had. */
bool sgemm(const struct slice *s)
{
    if (!omp_set_num_threads || !omp_get_max_threads)
        return multiply_here(s);
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const bool done = multiply_here(s);
    omp_set_num_threads(threads);
    return done;
}
