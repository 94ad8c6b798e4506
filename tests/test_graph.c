/* SPDX-License-Identifier: MIT */
/* Graphs that are not run: shapes, the first error and its text; and the placement of tensors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/nn.h>
#include <figment/optimizer.h>

#include "base/random.h"
#include "base/size.h"
#include "graph/node.h"
#include "graph/place.h"
#include "tests/rig.h"

/* --- Errors */

struct mistake {
    const char *text; /* of the graph's error */
    enum fig_status status;
    struct fig_node *(*make)(struct fig_graph *graph, struct fig_node *x); /* x is [4,3] */
};

static const struct fig_shape no_rank = { 0 }, five = { 5, { 1, 1, 1, 1 } };

static const struct fig_init ones = { .kind = FIG_ONES }, no_fan = { .kind = FIG_HE },
                             half_a_fan = { .kind = FIG_GLOROT, .fan_in = 5 };

static struct fig_node *constant(struct fig_graph *graph)
{
    return fig_constant(graph, fig_shape2(2, 3), 1);
}

static struct fig_node *line(struct fig_graph *graph)
{
    return fig_constant(graph, fig_shape2(100000, 1), 1);
}

static struct fig_node *wide(struct fig_graph *graph)
{
    return fig_constant(graph, fig_shape2(1 << 10, 1 << 20), 1);
}

static struct fig_node *pixels(struct fig_graph *graph, int side)
{
    return fig_constant(graph, fig_shape4(1, side, side, 1), 1);
}

#define MISTAKE(name, expression)                                                                  \
    static struct fig_node *name(struct fig_graph *graph, struct fig_node *x)                      \
    {                                                                                              \
        (void)graph, (void)x;                                                                      \
        return expression;                                                                         \
    }
MISTAKE(unequal, fig_add(x, fig_input(graph, "z", fig_shape2(4, 2))))
MISTAKE(inner_sizes, fig_matmul(x, x, 0))
MISTAKE(transposed, fig_matmul(x, fig_input(graph, "z", fig_shape2(3, 4)), FIG_TRANS_B))
MISTAKE(no_reshape, fig_reshape(x, fig_shape1(11)))
MISTAKE(no_broadcast, fig_broadcast(x, fig_shape2(8, 3)))
MISTAKE(no_concat, fig_concat(x, fig_input(graph, "z", fig_shape2(4, 2)), 0))
MISTAKE(no_axis, fig_concat(x, x, 2))
MISTAKE(no_slice, fig_slice(x, 1, 2, 4))
MISTAKE(empty_slice, fig_slice(x, 0, 2, 2))
MISTAKE(empty_shape, fig_input(graph, "z", fig_shape2(4, 0)))
MISTAKE(huge_shape, fig_input(graph, "z", fig_shape2(1 << 20, 1 << 11)))
MISTAKE(no_constant_reshape, fig_reshape(constant(graph), fig_shape1(7)))
MISTAKE(no_constant_broadcast, fig_broadcast(constant(graph), fig_shape2(2, 5)))
MISTAKE(negative_reshape, fig_reshape(x, fig_shape2(-4, -3)))
MISTAKE(negative_broadcast, fig_broadcast(fig_sum(x), fig_shape2(-4, 2)))
MISTAKE(huge_broadcast, fig_broadcast(fig_sum(x), fig_shape2(100000, 100000)))
MISTAKE(huge_constant, fig_broadcast(constant(graph), fig_shape2(1 << 20, 1 << 12)))
MISTAKE(huge_matmul, fig_matmul(line(graph), line(graph), FIG_TRANS_B))
MISTAKE(huge_concat, fig_concat(line(graph), fig_constant(graph, fig_shape2(INT32_MAX, 1), 1), 0))
MISTAKE(long_concat, fig_concat(wide(graph), wide(graph), 0))
MISTAKE(broadcast_to_nothing, fig_broadcast(fig_sum(x), no_rank))
MISTAKE(broadcast_to_five, fig_broadcast(fig_sum(x), five))
MISTAKE(no_height, fig_conv_input(pixels(graph, 1), pixels(graph, 2), 1, 1, 0, 0))
MISTAKE(bad_rate, fig_dropout(x, 1, 0x5000))
MISTAKE(bad_bounds, fig_clamp(x, 1, -1))
MISTAKE(bad_slope, fig_leaky_relu(x, -1))
MISTAKE(huge_scale, fig_affine(x, 1e39, 0))
MISTAKE(huge_bound, fig_clamp(x, -1e39, 1))
MISTAKE(no_name, fig_input(graph, NULL, fig_shape1(3)))
MISTAKE(no_param_name, fig_param(graph, NULL, fig_shape1(3), ones))
MISTAKE(no_state_name, fig_state(graph, NULL, fig_shape1(3), 0))
MISTAKE(no_values, fig_values(graph, fig_shape1(3), NULL))
MISTAKE(no_fans, fig_param(graph, "w", fig_shape1(3), no_fan))
MISTAKE(no_fan_out, fig_param(graph, "w", fig_shape1(3), half_a_fan))
MISTAKE(param_as_state, (fig_param(graph, "w", fig_shape1(3), ones),
                         fig_state(graph, "w", fig_shape1(3), 0)))
