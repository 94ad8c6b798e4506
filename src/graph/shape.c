/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/size.h"
#include "graph/node.h"

size_t shape_length(struct fig_shape shape)
{
    size_t length = 1;
    for (int i = 0; i < shape.rank; i++)
        length *= (size_t)shape.dim[i];
    return length;
}

int shape_cols(struct fig_shape shape)
{
    return shape.dim[shape.rank - 1];
}

int shape_rows(struct fig_shape shape)
{
    return (int)(shape_length(shape) / (size_t)shape_cols(shape));
}

bool shape_equal(struct fig_shape a, struct fig_shape b)
{
    if (a.rank != b.rank)
        return false;
    for (int i = 0; i < a.rank; i++) {
        if (a.dim[i] != b.dim[i])
            return false;
    }
    return true;
}

const char *shape_text(struct fig_shape shape, char text[SHAPE_TEXT])
{
    int at = snprintf(text, SHAPE_TEXT, "[");
    for (int i = 0; i < shape.rank && i < FIG_RANK; i++)
        at += snprintf(text + at, (size_t)(SHAPE_TEXT - at), "%s%d", i ? "," : "", shape.dim[i]);
    snprintf(text + at, (size_t)(SHAPE_TEXT - at), "]");
    return text;
}

bool graph_check_shape(struct fig_graph *graph, const char *what, struct fig_shape shape)
{
    size_t length = 1;
    bool good = shape.rank >= 1 && shape.rank <= FIG_RANK;
    for (int i = 0; good && i < shape.rank; i++)
        good = shape.dim[i] >= 1 && size_mul(length, (size_t)shape.dim[i], &length);
    if (good && length <= INT32_MAX)
        return true;
    char text[SHAPE_TEXT];
    graph_fail(graph, FIG_SHAPE, "%s: shape %s: 1 to %d dimensions of at least 1, and fewer than "
               "2^31 elements in all, are expected", what, shape_text(shape, text), FIG_RANK);
    return false;
}

/* Whether `from` is `to` with a last dimension of 1. */
static bool is_column(struct fig_shape from, struct fig_shape to)
{
    to.dim[to.rank - 1] = 1;
    return shape_equal(from, to);
}

bool broadcast_map(struct fig_shape from, struct fig_shape to, struct map *map)
{
    const unsigned cols = (unsigned)shape_cols(to);
    if (shape_length(from) == 1)
        *map = (struct map){ .inner = 1, .count = 1 };
    else if (is_column(from, to))
        *map = (struct map){ .inner = cols, .count = (unsigned)shape_rows(to) };
    else if (shape_length(from) == cols && (unsigned)shape_cols(from) == cols)
        *map = (struct map){ .inner = 1, .count = cols };
    else
        return false;
    return true;
}

size_t layout_index(const struct layout *layout, size_t i)
{
    size_t at[FIG_RANK] = { 0 }, index = 0;
    if (!layout->view.rank)
        return i;
    for (int k = layout->view.rank - 1; k >= 0; k--) {
        const size_t size = (size_t)layout->view.dim[layout->axis[k]];
        at[layout->axis[k]] = i % size;
        i /= size;
    }
    for (int k = 0; k < layout->view.rank; k++)
        index = index * (size_t)layout->view.dim[k] + at[k];
    return index;
}
