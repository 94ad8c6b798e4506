/* SPDX-License-Identifier: MIT */
/* What tables share: rows of numbers, halves of one file, standardised columns. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include "data/dataset.h"

struct table {
    size_t rows, columns;
    double *values;  /* [rows][columns] */
    uint8_t *labels; /* [rows], or NULL */
};

/* The numbers of a CSV or TSV file; names of columns, and a first column of words, which are names
 * of samples, are left out.  The caller frees table->values, after errors too. */
enum fig_status csv_numbers(const char *path, struct table *table);

/* The halves of a file that has none: each fifth sample tests, the others train; of fewer than
 * five all do both.  half_index is the place in the file of the i-th sample of the half, or of the
 * whole. */
size_t half_count(size_t samples, enum fig_split split);
size_t half_index(size_t i, size_t samples, enum fig_split split);

/* Fill in the dataset: the half's rows, each column less its mean over the training half and
 * divided by its deviation there; constant columns are only shifted.  A model's scaling comes
 * before the table's own.  The classes and their names are there already.  FIG_INVALID if the
 * option `only` leaves nothing to train on. */
enum fig_status table_finish(struct fig_dataset *dataset, const struct table *table,
                             const struct source *source);

#endif
