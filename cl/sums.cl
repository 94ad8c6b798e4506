/* SPDX-License-Identifier: MIT */
/* For OpenCL devices with work-groups: out[o] = the sum of in[o * out_stride + t * term_stride],
 * t < terms, for o < outs; reduce.cl has the same with an item for each sum.  A group of SUM_GROUP
 * items makes `width` sums, a power of two, side by side; the launch's third dimension shares out
 * the terms, and its part p goes to out[p * outs + o].  Neighbours read neighbours. */
kernel __attribute__((reqd_work_group_size(SUM_GROUP, 1, 1))) void
sums(global const real *in, global real *out, const uint outs, const uint terms,
     const uint out_stride, const uint term_stride, const uint width)
{
    local real lane_sum[SUM_GROUP];
    const uint item = get_local_id(0), lanes = SUM_GROUP / width;
    const bool across = out_stride == 1;
    const uint column = across ? item % width : item / lanes;
    const uint lane = across ? item / width : item % lanes, o = get_group_id(0) * width + column;
    const uint span = (terms - 1) / get_num_groups(2) + 1, first = get_group_id(2) * span;
    const uint end = o < outs ? min(first + span, terms) : 0;
    real sum = 0;
    #pragma unroll 4
    for (uint t = first + lane; t < end; t += lanes)
        sum += in[(size_t)o * out_stride + (size_t)t * term_stride];
    lane_sum[lane * width + column] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint apart = SUM_GROUP / 2; apart >= width; apart /= 2) {
        if (item < apart)
            lane_sum[item] += lane_sum[item + apart];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const uint sum_at = get_group_id(0) * width + item;
    if (item < width && sum_at < outs)
        out[get_group_id(2) * outs + sum_at] = lane_sum[item];
}
