/* SPDX-License-Identifier: MIT */
#include "model/binarize.h"

#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "model/config.h"

static const char *const names[] = {
    [FIG_GREY] = "none", [FIG_THRESHOLD] = "threshold", [FIG_DYNAMIC] = "dynamic", NULL,
};

const char *fig_binarize_name(enum fig_binarize binarize)
{
    return (size_t)binarize < LENGTH(names) - 1 ? names[binarize] : NULL;
}

enum fig_status read_binarize(struct document *document, enum fig_binarize *binarize)
{
    const struct yaml *node = yaml_find(document->root, "binarize");
    int kind = FIG_GREY;
    TRY(yaml_choice(node, names, &kind));
    *binarize = (enum fig_binarize)kind;
    return put_word(document, node, "binarize", names[kind]);
}

struct fig_node *binarize_images(enum fig_binarize binarize, struct fig_graph *graph,
                                 struct fig_node *images)
{
    if (binarize == FIG_GREY)
        return images;
    if (binarize == FIG_THRESHOLD)
        return fig_keep(images, 0.5, 1);
    struct fig_node *draw = fig_uniform(graph, fig_node_shape(images), STREAM_BINARIZE);
    return fig_affine(fig_keep(fig_sub(draw, images), 0, 1), -1, 1); /* 1 where draw < image */
}

static void binarize_row(enum fig_binarize binarize, const double *draw, float *values,
                         size_t length)
{
    for (size_t i = 0; i < length; i++)
        values[i] = binarize == FIG_DYNAMIC ? draw[i] < (double)values[i] : values[i] >= 0.5f;
}

enum fig_status binarize_values(enum fig_binarize binarize, int first, int count, float *images,
                                size_t length)
{
    if (binarize == FIG_GREY)
        return FIG_OK;
    double *draw = malloc(length * sizeof(*draw));
    if (!draw)
        return fail(FIG_NOMEM, "no memory to binarize images of %zu values", length);
    for (int i = 0; i < count; i++) {
        const struct stream stream = { 0, STREAM_BINARIZE, (uint32_t)(first + i) };
        random_uniform(&stream, draw, length);
        binarize_row(binarize, draw, images + (size_t)i * length, length);
    }
    free(draw);
    return FIG_OK;
}
