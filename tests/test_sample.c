/* SPDX-License-Identifier: MIT */
/* `figment sample` and `figment interpolate`: what models draw, and where it goes. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/array.h>

#include "command.h"
#include "scratch.h"

/* Width and height stand behind the signature and the head of the first chunk. */
static void has_size(const char *path, unsigned width, unsigned height)
{
    unsigned char head[24];
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file && fread(head, 1, sizeof(head), file) == sizeof(head), "%s", path);
    fclose(file);
    ck_assert_uint_eq((unsigned)head[18] << 8 | head[19], width);
    ck_assert_uint_eq((unsigned)head[22] << 8 | head[23], height);
}

static struct fig_array read_images(const char *path, int count)
{
    struct fig_array images;
    ck_assert_int_eq(fig_array_read(&images, path), FIG_OK);
    ck_assert_int_eq(images.rank, 4);
    ck_assert_int_eq(images.dim[0], count);
    ck_assert(images.dim[1] == 28 && images.dim[2] == 28 && images.dim[3] == 1);
    return images;
}

/* However many are drawn; 128 are drawn at a time. */
START_TEST(a_seed_draws_the_same_samples)
{
    static const char *const trainings[] = {
        TRAIN_ONE("vae-dense", "s"), TRAIN_ONE("gan-small", "s"), TRAIN_ONE("latent-gan", "s") };
    run_well(trainings[_i]);
    run_well("sample s -n 1 --seed 3 -o one.npy");
    run_well("sample s -n 130 --seed 3 -o many.npy");
    run_well("sample s -n 130 --seed 3 -o again.npy");
    run_well("sample s -n 1 --seed 4 -o other.npy");
    ck_assert(scratch_same_files("many.npy", "again.npy"));
    struct fig_array one = read_images("one.npy", 1), many = read_images("many.npy", 130);
    struct fig_array other = read_images("other.npy", 1);
    ck_assert_mem_eq(one.values, many.values, 784 * sizeof(float));
    ck_assert_mem_ne(one.values, other.values, 784 * sizeof(float));
    for (int i = 0; i < 130 * 784; i++)
        ck_assert(many.values[i] >= 0 && many.values[i] <= 1);
    fig_array_free(&one);
    fig_array_free(&many);
    fig_array_free(&other);
}
END_TEST

START_TEST(samples_go_into_a_grid_or_a_folder_with_their_origin)
{
    static const char seed[] = "tEXtSeed\0" "11", step[] = "tEXtStep\0" "4";
    run_well(TRAIN_ONE("vae-dense", "s"));
    run_well("sample s --seed 11 -o grid.png");
    has_size("grid.png", 8 * 58 - 2, 8 * 58 - 2); /* 2 x 28 pixels and a gap of 2 */
    run_well("sample s --seed 11 --grid 2x5 -o grid.png");
    has_size("grid.png", 5 * 58 - 2, 2 * 58 - 2);
    ck_assert(file_has("grid.png", seed, sizeof(seed) - 1));
    ck_assert(file_has("grid.png", step, sizeof(step) - 1));
    ck_assert(file_has("grid.png", "tEXtModel\0vae-dense", 19));
    run_well("sample s --seed 11 -n 3 -o deep/new/");
    run_well("sample s --seed 11 -n 3 -o folder");
    has_size("folder/0000.png", 28, 28);
    ck_assert(scratch_same_files("folder/0002.png", "deep/new/0002.png"));
    ck_assert(!exists("folder/0003.png"));
    ck_assert(file_has("folder/0002.png", seed, sizeof(seed) - 1));
}
END_TEST

START_TEST(a_model_without_a_prior_draws_nothing)
{
    run_well(TRAIN_ONE("ae-shallow", "s"));
    ck_assert_int_eq(run("sample s -o nothing.png"), 2);
    has(err, "no distribution to draw from; --sampler gmm fits one to its codes");
    ck_assert(!exists("nothing.png"));
}
END_TEST

