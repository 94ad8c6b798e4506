/* SPDX-License-Identifier: MIT */
/* Random graphs: whatever a plan fuses, leaves out or puts in the same memory, each output must be
 * what the oracle makes of the graph node by node.  Graph number k is made from seed k;
 * FIGMENT_TEST_SEED=k prints and runs that one alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/optimizer.h>

#include "base/random.h"
#include "base/size.h"
#include "tests/oracle.h"
#include "tests/rig.h"

enum {
    POOL = 256,
    OUTPUTS = 8,
    MOST_LENGTH = 8192, /* elements of a node */
    STEP = 3,           /* of the random streams */
};

/* A graph that grows, with the values that its nodes will have. */
struct dag {
    struct rig rig;
    struct oracle oracle;
    struct stream stream; /* of decisions */
    uint32_t decisions;
    int rows, cols; /* a shape that comes often */
    struct fig_node *pool[POOL];
    int count, params, gradients;
};

static uint32_t draw(struct dag *dag, uint32_t below)
{
    uint32_t word[4];
    random_words(&dag->stream, dag->decisions++, word);
    return (uint32_t)((uint64_t)word[0] * below >> 32);
}

static struct fig_node *pick(struct dag *dag)
{
    return dag->pool[draw(dag, (uint32_t)dag->count)];
}

static int pick_size(struct dag *dag)
{
    static const int sizes[] = { 1, 2, 3, 8, 7, 16, 31, 33, 40, 65, 128 };
    return sizes[draw(dag, rig_small() ? 5 : LENGTH(sizes))];
}

/* Into the pool, made small if it is large, unless rounding alone can make it anything. */
static void keep(struct dag *dag, struct fig_node *node)
{
    ck_assert_str_eq(fig_graph_error(dag->rig.graph), "");
    if (!node || dag->count == POOL || shape_length(node->shape) > MOST_LENGTH)
        return;
    oracle_extend(&dag->oracle);
    if (oracle_largest(&dag->oracle, node) > 4) {
        node = draw(dag, 2) ? fig_tanh(node)
                            : fig_affine(node, 1 / oracle_largest(&dag->oracle, node), 0);
        oracle_extend(&dag->oracle);
    }
    if (oracle_worst(&dag->oracle, node) < 0.01 && oracle_largest(&dag->oracle, node) < 5)
        dag->pool[dag->count++] = node;
}

/* --- What can be added.  Each returns a node, or NULL where nothing fits. */

static struct fig_node *add_input(struct dag *dag)
{
    struct rig *rig = &dag->rig;
    const int dims[] = { dag->rows, dag->cols, 1 };
    const uint32_t kind = draw(dag, 4);
    const struct fig_shape shape = kind == 0 ? fig_shape1(dag->cols)
                                             : fig_shape2(dims[kind == 2 ? 2 : 0],
                                                          dims[kind == 3 ? 2 : 1]);
    if (rig->inputs == RIG_INPUTS)
        return NULL;
    struct fig_node *node = rig_input(rig, shape, NULL);
    oracle_input(&dag->oracle, node, rig->values[rig->inputs - 1]);
    return node;
}

static struct fig_node *add_random(struct dag *dag)
{
    const struct fig_shape shape = pick(dag)->shape;
    const uint32_t stream = 0x2000 + draw(dag, 4);
    return draw(dag, 2) ? fig_uniform(dag->rig.graph, shape, stream)
                        : fig_normal(dag->rig.graph, shape, stream);
}

static struct fig_node *add_constant(struct dag *dag)
{
    return fig_constant(dag->rig.graph, pick(dag)->shape, draw(dag, 9) * 0.25 - 1);
}

static struct fig_node *positive(struct fig_node *x)
{
    return fig_affine(fig_softplus(x), 1, 0.5);
}

static struct fig_node *add_unary(struct dag *dag)
{
    struct fig_node *x = pick(dag);
    switch (draw(dag, 14)) {
    case 0: return fig_relu(x);
    case 1: return fig_leaky_relu(x, 0.125);
    case 2: return fig_elu(x, 0.75);
    case 3: return fig_sigmoid(x);
    case 4: return fig_tanh(x);
    case 5: return fig_softplus(x);
    case 6: return fig_exp(x);
    case 7: return fig_log(positive(x));
    case 8: return fig_sqrt(positive(x));
    case 9: return fig_square(x);
    case 10: return fig_abs(x);
    case 11: return fig_clamp(x, -0.5, 0.875);
    case 12: return fig_affine(x, draw(dag, 9) * 0.25 - 1, draw(dag, 5) * 0.5 - 1);
    default: return fig_dropout(x, 0.25, 0x5000 + draw(dag, 3));
    }
}

