/* SPDX-License-Identifier: MIT */
/* Whole files and folders.  Every failure is logged with the path and errno's text. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <figment/status.h>

enum { PATH_LIMIT = 4096 }; /* bytes of the longest path we build, with its zero */

/* "folder/name" into `out`; an error when it does not fit. */
enum fig_status path_join(char out[PATH_LIMIT], const char *folder, const char *name);
const char *path_name(const char *path); /* what follows the last '/' */
bool path_ends_in(const char *path, const char *suffix); /* and begins with something else */
bool path_exists(const char *path);
bool path_is_folder(const char *path);
bool path_same(const char *a, const char *b); /* they are there, and one file or folder */

/* The folder and all that are missing above it; `mode` as for mkdir. */
enum fig_status folder_create(const char *path, unsigned mode);

/* Our folder under XDG_CACHE_HOME or ~/.cache, made with mode 0700; FIG_IO, and nothing in the
 * log but a debug line, when there is no place for it. */
enum fig_status folder_cache(char out[PATH_LIMIT], const char *name);

/* A regular file for reading; or NULL, and why not in words, which the caller may log.  It does not
 * wait for the other end of a pipe. */
FILE *file_open(const char *path, const char **why);

/* Whether a regular file has at least `size` bytes, of which the first are read; logs nothing. */
bool file_begin(const char *path, void *bytes, size_t size);

/* The whole file in memory, with a zero byte behind it that `size` does not count;
 * the caller frees.  Refuses more than `limit` bytes. */
enum fig_status file_read(const char *path, size_t limit, void **bytes, size_t *size);

/* Atomic replacement: all is written to a temporary name beside `path`; commit flushes it to the
 * disk, renames it over `path` and flushes the folder.  After any crash there is an old file
 * or a new one.  Close always; it removes what was not committed.  A link stays: the file to which
 * it leads is replaced; what is no regular file is refused. */
struct writer {
    FILE *file;
    char path[PATH_LIMIT], temporary[PATH_LIMIT];
};
enum fig_status writer_open(struct writer *writer, const char *path);
enum fig_status writer_add(struct writer *writer, const void *bytes, size_t size);
enum fig_status writer_commit(struct writer *writer);
void writer_close(struct writer *writer);

/* All three at once. */
enum fig_status file_write(const char *path, const void *bytes, size_t size);

#endif
