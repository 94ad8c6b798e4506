/* SPDX-License-Identifier: MIT */
/* What a trained model is used for, on the command line. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <figment/array.h>
#include <figment/image.h>

#include "command.h"
#include "scratch.h"

static long size_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    fclose(file);
    return size;
}

static int lines_of(const char *path)
{
    int lines = 0;
    read_text(path, out);
    for (const char *at = out; *at; at++)
        lines += *at == '\n';
    return lines;
}

/* Points on a line, of class `good`, and each tenth far from it, `bad`; all of the latter test. */
static void write_table(const char *path, double unit)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 200; i++) {
        const double x = i % 20 - 10, y = i % 10 == 4 ? 30 - x : 2 * x;
        fprintf(file, "%g,%g,%s\n", x * unit, y * unit, i % 10 == 4 ? "bad" : "good");
    }
    ck_assert_int_eq(fclose(file), 0);
}

#define TRAIN_TABLE "train ae-table --data table.csv:label=3,only=good --out run --batch 8 " \
                    "--set encoder.1='dense 1' --set corruption.amount=0.1"

START_TEST(scores_tell_a_class_that_was_not_trained_on)
{
    write_table("table.csv", 1);
    run_well(TRAIN_TABLE);
    run_well("score run --json -o scores.csv");
    ck_assert_double_eq(number(out, "samples"), 40);
    ck_assert_double_eq(number(out, "anomalies"), 20);
    ck_assert_double_gt(number(out, "auroc"), 0.99); /* most are ten deviations away */
    ck_assert_double_gt(number(out, "average_precision"), 0.99);
    ck_assert_double_ge(number(out, "pca_auroc"), 0);
    const double auroc = number(out, "auroc"), precision = number(out, "average_precision");
    ck_assert_double_ge(number(out, "flagged"), 20);
    ck_assert_int_eq(lines_of("scores.csv"), 41);
    has(out, "index,score,flagged,label\n0,");
    has(out, ",1,\"bad\"\n");
    has(out, ",0,\"good\"\n");
    run_well("eval run --json");
    ck_assert_double_eq(number(out, "auroc"), auroc);
    ck_assert_double_eq(number(out, "average_precision"), precision);
    ck_assert_ptr_null(strstr(out, "bpp"));
    run_well("score run --anomaly good");
    has(out, "auroc              0.0"); /* the wrong way round */
    has(out, "the 0.99 quantile of the training half");
    run_well("score run --anomaly 1"); /* `good` comes after `bad` */
    has(out, "auroc              0.0");
    ck_assert_int_eq(run("score run --anomaly ugly"), 2);
    has(err, "no class `ugly`");
    ck_assert_int_eq(run("score run --worst worst.png"), 2);
    has(err, "rows of a table are no pictures");
}
END_TEST

START_TEST(of_other_data_all_samples_are_scored_and_encoded)
{
    write_table("table.csv", 1);
    write_table("other.csv", 1);
    run_well(TRAIN_TABLE);
    run_well("score run --json --data other.csv:label=3 -o scores.csv");
    has(out, "\"split\":\"all\"");
    ck_assert_double_eq(number(out, "samples"), 200);
    ck_assert_double_eq(number(out, "anomalies"), 20);
    ck_assert_int_eq(lines_of("scores.csv"), 201);
    has(out, "\n199,");
    run_well("encode run --data other.csv:label=3 -o codes.csv");
    ck_assert_int_eq(lines_of("codes.csv"), 200);
    run_well("score run --data other.csv:label=3 --split test");
    has(out, "samples            40         test half of other.csv:label=3\n");
    run_well("encode run --data other.csv:label=3 --split train -o codes.csv");
    ck_assert_int_eq(lines_of("codes.csv"), 160);
    run_well("score run --data table.csv:label=3,only=good"); /* what was trained on */
    has(out, "samples            40         test half of table.csv:label=3,only=good\n");
}
END_TEST