/* A node of the pool that goes with x in a row of two operands; x itself if there is no other. */
static struct fig_node *partner(struct dag *dag, struct fig_node *x)
{
    struct map map;
    const int start = (int)draw(dag, (uint32_t)dag->count);
    for (int i = 0; i < dag->count; i++) {
        struct fig_node *node = dag->pool[(start + i) % dag->count];
        if (node != x && (shape_equal(node->shape, x->shape) ||
                          broadcast_map(node->shape, x->shape, &map) ||
                          broadcast_map(x->shape, node->shape, &map)))
            return node;
    }
    return x;
}

static struct fig_node *add_binary(struct dag *dag)
{
    struct fig_node *a = pick(dag), *b = partner(dag, a);
    switch (draw(dag, 8)) {
    case 0: return fig_sub(a, b);
    case 1:
    case 2: return fig_mul(a, b);
    case 3: return fig_div(a, positive(b));
    case 4: return fig_bce(a, fig_sigmoid(b));
    case 5: return fig_max(a, b);
    default: return fig_add(a, b);
    }
}

static struct fig_node *add_reduction(struct dag *dag)
{
    static struct fig_node *(*const reductions[])(struct fig_node *) = {
        fig_sum, fig_mean, fig_sum_rows, fig_mean_rows, fig_sum_cols, fig_mean_cols,
        fig_log_sum_exp, fig_softmax,
    };
    return reductions[draw(dag, LENGTH(reductions))](pick(dag));
}

static struct fig_node *add_weight(struct dag *dag, int a, int b)
{
    char name[32];
    snprintf(name, sizeof(name), "w%d", dag->params++);
    return fig_param(dag->rig.graph, name, fig_shape2(a, b), (struct fig_init){ FIG_GLOROT, a, b });
}

static struct fig_node *add_product(struct dag *dag)
{
    struct fig_node *a = pick(dag);
    const bool trans_a = draw(dag, 2), trans_b = draw(dag, 2);
    const unsigned flags = (trans_a ? FIG_TRANS_A : 0) | (trans_b ? FIG_TRANS_B : 0);
    if (a->shape.rank != 2)
        return NULL;
    if (draw(dag, 4) == 0) /* with itself */
        return fig_affine(fig_matmul(a, a, trans_a ? FIG_TRANS_A : FIG_TRANS_B),
                          1.0 / a->shape.dim[!trans_a], 0);
    const int inner = a->shape.dim[!trans_a], n = draw(dag, 2) ? dag->cols : pick_size(dag);
    struct fig_node *w = trans_b ? add_weight(dag, n, inner) : add_weight(dag, inner, n);
    struct fig_node *y = fig_matmul(a, w, flags);
    return draw(dag, 2) ? fig_add(y, pick(dag)->shape.rank == 1 ? y : add_weight(dag, 1, n)) : y;
}

static struct fig_node *add_reshape(struct dag *dag)
{
    struct fig_node *x = pick(dag);
    const int length = (int)shape_length(x->shape), last = x->shape.dim[x->shape.rank - 1];
    switch (draw(dag, 5)) {
    case 0: return fig_reshape(x, fig_shape1(length));
    case 1: return fig_reshape(x, fig_shape2(last, length / last));
    case 2: return fig_reshape(x, fig_shape4(length / last, 1, last, 1));
    case 3: return fig_detach(x);
    default: return length == dag->rows * dag->cols
                        ? fig_reshape(x, fig_shape2(dag->rows, dag->cols)) : NULL;
    }
}

static struct fig_node *add_broadcast(struct dag *dag)
{
    struct map map;
    struct fig_node *x = pick(dag), *like = pick(dag);
    return broadcast_map(x->shape, like->shape, &map) ? fig_broadcast(x, like->shape) : NULL;
}

static struct fig_node *add_concat(struct dag *dag)
{
    struct fig_node *a = pick(dag), *b = partner(dag, a);
    const int axis = (int)draw(dag, (uint32_t)a->shape.rank);
    struct fig_shape shape = b->shape;
    if (b->shape.rank != a->shape.rank)
        return NULL;
    shape.dim[axis] = a->shape.dim[axis];
    return shape_equal(shape, a->shape) ? fig_concat(a, b, axis) : NULL;
}

static struct fig_node *add_slice(struct dag *dag)
{
    struct fig_node *x = pick(dag);
    const int axis = (int)draw(dag, (uint32_t)x->shape.rank), size = x->shape.dim[axis];
    const int begin = (int)draw(dag, (uint32_t)size);
    return fig_slice(x, axis, begin, begin + 1 + (int)draw(dag, (uint32_t)(size - begin)));
}

