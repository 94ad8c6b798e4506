/* SPDX-License-Identifier: MIT */
#include <figment/optimizer.h>

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "graph/node.h"
#include "graph/store.h"

struct fig_optimizer fig_optimizer_defaults(enum fig_optimizer_kind kind)
{
    struct fig_optimizer o = { .kind = kind, .rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999,
                               .rho = 0.9, .momentum = 0.9, .epsilon = 1e-8 };
    if (kind == FIG_SGD || kind == FIG_MOMENTUM || kind == FIG_NESTEROV)
        o.rate = 1e-2;
    if (kind == FIG_RMSPROP) {
        o.rate = 1e-2;
        o.rho = 0.99;
    }
    if (kind == FIG_ADAGRAD) {
        o.rate = 1e-2;
        o.epsilon = 1e-10;
    }
    if (kind == FIG_ADADELTA) {
        o.rate = 1;
        o.epsilon = 1e-6;
    }
    if (kind == FIG_ADAMW)
        o.decay = 1e-2;
    return o;
}

/* The group of some prefixes: its parameters, and their gradients beside them. */
struct members {
    struct fig_node **params, **gradients;
    int count;
};

static bool has_prefix(const char *name, const char *prefixes)
{
    for (const char *at = prefixes;; at++) {
        const size_t length = strcspn(at, ",");
        if (strncmp(name, at, length) == 0)
            return true;
        at += length;
        if (!*at)
            return false;
    }
}

/* From the places that the members have on. */
static void find_members(struct members *members, struct fig_graph *graph, const char *prefixes)
{
    for (int i = 0; i < graph->count; i++) {
        struct fig_node *node = graph->nodes[i];
        if (node->op == OP_param && has_prefix(node->name, prefixes))
            members->params[members->count++] = node;
    }
}

static enum fig_status check_members(const struct members *members, struct fig_graph *graph,
                                     const char *prefixes)
{
    if (members->count == 0)
        graph_fail(graph, FIG_INVALID, "optimize: no parameter's name begins with \"%s\"",
                   prefixes);
    for (int i = 1; i < members->count; i++) {
        const struct fig_node *before = members->params[i - 1], *param = members->params[i];
        if (param->order != before->order + 1)
            graph_fail(graph, FIG_INVALID, "optimize: \"%s\": parameters of other groups were "
                       "created between %s and %s", prefixes, before->name, param->name);
    }
    return graph->status;
}

/* All gradients of the group as one flat node; each is computed in its place there. */
static struct fig_node *collect(const struct members *members, struct fig_graph *graph)
{
    struct fig_node **operands = calloc(2 * (size_t)members->count, sizeof(struct fig_node *));
    size_t length = 0;
    if (!operands)
        return graph_fail(graph, FIG_NOMEM, "no memory for %d gradients", members->count);
    for (int i = 0; i < members->count; i++) {
        operands[2 * i] = members->gradients[i];
        operands[2 * i + 1] = members->params[i];
        length += param_room(members->params[i]);
    }
    struct fig_node *node = node_create(graph, OP_collect, fig_shape1((int)length),
                                        2 * members->count, operands);
    free(operands);
    return node;
}

/* g min(1, limit / |g|), as PyTorch's clip_grad_norm_; the padding between gradients is zero. */
static struct fig_node *clip(struct fig_node *gradient, double limit)
{
    struct fig_node *norm = fig_sqrt(fig_sum(fig_square(gradient)));
    if (!norm)
        return NULL;
    struct fig_node *numerator = fig_constant(gradient->graph, fig_shape1(1), limit);
    struct fig_node *factor = fig_div(numerator, fig_affine(norm, 1, 1e-6));
    return fig_mul(gradient, fig_clamp(factor, 0, 1));
}

