/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one tile of C a work-group.  A template: the host defines
 *   NAME               of the kernel
 *   TILE_M, TILE_N     the tile, and TILE_K, how many terms are in local memory at a time
 *   ITEM_M, ITEM_N     what one item of the group computes of the tile
 *   TRANS_A, TRANS_B   1 where A is [k,m], B is [n,k]
 *   MORE               further parameters, each after a comma
 *   STORE(i, value)    what happens to element i of C
 * Terms are added in the order of k, whatever the tile. */
#define ITEMS_N (TILE_N / ITEM_N)
#define ITEMS   (TILE_M / ITEM_M * ITEMS_N)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
NAME(global const real *a, global const real *b, const uint m, const uint n, const uint k MORE)
{
    local real tile_a[TILE_K][TILE_M + 1], tile_b[TILE_K][TILE_N + 1];
    const uint item = get_local_id(0), item_row = item / ITEMS_N, item_col = item % ITEMS_N;
    const uint tiles_n = (n + TILE_N - 1) / TILE_N;
    const uint row = get_group_id(0) / tiles_n * TILE_M, col = get_group_id(0) % tiles_n * TILE_N;
    real sum[ITEM_M][ITEM_N];
    for (uint i = 0; i < ITEM_M; i++) {
        for (uint j = 0; j < ITEM_N; j++)
            sum[i][j] = 0;
    }
    for (uint first = 0; first < k; first += TILE_K) {
        /* Neighbours load neighbours; what lies outside counts as zero. */
        for (uint e = item; e < TILE_M * TILE_K; e += ITEMS) {
#if TRANS_A
            const uint r = e % TILE_M, t = e / TILE_M, at = (first + t) * m + row + r;
#else
            const uint r = e / TILE_K, t = e % TILE_K, at = (row + r) * k + first + t;
#endif
            tile_a[t][r] = row + r < m && first + t < k ? a[at] : 0;
        }
        for (uint e = item; e < TILE_N * TILE_K; e += ITEMS) {
#if TRANS_B
            const uint c = e / TILE_K, t = e % TILE_K, at = (col + c) * k + first + t;
#else
            const uint c = e % TILE_N, t = e / TILE_N, at = (first + t) * n + col + c;
#endif
            tile_b[t][c] = col + c < n && first + t < k ? b[at] : 0;
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
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (uint i = 0; i < ITEM_M; i++) {
        const uint r = row + item_row + i * (TILE_M / ITEM_M);
        for (uint j = 0; j < ITEM_N; j++) {
            const uint c = col + item_col + j * ITEMS_N;
            if (r < m && c < n)
                STORE(r * n + c, sum[i][j]);
        }
    }
}
#undef NAME
#undef TILE_M
#undef TILE_N
#undef TILE_K
#undef ITEM_M
#undef ITEM_N
#undef ITEMS_N
#undef ITEMS
#undef TRANS_A
#undef TRANS_B
#undef MORE
#undef STORE
