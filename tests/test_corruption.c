/* SPDX-License-Identifier: MIT */
/* Corrupted images against loops over the same random numbers. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "model/config.h"
#include "tests/rig.h"

enum { BATCH = 40, HEIGHT = 6, WIDTH = 8, CHANNELS = 3, STEP = 3 };
enum { VALUES = BATCH * HEIGHT * WIDTH * CHANNELS };

/* Images of [0, 1), and what became of them. */
struct bench {
    struct rig rig;
    const double *images;
    double *seen;
};

static void open_bench(struct bench *bench, const struct corruption *corruption)
{
    struct fig_node *out;
    double *images = rig_random(3, VALUES, 0, 1);
    rig_open(&bench->rig, NULL);
    rig_note("corruption %d", corruption->kind);
    struct fig_node *in = rig_input(&bench->rig, fig_shape4(BATCH, HEIGHT, WIDTH, CHANNELS),
                                    images);
    RIG_OK(corrupt(corruption, bench->rig.graph, in, &out));
    rig_plan(&bench->rig, &out, 1);
    rig_run(&bench->rig, STEP);
    bench->seen = rig_read(&bench->rig, out);
    bench->images = bench->rig.values[0];
    free(images);
}

static void close_bench(struct bench *bench)
{
    free(bench->seen);
    rig_close(&bench->rig);
}

static double with_noise(double image, double uniform, double normal, double amount)
{
    (void)uniform;
    return image + amount * normal;
}

static double masked(double image, double uniform, double normal, double amount)
{
    (void)normal;
    return uniform < amount ? 0 : image;
}

static double salted(double image, double uniform, double normal, double amount)
{
    (void)normal;
    return uniform < amount / 2 ? 0 : uniform < amount ? 1 : image;
}

/* Those that look at a value at a time. */
static const struct {
    struct corruption corruption;
    double (*value)(double image, double uniform, double normal, double amount);
} pointwise[] = {
    { { .kind = CORRUPTION_GAUSSIAN, .amount = 0.5 }, with_noise },
    { { .kind = CORRUPTION_MASKING, .amount = 0.25 }, masked },
    { { .kind = CORRUPTION_SALT_AND_PEPPER, .amount = 0.5 }, salted },
};

START_TEST(noise_is_what_its_stream_says)
{
    static double uniform[VALUES], normal[VALUES];
    const struct stream stream = { RIG_SEED, STREAM_AUGMENT, STEP };
    const double amount = pointwise[_i].corruption.amount;
    struct bench bench;
    open_bench(&bench, &pointwise[_i].corruption);
    random_uniform(&stream, uniform, VALUES);
    random_normal(&stream, normal, VALUES);
    for (int i = 0; i < VALUES; i++) {
        const double expected = pointwise[_i].value(bench.images[i], uniform[i], normal[i], amount);
        RIG_NEAR(bench.seen[i], expected, 1e-6, 1e-6, "%s: value %d is %.9g, not %.9g",
                 rig_message(), i, bench.seen[i], expected);
    }
    close_bench(&bench);
}
END_TEST

static int place(int image, int y, int x, int c)
{
    return ((image * HEIGHT + y) * WIDTH + x) * CHANNELS + c;
}

START_TEST(a_lower_resolution_keeps_the_means_of_blocks)
{
    const struct corruption corruption = { .kind = CORRUPTION_DOWNSAMPLE, .factor = 2 };
    struct bench bench;
    open_bench(&bench, &corruption);
    for (int i = 0; i < VALUES; i++) {
        const int c = i % CHANNELS, x = i / CHANNELS % WIDTH / 2 * 2;
        const int y = i / CHANNELS / WIDTH % HEIGHT / 2 * 2, image = i / CHANNELS / WIDTH / HEIGHT;
        double mean = 0;
        for (int k = 0; k < 4; k++)
            mean += bench.images[place(image, y + k / 2, x + k % 2, c)] / 4;
        RIG_NEAR(bench.seen[i], mean, 1e-6, 0, "value %d is %.9g, not %.9g", i, bench.seen[i],
                 mean);
    }
    close_bench(&bench);
}
END_TEST

