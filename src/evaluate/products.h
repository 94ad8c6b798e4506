/* SPDX-License-Identifier: MIT */
/* Inner products of all rows of one set with all rows of another, as the device finds them. */
#ifndef EVALUATE_PRODUCTS_H
#define EVALUATE_PRODUCTS_H

#include <figment/device.h>

struct products;

/* They are found block by block, of so many rows each: CHUNK, or fewer of long ones. */
enum fig_status products_create(struct products **out, struct fig_device *device, size_t length);
void products_destroy(struct products **products);

/* Rows [count][length]. */
struct rows {
    const float *values;
    int count;
};

/* Those of rows a .. a + as - 1 of the one set and b .. b + bs - 1 of the other. */
struct product_block {
    int a, as, b, bs;
    const float *values; /* [as][stride], of which bs are in use */
    size_t stride;
};

/* Call `visit` for every block, those with the same `a` one after the other. */
enum fig_status products_visit(struct products *products, struct rows a, struct rows b,
                               void (*visit)(void *context, const struct product_block *block),
                               void *context);

/* |row|^2 of each of them. */
void square_rows(struct rows rows, size_t length, double *squares);

#endif