START_TEST(pictures_are_scored_by_their_names_at_any_size)
{
    struct fig_array codes;
    run_well("train ae-shallow --data synthetic:60 --steps 2 --out run --quiet");
    ck_assert(!mkdir("mine", 0777));
    run_well("restore run -n 11 -o mine/7");
    run_well("restore run -n 1 -o mine/bad");
    run_well("restore run -n 6 -o mine/bad/large.png");
    run_well("score run --data mine -o scores.csv");
    has(out, "samples            13         all of mine\n");
    has(out, "anomalies          2 ");
    ck_assert_int_eq(lines_of("scores.csv"), 14);
    has(out, "sample,score,flagged,label\n\"7/0000.png\",");
    has(out, "\n\"bad/large.png\",");
    run_well("encode run --data mine -o codes.npy");
    ck_assert_int_eq(fig_array_read(&codes, "codes.npy"), FIG_OK);
    ck_assert_int_eq(codes.dim[0], 13);
    fig_array_free(&codes);
    run_well("encode run --data mine -o codes.csv");
    ck_assert_int_eq(lines_of("codes.csv"), 13);
    has(out, "\n\"bad/0000.png\",");
    has(out, "\n\"bad/large.png\",");
    run_well("decode run codes.npy -o decoded.npy");
    run_well("decode run codes.csv -o again.npy");
    ck_assert(scratch_same_files("decoded.npy", "again.npy"));
    run_well("score run --data mine/bad/large.png -o scores.csv");
    ck_assert_int_eq(lines_of("scores.csv"), 2);
    has(out, "\n\"large.png\",");
    run_well("score run --data mine --split test");
    has(out, "samples            1          test half of mine\n");
}
END_TEST

/* The threshold and the scaling are the run's own. */
START_TEST(scores_do_without_the_data_of_the_training)
{
    write_table("table.csv", 1);
    write_table("other.csv", 1);
    run_well(TRAIN_TABLE);
    run_well("score run");
    ck_assert_int_eq(remove("table.csv"), 0);
    run_well("score run --json --data other.csv:label=3");
    ck_assert_double_ge(number(out, "flagged"), 20);
    ck_assert_ptr_null(strstr(out, "auroc"));
    has(err, "without the data of the training it is unknown which classes are anomalies");
    run_well("score run --json --data other.csv:label=3 --anomaly bad");
    ck_assert_double_gt(number(out, "auroc"), 0.99);
    ck_assert_ptr_null(strstr(out, "pca_auroc"));
    has(err, "there is no PCA to compare with");
}
END_TEST

START_TEST(samples_too_large_for_pca_are_scored_and_evaluated)
{
    run_well("train ae-shallow --data synthetic:20:size=160 --steps 1 --out run --quiet");
    run_well("score run --json --anomaly 7");
    ck_assert_double_ge(number(out, "auroc"), 0);
    ck_assert_ptr_null(strstr(out, "pca_auroc"));
    has(err, "no PCA to compare with: samples of 25600 values, it takes at most 16384");
    run_well("eval run --json");
    ck_assert_double_gt(number(out, "mse"), 0);
    ck_assert_ptr_null(strstr(out, "pca_mse"));
    ck_assert_int_eq(run("eval run --metrics pca_mse"), 2);
    has(err, "pca_mse: the samples have more than 16384 values");
}
END_TEST

/* In thousandths all rows are near each other, where the model's own units count. */
START_TEST(a_table_in_other_units_is_not_standardised_by_itself)
{
    write_table("table.csv", 1);
    write_table("small.csv", 0.001);
    run_well(TRAIN_TABLE);
    run_well("score run --json --data small.csv:label=3");
    ck_assert_double_eq(number(out, "flagged"), 0);
    run_well("reconstruct run -n 5 -o rows.csv");
    ck_assert_int_eq(lines_of("rows.csv"), 5);
    double x, y; /* of row 4, -6 and 36, which is not on the line */
    ck_assert_int_eq(sscanf(out, "%lf,%lf", &x, &y), 2);
    ck_assert_double_lt(y - 2 * x, 24);
    ck_assert_int_eq(sscanf(strchr(out, '\n'), "%lf,%lf", &x, &y), 2);
    ck_assert_double_eq_tol(x, -1, 1); /* the next one, -1 and -2, is in the units of the file */
    ck_assert_double_eq_tol(y, -2, 2);
}
END_TEST

START_TEST(a_resumed_training_tells_that_its_table_has_changed)
{
    write_table("table.csv", 1);
    run_well(TRAIN_TABLE " --epochs 1");
    run_well(TRAIN_TABLE " --epochs 2 --resume");
    ck_assert_msg(!strstr(err, "the table is another"), "%s", err);
    write_table("table.csv", 3);
    run_well(TRAIN_TABLE " --epochs 3 --resume");
    has(err, "run: the table is another than the one that the training began with");
}
END_TEST

