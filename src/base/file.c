/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pages.h"

enum fig_status path_join(char out[PATH_LIMIT], const char *folder, const char *name)
{
    const char *slash = *folder && folder[strlen(folder) - 1] != '/' ? "/" : "";
    const int length = snprintf(out, PATH_LIMIT, "%s%s%s", folder, slash, name);
    if (length < 0 || length >= PATH_LIMIT)
        return fail(FIG_INVALID, "%s/%s: the path is longer than %d bytes", folder, name,
                    PATH_LIMIT - 1);
    return FIG_OK;
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_ends_in(const char *path, const char *suffix)
{
    const size_t length = strlen(path), size = strlen(suffix);
    return length > size && strcmp(path + length - size, suffix) == 0;
}

bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool path_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool path_same(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* Folders above `path` first; returns errno's value, 0 when all is there. */
static int make_folders(const char *path, unsigned mode)
{
    char part[PATH_LIMIT];
    if (strlen(path) >= sizeof(part))
        return ENAMETOOLONG;
    strcpy(part, path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(part, mode) && errno != EEXIST)
            return errno;
        *slash = '/';
    }
    if (mkdir(part, mode) && errno != EEXIST)
        return errno;
    return path_is_folder(path) ? 0 : ENOTDIR;
}

enum fig_status folder_create(const char *path, unsigned mode)
{
    const int error = make_folders(path, mode);
    if (error)
        return fail(FIG_IO, "%s: cannot make this folder: %s", path, strerror(error));
    return FIG_OK;
}

enum fig_status folder_cache(char out[PATH_LIMIT], const char *name)
{
    const char *base = getenv("XDG_CACHE_HOME");
    const char *middle = "/figment";
    if (!base || base[0] != '/') {
        base = getenv("HOME");
        middle = "/.cache/figment";
    }
    if (!base || base[0] != '/') {
        log_debug("no cache folder: neither XDG_CACHE_HOME nor HOME is an absolute path");
        return FIG_IO;
    }
    const int length = snprintf(out, PATH_LIMIT, "%s%s/%s", base, middle, name);
    const int error = length >= PATH_LIMIT ? ENAMETOOLONG : make_folders(out, 0700);
    if (!error && access(out, W_OK) == 0)
        return FIG_OK;
    log_debug("%s: no cache: %s", out, strerror(error ? error : errno));
    return FIG_IO;
}

/* Of an open file; NULL: it is not for us, as *why says. */
static FILE *regular_file(int descriptor, const char **why)
{
    struct stat info;
    const bool regular = fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
    FILE *file = regular ? fdopen(descriptor, "rb") : NULL;
    if (file)
        return file;
    *why = regular ? strerror(errno) : "not a regular file";
    close(descriptor);
    return NULL;
}

FILE *file_open(const char *path, const char **why)
{
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor >= 0)
        return regular_file(descriptor, why);
    *why = strerror(errno);
    return NULL;
}

/* Fill `size` bytes from the file; a short file is an error. */
static enum fig_status read_exactly(FILE *file, const char *path, char *bytes, size_t size)
{
    if (fread(bytes, 1, size, file) == size)
        return FIG_OK;
    if (ferror(file))
        return fail(FIG_IO, "%s: cannot read: %s", path, strerror(errno));
    return fail(FIG_IO, "%s: shorter than its size of %zu bytes", path, size);
}

static enum fig_status read_open(FILE *file, const char *path, size_t limit, void **bytes,
                                 size_t *size)
{
    struct stat info;
    if (fstat(fileno(file), &info))
        return fail(FIG_IO, "%s: cannot look at it: %s", path, strerror(errno));
    if ((size_t)info.st_size > limit)
        return fail(FIG_FORMAT, "%s: %zu bytes; at most %zu are read", path,
                    (size_t)info.st_size, limit);
    char *all = pages_alloc((size_t)info.st_size + 1);
    if (!all)
        return fail(FIG_NOMEM, "%s: no memory for its %zu bytes", path, (size_t)info.st_size);
    const enum fig_status status = read_exactly(file, path, all, (size_t)info.st_size);
    if (status) {
        free(all);
        return status;
    }
    all[info.st_size] = '\0';
    *bytes = all;
    *size = (size_t)info.st_size;
    return FIG_OK;
}

bool file_begin(const char *path, void *bytes, size_t size)
{
    const char *why;
    FILE *file = file_open(path, &why);
    if (!file)
        return false;
    const bool whole = fread(bytes, 1, size, file) == size;
    fclose(file);
    return whole;
}

