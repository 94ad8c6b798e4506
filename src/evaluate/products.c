/* SPDX-License-Identifier: MIT */
#include "evaluate/products.h"

#include <stdlib.h>
#include <string.h>

#include <figment/plan.h>

#include "base/log.h"
#include "run/rows.h"

struct products {
    size_t length;
    int rows; /* of a block */
    struct fig_graph *graph;
    struct fig_node *a, *b, *out; /* [rows][length] twice, and their products */
    struct fig_store *store;
    struct fig_plan *plan;
    float *block; /* [rows][length]: a last block, filled up with zeros */
    float *read;  /* [rows][rows] */
};

static enum fig_status open_plan(struct products *products, struct fig_device *device)
{
    const struct fig_shape shape = fig_shape2(products->rows, (int)products->length);
    TRY(fig_graph_create(&products->graph));
    products->a = fig_input(products->graph, "a", shape);
    products->b = fig_input(products->graph, "b", shape);
    products->out = fig_matmul(products->a, products->b, FIG_TRANS_B);
    TRY(fig_graph_status(products->graph));
    TRY(fig_store_create(&products->store, device, products->graph, 0));
    TRY(fig_plan_create(&products->plan, products->store, &(struct fig_plan_params){
        .outputs = &products->out, .output_count = 1 }));
    TRY(make_rows(&products->block, products->rows, products->length));
    return make_rows(&products->read, products->rows, (size_t)products->rows);
}

enum fig_status products_create(struct products **out, struct fig_device *device, size_t length)
{
    struct products *products = *out = calloc(1, sizeof(*products));
    if (!products)
        return fail(FIG_NOMEM, "no memory for products");
    products->length = length;
    products->rows = chunk_rows(length);
    const enum fig_status status = open_plan(products, device);
    if (status)
        products_destroy(out);
    return status;
}

void products_destroy(struct products **out)
{
    struct products *products = *out;
    if (!products)
        return;
    free(products->read);
    free(products->block);
    fig_plan_destroy(&products->plan);
    fig_store_destroy(&products->store);
    fig_graph_destroy(&products->graph);
    free(products);
    *out = NULL;
}

/* Rows first.. of a set, those of a block at most; how many there were. */
static enum fig_status write_block(struct products *products, const struct fig_node *input,
                                   struct rows rows, int first, int *count)
{
    const float *values = rows.values + (size_t)first * products->length;
    *count = rows.count - first < products->rows ? rows.count - first : products->rows;
    if (*count < products->rows) {
        memset(products->block, 0, (size_t)products->rows * products->length * sizeof(float));
        memcpy(products->block, values, (size_t)*count * products->length * sizeof(float));
        values = products->block;
    }
    return fig_plan_write(products->plan, input, values);
}

enum fig_status products_visit(struct products *products, struct rows a, struct rows b,
                               void (*visit)(void *context, const struct product_block *block),
                               void *context)
{
    struct product_block block = { .values = products->read, .stride = (size_t)products->rows };
    for (block.a = 0; block.a < a.count; block.a += products->rows) {
        TRY(write_block(products, products->a, a, block.a, &block.as));
        for (block.b = 0; block.b < b.count; block.b += products->rows) {
            TRY(write_block(products, products->b, b, block.b, &block.bs));
            TRY(fig_plan_run(products->plan, 0, 0));
            TRY(fig_plan_read(products->plan, products->out, products->read));
            visit(context, &block);
        }
    }
    return FIG_OK;
}

void square_rows(struct rows rows, size_t length, double *squares)
{
    for (int i = 0; i < rows.count; i++) {
        const float *row = rows.values + (size_t)i * length;
        squares[i] = 0;
        for (size_t k = 0; k < length; k++)
            squares[i] += (double)row[k] * (double)row[k];
    }
}
