/* SPDX-License-Identifier: MIT */
/* C[m,n] = op(A) op(B), one tile of C a work-group.  A template, after operands.cl: the host
 * defines
 *   NAME               of the kernel
 *   TILE_M, TILE_N     the tile, and TILE_K, how many terms are in local memory at a time
 *   ITEM_M, ITEM_N     what one item of the group computes of the tile: multiples of 4
 *   ITEMS              of a group: more than the tile needs share its terms, in PARTS
 *   MORE               further parameters, each after a comma
 *   STORE(i, value)    what happens to element i of C
 *   SUMS               1: `sums`, one of MORE, receives the sum of each row of op(A)
 * Small tiles have few elements, and a group of few items would only wait for memory.  Part p adds
 * terms p, p + PARTS, ... in this order, and the parts' sums are added in theirs.  The launch's
 * second dimension counts the phases of a convolution; m is then the rows of one.  The third splits
 * long sums: slice s of it makes a whole C at place s * m * n; there is one phase then, no SUMS.
 *
 * Compilers keep in registers what only constants index: hence the loops of few rounds, and that
 * the text which finishes elements, often a long one, is there once. */
#define ITEMS_M (TILE_M / ITEM_M)
#define ITEMS_N (TILE_N / ITEM_N)
#define PARTS   (ITEMS / (ITEMS_M * ITEMS_N))
#define LOADS_A (TILE_M * TILE_K / ITEMS)
#define LOADS_B (TILE_N * TILE_K / ITEMS)
#define PITCH_M (TILE_M / 4 + 1) /* vectors from a term to the next: other banks */
#define PITCH_N (TILE_N / 4 + 1)

#define FEW(i, count) _Pragma("unroll") for (uint i = 0; i < (count); i++)

/* Which line and term of a tile is number e: neighbours load neighbours, of terms eight, so that
 * four lines of them fill 32 banks of local memory. */
#define LINE_OF(e, across, lines) ((across) ? (e) % (lines) : (e) / 8 % (lines))
#define TERM_OF(e, across, lines) ((across) ? (e) / (lines) : (e) % 8 + (e) / (8 * (lines)) * 8)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
NAME(global const real *a, global const real *b, const uint m, const uint n, const uint k MORE)
{
    local float4 tile_a[TILE_K * PITCH_M], tile_b[TILE_K * PITCH_N], strip[ITEMS * ITEM_N / 4];
    const uint item = get_local_id(0), part = item / (ITEMS_M * ITEMS_N);
    const uint item_row = item / ITEMS_N % ITEMS_M, item_col = item % ITEMS_N;
    const uint tiles_n = (n + TILE_N - 1) / TILE_N, phase = get_group_id(1), terms = TERMS;
    const uint row = get_group_id(0) / tiles_n * TILE_M, col = get_group_id(0) % tiles_n * TILE_N;
    const uint tiles_k = (terms + TILE_K - 1) / TILE_K, split = get_group_id(2);
    const uint span = (tiles_k + get_num_groups(2) - 1) / get_num_groups(2) * TILE_K;
    const uint begin = split * span, end = min(begin + span, tiles_k * TILE_K);
    struct place line_a[LOADS_A], line_b[LOADS_B];
    FEW(l, LOADS_A)
        line_a[l] = A_LINE(row + LINE_OF(item + l * ITEMS, A_ACROSS, TILE_M));
    FEW(l, LOADS_B)
        line_b[l] = B_LINE(col + LINE_OF(item + l * ITEMS, B_ACROSS, TILE_N));
    float4 sum[ITEM_M][ITEM_N / 4], total[ITEM_M / 4];
    FEW(i, ITEM_M) {
        total[i / 4] = 0;
        FEW(j, ITEM_N / 4)
            sum[i][j] = 0;
    }
    /* While a tile is multiplied, the next one is on its way. */
    for (uint first = begin; first < end + TILE_K; first += TILE_K) {
        real next_a[LOADS_A], next_b[LOADS_B];
        FEW(l, LOADS_A)
            next_a[l] = take(a, line_a[l],
                             A_TERM(first + TERM_OF(item + l * ITEMS, A_ACROSS, TILE_M)), A_IMAGE);
        FEW(l, LOADS_B)
            next_b[l] = take(b, line_b[l],
                             B_TERM(first + TERM_OF(item + l * ITEMS, B_ACROSS, TILE_N)), B_IMAGE);
        for (uint t = first > begin ? part : TILE_K; t < TILE_K; t += PARTS) {
            float4 x[ITEM_M / 4], y[ITEM_N / 4];
            FEW(i, ITEM_M / 4) {
                x[i] = tile_a[t * PITCH_M + i * ITEMS_M + item_row];
                if (SUMS)
                    total[i] += x[i];
            }
            FEW(j, ITEM_N / 4)
                y[j] = tile_b[t * PITCH_N + j * ITEMS_N + item_col];
            FEW(i, ITEM_M / 4) {
                FEW(j, ITEM_N / 4) {
                    sum[4 * i][j] += x[i].s0 * y[j];
                    sum[4 * i + 1][j] += x[i].s1 * y[j];
                    sum[4 * i + 2][j] += x[i].s2 * y[j];
                    sum[4 * i + 3][j] += x[i].s3 * y[j];
                }
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        FEW(l, LOADS_A) {
            const uint e = item + l * ITEMS, t = TERM_OF(e, A_ACROSS, TILE_M);
            ((local real *)&tile_a[t * PITCH_M])[LINE_OF(e, A_ACROSS, TILE_M)] = next_a[l];
        }
        FEW(l, LOADS_B) {
            const uint e = item + l * ITEMS, t = TERM_OF(e, B_ACROSS, TILE_N);
            ((local real *)&tile_b[t * PITCH_N])[LINE_OF(e, B_ACROSS, TILE_N)] = next_b[l];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    /* A row of each item at a time, sum[0], and the others move up: neighbours store neighbours. */
    local const real *const done = (local const real *)strip;
    for (uint i = 0; i < ITEM_M; i++) {
        FEW(j, ITEM_N / 4)
            strip[((part * ITEMS_M + item_row) * ITEM_N / 4 + j) * ITEMS_N + item_col] = sum[0][j];
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint e = item; e < ITEMS_M * TILE_N; e += ITEMS) {
            const uint r = C_ROW(row + (i / 4 * ITEMS_M + e / TILE_N) * 4 + i % 4);
            const uint c = col + e % TILE_N;
            real value = done[e];
            for (uint p = 1; p < PARTS; p++)
                value += done[p * ITEMS_M * TILE_N + e];
            if (r != NO_ROW && c < n)
                STORE((split * m + r) * n + c, value);
        }
        FEW(l, ITEM_M - 1) {
            FEW(j, ITEM_N / 4)
                sum[l][j] = sum[l + 1][j];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#if SUMS
    if (item_col == 0) {
        FEW(i, ITEM_M / 4)
            strip[part * TILE_M / 4 + i * ITEMS_M + item_row] = total[i];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint e = item; col == 0 && e < TILE_M; e += ITEMS) {
        const uint r = C_ROW(row + e);
        real value = done[e];
        for (uint p = 1; p < PARTS; p++)
            value += done[p * TILE_M + e];
        if (r != NO_ROW)
            sums[r] = value;
    }
#endif
}
