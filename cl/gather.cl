/* SPDX-License-Identifier: MIT */
/* A batch: rows of the dataset in the order of an epoch, scaled to numbers. */
KERNEL3(gather_bytes, OUT out, IN_BYTES bytes, IN_WORDS order, gather)
{
    EACH_CELL(row, col, p.cols)
        out[row * p.cols + col] =
            (real)bytes[(size_t)order[p.first + row] * p.cols + col] / (real)p.divisor;
}

KERNEL3(gather_reals, OUT out, IN reals, IN_WORDS order, gather)
{
    EACH_CELL(row, col, p.cols)
        out[row * p.cols + col] =
            reals[(size_t)order[p.first + row] * p.cols + col] / (real)p.divisor;
}