MISTAKE(other_state, (fig_state(graph, "s", fig_shape1(3), 0),
                      fig_state(graph, "s", fig_shape1(4), 0)))
MISTAKE(no_units, fig_dense(x, "enc.0", 0))
MISTAKE(dense_of_a_row, fig_dense(fig_sum_rows(x), "enc.0", 5))
MISTAKE(other_shape, (fig_dense(x, "enc.0", 5), fig_dense(x, "enc.0", 6)))

static const struct mistake mistakes[] = {
    { "add: [4,3] and [4,2]: ", FIG_SHAPE, unequal },
    { "matmul: [4,3] by [4,3]: ", FIG_SHAPE, inner_sizes },
    { "matmul: [4,3] by [3,4] transposed: ", FIG_SHAPE, transposed },
    { "reshape: [4,3] to [11]: ", FIG_SHAPE, no_reshape },
    { "broadcast: [4,3] to [8,3]: ", FIG_SHAPE, no_broadcast },
    { "concat: [4,3] and [4,2] along axis 0: ", FIG_SHAPE, no_concat },
    { "concat: [4,3] and [4,3] along axis 2: ", FIG_SHAPE, no_axis },
    { "slice: elements 2 to 3 of axis 1 of [4,3]: ", FIG_SHAPE, no_slice },
    { "slice: elements 2 to 1 of axis 0 of [4,3]: ", FIG_SHAPE, empty_slice },
    { "z: shape [4,0]: ", FIG_SHAPE, empty_shape },
    { "z: shape [1048576,2048]: ", FIG_SHAPE, huge_shape },
    { "reshape: [2,3] to [7]: ", FIG_SHAPE, no_constant_reshape },
    { "broadcast: [2,3] to [2,5]: ", FIG_SHAPE, no_constant_broadcast },
    { "reshape: shape [-4,-3]: ", FIG_SHAPE, negative_reshape },
    { "broadcast: shape [-4,2]: ", FIG_SHAPE, negative_broadcast },
    { "broadcast: shape [100000,100000]: ", FIG_SHAPE, huge_broadcast },
    { "broadcast: shape [1048576,4096]: ", FIG_SHAPE, huge_constant },
    { "matmul: shape [100000,100000]: ", FIG_SHAPE, huge_matmul },
    { "concat: [100000,1] and [2147483647,1] along axis 0: ", FIG_SHAPE, huge_concat },
    { "concat: shape [2048,1048576]: ", FIG_SHAPE, long_concat },
    { "broadcast: shape []: ", FIG_SHAPE, broadcast_to_nothing },
    { "broadcast: shape [1,1,1,1]: 1 to 4 dimensions ", FIG_SHAPE, broadcast_to_five },
    { "conv_input: shape [1,0,0,1]: ", FIG_SHAPE, no_height },
    { "dropout: a rate in [0, 1) is expected, found 1", FIG_INVALID, bad_rate },
    { "clamp: a lower bound not above the upper is expected, found 1 and -1", FIG_INVALID,
      bad_bounds },
    { "leaky_relu: a slope of at least 0 is expected, found -1", FIG_INVALID, bad_slope },
    { "affine: constants that floats can hold are expected, found 1e+39 and 0", FIG_INVALID,
      huge_scale },
    { "clamp: constants that floats can hold are expected, found -1e+39 and 1", FIG_INVALID,
      huge_bound },
    { "input: a name is expected", FIG_INVALID, no_name },
    { "param: a name is expected", FIG_INVALID, no_param_name },
    { "state: a name is expected", FIG_INVALID, no_state_name },
    { "values: numbers are expected", FIG_INVALID, no_values },
    { "w: initial values for a fan-in of 0 and a fan-out of 0: ", FIG_INVALID, no_fans },
    { "w: initial values for a fan-in of 5 and a fan-out of 0: ", FIG_INVALID, no_fan_out },
    { "w: a state's name is expected to be its own", FIG_INVALID, param_as_state },
    { "s: a state of this name has shape [3], not [4]", FIG_SHAPE, other_state },
    { "enc.0: dense 0 of [4,3]: ", FIG_SHAPE, no_units },
    { "enc.0: dense 5 of [3]: ", FIG_SHAPE, dense_of_a_row },
    { "enc.0.weight: ", FIG_SHAPE, other_shape },
};