static void same_image(const struct fig_array *a, int i, const struct fig_array *b, int j)
{
    ck_assert_mem_eq(a->values + i * 784, b->values + j * 784, 784 * sizeof(float));
}

START_TEST(a_walk_begins_and_ends_with_two_samples)
{
    run_well(TRAIN_ONE("vae-dense", "s"));
    run_well("sample s --seed 3 -n 4 -o ends.npy");
    run_well("interpolate s --seed 3 --rows 2 --steps 5 -o arc.npy");
    run_well("interpolate s --seed 3 --rows 2 --steps 5 --linear -o line.npy");
    struct fig_array ends = read_images("ends.npy", 4), arc = read_images("arc.npy", 10);
    struct fig_array line = read_images("line.npy", 10);
    for (int row = 0; row < 2; row++) {
        same_image(&ends, 2 * row, &arc, 5 * row);
        same_image(&ends, 2 * row, &line, 5 * row);
        same_image(&ends, 2 * row + 1, &arc, 5 * row + 4);
        same_image(&ends, 2 * row + 1, &line, 5 * row + 4);
    }
    ck_assert_mem_ne(arc.values + 784, line.values + 784, 784 * sizeof(float));
    run_well("interpolate s --rows 3 --steps 4 -o walk.png");
    has_size("walk.png", 4 * 58 - 2, 3 * 58 - 2);
    run_well("interpolate s --rows 1 --steps 4 -o frames");
    ck_assert(exists("frames/0003.png") && !exists("frames/0004.png"));
    ck_assert_int_eq(run("interpolate s --steps 1 -o walk.png"), 2);
    has(err, "at least 2");
    ck_assert_int_eq(run("interpolate s --linear --spherical -o walk.png"), 2);
    has(err, "not both");
    fig_array_free(&ends);
    fig_array_free(&arc);
    fig_array_free(&line);
}
END_TEST

START_TEST(a_conditional_model_draws_the_classes_that_it_is_asked_for)
{
    run_well(TRAIN_ONE("vae-conditional", "s"));
    run_well("sample s -o turn.png");
    has_size("turn.png", 10 * 58 - 2, 6 * 58 - 2);
    run_well("sample s -n 14 -o turn.npy");
    run_well("sample s -n 14 --class 3 -o three.npy");
    run_well("interpolate s --rows 4 --steps 2 -o rows.npy");
    run_well("interpolate s --rows 4 --steps 2 --class 3 -o threes.npy");
    struct fig_array turn = read_images("turn.npy", 14), three = read_images("three.npy", 14);
    struct fig_array rows = read_images("rows.npy", 8), threes = read_images("threes.npy", 8);
    for (int i = 0; i < 14; i++)
        ck_assert((memcmp(turn.values + i * 784, three.values + i * 784, 3136) == 0) ==
                  (i % 10 == 3));
    same_image(&turn, 0, &rows, 0);   /* the first row is of class 0 */
    same_image(&rows, 6, &threes, 6); /* the fourth of class 3 */
    same_image(&three, 1, &threes, 1);
    fig_array_free(&turn);
    fig_array_free(&three);
    fig_array_free(&rows);
    fig_array_free(&threes);
    ck_assert_int_eq(run("sample s --class nine -o x.png"), 2);
    has(err, "--class nine: no class has this name or number; there are: 0 1 2 3 4 5 6 7 8 9");
    ck_assert_int_eq(run("sample s --class 10 -o x.png"), 2);
    run_well("reconstruct s -n 4 -o pairs.png");
    run_well("interpolate s --data synthetic:30 -o walk.png");
    ck_assert_int_eq(run("encode s --data uniform:4 -o codes.npy"), 2);
    has(err, "figment: the model vae-conditional must be told the classes of the images");
    run_well(TRAIN_ONE("vae-dense", "v"));
    ck_assert_int_eq(run("sample v --class 3 -o x.png"), 2);
    has(err, "the model vae-dense is not conditional");
}
END_TEST