START_TEST(doubles_of_a_checkpoint_are_those_of_cpu64)
{
    run_well(TRAIN_ONE("ae-shallow", "run") " --device cpu64");
    ck_assert_int_eq(run(TRAIN_ONE("ae-shallow", "run") " --epochs 2 --resume"), 2);
    has(err, "its numbers are not F32: checkpoints of the device cpu64 have F64, those of all");
}
END_TEST

/* A pixel of the picture in this row and column of a grid of pictures of 28x28, twice as large. */
static const uint8_t *pixel(const struct fig_image *image, int row, int column, int y, int x)
{
    enum { SIDE = 2 * 28 + 2 };
    return image->bytes +
           3 * ((row * SIDE + 2 * y) * image->width + column * SIDE + 2 * x);
}

/* From black over red and yellow to white. */
static void check_heat(const struct fig_image *image, int row, int y, int x)
{
    const uint8_t *heat = pixel(image, row, 2, y, x);
    const int error = abs(*pixel(image, row, 0, y, x) - *pixel(image, row, 1, y, x));
    for (int c = 0; c < 3; c++) {
        const int expected = 3 * error - 255 * c; /* errors of half a level in both, times 3 */
        ck_assert_int_le(abs(heat[c] - (expected < 0 ? 0 : expected > 255 ? 255 : expected)), 4);
    }
}

START_TEST(the_worst_are_drawn_with_their_errors)
{
    struct fig_image image;

    run_well("train ae-shallow --data synthetic:60 --steps 2 --out run --quiet");
    run_well("score run --worst worst.png -n 3");
    ck_assert(exists("run/scores.safetensors"));
    ck_assert_int_eq(fig_image_read(&image, "worst.png"), FIG_OK);
    ck_assert(image.width == 3 * 58 - 2 && image.height == 3 * 58 - 2 && image.channels == 3);
    for (int i = 0; i < 3 * 784; i++)
        check_heat(&image, i / 784, i % 784 / 28, i % 28);
    fig_image_free(&image);
    ck_assert_msg(!strstr(out, "auroc"), "all classes were trained on: %s", out);
    run_well("score run --anomaly 7");
    has(out, "auroc");
}
END_TEST

START_TEST(compressed_images_come_back_and_their_size_is_told)
{
    run_well("train ae-shallow --data synthetic:300 --epochs 3 --out run --quiet");
    run_well("compress run -o codes.figz --json");
    const double bytes = number(out, "bytes"), bpp = number(out, "bpp");
    ck_assert_double_eq(number(out, "samples"), 300);
    ck_assert_double_eq_tol(bpp, 8 * bytes / (300 * 784), 1e-8);
    ck_assert_double_eq_tol(number(out, "psnr"), -10 * log10(number(out, "mse")), 1e-6);
    ck_assert_double_eq(bytes, (double)size_of("codes.figz"));
    run_well("eval run --metrics bpp --json");
    ck_assert_double_eq(number(out, "bpp"), bpp);
    run_well("decompress run codes.figz -o images.npy");
    run_well("decompress run codes.figz -o images");
    ck_assert(exists("images/0000.png") && exists("images/0299.png"));
    run_well("compress run images/0000.png images/0007.png -o two.figz");
    has(out, "samples          2\n");
    has(out, "bits_per_pixel");
    ck_assert_int_eq(run("compress run absent.png -o two.figz"), 2);
    has(err, "absent.png");
    ck_assert_int_eq(run("compress run images -o two.figz"), 2);
    has(err, "images: a folder; `compress run --data images` takes its pictures");
    run_well("compress run --data images -o all.figz");
    has(out, "samples          300\n");
    run_well("compress run --data images --split test -o half.figz");
    has(out, "samples          30\n");
    ck_assert_int_eq(run("compress run images/0000.png --data synthetic -o two.figz"), 2);
    ck_assert_int_eq(run("compress run images/0000.png --split test -o two.figz"), 2);
    has(err, "or files, not both");
    ck_assert_int_eq(run("decompress run absent.figz -o x.png"), 2);
    ck_assert_int_eq(run("decompress run images.npy -o x.png"), 2);
    has(err, "images.npy: not a file of packed codes");
    run_well("train ae-shallow --data synthetic:300 --epochs 4 --out run --resume --quiet");
    ck_assert_int_eq(run("decompress run codes.figz -o images.png"), 2);
    has(err, "codes of another model");
}
END_TEST

