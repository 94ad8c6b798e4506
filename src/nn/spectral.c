/* SPDX-License-Identifier: MIT */
#include "nn/spectral.h"

#include "nn/param.h"

/* x / |x| of one row. */
static struct fig_node *unit(struct fig_node *x)
{
    return fig_div(x, fig_sqrt(fig_affine(fig_sum(fig_square(x)), 1, 1e-12)));
}

struct fig_node *spectral_norm(struct fig_node *weight, const char *layer, enum out_axis axis,
                               const struct fig_spectral *spectral)
{
    if (!weight || !spectral)
        return weight;
    const bool last = axis == OUT_LAST;
    const int out = last ? shape_cols(weight->shape) : weight->shape.dim[0];
    const int rest = (int)(shape_length(weight->shape) / (size_t)out);
    const unsigned down = last ? FIG_TRANS_B : 0, up = last ? 0 : FIG_TRANS_B;
    struct fig_node *matrix = fig_reshape(weight, last ? fig_shape2(rest, out)
                                                       : fig_shape2(out, rest));
    struct fig_node *state = layer_state(weight->graph, layer, "u", fig_shape1(out), 1);
    struct fig_node *u = fig_reshape(state, fig_shape2(1, out));
    struct fig_node *still = fig_detach(matrix); /* directions are constants for the gradient */
    struct fig_node *v = fig_detach(unit(fig_matmul(u, still, down)));
    u = fig_detach(unit(spectral->training ? fig_matmul(v, still, up) : u));
    if (spectral->training && spectral->update)
        *spectral->update = fig_assign(state, fig_reshape(u, fig_shape1(out)));
    struct fig_node *sigma = fig_sum(fig_mul(u, fig_matmul(v, matrix, up)));
    return fig_div(weight, sigma);
}