/* Its autoencoder is not told of classes: a code says all that its decoder is to draw. */
START_TEST(codes_that_tell_all_are_asked_for_no_class)
{
    run_well(TRAIN_ONE("latent-gan", "s") " --set labels=condition");
    run_well("sample s -n 2 --class 3 -o three.png");
    run_well("interpolate s --data uniform:30 --rows 2 -o walk.png");
    ck_assert_int_eq(run("sample s -n 2 --class 3 --sampler gmm:2 -o three.png"), 2);
    has(err, "--class 3: codes of the model latent-gan tell the class themselves");
    ck_assert_int_eq(run("interpolate s --data synthetic:30 --class 3 -o walk.png"), 2);
    has(err, "--class 3: codes of the model latent-gan tell the class themselves");
}
END_TEST

/* A test half of one image: both ends are its reconstruction, and so is all between them. */
START_TEST(an_autoencoder_walks_between_test_images)
{
    static const char *const trainings[] = { TRAIN_ONE("ae-shallow", "s"),
                                             TRAIN_ONE("latent-gan", "s") };
    run_well(trainings[_i]);
    run_well("encode s --data synthetic:1 -o codes.npy");
    run_well("decode s codes.npy -o rebuilt.npy");
    run_well("interpolate s --data synthetic:1 --rows 1 --steps 2 -o walk.npy");
    struct fig_array rebuilt = read_images("rebuilt.npy", 1), walk = read_images("walk.npy", 2);
    same_image(&rebuilt, 0, &walk, 0);
    same_image(&rebuilt, 0, &walk, 1);
    fig_array_free(&rebuilt);
    fig_array_free(&walk);
}
END_TEST

START_TEST(any_model_with_codes_draws_from_gaussians)
{
    run_well(TRAIN_ONE("ae-shallow", "s"));
    run_well("sample s --sampler gmm:3 -n 5 -o first.npy");
    has(err, "3 Gaussians fitted to 200 codes");
    ck_assert_ptr_null(strstr(err, "few"));
    run_well("sample s --sampler gmm:21 -n 1 -o few.npy");
    has(err, "warning: 200 codes are few for 21 Gaussians: fewer than 10 for each");
    run_well("sample s --sampler gmm:3 -n 5 -o again.npy");
    ck_assert_msg(!strstr(err, "fitted"), "fitted again: %s", err);
    ck_assert(scratch_same_files("first.npy", "again.npy"));
    run_well("train ae-shallow --data synthetic:200 --batch 50 --epochs 2 --quiet --seed 7 "
             "--out s --resume");
    run_well("sample s --sampler gmm:3 -n 5 -o later.npy");
    has(err, "fitted");
    ck_assert(!scratch_same_files("first.npy", "later.npy"));
    run_well(TRAIN_ONE("ae-shallow --set sampler=gmm:3", "d"));
    run_well("sample d -n 5 -o default.npy");
    ck_assert(scratch_same_files("first.npy", "default.npy"));
    ck_assert_int_eq(run("sample d --sampler prior -o x.png"), 2);
    ck_assert_int_eq(run("sample s --sampler gmm:201 -o x.png"), 2);
    has(err, "201 Gaussians cannot be fitted to 200 points");
    run_well(TRAIN_ONE("gan-small", "g"));
    ck_assert_int_eq(run("sample g --sampler gmm -o x.png"), 2);
    has(err, "has no codes");
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("sample");
    TCase *tests = tcase_create("sample");
    tcase_add_checked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_loop_test(tests, a_seed_draws_the_same_samples, 0, 3);
    tcase_add_test(tests, a_conditional_model_draws_the_classes_that_it_is_asked_for);
    tcase_add_test(tests, codes_that_tell_all_are_asked_for_no_class);
    tcase_add_test(tests, samples_go_into_a_grid_or_a_folder_with_their_origin);
    tcase_add_test(tests, a_model_without_a_prior_draws_nothing);
    tcase_add_test(tests, a_walk_begins_and_ends_with_two_samples);
    tcase_add_loop_test(tests, an_autoencoder_walks_between_test_images, 0, 2);
    tcase_add_test(tests, any_model_with_codes_draws_from_gaussians);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
