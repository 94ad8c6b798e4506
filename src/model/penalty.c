/* SPDX-License-Identifier: MIT */
/* What an autoencoder's code is asked for besides its reconstruction.
 *     sparsity l1    weight * mean |code|
 *     sparsity kl    weight * sum over units of KL(target || mean activation)  (Ng, 2011); the code
 *                    is in (0, 1)
 *     contractive    weight * |d code / d image|^2, the mean over the batch (Rifai et al., 2011),
 *                    estimated without bias from one random direction per sample and step */
#include <math.h>

#include "base/random.h"
#include "model/config.h"

enum { SPARSITY_L1, SPARSITY_KL };

static const struct yaml_range positive = { .high = INFINITY, .above = true, .below = true };

static enum fig_status read_sparsity(struct fig_config *config, const struct yaml *map)
{
    static const char *const names[] = { "l1", "kl", NULL };
    static const char *const keys[] = { "name", "weight", "target", NULL };
    const struct yaml_range inside = { .high = 1, .above = true, .below = true };
    const struct yaml *node;
    TRY(yaml_expect(map, YAML_MAP));
    TRY(yaml_known(map, keys));
    TRY(yaml_require(map, "name", &node));
    TRY(yaml_choice(node, names, &config->sparsity.kind));
    TRY(yaml_require(map, "weight", &node));
    TRY(yaml_number(node, &positive, &config->sparsity.weight));
    if (config->sparsity.kind == SPARSITY_L1)
        return yaml_find(map, "target") ? yaml_fail(yaml_find(map, "target"), "sparsity l1 has no "
                                                    "target: expected sparsity kl") : FIG_OK;
    if (network_activation(&config->networks[PART_ENCODER]) != FIG_SIGMOID)
        return yaml_fail(map, "sparsity kl: expected sigmoid as the encoder's last activation, "
                         "found %s", fig_activation_name(network_activation(
                             &config->networks[PART_ENCODER])));
    TRY(yaml_require(map, "target", &node));
    return yaml_number(node, &inside, &config->sparsity.target);
}

enum fig_status read_penalties(struct fig_config *config, const struct yaml *root)
{
    const struct yaml *sparsity = yaml_find(root, "sparsity");
    if (sparsity)
        TRY(read_sparsity(config, sparsity));
    return yaml_number(yaml_find(root, "contractive"), &positive, &config->contractive);
}

/* t ln(t / m) + (1 - t) ln((1 - t) / (1 - m)) for each unit's mean activation m. */
static struct fig_node *kl_sparsity(struct fig_node *code, double target)
{
    struct fig_node *mean = fig_clamp(fig_mean_rows(code), 1e-6, 1 - 1e-6);
    struct fig_node *on = fig_affine(fig_log(mean), -target, target * log(target));
    struct fig_node *off = fig_affine(fig_log(fig_affine(mean, -1, 1)), target - 1,
                                      (1 - target) * log(1 - target));
    return fig_sum(fig_add(on, off));
}

/* For v of N(0, 1), E |J^T v|^2 is the square of J's Frobenius norm. */
static struct fig_node *jacobian_norm(struct fig_graph *graph, struct fig_node *code,
                                      struct fig_node *images)
{
    struct fig_node *direction = fig_normal(graph, fig_node_shape(code), STREAM_NOISE);
    struct fig_node *along = fig_sum(fig_mul(code, direction)), *slope = NULL;
    if (!along || fig_gradients(along, &images, 1, &slope))
        return NULL;
    return fig_affine(fig_sum(fig_square(slope)), 1.0 / fig_node_shape(images).dim[0], 0);
}

struct fig_node *add_penalties(const struct fig_config *config, struct fig_graph *graph,
                               struct fig_node *loss, struct fig_node *code,
                               struct fig_node *images)
{
    const struct sparsity *sparsity = &config->sparsity;
    if (sparsity->weight > 0) {
        struct fig_node *rows = as_rows(code);
        struct fig_node *cost = sparsity->kind == SPARSITY_L1 ? fig_mean(fig_abs(rows))
                                                              : kl_sparsity(rows, sparsity->target);
        loss = fig_add(loss, fig_affine(cost, sparsity->weight, 0));
    }
    if (config->contractive > 0)
        loss = fig_add(loss, fig_affine(jacobian_norm(graph, code, images), config->contractive,
                                        0));
    return loss;
}
