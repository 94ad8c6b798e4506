/* SPDX-License-Identifier: MIT */
/* Files in the safetensors format: named arrays and a dictionary of strings, no code.
 *
 * A file is the header's length as 8 little-endian bytes, the header
 *     {"__metadata__": {"key": "value", ...},
 *      "name": {"dtype": "F32", "shape": [2,3], "data_offsets": [begin,end]}, ...}
 * and the data, to which the offsets count.  What we write is padded with spaces so that the
 * data start at a multiple of 8.
 *
 * What we read may come from anywhere.  Refused with FIG_FORMAT and a message that names file,
 * tensor and values: a header above SAFE_HEADER_LIMIT or beyond the file, anything that is not the
 * JSON above, names that come twice, unknown dtypes, ranks above SAFE_RANK, numbers that are
 * not whole or not in [0, 2^53), sizes unlike the shape, and data with an overlap, a hole or an
 * end elsewhere than the end of the file. */
#ifndef RUN_SAFETENSORS_H
#define RUN_SAFETENSORS_H

#include <stddef.h>

#include <figment/status.h>

enum {
    SAFE_RANK = 8,               /* of the tensor with the most dimensions that we read */
    SAFE_HEADER_LIMIT = 16 << 20 /* bytes; the format allows 100 MB, which JSON makes 3 GB of */
};

enum safe_dtype { SAFE_F32, SAFE_F64, SAFE_I32, SAFE_I64, SAFE_U8, SAFE_TYPES };

struct safe_type {
    const char *name; /* "F32", ... as in the file */
    size_t size;      /* bytes of one element */
};
extern const struct safe_type safe_types[SAFE_TYPES];

struct safe_tensor {
    const char *name; /* UTF-8, not "__metadata__" */
    enum safe_dtype dtype;
    int rank; /* 0 is a scalar: one element */
    size_t dims[SAFE_RANK];
    const void *data; /* in the host's byte order; of a file read, not aligned: memcpy */
    size_t size;      /* bytes of `data`: set by reading, ignored by writing */
};

struct safe_pair {
    const char *key, *value; /* UTF-8 */
};

/* A file's content, to be written or as read. */
struct safetensors {
    struct safe_tensor *tensors; /* different names; in the order of their data */
    int count;
    struct safe_pair *metadata; /* different keys */
    int pairs;

    void *bytes;          /* reading's own: the file */
    size_t size;          /* of the file */
    struct cJSON *header; /* reading's own: holds the names */
};

/* Atomic, as writer_open. */
enum fig_status safetensors_write(const char *path, const struct safetensors *content);

/* Read and validate the whole file.  After a failure there is nothing to close. */
enum fig_status safetensors_open(struct safetensors *out, const char *path);

/* The same from memory: `bytes` is from malloc and becomes ours, also after a failure;
 * bytes[size] is 0, as file_read leaves it; `name` is for messages. */
enum fig_status safetensors_parse(struct safetensors *out, const char *name, void *bytes,
                                  size_t size);

/* Frees the content of a file read; twice is harmless. */
void safetensors_close(struct safetensors *content);

/* NULL when there is none of that name. */
const struct safe_tensor *safetensors_find(const struct safetensors *content, const char *name);
const char *safetensors_metadata(const struct safetensors *content, const char *key);

#endif
