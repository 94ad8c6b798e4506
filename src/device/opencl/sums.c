/* SPDX-License-Identifier: MIT */
#include "base/size.h"
#include "device/opencl/script.h"

enum {
    WIDTH_MOST = 32,  /* sums side by side, where neighbours in memory belong to different ones */
    TERMS_LEAST = 16, /* of an item, or a second pass over the parts does not pay */
};

size_t sums_outs(const struct sums *sums)
{
    return sums->rows ? sums->matrix.cols : sums->matrix.rows;
}

size_t sums_terms(const struct sums *sums)
{
    return sums->rows ? sums->matrix.rows : sums->matrix.cols;
}

/* The smallest power of two that reaches `size`, or `most`, which is one. */
static size_t power_up_to(size_t size, size_t most)
{
    size_t power = 1;
    while (power < size && power < most)
        power *= 2;
    return power;
}

size_t sums_width(const struct sums *sums, size_t group)
{
    if (sums->rows)
        return power_up_to(sums_outs(sums), size_least(WIDTH_MOST, group));
    return group / power_up_to(sums_terms(sums), group);
}

size_t sums_parts(const struct sums *sums, size_t group, unsigned units)
{
    const size_t width = sums_width(sums, group), groups = size_parts(sums_outs(sums), width);
    const size_t wanted = 2 * (size_t)units / groups;
    return size_most(1, size_least(wanted, sums_terms(sums) / (group / width * TERMS_LEAST)));
}
