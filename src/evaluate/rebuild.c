/* SPDX-License-Identifier: MIT */
#include "evaluate/rebuild.h"

enum fig_status rebuild(const struct rebuilder *rebuilder, const float *images, int count,
                        float *out)
{
    if (rebuilder->run)
        return fig_run_reconstruct(rebuilder->run, images, count, out);
    return pca_rebuild(rebuilder->pca, images, count, out);
}
