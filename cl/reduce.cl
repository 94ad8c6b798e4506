/* SPDX-License-Identifier: MIT */
/* Sums in a fixed order: eight running sums, taken in turns, are added in pairs at the end.  A CPU
 * keeps them in vectors, and the rounding error stays near the square root of the length.  OpenCL
 * devices with work-groups have sums.cl for sum_cols and sum_rows, if they pass its test. */
FN real add_eight(real s0, real s1, real s2, real s3, real s4, real s5, real s6, real s7)
{
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
}

/* The sum of x[0..n).  The indices are signed: ones that might wrap around hinder vectors. */
FN real sum_row(IN x, int n)
{
    real s[8] = { 0 };
    int k = 0;
    for (; k <= n - 32; k += 32) {
        for (int l = 0; l < 8; l++)
            s[l] += (x[k + l] + x[k + 8 + l]) + (x[k + 16 + l] + x[k + 24 + l]);
    }
    for (; k < n; k++)
        s[0] += x[k];
    return add_eight(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
}

KERNEL2(sum_cols, OUT out, IN in, matrix)
{
    EACH(row)
        out[row] = sum_row(in + (size_t)row * p.cols, (int)p.cols);
}

/* Rows in order, a span of columns at a time: memory is read as it lies. */
KERNEL2(sum_rows, OUT out, IN in, matrix)
{
    EACH_SPAN(col, n, LANES) {
        real s[8][LANES] = { { 0 } };
        for (uint row = 0; row < p.rows; row += 8) {
            for (uint l = 0; l < 8 && row + l < p.rows; l++) {
                for (uint j = 0; j < n; j++)
                    s[l][j] += in[(size_t)(row + l) * p.cols + col + j];
            }
        }
        for (uint j = 0; j < n; j++)
            out[col + j] = add_eight(s[0][j], s[1][j], s[2][j], s[3][j],
                                     s[4][j], s[5][j], s[6][j], s[7][j]);
    }
}
