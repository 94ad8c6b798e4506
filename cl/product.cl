/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one tile of C a work-group.  A template, after operands.cl: the host
 * defines
 *   NAME               of the kernel
 *   TILE_M, TILE_N     the tile, and TILE_K, how many terms are in local memory at a time
 *   ITEM_M, ITEM_N     what one item of the group computes of the tile
 *   MORE               further parameters, each after a comma
 *   STORE(i, value)    what happens to element i of C
 *   SUMS               1: `sums`, one of MORE, receives the sum of each row of op(A)
 * Terms are added in the order of k, whatever the tile.  The launch's second dimension counts the
 * phases of a convolution; m is then the rows of one. */
#define ITEMS_N (TILE_N / ITEM_N)
#define ITEMS   (TILE_M / ITEM_M * ITEMS_N)

/* Which line and term of a tile is number e: neighbours load neighbours. */
#define LINE_OF(e, across, lines) ((across) ? (e) % (lines) : (e) / TILE_K)
#define TERM_OF(e, across, lines) ((across) ? (e) / (lines) : (e) % TILE_K)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
NAME(global const real *a, global const real *b, const uint m, const uint n, const uint k MORE)
{
    local real tile_a[TILE_K][TILE_M + 1], tile_b[TILE_K][TILE_N + 1];
    const uint item = get_local_id(0), item_row = item / ITEMS_N, item_col = item % ITEMS_N;
    const uint tiles_n = (n + TILE_N - 1) / TILE_N, phase = get_group_id(1), terms = TERMS;
    const uint row = get_group_id(0) / tiles_n * TILE_M, col = get_group_id(0) % tiles_n * TILE_N;
    struct place line_a[TILE_M * TILE_K / ITEMS], line_b[TILE_N * TILE_K / ITEMS];
    for (uint l = 0; l < TILE_M * TILE_K / ITEMS; l++)
        line_a[l] = A_LINE(row + LINE_OF(item + l * ITEMS, A_ACROSS, TILE_M));
    for (uint l = 0; l < TILE_N * TILE_K / ITEMS; l++)
        line_b[l] = B_LINE(col + LINE_OF(item + l * ITEMS, B_ACROSS, TILE_N));
    real sum[ITEM_M][ITEM_N], total[ITEM_M];
    for (uint i = 0; i < ITEM_M; i++) {
        total[i] = 0;
        for (uint j = 0; j < ITEM_N; j++)
            sum[i][j] = 0;
    }
    for (uint first = 0; first < terms; first += TILE_K) {
        for (uint l = 0; l < TILE_M * TILE_K / ITEMS; l++) {
            const uint e = item + l * ITEMS, t = TERM_OF(e, A_ACROSS, TILE_M);
            tile_a[t][LINE_OF(e, A_ACROSS, TILE_M)] =
                take(a, line_a[l], A_TERM(first + t), A_IMAGE);
        }
        for (uint l = 0; l < TILE_N * TILE_K / ITEMS; l++) {
            const uint e = item + l * ITEMS, t = TERM_OF(e, B_ACROSS, TILE_N);
            tile_b[t][LINE_OF(e, B_ACROSS, TILE_N)] =
                take(b, line_b[l], B_TERM(first + t), B_IMAGE);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint t = 0; t < TILE_K; t++) {
            real y[ITEM_N];
            for (uint j = 0; j < ITEM_N; j++)
                y[j] = tile_b[t][item_col + j * ITEMS_N];
            for (uint i = 0; i < ITEM_M; i++) {
                const real x = tile_a[t][item_row + i * (TILE_M / ITEM_M)];
                for (uint j = 0; j < ITEM_N; j++)
                    sum[i][j] += x * y[j];
                if (SUMS && col == 0 && item_col == 0)
                    total[i] += x;
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (uint i = 0; i < ITEM_M; i++) {
        const uint r = C_ROW(row + item_row + i * (TILE_M / ITEM_M));
        for (uint j = 0; j < ITEM_N; j++) {
            const uint c = col + item_col + j * ITEMS_N;
            if (r != NO_ROW && c < n)
                STORE(r * n + c, sum[i][j]);
        }
#if SUMS
        if (r != NO_ROW && col == 0 && item_col == 0)
            sums[r] = total[i];
#endif
    }
}
