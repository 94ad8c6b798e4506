/* SPDX-License-Identifier: MIT */
/* `figment restore`: pictures or rows in, better ones out. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <figment/image.h>

#include "base/file.h"
#include "command.h"
#include "scratch.h"

/* Rings: 28x28, or the means of their blocks of 2x2 pixels, or these repeated. */
enum { SIDE = 28, SMALL = SIDE / 2 };

static double ring(int y, int x)
{
    return 0.5 + 0.5 * sin(0.05 * (y * y + x * x));
}

/* The mean of the block that the pixel is in, as a byte has it. */
static float block(int y, int x)
{
    double sum = 0;
    for (int k = 0; k < 4; k++)
        sum += ring(2 * y + k / 2, 2 * x + k % 2) / 4;
    return (float)(floor(255 * sum + 0.5) / 255);
}

static void write_rings(const char *path, int side)
{
    float values[SIDE * SIDE];
    for (int i = 0; i < side * side; i++)
        values[i] = side == SMALL ? block(i / side, i % side) : block(i / side / 2, i % side / 2);
    ck_assert_int_eq(fig_grid_write(path, &(struct fig_grid){
        .images = values, .count = 1, .height = side, .width = side, .channels = 1 }), FIG_OK);
}

static void has_size(const char *path, int height, int width)
{
    struct fig_image image;
    ck_assert_msg(fig_image_read(&image, path) == FIG_OK, "%s: %s", path, message);
    ck_assert_int_eq(image.height, height);
    ck_assert_int_eq(image.width, width);
    fig_image_free(&image);
}

START_TEST(noisy_pictures_become_clearer)
{
    run_well("train ae-denoise --data synthetic:500 --batch 50 --epochs 10 --quiet --out noise "
             "--set schedule.name=constant");
    run_well("restore noise --corrupt --json -o grid.png");
    ck_assert_double_eq(number(out, "pictures"), 500);
    /* Of a variance of 1/4, by 392,000 draws: within five standard errors. */
    ck_assert_double_eq_tol(number(out, "psnr_corrupted"), 10 * log10(4), 0.05);
    ck_assert_double_gt(number(out, "psnr_restored"), 12);
    has_size("grid.png", 8 * 58 - 2, 12 * 58 - 2); /* 32 times three, 2 x 28 pixels each */
    run_well("restore noise --corrupt -n 3 -o grid.png");
    has(out, "psnr_restored");
    has_size("grid.png", 3 * 58 - 2, 3 * 58 - 2);
}
END_TEST

START_TEST(files_keep_their_names)
{
    run_well("train ae-superres --data synthetic:50 --steps 1 --quiet --out fine "
             "--set 'decoder=[deconv 4 4x4 stride 2 pad 1 relu, conv data 3x3 sigmoid]' "
             "--set 'encoder=[avgpool 2x2, conv 4 3x3 relu]'");
    ck_assert(mkdir("in", 0777) == 0 && mkdir("in/below", 0777) == 0);
    write_rings("in/large.png", SIDE);
    write_rings("in/below/small.png", SMALL);
    write_rings("in/photo.jpg", SIDE); /* what a file is called does not matter */
    FILE *bad = fopen("in/bad.png", "w");
    ck_assert(bad && fputs("no picture", bad) >= 0 && fclose(bad) == 0);
    run_well("restore fine --data in --json -o restored");
    has(err, "warning: in: 1 skipped: bad.png (neither PNG nor JPEG)");
    ck_assert(!strstr(err, "are made"));
    ck_assert_double_eq(number(out, "pictures"), 3);
    has_size("restored/below/small.png", SIDE, SIDE);
    ck_assert(exists("restored/photo.jpg.png") && !exists("restored/bad.png"));
    /* Half as large is what the model is shown of a whole one. */
    ck_assert(scratch_same_files("restored/large.png", "restored/below/small.png"));
    run_well("restore fine --data in/large.png -o one");
    has_size("one/large.png", SIDE, SIDE);
    write_rings("ALONE.PNG", SIDE);
    run_well("restore fine --data ALONE.PNG -o loud");
    has_size("loud/ALONE.PNG.png", SIDE, SIDE);
}
END_TEST

