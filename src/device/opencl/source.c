/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/size.h"
#include "device/opencl/opencl.h"

static const char *const dialect[] = { "opencl.cl", "params.h", "philox.cl", "place.cl",
                                       "phase.cl", "rows.cl", "unary.cl", "binary.cl" };
static const char *const serial[] = { "each.cl", "wide.cl", "unary.cl", "binary.cl" };
static const char *const kernels[] = { "reduce.cl", "softmax.cl", "copy.cl", "random.cl",
                                       "gather.cl", "optimizer.cl" };

static const char *const products[] = { "operands.cl", "product.cl", "product_single.cl",
                                        "product_plain.cl" };

static enum fig_status add_file(struct text *out, const char *folder, const char *name)
{
    char path[PATH_LIMIT];
    void *bytes = NULL;
    size_t size = 0;
    TRY(path_join(path, folder, name));
    TRY(file_read(path, (size_t)1 << 20, &bytes, &size));
    text_add_bytes(out, bytes, size);
    free(bytes);
    return FIG_OK;
}

enum fig_status source_add(struct text *out, const char *name)
{
    const char *folder = getenv("FIGMENT_CL_PATH");
    if (folder)
        return add_file(out, folder, name);
    for (const struct embedded *file = embedded_kernels; file->name; file++) {
        if (strcmp(file->name, name) == 0) {
            text_add(out, "%s", file->text);
            return FIG_OK;
        }
    }
    return fail(FIG_IO, "cl/%s: not in the library", name);
}

static enum fig_status add_all(struct text *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(source_add(out, names[i]));
    return out->failed ? fail(FIG_NOMEM, "no memory for the kernels' text") : FIG_OK;
}

enum fig_status source_add_dialect(const struct opencl *cl, struct text *out)
{
    if (cl->serial)
        text_add(out, "#define SERIAL\n");
    TRY(add_all(out, dialect, LENGTH(dialect)));
    return cl->serial ? add_all(out, serial, LENGTH(serial)) : FIG_OK;
}

enum fig_status source_add_kernels(const struct opencl *cl, struct text *out)
{
    TRY(add_all(out, kernels, LENGTH(kernels)));
    if (cl->serial)
        return FIG_OK;
    text_add(out, "#define SUM_GROUP %zuu\n", cl->group_limit);
    return source_add(out, "sums.cl");
}

enum fig_status source_add_products(struct text *out)
{
    return add_all(out, products, LENGTH(products));
}
