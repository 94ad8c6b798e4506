/* SPDX-License-Identifier: MIT */
/* Random graphs: whatever a plan fuses, leaves out or puts in the same memory, each output must be
 * what the oracle makes of the graph node by node.  Graph number k is made from seed k;
 * FIGMENT_TEST_SEED=k prints and runs that one alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/nn.h>

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

/* Two layers: two products forward, two for the weights' gradients and one for the hidden values';
 * biases, activations, the loss, their gradients and their sums come along.  One work adds up the
 * loss's partial sums and scales them, one updates. */
START_TEST(what_can_come_along_with_a_product_does)
{
    struct rig rig;
    struct fig_optimizer sgd = fig_optimizer_defaults(FIG_SGD);
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(64, 30), NULL);
    struct fig_node *logits = fig_dense(fig_relu(fig_dense(x, "w.0", 50)), "w.1", 30);
    struct fig_node *loss = fig_loss_bce(logits, x, FIG_MEAN);
    struct fig_node *outputs[] = { loss, fig_optimize(loss, "w", &sgd) };
    rig_plan(&rig, outputs, 2);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 7);
    rig_close(&rig);
}
END_TEST

/* Three values behind each other, made by three works of their own. */
START_TEST(a_concatenation_is_made_in_place)
{
    enum { LENGTH_EACH = 16 * 32 }; /* a multiple of DEVICE_ALIGN bytes */
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(16, 32), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(32, 32), NULL);
    struct fig_node *parts[] = { fig_matmul(x, w, 0), fig_square(x),
                                 fig_normal(rig.graph, fig_shape2(16, 32), 0x2000) };
    struct fig_node *two = fig_concat(parts[0], parts[1], 0);
    struct fig_node *three = fig_concat(two, parts[2], 0);
    double *seen = rig_evaluate(&rig, three);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, LENGTH(parts));
    for (size_t i = 0; i < LENGTH(parts); i++) {
        double *part = rig_evaluate(&rig, parts[i]);
        ck_assert_mem_eq(seen + i * LENGTH_EACH, part, LENGTH_EACH * sizeof(*part));
        free(part);
    }
    free(seen);
    rig_close(&rig);
}
END_TEST

/* Columns beside each other are no regions, an output outlives what reads it, and one value has one
 * place. */
START_TEST(a_concatenation_that_cannot_be_made_in_place_is_copied)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(16, 32), NULL);
    struct fig_node *a = fig_square(x), *b = fig_relu(x);
    struct fig_node *w = rig_input(&rig, fig_shape2(32, 8), NULL);
    struct fig_node *columns = fig_concat(a, b, 1), *same = fig_concat(a, a, 0);
    struct fig_node *outputs[] = { fig_matmul(fig_concat(a, b, 0), w, 0), a };
    rig_plan(&rig, &columns, 1);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 2 + 2);
    rig_plan(&rig, &same, 1);
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 1 + 2);
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 2 + 2 + 1);
    rig_close(&rig);
}
END_TEST

/* A running mean of x, from 1 on. */
static struct fig_node *running_mean(struct rig *rig, struct fig_node *x, struct fig_node **state)
{
    *state = fig_state(rig->graph, "state", fig_node_shape(x), 1);
    return fig_add(fig_affine(*state, 0.75, 0), fig_affine(x, 0.25, 0));
}

static void check_state(struct rig *rig, int run)
{
    const double old = pow(0.75, run);
    double values[40];
    RIG_OK(fig_store_read_doubles(rig->store, fig_store_find(rig->store, "state"), values));
    for (int i = 0; i < 40; i++)
        RIG_NEAR(values[i], old + (1 - old) * rig->values[0][i], 1e-6, 1e-6,
                 "run %d: element %d is %g", run, i, values[i]);
}

START_TEST(a_state_is_changed_in_its_place)
{
    struct rig rig;
    struct fig_node *state;
    rig_open(&rig, NULL);
    struct fig_node *next = running_mean(&rig, rig_input(&rig, fig_shape1(40), NULL), &state);
    struct fig_node *outputs[] = { fig_assign(state, next), next };
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 1);
    for (int run = 1; run < 4; run++) {
        rig_run(&rig, 0);
        check_state(&rig, run);
    }
    rig_close(&rig);
}
END_TEST

/* The product comes after what the state becomes, and takes it as it was. */
START_TEST(a_state_that_is_read_later_is_changed_at_the_end)
{
    struct rig rig;
    struct fig_node *state;
    rig_open(&rig, NULL);
    struct fig_node *next = running_mean(&rig, rig_input(&rig, fig_shape1(40), NULL), &state);
    struct fig_node *sum = fig_sum(next);
    struct fig_node *column = fig_affine(fig_broadcast(sum, fig_shape2(40, 1)), 2, 0);
    struct fig_node *product = fig_matmul(fig_reshape(state, fig_shape2(1, 40)), column, 0);
    struct fig_node *outputs[] = { fig_assign(state, next), sum, product };
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 4);
    rig_run(&rig, 0);
    check_state(&rig, 1);
    double *total = rig_read(&rig, sum), *seen = rig_read(&rig, product);
    RIG_NEAR(*seen, 40 * 2 * *total, 1e-6, 0, "%g is not 80 times %g", *seen, *total);
    free(total);
    free(seen);
    rig_close(&rig);
}
END_TEST

/* The scale of what is squared is not kept back until the unrelated sum is known. */
START_TEST(a_number_that_others_wait_for_is_made_alone)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(64, 30), NULL);
    struct fig_node *y = rig_input(&rig, fig_shape2(30, 64), NULL);
    struct fig_node *scaled = fig_mul(fig_square(x), fig_mean(x));
    struct fig_node *outputs[] = { fig_matmul(y, scaled, 0), fig_mean(y) };
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 6);
    rig_close(&rig);
}
END_TEST

