/* SPDX-License-Identifier: MIT */
/* What layers, optimisers and averages refuse: sizes whose products no 32 bits hold, and what is
 * missing or unknown. */
#include "tests/suite.h"

#include <string.h>

#include <figment/nn.h>
#include <figment/optimizer.h>

#include "base/size.h"

static struct fig_graph *graph;

static void set_up(void)
{
    ck_assert_int_eq(fig_graph_create(&graph), FIG_OK);
}

static void tear_down(void)
{
    fig_graph_destroy(&graph);
}

static struct fig_node *images_of(int side, int channels)
{
    return fig_input(graph, "x", fig_shape4(1, side, side, channels));
}

static struct fig_node *large_kernel(void)
{
    return fig_conv2d(images_of(4, 1), "conv", (struct fig_conv2d){
        .filters = 1, .kernel = 70000, .stride = 1 });
}

static struct fig_node *large_stride(void)
{
    return fig_conv2d_transpose(images_of(9999, 1), "deconv", (struct fig_conv2d){
        .filters = 1, .kernel = 3, .stride = 1 << 20, .pad = 1 });
}

static struct fig_node *no_pixels(void)
{
    return fig_conv2d_transpose(images_of(1, 1), "deconv", (struct fig_conv2d){
        .filters = 1, .kernel = 2, .stride = 1, .pad = 1 });
}

static struct fig_node *large_image(void)
{
    return fig_dense_image(images_of(4, 1), "dense", (struct fig_dense){
        .height = 70000, .width = 70000, .channels = 1 });
}

static struct fig_node *no_height(void)
{
    return fig_dense_image(images_of(4, 1), "dense", (struct fig_dense){
        .height = 0, .width = 8, .channels = 64 });
}

/* A step for the layer "a", as an optimiser of that kind would do it. */
static struct fig_node *step(const char *prefixes, const struct fig_optimizer *optimizer)
{
    struct fig_node *y = fig_dense(fig_input(graph, "x", fig_shape2(2, 3)), "a", 1);
    return fig_optimize(fig_mean(y), prefixes, optimizer);
}

static struct fig_node *unknown_optimizer(void)
{
    const struct fig_optimizer optimizer = { .kind = (enum fig_optimizer_kind)99, .rate = 1 };
    return step("a.", &optimizer);
}

static struct fig_node *no_optimizer(void)
{
    return step("a.", NULL);
}

static struct fig_node *step_of(const char *prefixes)
{
    const struct fig_optimizer adam = fig_optimizer_defaults(FIG_ADAM);
    return step(prefixes, &adam);
}

static struct fig_node *no_prefixes(void)
{
    return step_of(NULL);
}

static struct fig_node *trailing_comma(void)
{
    return step_of("a.,");
}

static struct fig_node *two_commas(void)
{
    return step_of("a.,,b.");
}

static struct fig_node *no_name(void)
{
    return fig_dense(images_of(4, 1), NULL, 3);
}

static struct fig_node *average_of(const struct fig_average *average)
{
    struct fig_node *updates[2];
    fig_dense(images_of(4, 1), "a", 1);
    return fig_average(graph, average, updates, 2) ? updates[0] : NULL;
}

static struct fig_node *no_average(void)
{
    return average_of(NULL);
}

static struct fig_node *endless_average(void)
{
    return average_of(&(struct fig_average){ "a.", 1 });
}

static const struct {
    struct fig_node *(*make)(void);
    enum fig_status status;
    const char *message; /* how the graph's error begins */
} refused[] = {
    { large_kernel, FIG_SHAPE,
      "conv: 1 filters of 70000x70000, stride 1, pad 0, output pad 0 on [1,4,4,1]: " },
    { large_stride, FIG_SHAPE,
      "deconv: transposed, 1 images of 10483662849x10483662849 pixels and 1 " },
    { no_pixels, FIG_SHAPE,
      "deconv: transposed, 1 images of 0x0 pixels and 1 channels: " },
    { large_image, FIG_SHAPE, "dense: dense 70000x70000x1 of [1,4,4,1]: " },
    { no_height, FIG_SHAPE, "dense: dense 0x8x64 of [1,4,4,1]: " },
    { unknown_optimizer, FIG_INVALID, "optimize: \"a.\": there is no optimiser 99" },
    { no_optimizer, FIG_INVALID, "optimize: prefixes and an optimiser are expected" },
    { no_prefixes, FIG_INVALID, "optimize: prefixes and an optimiser are expected" },
    { trailing_comma, FIG_INVALID, "optimize: prefixes \"a.,\": " },
    { two_commas, FIG_INVALID, "optimize: prefixes \"a.,,b.\": " },
    { no_name, FIG_INVALID, "a layer with a weight: a name is expected, found NULL" },
    { no_average, FIG_INVALID, "average: a prefix and a place for updates are expected" },
    { endless_average, FIG_INVALID, "average: a.: a decay in [0, 1) is expected, found 1" },
};

START_TEST(mistakes_are_the_graphs_first_error)
{
    const char *wanted = refused[_i].message;
    ck_assert_ptr_null(refused[_i].make());
    ck_assert_int_eq(fig_graph_status(graph), refused[_i].status);
    ck_assert_msg(strncmp(fig_graph_error(graph), wanted, strlen(wanted)) == 0, "%s",
                  fig_graph_error(graph));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mistakes");
    TCase *tcase = tcase_create("mistakes");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, mistakes_are_the_graphs_first_error, 0, LENGTH(refused));
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