static struct fig_node *update(const struct members *members, struct fig_graph *graph,
                               const char *prefixes, const struct fig_optimizer *optimizer)
{
    struct fig_node *gradient = collect(members, graph);
    if (gradient && optimizer->clip_norm > 0)
        gradient = clip(gradient, optimizer->clip_norm);
    struct fig_node *const operands[] = { gradient, members->params[0],
                                          members->params[members->count - 1] };
    struct fig_node *node = node_create(graph, OP_update, fig_shape1(1), 3, operands);
    const char *name = graph_copy_text(graph, prefixes);
    if (!node || !name)
        return NULL;
    node->name = name;
    node->optimizer = *optimizer;
    return node;
}

/* One empty prefix is all parameters; among others it would be a slip with great effect. */
static bool good_prefixes(const char *prefixes)
{
    const size_t length = strlen(prefixes);
    return length == 0 ||
           (*prefixes != ',' && prefixes[length - 1] != ',' && !strstr(prefixes, ",,"));
}

static bool good_arguments(struct fig_graph *graph, const char *prefixes,
                           const struct fig_optimizer *optimizer)
{
    if (!prefixes || !optimizer)
        graph_fail(graph, FIG_INVALID, "optimize: prefixes and an optimiser are expected, found "
                   "NULL");
    else if (!good_prefixes(prefixes))
        graph_fail(graph, FIG_INVALID, "optimize: prefixes \"%s\": names with single commas "
                   "between them, or \"\" for all, are expected", prefixes);
    else if ((unsigned)optimizer->kind > FIG_ADAMW)
        graph_fail(graph, FIG_INVALID, "optimize: \"%s\": there is no optimiser %d", prefixes,
                   (int)optimizer->kind);
    return !graph->status;
}

/* Room for the members of all groups, each with all parameters at worst; `all` owns it. */
static bool make_room(struct members *all, const struct fig_graph *graph, int count)
{
    const size_t most = (size_t)graph->params * (size_t)count + 1;
    all->params = calloc(most, sizeof(struct fig_node *));
    all->gradients = calloc(most, sizeof(struct fig_node *));
    return all->params && all->gradients;
}

/* The members of all groups behind each other, and the gradients of all at once. */
static enum fig_status find_all(struct members *all, struct members members[FIG_GROUPS],
                                struct fig_node *loss, const struct fig_group *groups, int count)
{
    for (int i = 0; i < count; i++) {
        members[i] = (struct members){ all->params + all->count, all->gradients + all->count, 0 };
        find_members(&members[i], loss->graph, groups[i].prefixes);
        TRY(check_members(&members[i], loss->graph, groups[i].prefixes));
        all->count += members[i].count;
    }
    return fig_gradients(loss, all->params, all->count, all->gradients);
}

static enum fig_status optimize(struct members *all, struct fig_node *loss,
                                const struct fig_group *groups, int count, struct fig_node **steps)
{
    struct fig_graph *graph = loss->graph;
    struct members members[FIG_GROUPS];
    for (int i = 0; i < count; i++) {
        if (!good_arguments(graph, groups[i].prefixes, groups[i].optimizer))
            return graph->status;
    }
    if (!make_room(all, graph, count)) {
        graph_fail(graph, FIG_NOMEM, "no memory for the parameters of %d groups", count);
        return graph->status;
    }
    TRY(find_all(all, members, loss, groups, count));
    for (int i = 0; i < count; i++)
        steps[i] = update(&members[i], graph, groups[i].prefixes, groups[i].optimizer);
    return graph->status;
}

enum fig_status fig_optimize_groups(struct fig_node *loss, const struct fig_group *groups,
                                    int count, struct fig_node **steps)
{
    struct members all = { 0 };
    REQUIRE(loss && groups && steps && count > 0 && count <= FIG_GROUPS);
    memset(steps, 0, (size_t)count * sizeof(*steps));
    const enum fig_status status = optimize(&all, loss, groups, count, steps);
    if (status)
        memset(steps, 0, (size_t)count * sizeof(*steps));
    free(all.params);
    free(all.gradients);
    return status;
}

struct fig_node *fig_optimize(struct fig_node *loss, const char *prefixes,
                              const struct fig_optimizer *optimizer)
{
    struct fig_node *step = NULL;
    if (loss)
        fig_optimize_groups(loss, &(struct fig_group){ prefixes, optimizer }, 1, &step);
    return step;
}