/* Partial sums are made by the products' chains; adding them up, a mean of something else and the
 * loss are one work. */
START_TEST(a_loss_and_its_parts_are_one_work)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(64, 30), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(30, 40), NULL);
    struct fig_node *y = fig_matmul(x, w, 0), *z = fig_matmul(y, w, FIG_TRANS_B);
    struct fig_node *first = fig_mean(fig_square(y)), *second = fig_affine(fig_sum(z), 0.5, 0);
    struct fig_node *apart = fig_square(fig_affine(fig_sum(fig_slice(x, 0, 0, 1)), 1, 1));
    struct fig_node *outputs[] = { fig_add(first, second), first, second, apart };
    rig.history = 1;
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, 5); /* and the slice, and its sum */
    rig_run(&rig, 0);
    double *both = rig_read(&rig, outputs[0]), *one = rig_read(&rig, first);
    double *other = rig_read(&rig, second);
    RIG_NEAR(*both, *one + *other, 1e-6, 0, "%g is not %g + %g", *both, *one, *other);
    free(both);
    free(one);
    free(other);
    rig_close(&rig);
}
END_TEST

/* Five runs of a plan that remembers three, with an input that grows. */
START_TEST(single_numbers_are_remembered_whoever_makes_them)
{
    enum { RUNS = 5, SLOTS = 3 };
    struct rig rig;
    const double start = 0;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape1(1), &start);
    struct fig_node *row = fig_affine(x, 2, 1), *sum = fig_sum(fig_broadcast(x, fig_shape1(40)));
    struct fig_node *outputs[] = { row, x, sum, fig_reshape(row, fig_shape2(1, 1)),
                                   fig_constant(rig.graph, fig_shape1(1), 7) };
    static const double slope[] = { 2, 1, 40, 2, 0 }, shift[] = { 1, 0, 0, 1, 7 };
    rig.history = SLOTS;
    rig_plan(&rig, outputs, LENGTH(outputs));
    for (int run = 0; run < RUNS; run++) {
        rig.values[0][0] = run;
        rig_run(&rig, 0);
    }
    for (size_t i = 0; i < LENGTH(outputs); i++) {
        double values[SLOTS];
        RIG_OK(fig_plan_history(rig.plan, outputs[i], SLOTS, values));
        for (int k = 0; k < SLOTS; k++)
            ck_assert_double_eq(values[k], slope[i] * (RUNS - SLOTS + k) + shift[i]);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(remembering_what_a_chain_makes_takes_no_work)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(8, 5), NULL);
    struct fig_node *outputs[] = { fig_mean(x), fig_affine(fig_mean(x), 2, 0) };
    rig_plan(&rig, outputs, LENGTH(outputs));
    const int works = fig_plan_info(rig.plan)->works;
    rig.history = 4;
    rig_plan(&rig, outputs, LENGTH(outputs));
    ck_assert_int_eq(fig_plan_info(rig.plan)->works, works);
    rig_close(&rig);
}
END_TEST

START_TEST(works_can_be_told_and_timed_one_by_one)
{
    struct rig rig;
    double seconds[2] = { 0 };
    rig_open(&rig, NULL);
    struct fig_node *x = rig_input(&rig, fig_shape2(40, 30), NULL);
    struct fig_node *w = rig_input(&rig, fig_shape2(30, 20), NULL);
    struct fig_node *y = fig_sum_rows(fig_matmul(x, w, 0));
    rig_plan(&rig, &y, 1);
    rig_run(&rig, 0);
    double *before = rig_read(&rig, y);
    RIG_OK(fig_plan_time(rig.plan, 0, 0, seconds));
    double *after = rig_read(&rig, y);
    ck_assert(memcmp(before, after, 20 * sizeof(*after)) == 0);
    const struct fig_plan_work *product = fig_plan_work(rig.plan, 0);
    const struct fig_plan_work *sums = fig_plan_work(rig.plan, 1);
    const size_t size = (size_t)fig_device_info(rig.device)->real_size;
    ck_assert_str_eq(product->what, "product");
    ck_assert_double_eq(product->flops, 2.0 * 40 * 30 * 20);
    ck_assert_uint_eq(product->bytes, (40 * 30 + 30 * 20 + 40 * 20) * size);
    ck_assert_str_eq(sums->what, "sum_rows");
    ck_assert_uint_eq(sums->bytes, (40 * 20 + 20) * size);
    ck_assert_ptr_null(fig_plan_work(rig.plan, 2));
    ck_assert(seconds[0] > 0 && seconds[1] > 0);
    free(before);
    free(after);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fusion");
    TCase *tcase = tcase_create("random graphs");
    tcase_add_test(tcase, every_output_of_a_random_graph_is_what_its_nodes_say);
    tcase_add_test(tcase, a_step_on_a_random_graph_moves_every_parameter_by_its_gradient);
    tcase_add_test(tcase, what_can_come_along_with_a_product_does);
    tcase_add_test(tcase, a_concatenation_is_made_in_place);
    tcase_add_test(tcase, a_concatenation_that_cannot_be_made_in_place_is_copied);
    tcase_add_test(tcase, a_state_is_changed_in_its_place);
    tcase_add_test(tcase, a_state_that_is_read_later_is_changed_at_the_end);
    tcase_add_test(tcase, a_number_that_others_wait_for_is_made_alone);
    tcase_add_test(tcase, a_loss_and_its_parts_are_one_work);
    tcase_add_test(tcase, single_numbers_are_remembered_whoever_makes_them);
    tcase_add_test(tcase, remembering_what_a_chain_makes_takes_no_work);
    tcase_add_test(tcase, works_can_be_told_and_timed_one_by_one);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
