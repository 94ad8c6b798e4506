/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "base/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/size.h"

enum { PAGE = 2 << 20, MANY = 2 * PAGE };

void *pages_alloc(size_t size)
{
    if (size < MANY)
        return malloc(size);
    void *memory = aligned_alloc(PAGE, round_up(size, PAGE));
#ifdef MADV_HUGEPAGE
    if (memory)
        madvise(memory, size, MADV_HUGEPAGE); /* advice: without it all is the same, but slower */
#endif
    return memory;
}
