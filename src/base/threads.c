/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

enum {
    THREADS_MOST = 256,
    SPINS = 4000, /* about 50 us: longer than the gap between two jobs of a training step */
};

/* A job is announced by a new generation.  `ticket` holds the generation in its high half and the
 * number of parts not yet taken in its low half: a thread that comes late finds 0 there, and what
 * the other fields hold is read only by one that took a part, while they cannot change. */
struct pool {
    void (*job)(void *context, int part, int thread);
    void *context;
    int parts;
    _Alignas(64) atomic_ullong ticket;
    _Alignas(64) atomic_int pending; /* parts not yet finished */
    atomic_int sleepers;
    _Alignas(64) pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool quit;
    int threads;
    struct worker {
        struct pool *pool;
        pthread_t thread;
        int index;
    } *workers;
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static unsigned generation_of(unsigned long long ticket)
{
    return (unsigned)(ticket >> 32);
}

/* Take parts of this generation's job until none is left. */
static void work(struct pool *pool, unsigned generation, int thread)
{
    for (;;) {
        unsigned long long ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
        do {
            if (generation_of(ticket) != generation || (unsigned)ticket == 0)
                return;
        } while (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket - 1));
        pool->job(pool->context, pool->parts - (int)(unsigned)ticket, thread);
        atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_release);
    }
}

/* Until the generation differs from the one seen: spin for a while, then sleep. */
static unsigned await_job(struct pool *pool, unsigned seen)
{
    for (int spin = 0; spin < SPINS; spin++) {
        const unsigned now = generation_of(atomic_load_explicit(&pool->ticket,
                                                                memory_order_acquire));
        if (now != seen)
            return now;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (generation_of(atomic_load(&pool->ticket)) == seen && !pool->quit)
        pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
    return generation_of(atomic_load(&pool->ticket));
}

static void *worker_main(void *argument)
{
    const struct worker *worker = argument;
    struct pool *pool = worker->pool;
    unsigned generation = 0;
    for (;;) {
        generation = await_job(pool, generation);
        if (pool->quit)
            return NULL;
        work(pool, generation, worker->index);
    }
}

/* A new generation with all its parts; wakes whoever sleeps. */
static unsigned announce(struct pool *pool)
{
    const unsigned generation = generation_of(atomic_load(&pool->ticket)) + 1;
    atomic_store(&pool->ticket, (unsigned long long)generation << 32 | (unsigned)pool->parts);
    if (atomic_load(&pool->sleepers)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
    return generation;
}

void pool_run(struct pool *pool, int parts, void (*job)(void *context, int part, int thread),
              void *context)
{
    if (parts <= 1 || pool->threads == 1) {
        for (int part = 0; part < parts; part++)
            job(context, part, 0);
        return;
    }
    pool->job = job;
    pool->context = context;
    pool->parts = parts;
    atomic_store(&pool->pending, parts);
    work(pool, announce(pool), 0);
    for (int spin = 0; atomic_load_explicit(&pool->pending, memory_order_acquire); spin++) {
        if (spin < SPINS)
            relax();
        else
            sched_yield(); /* more threads than cores: let the others finish */
    }
}

int pool_threads(const struct pool *pool)
{
    return pool->threads;
}

int pool_cores(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return CPU_COUNT(&set) < THREADS_MOST ? CPU_COUNT(&set) : THREADS_MOST;
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online < THREADS_MOST ? (int)online : THREADS_MOST;
}

/* What FIGMENT_THREADS says; 0 if it is not set, -1 if it is no number of threads. */
static int wished_threads(void)
{
    const char *text = getenv("FIGMENT_THREADS");
    if (!text || !*text)
        return 0;
    char *end;
    const long count = strtol(text, &end, 10);
    return !*end && count >= 1 && count <= THREADS_MOST ? (int)count : -1;
}

int pool_default_threads(void)
{
    const int wished = wished_threads();
    return wished > 0 ? wished : pool_cores();
}

/* Threads that cannot be had are done without. */
static void start_workers(struct pool *pool, int count)
{
    pool->threads = 1;
    for (int i = 1; i < count; i++) {
        struct worker *worker = &pool->workers[i];
        *worker = (struct worker){ .pool = pool, .index = i };
        if (pthread_create(&worker->thread, NULL, worker_main, worker)) {
            log_warning("only %d of %d threads could be started", i, count);
            return;
        }
        pool->threads = i + 1;
    }
}

enum fig_status pool_create(struct pool **out, int count)
{
    if (count <= 0 && wished_threads() < 0)
        log_warning("FIGMENT_THREADS=%s is not a number from 1 to %d: ignored",
                    getenv("FIGMENT_THREADS"), THREADS_MOST);
    if (count <= 0)
        count = pool_default_threads();
    struct pool *pool = aligned_alloc(64, sizeof(*pool)); /* its size is a multiple of 64 */
    if (!pool)
        return fail(FIG_NOMEM, "no memory for a pool of threads");
    *pool = (struct pool){ .workers = calloc((size_t)count, sizeof(*pool->workers)) };
    if (!pool->workers) {
        free(pool);
        return fail(FIG_NOMEM, "no memory for %d threads", count);
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    start_workers(pool, count);
    *out = pool;
    return FIG_OK;
}

void pool_destroy(struct pool **out)
{
    struct pool *pool = *out;
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->quit, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    atomic_fetch_add(&pool->ticket, 1ull << 32); /* for those that spin */
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
    *out = NULL;
}