/* Two levels of gradients are all that every row has. */
static struct fig_node *add_gradient(struct dag *dag)
{
    struct fig_node *wrt[2] = { pick(dag), pick(dag) }, *gradients[2];
    struct fig_node *loss = fig_mean(pick(dag));
    if (dag->gradients++ >= 2)
        return NULL;
    RIG_OK(fig_gradients(loss, wrt, 2, gradients));
    keep(dag, fig_affine(gradients[0], 8, 0));
    return gradients[1];
}

static struct fig_node *(*const additions[])(struct dag *dag) = {
    add_input,   add_random,  add_constant,  add_unary,     add_unary,    add_unary,
    add_unary,   add_binary,  add_binary,    add_binary,    add_binary,   add_binary,
    add_product, add_product, add_reduction, add_reduction, add_reshape,  add_broadcast,
    add_concat,  add_slice,   add_gradient,  add_binary,    add_unary,    add_binary,
};

static void grow(struct dag *dag, uint64_t seed)
{
    *dag = (struct dag){ .stream = { .seed = seed, .stream = 0xda6 } };
    rig_open(&dag->rig, NULL);
    dag->oracle = (struct oracle){ .graph = dag->rig.graph, .epsilon = rig_epsilon(&dag->rig),
                                   .seed = RIG_SEED, .step = STEP };
    dag->rows = pick_size(dag);
    dag->cols = pick_size(dag);
    while (dag->count < 2)
        keep(dag, add_input(dag));
    const int size = 8 + (int)draw(dag, rig_small() ? 20 : 60);
    for (int i = 0; i < 3 * size && dag->count < size; i++)
        keep(dag, additions[draw(dag, LENGTH(additions))](dag));
}

/* --- Comparing */

static void print_graph(const struct dag *dag, struct fig_node *const *outputs, int count)
{
    char text[SHAPE_TEXT];
    for (int id = 0; id < dag->rig.graph->count; id++) {
        const struct fig_node *node = dag->rig.graph->nodes[id];
        printf("%4d %-12s %s(", id, shape_text(node->shape, text), node->name);
        for (int i = 0; i < node->ins; i++)
            printf("%s%d", i ? ", " : "", node->in[i]->id);
        printf(") p %g q %g flags %u axis %d begin %d value %g\n", (double)node->p,
               (double)node->q, node->flags, node->axis, node->begin, node->value);
    }
    for (int i = 0; i < count; i++)
        printf("output %d\n", outputs[i]->id);
}

/* The first element that is off, or -1. */
static int find_wrong(const struct dag *dag, const struct fig_node *node, const double *seen)
{
    const struct oracle_value *expected = &dag->oracle.nodes[node->id];
    for (size_t i = 0; i < shape_length(node->shape); i++) {
        const double allowed = 8 * expected->error[i] + 4 * dag->oracle.epsilon;
        if (!(fabs(seen[i] - expected->value[i]) <= allowed))
            return (int)i;
    }
    return -1;
}

static void compare(const struct dag *dag, struct fig_node *const *outputs, int count, int which,
                    const double *seen)
{
    const struct fig_node *node = outputs[which];
    const struct oracle_value *expected = &dag->oracle.nodes[node->id];
    const int wrong = find_wrong(dag, node, seen);
    if (wrong < 0)
        return;
    print_graph(dag, outputs, count);
    ck_abort_msg("seed %llu: node %d %s element %d is %.9g, not %.9g +- %.2g",
                 (unsigned long long)dag->stream.seed, node->id, node->name, wrong, seen[wrong],
                 expected->value[wrong], 8 * expected->error[wrong]);
}

static int pick_outputs(struct dag *dag, struct fig_node **outputs)
{
    const int count = 1 + (int)draw(dag, OUTPUTS - 1);
    for (int i = 0; i < count; i++)
        outputs[i] = draw(dag, 3) ? pick(dag) : dag->pool[dag->count - 1];
    return count;
}

/* --- Tests */

/* A single number is remembered as it was read. */
static void check_history(struct dag *dag, const struct fig_node *output, double last)
{
    double values[2];
    if (shape_length(output->shape) != 1)
        return;
    RIG_OK(fig_plan_history(dag->rig.plan, output, 2, values));
    ck_assert_msg(values[1] == last, "seed %llu: node %d was %.17g, but %.17g is remembered",
                  (unsigned long long)dag->stream.seed, output->id, last, values[1]);
}

