/* SPDX-License-Identifier: MIT */
#ifndef DATA_GZIP_H
#define DATA_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <figment/status.h>

bool gzip_probe(const uint8_t *bytes, size_t size); /* they begin as gzip does */

/* The whole file in memory, decompressed if it is gzip'd, of several members too; the caller
 * frees.  No more memory than deflate can fill from such a file, and at most `limit` bytes.
 * FIG_FORMAT if it is damaged or holds more. */
enum fig_status gzip_read(const char *path, size_t limit, uint8_t **bytes, size_t *size);

#endif