/* A linear decoder: the images add up as their codes do. */
#define TRAIN_LINEAR "train ae-shallow --data synthetic:300 --steps 20 --out run --quiet " \
                     "--set encoder.0='dense 8' --set decoder.0='dense data'"

START_TEST(codes_of_classes_are_taken_off_and_added)
{
    struct fig_array rows;
    run_well(TRAIN_LINEAR);
    run_well("arithmetic run 3 8 -n 5 -o sums.npy");
    ck_assert_int_eq(fig_array_read(&rows, "sums.npy"), FIG_OK);
    ck_assert_int_eq(rows.dim[0], 4 * 5);
    run_well("arithmetic run 3 3 -n 5 -o same.npy");
    struct fig_array same;
    ck_assert_int_eq(fig_array_read(&same, "same.npy"), FIG_OK);
    for (int i = 0; i < 5; i++) {
        const float *row = rows.values + i * 4 * 784, *rebuilt = same.values + (i * 4 + 3) * 784;
        for (int k = 0; k < 784; k++) { /* sums of 8 floats up to about 10 */
            const double expected = (double)rebuilt[k] - row[784 + k] + row[2 * 784 + k];
            ck_assert_double_eq_tol(row[3 * 784 + k], expected, 1e-4);
        }
        ck_assert_mem_eq(row, same.values + i * 4 * 784, 784 * sizeof(float));
    }
    fig_array_free(&same);
    fig_array_free(&rows);
    run_well("arithmetic run 3 8 -o sums.png");
    ck_assert_int_eq(run("arithmetic run 7 3 --data synthetic:100:only=3 -o sums.png"), 2);
    has(err, "no image of the training half of synthetic:100:only=3 is of class `7`");
    ck_assert_int_eq(run("arithmetic run 3 ten -o sums.png"), 2);
    has(err, "the data have no class `ten`");
}
END_TEST

/* `7` is class 0 of the one folder and class 1 of the other. */
START_TEST(a_conditional_model_is_told_classes_by_their_names)
{
    ck_assert(!mkdir("few", 0777) && !mkdir("more", 0777) && !mkdir("odd", 0777));
    run_well("train vae-conditional --data synthetic:60 --steps 2 --out run --quiet");
    run_well("sample run -n 1 --class 7 -o few/7");
    run_well("sample run -n 1 --class 7 -o more/7");
    run_well("sample run -n 1 --class 7 -o odd/new");
    run_well("sample run -n 1 --class 2 -o more/2");
    run_well("encode run --data few -o few.csv");
    run_well("encode run --data more -o more.csv");
    read_text("few.csv", err);
    read_text("more.csv", out);
    has(err, "\"7/0000.png\",");
    ck_assert_str_eq(strchr(out, '\n') + 1, err);
    run_well("interpolate run --data few --rows 1 -o walk.npy");
    run_well("interpolate run --data few --rows 1 --class 7 -o seven.npy");
    ck_assert(scratch_same_files("walk.npy", "seven.npy"));
    run_well("score run --data few --worst worst.png");
    ck_assert_int_eq(run("encode run --data odd -o odd.csv"), 2);
    has(err, "the model vae-conditional must be told the classes of the images, and that of image "
             "0 is none of its 10");
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("tasks");
    TCase *tests = tcase_create("tasks");
    tcase_add_checked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_test(tests, scores_tell_a_class_that_was_not_trained_on);
    tcase_add_test(tests, of_other_data_all_samples_are_scored_and_encoded);
    tcase_add_test(tests, pictures_are_scored_by_their_names_at_any_size);
    tcase_add_test(tests, scores_do_without_the_data_of_the_training);
    tcase_add_test(tests, samples_too_large_for_pca_are_scored_and_evaluated);
    tcase_add_test(tests, a_table_in_other_units_is_not_standardised_by_itself);
    tcase_add_test(tests, doubles_of_a_checkpoint_are_those_of_cpu64);
    tcase_add_test(tests, a_resumed_training_tells_that_its_table_has_changed);
    tcase_add_test(tests, the_worst_are_drawn_with_their_errors);
    tcase_add_test(tests, compressed_images_come_back_and_their_size_is_told);
    tcase_add_test(tests, codes_of_classes_are_taken_off_and_added);
    tcase_add_test(tests, a_conditional_model_is_told_classes_by_their_names);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