START_TEST(an_error_names_the_operation_the_shapes_and_the_rule)
{
    const struct mistake *mistake = &mistakes[_i];
    struct fig_graph *graph;
    RIG_OK(fig_graph_create(&graph));
    struct fig_node *x = fig_input(graph, "x", fig_shape2(4, 3));
    ck_assert_ptr_null(mistake->make(graph, x));
    ck_assert_int_eq(fig_graph_status(graph), mistake->status);
    ck_assert_msg(strncmp(fig_graph_error(graph), mistake->text, strlen(mistake->text)) == 0,
                  "found: %s", fig_graph_error(graph));
    fig_graph_destroy(&graph);
    ck_assert_ptr_null(graph);
}
END_TEST

START_TEST(the_first_error_stays_and_later_nodes_are_null)
{
    struct fig_graph *graph;
    char first[512];
    RIG_OK(fig_graph_create(&graph));
    struct fig_node *x = fig_input(graph, "x", fig_shape2(4, 3));
    struct fig_node *bad = fig_reshape(x, fig_shape1(5));
    snprintf(first, sizeof(first), "%s", fig_graph_error(graph));
    ck_assert_ptr_null(fig_add(fig_relu(bad), x));
    ck_assert_ptr_null(fig_dense(bad, "enc.0", 5));
    ck_assert_ptr_null(fig_matmul(x, x, 0));
    ck_assert_ptr_null(fig_loss_bce(bad, bad, FIG_SUM));
    ck_assert_ptr_null(fig_input(graph, "y", fig_shape1(3)));
    ck_assert_str_eq(fig_graph_error(graph), first);
    fig_graph_destroy(&graph);
}
END_TEST

START_TEST(operands_of_two_graphs_are_refused)
{
    struct fig_graph *one, *other;
    RIG_OK(fig_graph_create(&one));
    RIG_OK(fig_graph_create(&other));
    struct fig_node *x = fig_input(one, "x", fig_shape1(3));
    struct fig_node *y = fig_input(other, "y", fig_shape1(3));
    ck_assert_ptr_null(fig_mul(x, y));
    ck_assert_int_eq(fig_graph_status(one), FIG_INVALID);
    fig_graph_destroy(&one);
    fig_graph_destroy(&other);
}
END_TEST

START_TEST(gradients_are_of_a_single_number)
{
    struct fig_graph *graph;
    struct fig_node *gradient;
    RIG_OK(fig_graph_create(&graph));
    struct fig_node *x = fig_input(graph, "x", fig_shape2(4, 3));
    ck_assert_int_eq(fig_gradients(fig_square(x), &x, 1, &gradient), FIG_SHAPE);
    ck_assert_str_eq(fig_graph_error(graph),
                     "gradients: square of shape [4,3]: a single number is expected");
    fig_graph_destroy(&graph);
}
END_TEST

/* Of a node of another graph, with a larger id than any of the loss's; of none; of less than none;
 * of no loss. */
START_TEST(gradients_that_cannot_be_are_refused_and_null)
{
    for (int what = 0; what < 4; what++) {
        struct fig_graph *graph, *other;
        RIG_OK(fig_graph_create(&graph));
        RIG_OK(fig_graph_create(&other));
        struct fig_node *x = fig_input(graph, "x", fig_shape1(3)), *stranger = NULL;
        for (int i = 0; i < 1000; i++)
            stranger = fig_input(other, "y", fig_shape1(3));
        struct fig_node *wrt[] = { x, what == 0 ? stranger : what == 1 ? NULL : x };
        struct fig_node *gradients[] = { x, x }, *loss = what == 3 ? NULL : fig_sum(x);
        ck_assert_int_eq(fig_gradients(loss, wrt, what == 2 ? -1 : 2, gradients), FIG_INVALID);
        ck_assert_ptr_eq(gradients[0], what == 2 ? x : NULL);
        ck_assert_ptr_eq(gradients[1], what == 2 ? x : NULL);
        fig_graph_destroy(&graph);
        fig_graph_destroy(&other);
    }
}
END_TEST

START_TEST(a_gradient_of_what_the_loss_does_not_know_is_zeros_of_its_shape)
{
    struct fig_graph *graph;
    struct fig_node *gradients[2];
    RIG_OK(fig_graph_create(&graph));
    struct fig_node *x = fig_input(graph, "x", fig_shape2(4, 3));
    struct fig_node *wrt[] = { x, fig_input(graph, "y", fig_shape2(2, 5)) };
    RIG_OK(fig_gradients(fig_sum(fig_detach(fig_square(x))), wrt, 2, gradients));
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(gradients[i]->op, OP_constant);
        ck_assert_double_eq(gradients[i]->value, 0);
        ck_assert(shape_equal(gradients[i]->shape, wrt[i]->shape));
    }
    fig_graph_destroy(&graph);
}
END_TEST

