/* SPDX-License-Identifier: MIT */
/* Images to codes and back on the command line, and what `figment eval` measures of it. */
#include "tests/suite.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/array.h>
#include <figment/data.h>

#include "command.h"
#include "scratch.h"

#define TRAIN "train ae-shallow --data synthetic:300 --batch 50 "

/* The mean square difference of images in a NumPy file and the test half they came from. */
static double mse_of(const char *path, const char *data, uint64_t seed)
{
    struct fig_dataset *dataset;
    struct fig_array images;
    float original[784];
    double sum = 0;
    ck_assert_int_eq(fig_dataset_open(&dataset, data, FIG_TEST, seed), FIG_OK);
    ck_assert_int_eq(fig_array_read(&images, path), FIG_OK);
    ck_assert_int_eq(images.rank, 4);
    ck_assert_int_eq(images.dim[0], fig_dataset_info(dataset)->count);
    ck_assert(images.dim[1] == 28 && images.dim[2] == 28 && images.dim[3] == 1);
    for (int i = 0; i < images.dim[0]; i++) {
        fig_dataset_sample(dataset, i, original);
        for (int j = 0; j < 784; j++)
            sum += pow((double)images.values[i * 784 + j] - (double)original[j], 2);
    }
    sum /= images.dim[0] * 784.0;
    fig_array_free(&images);
    fig_dataset_close(&dataset);
    return sum;
}

/* Encoding and decoding is what reconstructing is, so their error is what eval says. */
START_TEST(codes_come_back_as_the_images_that_eval_measures)
{
    run_well(TRAIN "--epochs 2 --out run --seed 7 --quiet");
    run_well("encode run -o codes.npy");
    run_well("decode run codes.npy -o images.npy");
    run_well("decode run codes.npy -o images.png");
    run_well("eval run --json");
    const double mse = number(out, "mse"), expected = mse_of("images.npy", "synthetic:300", 7);
    ck_assert_double_eq_tol(mse, expected, 1e-6 * expected); /* 9 digits, sums of floats */
    ck_assert_double_eq_tol(number(out, "psnr"), 10 * log10(1 / mse), 1e-6);
    ck_assert_double_gt(number(out, "bce"), 0);
    ck_assert_double_lt(number(out, "pca_mse"), mse); /* two epochs do not suffice */
    run_well("eval run --metrics psnr,mse");
    has(out, "mse ");
    ck_assert_msg(!strstr(out, "bce"), "not asked for: %s", out);

    run_well("encode run -o codes.csv --split train --data synthetic:10");
    read_text("codes.csv", out);
    int lines = 0, commas = 0;
    for (const char *at = out; *at; at++) {
        lines += *at == '\n';
        commas += *at == ',';
    }
    ck_assert_int_eq(lines, 10);
    ck_assert_int_eq(commas, 10 * 63);
    run_well("decode run codes.csv -o images.png");
    ck_assert_int_eq(run("decode run images.png -o images.png"), 2);
    has(err, "images.png: not a .npy file");
    ck_assert_int_eq(run("decode run images.npy -o images.png"), 2);
    has(err, "codes of run are [n, 64]");
    float values[64] = { [3] = NAN };
    const struct fig_array codes = { .rank = 2, .dim = { 1, 64 }, .values = values };
    ck_assert_int_eq(fig_array_write("nan.npy", &codes), FIG_OK);
    ck_assert_int_eq(run("decode run nan.npy -o images.png"), 2);
    has(err, "nan.npy: value 3 of code 0 is nan");
}
END_TEST

START_TEST(a_picture_of_reconstructions_says_where_it_comes_from)
{
    static const char step[] = "tEXtStep\0" "12", data[] = "tEXtData\0synthetic:7";
    run_well(TRAIN "--epochs 2 --out run --seed 7 --quiet");
    run_well("reconstruct run -n 5 --data synthetic:7 -o pairs.png");
    ck_assert(file_has("pairs.png", step, sizeof(step) - 1));
    ck_assert(file_has("pairs.png", data, sizeof(data) - 1));
}
END_TEST

START_TEST(eval_measures_what_a_family_has)
{
    run_well(TRAIN_ONE("gan-small", "s"));
    run_well("eval s --json");
    ck_assert_double_gt(number(out, "sample_std"), 0);
    ck_assert_double_gt(number(out, "nn_ratio"), 0);
    ck_assert_msg(!strstr(out, "mse"), "a GAN rebuilds nothing: %s", out);
    ck_assert_int_eq(run("eval s --metrics sample_std,mse"), 2);
    has(err, "mse: the model has no codes");
    ck_assert_int_eq(run("eval s --samples 5"), 2);
    has(err, "--samples is how many codes nll weighs; it is not measured");
    run_well(TRAIN_ONE("vae-dense", "v"));
    ck_assert_int_eq(run("eval v --metrics mse --samples 5"), 2);
    has(err, "--samples is how many codes nll weighs; it is not measured");
    ck_assert_int_eq(run("eval v --metrics mse,nll --sampler gmm"), 2);
    has(err, "none of the metrics is of samples");
    ck_assert_msg(!exists("v/mixture-10.safetensors"), "it was fitted in vain");
    run_well("eval v --metrics mse,sample_std --sampler gmm:2");
    run_well("eval v --json --samples 3");
    ck_assert_double_eq(number(out, "nll_samples"), 3);
    has(err, "nll: 3 codes for each of 200 test images");
    ck_assert_double_eq_tol(number(out, "neg_elbo"),
                            number(out, "reconstruction") + number(out, "kl"), 1e-4);
    ck_assert_double_lt(number(out, "nll"), number(out, "neg_elbo"));
    run_well("eval v --json --metrics mse");
    ck_assert_ptr_null(strstr(out, "nll_samples"));
}
END_TEST

START_TEST(eval_warns_of_data_that_are_too_few)
{
    run_well(TRAIN_ONE("gan-small", "s"));
    run_well("eval s --data synthetic:10 --metrics fd84");
    has(err, "warning: feature net 0 is right on ");
    has(err, "their largest class is 10.00 % of them");
    has(err, "warning: fd84: of 10 samples: covariances of 84 features take at least 840");
    run_well("eval s --data synthetic:840 --metrics fd84");
    ck_assert_ptr_null(strstr(err, "warning: f"));
}
END_TEST

START_TEST(a_model_that_is_not_finite_is_refused)
{
    const float bad = NAN;
    run_well(TRAIN "--steps 1 --out run --quiet");
    FILE *model = fopen("run/model.safetensors", "r+b");
    ck_assert(model && fseek(model, -(long)sizeof(bad), SEEK_END) == 0);
    ck_assert(fwrite(&bad, sizeof(bad), 1, model) == 1 && fclose(model) == 0);
    ck_assert_int_eq(run("reconstruct run -o pairs.png"), 1);
    has(err, "is nan; a model is made of finite numbers");
    ck_assert(!exists("pairs.png"));
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("reconstruct");
    TCase *tests = tcase_create("reconstruct");
    tcase_add_checked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_test(tests, codes_come_back_as_the_images_that_eval_measures);
    tcase_add_test(tests, a_picture_of_reconstructions_says_where_it_comes_from);
    tcase_add_test(tests, eval_measures_what_a_family_has);
    tcase_add_test(tests, eval_warns_of_data_that_are_too_few);
    tcase_add_test(tests, a_model_that_is_not_finite_is_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
