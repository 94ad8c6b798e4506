/* SPDX-License-Identifier: MIT */
#include "graph/place.h"

#include <stdbool.h>
#include <stdlib.h>

static bool meet(const struct life *a, const struct life *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static int largest_first(const void *left, const void *right)
{
    const struct life *a = *(struct life *const *)left, *b = *(struct life *const *)right;
    if (a->size != b->size)
        return a->size < b->size ? 1 : -1;
    return a->first - b->first; /* the same plan on every machine */
}

/* The lowest offset where `life` touches nothing that lives with it. */
static size_t lowest_gap(struct life *const *placed, int count, const struct life *life)
{
    size_t offset = 0;
    for (int i = 0; i < count;) {
        const struct life *other = placed[i++];
        if (meet(other, life) && offset < other->offset + other->size &&
            other->offset < offset + life->size) {
            offset = other->offset + other->size;
            i = 0; /* we moved, so look at all of them again */
        }
    }
    return offset;
}

size_t place(struct life **lives, int count)
{
    size_t arena = 0;
    qsort(lives, (size_t)count, sizeof(struct life *), largest_first);
    for (int i = 0; i < count; i++) {
        struct life *life = lives[i];
        life->offset = lowest_gap(lives, i, life);
        if (arena < life->offset + life->size)
            arena = life->offset + life->size;
    }
    return arena;
}
