/* SPDX-License-Identifier: MIT */
#ifndef GRAPH_PLACE_H
#define GRAPH_PLACE_H

#include <stddef.h>

/* A tensor is written at position `first` and last read at position `last`.  Sizes are
 * already rounded up to the device's alignment. */
struct life {
    size_t size, offset;
    int first, last;
};

/* Choose offsets so that no two tensors that live at the same time overlap: largest first, each at
 * the lowest gap.  Returns the size of the arena.  Reorders the array. */
size_t place(struct life **lives, int count);

#endif