static void check_outputs(uint64_t seed)
{
    struct dag dag;
    struct fig_node *outputs[OUTPUTS];
    double *first[OUTPUTS];
    grow(&dag, seed);
    const int count = pick_outputs(&dag, outputs);
    if (getenv("FIGMENT_TEST_SEED"))
        print_graph(&dag, outputs, count);
    dag.rig.history = 2;
    rig_plan(&dag.rig, outputs, count);
    rig_run(&dag.rig, STEP);
    for (int i = 0; i < count; i++) {
        first[i] = rig_read(&dag.rig, outputs[i]);
        compare(&dag, outputs, count, i, first[i]);
    }
    rig_run(&dag.rig, STEP + 1); /* leaves other numbers wherever the plan keeps something */
    rig_run(&dag.rig, STEP);
    for (int i = 0; i < count; i++) {
        double *again = rig_read(&dag.rig, outputs[i]);
        const size_t size = shape_length(outputs[i]->shape) * sizeof(*again);
        ck_assert_msg(memcmp(first[i], again, size) == 0,
                      "seed %llu: node %d has other bits in a second run",
                      (unsigned long long)seed, outputs[i]->id);
        check_history(&dag, outputs[i], *again);
        free(first[i]);
        free(again);
    }
    ck_assert_uint_le(fig_plan_info(dag.rig.plan)->arena, fig_plan_info(dag.rig.plan)->naive);
    oracle_finish(&dag.oracle);
    rig_close(&dag.rig);
}

/* w - g, as one step of plain descent leaves it. */
static void compare_step(const struct dag *dag, const struct fig_node *param,
                         const struct fig_node *gradient)
{
    const int index = fig_store_find(dag->rig.store, param->name);
    const size_t length = shape_length(param->shape);
    const struct oracle_value *w = &dag->oracle.nodes[param->id];
    const struct oracle_value *g = &dag->oracle.nodes[gradient->id];
    float *seen = malloc(length * sizeof(*seen));
    RIG_OK(fig_store_read(dag->rig.store, index, seen));
    for (size_t i = 0; i < length; i++) {
        const double expected = w->value[i] - g->value[i];
        const double allowed = w->error[i] + 2 * g->error[i] + 1e-6 * fmax(1, fabs(expected));
        if (!(fabs((double)seen[i] - expected) <= allowed)) {
            print_graph(dag, NULL, 0);
            ck_abort_msg("seed %llu: %s element %zu is %.9g after the step, not %.9g +- %.2g",
                         (unsigned long long)dag->stream.seed, param->name, i, (double)seen[i],
                         expected, allowed);
        }
    }
    free(seen);
}

static bool reads_param(struct fig_node *node)
{
    return node_root(node)->op == OP_param;
}

static void check_step(uint64_t seed)
{
    struct dag dag;
    struct fig_node *outputs[OUTPUTS + 2];
    struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    sgd.rate = 1;
    grow(&dag, seed);
    add_weight(&dag, dag.rows, dag.cols); /* one that the loss need not know */
    const int picked = pick_outputs(&dag, outputs);
    int count = 0;
    for (int i = 0; i < picked; i++) { /* a parameter is another one after the step */
        if (!reads_param(outputs[i]))
            outputs[count++] = outputs[i];
    }
    struct fig_node *loss = fig_mean(fig_square(pick(&dag)));
    struct fig_node *update = fig_optimize(loss, "w", &sgd);
    outputs[count++] = loss;
    outputs[count++] = update;
    oracle_extend(&dag.oracle);
    if (getenv("FIGMENT_TEST_SEED"))
        print_graph(&dag, outputs, count);
    rig_plan(&dag.rig, outputs, count);
    rig_run(&dag.rig, STEP);
    for (int i = 0; i < count - 1; i++) {
        double *seen = rig_read(&dag.rig, outputs[i]);
        compare(&dag, outputs, count, i, seen);
        free(seen);
    }
    const struct fig_node *collect = update->in[0];
    for (int i = 0; i < collect->ins; i += 2)
        compare_step(&dag, collect->in[i + 1], collect->in[i]);
    oracle_finish(&dag.oracle);
    rig_close(&dag.rig);
}

static void over_seeds(void (*check)(uint64_t seed))
{
    const char *one = getenv("FIGMENT_TEST_SEED");
    const int count = rig_native() ? 1500 : rig_small() ? 3 : 10;
    if (one) {
        check(strtoull(one, NULL, 10));
        return;
    }
    for (int seed = 1; seed <= count; seed++) {
        rig_note("seed %d", seed);
        check((uint64_t)seed);
    }
}

START_TEST(every_output_of_a_random_graph_is_what_its_nodes_say)
{
    over_seeds(check_outputs);
}
END_TEST

START_TEST(a_step_on_a_random_graph_moves_every_parameter_by_its_gradient)
{
    over_seeds(check_step);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fusion");
    TCase *tcase = tcase_create("random graphs");
    tcase_add_test(tcase, every_output_of_a_random_graph_is_what_its_nodes_say);
    tcase_add_test(tcase, a_step_on_a_random_graph_moves_every_parameter_by_its_gradient);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
