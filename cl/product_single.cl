/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one tile of C an item, for processors whose items run one after the other:
 * no local memory and no barriers, but vectors.  Blocks of A and B are packed first, TILE_K terms
 * at a time, and multiplied ITEM_M rows by ITEM_N = 16 columns at a time.  The host defines the
 * same as for product.cl, and
 *   STORE_WIDE(i, values)   what happens to elements i..i+15 of C */

/* X is A or B.  cell(line, term) = the number there, for `lines` from `start` and `some` terms from
 * `first`: in runs of neighbours. */
#define PACK(X, x, cell, start, lines)                                                             \
    for (uint outer = 0; outer < (X##_ACROSS ? some : lines); outer++) {                           \
        const uint end = X##_ACROSS ? lines : some, from = X##_ACROSS ? start : first;             \
        for (uint inner = 0, run; inner < end; inner += run) {                                     \
            const uint i = X##_ACROSS ? inner : outer, t = X##_ACROSS ? outer : inner;             \
            const struct place line = X##_LINE(start + i), term = X##_TERM(first + t);             \
            run = min(end - inner, (uint)(X##_RUN) - (from + inner) % (uint)(X##_RUN));            \
            if (is_inside(line, term, X##_IMAGE)) {                                                \
                for (uint r = 0; r < run; r++)                                                     \
                    cell(X##_ACROSS ? i + r : i, X##_ACROSS ? t : t + r) =                         \
                        x[line.at + term.at + r];                                                  \
            } else {                                                                               \
                for (uint r = 0; r < run; r++)                                                     \
                    cell(X##_ACROSS ? i + r : i, X##_ACROSS ? t : t + r) = 0;                      \
            }                                                                                      \
        }                                                                                          \
    }
#define CELL_A(line, term) part_a[line][term]
#define CELL_B(line, term) ((real *)part_b[term])[line]

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
NAME(global const real *a, global const real *b, const uint m, const uint n, const uint k MORE)
{
    real part_a[TILE_M][TILE_K];
    float16 part_b[TILE_K][TILE_N / 16], sum[TILE_M][TILE_N / 16];
    const uint tiles_n = (n + TILE_N - 1) / TILE_N, phase = get_group_id(1), terms = TERMS;
    const uint row = get_group_id(0) / tiles_n * TILE_M, col = get_group_id(0) % tiles_n * TILE_N;
    const uint rows = min((uint)TILE_M, (m - row + ITEM_M - 1) / ITEM_M * ITEM_M);
    const uint vectors = min((uint)TILE_N / 16, (n - col + 15) / 16);
    real total[TILE_M];
    for (uint i = 0; i < rows; i++) {
        total[i] = 0;
        for (uint j = 0; j < vectors; j++)
            sum[i][j] = 0;
    }
    for (uint first = 0; first < terms; first += TILE_K) {
        const uint some = min((uint)TILE_K, terms - first);
        PACK(A, a, CELL_A, row, rows)
        PACK(B, b, CELL_B, col, vectors * 16)
        for (uint i = 0; SUMS && col == 0 && i < rows; i++) {
            for (uint t = 0; t < some; t++)
                total[i] += part_a[i][t];
        }
        for (uint i = 0; i < rows; i += ITEM_M) {
            for (uint j = 0; j < vectors; j++) {
                float16 s[ITEM_M];
                #pragma unroll
                for (uint r = 0; r < ITEM_M; r++)
                    s[r] = sum[i + r][j];
                for (uint t = 0; t < some; t++) {
                    #pragma unroll
                    for (uint r = 0; r < ITEM_M; r++)
                        s[r] += part_a[i + r][t] * part_b[t][j];
                }
                #pragma unroll
                for (uint r = 0; r < ITEM_M; r++)
                    sum[i + r][j] = s[r];
            }
        }
    }
    for (uint i = 0; i < rows; i++) {
        const uint r = C_ROW(row + i);
        for (uint j = 0; r != NO_ROW && j < vectors; j++) {
            const uint c = col + j * 16, at = r * n + c;
            if (c + 16 <= n) {
                STORE_WIDE(at, sum[i][j]);
            } else {
                for (uint l = 0; l < n - c; l++)
                    STORE(at + l, ((const real *)&sum[i][j])[l]);
            }
        }
#if SUMS
        if (r != NO_ROW && col == 0)
            sums[r] = total[i];
#endif
    }
}