/* They are exact where the device's numbers are doubles. */
START_TEST(constants_beyond_floats_are_operands)
{
    static const double number = 1e-5, large = 1e39, small = 1e-40;
    const double expected[] = { number * large, number * small, number / large, number / small,
                                number + large, number - large, large - number };
    struct rig rig;
    rig_open(&rig, "cpu64");
    const struct fig_shape one = fig_shape1(1);
    struct fig_node *x = rig_input(&rig, one, &number);
    struct fig_node *up = fig_constant(rig.graph, one, large);
    struct fig_node *down = fig_constant(rig.graph, one, small);
    struct fig_node *nodes[] = { fig_mul(x, up), fig_mul(down, x), fig_div(x, up), fig_div(x, down),
                                 fig_add(x, up), fig_sub(x, up), fig_sub(up, x) };
    rig_plan(&rig, nodes, LENGTH(nodes));
    rig_run(&rig, 0);
    for (size_t i = 0; i < LENGTH(nodes); i++) {
        double *seen = rig_read(&rig, nodes[i]);
        RIG_NEAR(*seen, expected[i], 1e-6, 0, "%zu: %g is not %g", i, *seen, expected[i]);
        free(seen);
    }
    rig_close(&rig);
}
END_TEST

/* --- Placement */

enum { LIVES = 60, POSITIONS = 40 };

static void make_lives(uint64_t seed, struct life *lives, int count)
{
    const struct stream stream = { .seed = seed, .stream = 0x91ace };
    for (int i = 0; i < count; i++) {
        uint32_t word[4];
        random_words(&stream, (uint32_t)i, word);
        const int first = (int)(word[0] % POSITIONS);
        const int last = first + (int)(word[1] % (word[2] % 4 ? 6 : POSITIONS));
        lives[i] = (struct life){ .size = 1024 * (1 + word[3] % 50), .first = first, .last = last };
    }
}

/* The most bytes that live at one position: no arena can be smaller. */
static size_t least_arena(const struct life *lives, int count)
{
    size_t most = 0;
    for (int at = 0; at < 2 * POSITIONS; at++) {
        size_t sum = 0;
        for (int i = 0; i < count; i++)
            sum += lives[i].first <= at && at <= lives[i].last ? lives[i].size : 0;
        most = most < sum ? sum : most;
    }
    return most;
}

static bool collide(const struct life *a, const struct life *b)
{
    return a->first <= b->last && b->first <= a->last && a->offset < b->offset + b->size &&
           b->offset < a->offset + a->size;
}

START_TEST(placed_tensors_never_meet_and_fill_the_arena_well)
{
    double waste = 0;
    enum { PROBLEMS = 500 };
    for (uint64_t seed = 1; seed <= PROBLEMS; seed++) {
        struct life lives[LIVES], *order[LIVES];
        const int count = 1 + (int)(seed % LIVES);
        size_t end = 0;
        make_lives(seed, lives, count);
        for (int i = 0; i < count; i++)
            order[i] = &lives[i];
        const size_t arena = place(order, count), least = least_arena(lives, count);
        for (int i = 0; i < count; i++) {
            end = end < lives[i].offset + lives[i].size ? lives[i].offset + lives[i].size : end;
            for (int j = 0; j < i; j++)
                ck_assert_msg(!collide(&lives[i], &lives[j]), "seed %d: tensors %d and %d meet",
                              (int)seed, i, j);
        }
        ck_assert_msg(arena >= least && arena == end, "seed %d: arena %zu, least %zu, end %zu",
                      (int)seed, arena, least, end);
        waste += (double)arena / (double)least - 1;
    }
    /* 3 % were seen. */
    ck_assert_msg(waste / PROBLEMS < 0.05, "waste %g", waste / PROBLEMS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph");
    TCase *tcase = tcase_create("graph");
    tcase_add_loop_test(tcase, an_error_names_the_operation_the_shapes_and_the_rule, 0,
                        LENGTH(mistakes));
    tcase_add_test(tcase, the_first_error_stays_and_later_nodes_are_null);
    tcase_add_test(tcase, operands_of_two_graphs_are_refused);
    tcase_add_test(tcase, gradients_are_of_a_single_number);
    tcase_add_test(tcase, gradients_that_cannot_be_are_refused_and_null);
    tcase_add_test(tcase, a_gradient_of_what_the_loss_does_not_know_is_zeros_of_its_shape);
    tcase_add_test(tcase, constants_beyond_floats_are_operands);
    tcase_add_test(tcase, placed_tensors_never_meet_and_fill_the_arena_well);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
