/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one element an item and no local memory: the reference of product.cl, and
 * what runs where that fails.  The host defines NAME, TRANS_A, TRANS_B, MORE and STORE as there. */
kernel void NAME(global const real *a, global const real *b, const uint m, const uint n,
                 const uint k MORE)
{
    const uint n_ = m * n;
    EACH_CELL(row, col, n) {
        real sum = 0;
        for (uint t = 0; t < k; t++) {
#if TRANS_A
            const real x = a[t * m + row];
#else
            const real x = a[row * k + t];
#endif
#if TRANS_B
            sum += x * b[col * k + t];
#else
            sum += x * b[t * n + col];
#endif
        }
        STORE(row * n + col, sum);
    }
}
#undef NAME
#undef TRANS_A
#undef TRANS_B
#undef MORE
#undef STORE
