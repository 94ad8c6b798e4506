/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one tile of C an item, for processors whose items run one after the other:
 * no local memory and no barriers, but vectors.  Blocks of A and B are packed first, TILE_K terms at
 * a time, and multiplied ITEM_M rows by ITEM_N = 16 columns at a time.  The host defines the same as
 * for product.cl. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
NAME(global const real *a, global const real *b, const uint m, const uint n, const uint k MORE)
{
    real part_a[TILE_M][TILE_K];
    float16 part_b[TILE_K][TILE_N / 16], sum[TILE_M][TILE_N / 16];
    const uint tiles_n = (n + TILE_N - 1) / TILE_N, phase = get_group_id(1), terms = TERMS;
    const uint row = get_group_id(0) / tiles_n * TILE_M, col = get_group_id(0) % tiles_n * TILE_N;
    const uint rows = min((uint)TILE_M, m - row), cols = min((uint)TILE_N, n - col);
    for (uint i = 0; i < TILE_M; i++) {
        for (uint j = 0; j < TILE_N / 16; j++)
            sum[i][j] = 0;
    }
    for (uint first = 0; first < terms; first += TILE_K) {
        for (uint i = 0; i < TILE_M; i++) {
            const struct place line = A_LINE(row + i);
            for (uint t = 0; t < TILE_K; t++)
                part_a[i][t] = take(a, line, A_TERM(first + t), A_IMAGE);
        }
        for (uint j = 0; j < TILE_N; j++) {
            const struct place line = B_LINE(col + j);
            for (uint t = 0; t < TILE_K; t++)
                ((real *)part_b[t])[j] = take(b, line, B_TERM(first + t), B_IMAGE);
        }
        for (uint i = 0; i < rows; i += ITEM_M) {
            for (uint j = 0; j * 16 < cols; j++) {
                float16 s[ITEM_M];
                for (uint r = 0; r < ITEM_M; r++)
                    s[r] = sum[i + r][j];
                for (uint t = 0; t < TILE_K; t++) {
                    for (uint r = 0; r < ITEM_M; r++)
                        s[r] += part_a[i + r][t] * part_b[t][j];
                }
                for (uint r = 0; r < ITEM_M; r++)
                    sum[i + r][j] = s[r];
            }
        }
    }
    for (uint i = 0; i < rows; i++) {
        const uint r = C_ROW(row + i);
        for (uint j = 0; j < cols; j++) {
            if (r != OUTSIDE)
                STORE(r * n + col + j, ((const real *)sum[i])[j]);
        }
    }
}
