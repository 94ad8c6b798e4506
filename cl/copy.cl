/* SPDX-License-Identifier: MIT */
/* A block of a matrix into a block of another: slices and concatenations. */
KERNEL2(copy, OUT out, IN in, copy)
{
    EACH_CELL(row, col, p.cols)
        out[p.to + row * p.to_stride + col] = in[p.from + row * p.from_stride + col];
}
