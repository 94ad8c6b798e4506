/* SPDX-License-Identifier: MIT */
/* Corrupted inputs (Vincent et al., 2010): the network sees these and is asked for the clean ones.
 *     gaussian         x + amount * N(0, 1)
 *     masking          0 with probability `amount`
 *     salt-and-pepper  0 or 1 with probability `amount`, each half of the time */
#include <math.h>

#include "base/random.h"
#include "model/config.h"

static struct fig_node *gaussian(struct fig_graph *graph, struct fig_node *x, double amount)
{
    struct fig_node *noise = fig_normal(graph, fig_node_shape(x), STREAM_AUGMENT);
    return fig_add(x, fig_affine(noise, amount, 0));
}

static struct fig_node *masking(struct fig_graph *graph, struct fig_node *x, double amount)
{
    struct fig_node *draw = fig_uniform(graph, fig_node_shape(x), STREAM_AUGMENT);
    return fig_mul(x, fig_keep(draw, amount, 1));
}

static struct fig_node *salt_and_pepper(struct fig_graph *graph, struct fig_node *x, double amount)
{
    struct fig_node *draw = fig_uniform(graph, fig_node_shape(x), STREAM_AUGMENT);
    struct fig_node *clean = fig_keep(draw, amount, 1); /* 0 where the value is lost */
    struct fig_node *above_pepper = fig_keep(draw, amount / 2, 1);
    return fig_add(fig_mul(x, clean), fig_sub(above_pepper, clean));
}

static const struct {
    struct fig_node *(*apply)(struct fig_graph *graph, struct fig_node *x, double amount);
    double most; /* the largest amount */
} kinds[] = {
    [CORRUPTION_NONE] = { NULL, 0 },
    [CORRUPTION_GAUSSIAN] = { gaussian, INFINITY },
    [CORRUPTION_MASKING] = { masking, 1 },
    [CORRUPTION_SALT_AND_PEPPER] = { salt_and_pepper, 1 },
};

enum fig_status read_corruption(struct fig_config *config, const struct yaml *root)
{
    static const char *const names[] = { "none", "gaussian", "masking", "salt-and-pepper", NULL };
    static const char *const keys[] = { "name", "amount", NULL };
    const struct yaml *map = yaml_find(root, "corruption"), *node;
    int kind = CORRUPTION_NONE;
    if (!map)
        return FIG_OK;
    TRY(yaml_expect(map, YAML_MAP));
    TRY(yaml_known(map, keys));
    TRY(yaml_require(map, "name", &node));
    TRY(yaml_choice(node, names, &kind));
    config->corruption.kind = (enum corruption_kind)kind;
    if (kind == CORRUPTION_NONE)
        return FIG_OK;
    const struct yaml_range range = { .high = kinds[kind].most, .above = true, .below = true };
    TRY(yaml_require(map, "amount", &node));
    return yaml_number(node, &range, &config->corruption.amount);
}

struct fig_node *corrupt(const struct fig_config *config, struct fig_graph *graph,
                         struct fig_node *images)
{
    const struct corruption *corruption = &config->corruption;
    if (corruption->kind == CORRUPTION_NONE)
        return images;
    return kinds[corruption->kind].apply(graph, images, corruption->amount);
}