enum fig_status file_read(const char *path, size_t limit, void **bytes, size_t *size)
{
    const char *why;
    FILE *file = file_open(path, &why);
    if (!file)
        return fail(FIG_IO, "%s: cannot open: %s", path, why);
    const enum fig_status status = read_open(file, path, limit, bytes, size);
    fclose(file);
    return status;
}

/* The file that is to be replaced, or made: the one to which a link leads.  What is no regular file
 * would not be what it was any more. */
static enum fig_status find_target(const char *path, char out[PATH_LIMIT])
{
    struct stat info;
    const bool found = stat(path, &info) == 0;
    if (found && !S_ISREG(info.st_mode))
        return fail(FIG_IO, "%s: not a regular file: it is not written over", path);
    const bool link = lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
    if (link && !found)
        return fail(FIG_IO, "%s: a link that leads nowhere", path);
    char *target = link ? realpath(path, NULL) : NULL;
    if (link && !target)
        return fail(FIG_IO, "%s: cannot follow the link: %s", path, strerror(errno));
    const int length = snprintf(out, PATH_LIMIT, "%s", target ? target : path);
    free(target);
    if (length < 0 || length >= PATH_LIMIT)
        return fail(FIG_INVALID, "%s: the path is longer than %d bytes", path, PATH_LIMIT - 1);
    return FIG_OK;
}

/* Of a name that no other writer has, in this process or a past one. */
static enum fig_status make_temporary(struct writer *writer)
{
    int descriptor = -1;
    for (int i = 0; descriptor < 0; i++) {
        const int length = snprintf(writer->temporary, PATH_LIMIT, "%s.%ld.%d.tmp", writer->path,
                                    (long)getpid(), i);
        if (length < 0 || length >= PATH_LIMIT)
            return fail(FIG_INVALID, "%s: the path is longer than %d bytes", writer->path,
                        PATH_LIMIT - 1);
        descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            return fail(FIG_IO, "%s: cannot write: %s", writer->temporary, strerror(errno));
    }
    writer->file = fdopen(descriptor, "wb");
    if (writer->file)
        return FIG_OK;
    close(descriptor);
    remove(writer->temporary);
    return fail(FIG_NOMEM, "%s: no memory to write it", writer->path);
}

enum fig_status writer_open(struct writer *writer, const char *path)
{
    writer->file = NULL;
    TRY(find_target(path, writer->path));
    return make_temporary(writer);
}

enum fig_status writer_add(struct writer *writer, const void *bytes, size_t size)
{
    if (fwrite(bytes, 1, size, writer->file) != size)
        return fail(FIG_IO, "%s: cannot write %zu bytes: %s", writer->path, size, strerror(errno));
    return FIG_OK;
}

/* A rename is on the disk only when its folder is. */
static enum fig_status flush_folder(const char *path)
{
    char folder[PATH_LIMIT];
    strcpy(folder, path);
    folder[path_name(path) - path] = '\0';
    const int descriptor = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY);
    if (descriptor < 0)
        return FIG_OK; /* a folder we may write but not read: nothing to flush with */
    const int error = fsync(descriptor) ? errno : 0;
    close(descriptor);
    if (error && error != EINVAL)
        return fail(FIG_IO, "%s: cannot flush its folder: %s", path, strerror(error));
    return FIG_OK;
}

enum fig_status writer_commit(struct writer *writer)
{
    FILE *file = writer->file;
    const bool flushed = fflush(file) == 0 && fsync(fileno(file)) == 0;
    const int error = errno;
    const bool closed = fclose(file) == 0;
    writer->file = NULL;
    if (!flushed || !closed) {
        remove(writer->temporary);
        return fail(FIG_IO, "%s: cannot write: %s", writer->path,
                    strerror(flushed ? errno : error));
    }
    if (rename(writer->temporary, writer->path)) {
        const int why = errno;
        remove(writer->temporary);
        return fail(FIG_IO, "%s: cannot rename %s to it: %s", writer->path, writer->temporary,
                    strerror(why));
    }
    return flush_folder(writer->path);
}

void writer_close(struct writer *writer)
{
    if (!writer->file)
        return;
    fclose(writer->file);
    remove(writer->temporary);
    writer->file = NULL;
}

enum fig_status file_write(const char *path, const void *bytes, size_t size)
{
    struct writer writer;
    enum fig_status status = writer_open(&writer, path);
    if (!status)
        status = writer_add(&writer, bytes, size);
    if (!status)
        status = writer_commit(&writer);
    writer_close(&writer);
    return status;
}
