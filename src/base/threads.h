/* SPDX-License-Identifier: MIT */
/* A pool of threads that share out the parts of one job at a time. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include <figment/status.h>

struct pool;

int pool_cores(void);           /* cores that this process may use */
int pool_default_threads(void); /* FIGMENT_THREADS, or else pool_cores() */

/* `count` threads in all, the caller among them; 0 means pool_default_threads(). */
enum fig_status pool_create(struct pool **out, int count);
void pool_destroy(struct pool **pool);
int pool_threads(const struct pool *pool);

/* Call job(context, part, thread) once for every part in [0, parts) and return when all are done.
 * `thread` is in [0, pool_threads): scratch of that index is the job's own while it runs.
 * Which thread gets which part is open, so a part's result must not depend on it. */
void pool_run(struct pool *pool, int parts, void (*job)(void *context, int part, int thread),
              void *context);

#endif
