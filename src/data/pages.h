/* SPDX-License-Identifier: MIT */
#ifndef DATA_PAGES_H
#define DATA_PAGES_H

#include <stddef.h>

/* Memory that free() frees, in large pages if it is many and the system has such: to touch small
 * ones for the first time takes as long as unpacking what comes into them. */
void *pages_alloc(size_t size);

#endif
