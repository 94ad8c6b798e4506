/* SPDX-License-Identifier: MIT */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* Memory that free() frees, in large pages if it is many and the system has such: to touch small
 * ones for the first time takes as long as reading what comes into them. */
void *pages_alloc(size_t size);

#endif
