/* SPDX-License-Identifier: MIT */
/* How a kernel of the dialect walks where items run one after the other.  A call owns the items
 * [begin_, end_), and begin_ is a multiple of 4.  Walking cells by rows costs a division once, not
 * for each item, and leaves the compiler a plain loop. */
#define LANES    64

FN size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

#define EACH(i) for (size_t i = begin_; i < end_; i++)
#define EACH_CELL(row, col, cols)                                                                  \
    for (size_t row = begin_ / (cols), at_ = begin_; at_ < end_; at_ = ++row * (cols))             \
        for (size_t col = at_ - row * (cols), stop_ = least((cols), end_ - row * (cols));          \
             col < stop_; col++)
#define EACH_SPAN(i, n, width)                                                                     \
    for (size_t i = begin_, n; i < end_ && (n = least((width), end_ - i)); i += n)