enum { HOLE = 3 };

/* Where the image's first changed pixel is; all of the square behind it is 0.5, and nothing else
 * has changed. */
static void find_hole(const struct bench *bench, int image, int *top, int *left)
{
    int first = 0;
    while (bench->seen[place(image, 0, first, 0)] == bench->images[place(image, 0, first, 0)])
        ck_assert_msg(++first < HEIGHT * WIDTH, "image %d has no hole", image);
    *top = first / WIDTH;
    *left = first % WIDTH;
    for (int y = 0; y < HEIGHT; y++) {
        for (int i = 0; i < WIDTH * CHANNELS; i++) {
            const int x = i / CHANNELS, at = place(image, y, 0, i);
            const bool inside = y >= *top && y < *top + HOLE && x >= *left && x < *left + HOLE;
            RIG_NEAR(bench->seen[at], inside ? 0.5 : bench->images[at], 0, 1e-7,
                     "image %d: %d,%d is %g, the hole is at %d,%d", image, y, x, bench->seen[at],
                     *top, *left);
        }
    }
}

START_TEST(holes_are_anywhere_in_the_image)
{
    const struct corruption corruption = { .kind = CORRUPTION_INPAINT, .hole = HOLE };
    struct bench bench;
    unsigned tops = 0, lefts = 0;
    open_bench(&bench, &corruption);
    for (int image = 0; image < BATCH; image++) {
        int top, left;
        find_hole(&bench, image, &top, &left);
        tops |= 1u << top;
        lefts |= 1u << left;
    }
    /* 40 draws of 4 and 6 places: each is missed once in a thousand seeds. */
    ck_assert_uint_eq(tops, (1u << (HEIGHT - HOLE + 1)) - 1);
    ck_assert_uint_eq(lefts, (1u << (WIDTH - HOLE + 1)) - 1);
    close_bench(&bench);
}
END_TEST

START_TEST(a_hole_in_the_centre_is_there_in_every_image)
{
    const struct corruption corruption = { .kind = CORRUPTION_INPAINT, .hole = HOLE,
                                           .centre = true };
    struct bench bench;
    open_bench(&bench, &corruption);
    for (int image = 0; image < BATCH; image++) {
        int top, left;
        find_hole(&bench, image, &top, &left);
        ck_assert_int_eq(top, (HEIGHT - HOLE) / 2);
        ck_assert_int_eq(left, (WIDTH - HOLE) / 2);
    }
    close_bench(&bench);
}
END_TEST

START_TEST(what_does_not_fit_the_data_is_refused)
{
    const struct fig_model_params params = { .height = 28, .width = 30, .channels = 1 };
    const struct yaml at = { .file = "model.yaml", .line = 1 };
    const struct corruption thirds = { .kind = CORRUPTION_DOWNSAMPLE, .at = &at, .factor = 3 };
    const struct corruption large = { .kind = CORRUPTION_INPAINT, .at = &at, .hole = 29 };
    ck_assert_int_eq(check_corruption(&thirds, &params), FIG_FORMAT);
    ck_assert_int_eq(check_corruption(&large, &params), FIG_FORMAT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("corruption");
    TCase *tcase = tcase_create("corruption");
    tcase_add_loop_test(tcase, noise_is_what_its_stream_says, 0, LENGTH(pointwise));
    tcase_add_test(tcase, a_lower_resolution_keeps_the_means_of_blocks);
    tcase_add_test(tcase, holes_are_anywhere_in_the_image);
    tcase_add_test(tcase, a_hole_in_the_centre_is_there_in_every_image);
    tcase_add_test(tcase, what_does_not_fit_the_data_is_refused);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
