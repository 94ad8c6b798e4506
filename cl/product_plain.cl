/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one element an item and no local memory: the reference of product.cl, and
 * what runs where that fails.  The host defines NAME, MORE, STORE and SUMS as there. */
kernel void NAME(global const real *a, global const real *b, const uint m, const uint n,
                 const uint k MORE)
{
    const uint n_ = m * n, phase = get_global_id(1), terms = TERMS;
    EACH_CELL(row, col, n) {
        const struct place line_a = A_LINE(row), line_b = B_LINE(col);
        const uint r = C_ROW(row);
        real sum = 0;
        for (uint t = 0; t < terms; t++)
            sum += take(a, line_a, A_TERM(t), A_IMAGE) * take(b, line_b, B_TERM(t), B_IMAGE);
        if (r != NO_ROW)
            STORE(r * n + col, sum);
#if SUMS
        real total = 0;
        for (uint t = 0; col == 0 && t < terms; t++)
            total += take(a, line_a, A_TERM(t), A_IMAGE);
        if (r != NO_ROW && col == 0)
            sums[r] = total;
#endif
    }
}