/* Black with a grey stripe, which is a hole. */
static void write_stripe(const char *path, int height, int width, int from, int to)
{
    float values[SIDE * SIDE] = { 0 };
    for (int i = 0; i < height * width; i++)
        values[i] = i / width >= from && i / width < to ? 0.5f : 0;
    ck_assert_int_eq(fig_grid_write(path, &(struct fig_grid){
        .images = values, .count = 1, .height = height, .width = width, .channels = 1 }), FIG_OK);
}

START_TEST(only_holes_are_filled)
{
    struct fig_image image;
    run_well("train ae-inpaint --data synthetic:50 --steps 1 --batch 50 --quiet --out holes "
             "--set 'encoder=[dense 4 relu]' --set 'decoder=[dense data sigmoid]'");
    write_stripe("stripe.png", SIDE, SIDE, 5, 8);
    run_well("restore holes --data stripe.png -o filled");
    ck_assert_int_eq(fig_image_read(&image, "filled/stripe.png"), FIG_OK);
    int changed = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const bool hole = i / SIDE >= 5 && i / SIDE < 8;
        ck_assert_msg(hole || image.bytes[i] == 0, "pixel %d became %d", i, image.bytes[i]);
        changed += hole && image.bytes[i] != 127 && image.bytes[i] != 128;
    }
    fig_image_free(&image);
    ck_assert_int_gt(changed, 0);
    ck_assert(!strstr(err, "hole"));
    write_stripe("black.png", SIDE, SIDE, 0, 0);
    run_well("restore holes --data black.png -o whole");
    has(err, "warning: black.png: no picture has a hole");
    /* A net that learnt nothing draws about grey: an eighth of the pixels, 9 dB less of all. */
    run_well("restore holes --corrupt --json -o grid.png");
    ck_assert_double_gt(number(out, "psnr_restored"), number(out, "psnr_corrupted") - 3);
}
END_TEST

START_TEST(pictures_that_become_smaller_are_told)
{
    ck_assert_int_eq(mkdir("large", 0777), 0);
    write_stripe("large/fits.png", SIDE, SIDE, 5, 8);
    write_stripe("large/wide.png", 10, 40, 1, 2);
    write_stripe("large/high.png", 30, 10, 1, 2);
    run_well("train ae-shallow --data synthetic:50 --steps 1 --quiet --out flat");
    run_well("restore flat --data large -o small");
    has(err, "warning: large: 2 pictures of up to 40 x 10 pixels are made 28 x 28");
    has_size("small/wide.png", SIDE, SIDE);
}
END_TEST

static void is_refused(const char *words, const char *path)
{
    ck_assert_int_eq(run(words), 2);
    has(err, path);
    has(err, "it is one of the data and would be written over");
}

START_TEST(the_pictures_themselves_are_not_written_over)
{
    ck_assert(mkdir("mine", 0777) == 0 && mkdir("mine/below", 0777) == 0);
    write_rings("mine/a.png", SIDE);
    write_rings("mine/below/a.png", SIDE);
    run_well("train ae-shallow --data mine --steps 1 --batch 1 --quiet --out keeper");
    is_refused("restore keeper -o mine", "mine/a.png");
    is_refused("restore keeper --data mine/ -o ./mine/", "mine/a.png");
    is_refused("restore keeper --data mine -o mine/below", "mine/below/a.png");
    is_refused("restore keeper --data mine/a.png -o mine", "mine/a.png");
    is_refused("restore keeper --data mine -o mine/a.png", "mine/a.png");
    is_refused("restore keeper --data mine:size=28 -o mine/a.png", "mine/a.png");
    run_well("restore keeper --data mine/below/a.png -o mine/fresh");
    ck_assert(exists("mine/fresh/a.png"));
}
END_TEST

START_TEST(data_are_what_they_are_for_all_commands)
{
    char batch[2 * 3073] = { 0 };
    ck_assert_int_eq(mkdir("cifar", 0777), 0);
    ck_assert_int_eq(file_write("cifar/data_batch_1.bin", batch, sizeof(batch)), FIG_OK);
    ck_assert_int_eq(file_write("cifar/test_batch.bin", batch, sizeof(batch)), FIG_OK);
    write_rings("cifar/preview.png", SIDE);
    run_well("train ae-shallow --data cifar --steps 1 --batch 1 --quiet --out colours");
    run_well("restore colours --data cifar --json -o black");
    ck_assert_double_eq(number(out, "pictures"), 2);
}
END_TEST

START_TEST(links_are_left_out_with_a_warning)
{
    ck_assert_int_eq(mkdir("linked", 0777), 0);
    write_rings("linked/a.png", SIDE);
    ck_assert_int_eq(symlink("a.png", "linked/b.png"), 0);
    run_well("restore keeper --data linked -o unlinked");
    has(err, "linked: 1 skipped: b.png (a symbolic link)");
}
END_TEST

/* Two columns of which the second has other units, and what is found of the numbers of a key. */
enum { ROWS = 2000, COLUMNS = 2, TESTED = ROWS / 5 };
static const double unit[COLUMNS] = { 1, 1000 };

static double cell(int row, int column)
{
    return unit[column] * (sin(row) + column);
}

static void find_column_numbers(const char *key, double found[COLUMNS])
{
    const char *at = strstr(out, key);
    ck_assert_msg(at != NULL, "no %s in %s", key, out);
    ck_assert_int_eq(sscanf(strchr(at, '['), "[%lf,%lf]", &found[0], &found[1]), 2);
}

/* The root mean square difference of the file's rows and the table's, of which each fifth tests. */
static void measure_file(const char *path, double expected[COLUMNS])
{
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    expected[0] = expected[1] = 0;
    for (int i = 0; i < TESTED; i++) {
        double values[COLUMNS];
        ck_assert_int_eq(fscanf(file, "%lf,%lf", &values[0], &values[1]), 2);
        for (int c = 0; c < COLUMNS; c++)
            expected[c] += pow(values[c] - cell(5 * i + 4, c), 2) / TESTED;
    }
    fclose(file);
    for (int c = 0; c < COLUMNS; c++)
        expected[c] = sqrt(expected[c]);
}

START_TEST(errors_of_tables_are_in_their_units)
{
    double found[COLUMNS], expected[COLUMNS];
    FILE *file = fopen("table.csv", "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%.9g,%.9g\n", cell(i, 0), cell(i, 1));
    ck_assert_int_eq(fclose(file), 0);
    run_well("train ae-table --data table.csv --quiet --out rows --epochs 3 "
             "--set 'encoder.1=dense 1' --set corruption.amount=0.5");
    run_well("restore rows --corrupt --json -o rows.csv");
    ck_assert_double_eq(number(out, "rows"), TESTED);
    measure_file("rows.csv", expected);
    find_column_numbers("rmse_restored", found);
    for (int c = 0; c < COLUMNS; c++) /* 9 digits of floats */
        ck_assert_double_eq_tol(found[c], expected[c], 1e-5 * unit[c]);
    find_column_numbers("rmse_corrupted", found);
    for (int c = 0; c < COLUMNS; c++) /* of sines, by 400 draws: within five standard errors */
        ck_assert_double_eq_tol(found[c], 0.5 * unit[c] * sqrt(0.5), 0.06 * unit[c]);
    ck_assert(!strstr(out, "psnr"));
    run_well("restore rows --corrupt -o rows.csv");
    has(out, "column  rmse_corrupted  rmse_restored");
}
END_TEST

START_TEST(what_cannot_be_restored_is_refused)
{
    run_well("train ae-shallow --data synthetic:50 --steps 1 --quiet --out plain");
    ck_assert_int_eq(run("restore plain --corrupt -o x"), 2);
    has(err, "the model ae-shallow was trained without a corruption");
    ck_assert_int_eq(run("restore plain --data absent.png -o x"), 2);
    has(err, "absent.png");
    ck_assert_int_eq(run("restore plain -o x.jpg"), 2);
    ck_assert(!exists("x"));
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("restore");
    TCase *tests = tcase_create("restore");
    tcase_add_unchecked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_test(tests, noisy_pictures_become_clearer);
    tcase_add_test(tests, files_keep_their_names);
    tcase_add_test(tests, only_holes_are_filled);
    tcase_add_test(tests, pictures_that_become_smaller_are_told);
    tcase_add_test(tests, the_pictures_themselves_are_not_written_over);
    tcase_add_test(tests, data_are_what_they_are_for_all_commands);
    tcase_add_test(tests, links_are_left_out_with_a_warning);
    tcase_add_test(tests, errors_of_tables_are_in_their_units);
    tcase_add_test(tests, what_cannot_be_restored_is_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
