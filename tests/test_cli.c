/* SPDX-License-Identifier: MIT */
/* The `figment` command as its users see it: words in, files, texts and exit codes out. */
#define _XOPEN_SOURCE 600 /* pseudo-terminals */
#include "tests/suite.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <figment/array.h>
#include <figment/data.h>

#include "command.h"
#include "scratch.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* --- Words */

static const struct {
    const char *name, *help[16];
} contract[] = {
    { "train", { "MODEL", "--data DATA", "--device DEV", "--out RUN", "--epochs N", "--steps N",
                 "--batch N", "--seed N", "--set KEY=VALUE", "--no-shuffle", "--resume",
                 "--trace FILE", "--quiet" } },
    { "reconstruct", { "RUN", "-o FILE.png", "--data DATA", "-n N", "--device DEV" } },
    { "encode", { "RUN", "-o FILE.npy|.csv", "--data DATA", "--split train|test",
                  "--device DEV" } },
    { "decode", { "RUN FILE.npy", "-o FILE.png|.npy|.csv", "--class C", "--device DEV" } },
    { "sample", { "RUN", "-o FILE.png|.npy|.csv|FOLDER", "-n N", "--seed N", "--grid RxC",
                  "--sampler prior|gmm[:K]", "--class C", "--truncation T", "--temperature T",
                  "--device DEV" } },
    { "interpolate", { "RUN", "-o FILE.png|.npy|.csv|FOLDER", "--steps N", "--rows N", "--seed N",
                       "--spherical", "--linear", "--data DATA", "--class C",
                       "--device DEV" } },
    { "eval", { "RUN", "--data DATA", "--metrics LIST", "--samples N", "--device DEV",
                "--json" } },
    { "classify", { "RUN", "--data DATA", "--split train|test", "-o FILE.csv|.npy",
                    "--device DEV", "--json" } },
    { "restore", { "RUN", "-o FILE.png|.npy|.csv|FOLDER", "--data DATA", "--corrupt", "-n N",
                   "--device DEV", "--json" } },
    { "score", { "RUN", "--data DATA", "--anomaly CLASS", "--quantile Q", "-o FILE.csv",
                 "--worst FILE.png", "-n N", "--device DEV", "--json" } },
    { "arithmetic", { "RUN FROM TO", "-o FILE.png|.npy|.csv|FOLDER", "-n N", "--seed N",
                      "--data DATA", "--device DEV" } },
    { "compress", { "RUN [PICTURE...]", "-o FILE.figz", "--data DATA", "--split train|test",
                    "--tolerance T", "--device DEV", "--json" } },
    { "decompress", { "RUN FILE.figz", "-o FILE.png|.npy|.csv|FOLDER", "--device DEV" } },
    { "bench", { "[MODEL...]", "--device DEV", "--batch N", "--profile", "--floors",
                 "--json" } },
    { "devices", { "--json" } },
};

START_TEST(help_explains_every_option_in_80_columns)
{
    char words[64];
    for (int way = 0; way < 2; way++) {
        snprintf(words, sizeof(words), way ? "help %s" : "%s x y z --help --bad",
                 contract[_i].name);
        run_well(words);
        for (int i = 0; contract[_i].help[i]; i++)
            has(out, contract[_i].help[i]);
        for (const char *line = out; *line; line += strcspn(line, "\n") + 1)
            ck_assert_msg(strcspn(line, "\n") <= 80, "%.100s", line);
    }
    run_well("--help");
    has(out, contract[_i].name);
    has(out, "ae-shallow");
}
END_TEST

/* MODEL is ae-shallow; nothing gets as far as training. */
static const struct {
    const char *words;
    int code;
    const char *message;
} refused[] = {
    { "", 2, "usage: figment" },
    { "trian", 2, "no command `trian`; there are: train sample reconstruct restore" },
    { "invent r -o x.png", 2, "no command `invent`" },
    { "help trian", 2, "no command `trian`" },
    { "train", 2, "0 of 1 arguments" },
    { "train a b", 2, "`b` is one argument too many" },
    { "devices x", 2, "one argument too many" },
    { "train ae-shallow --epoch 3", 2, "no option --epoch" },
    { "train ae-shallow -n 3", 2, "no option -n" },
    { "train ae-shallow --epochs", 2, "--epochs needs a value: N" },
    { "train ae-shallow --data --resume", 2, "--data needs a value: DATA" },
    { "train ae-shallow --data ''", 2, "must not be empty" },
    { "train ae-shallow --resume=yes", 2, "--resume takes no value" },
    { "train ae-shallow --epochs 0", 2, "`0` must be a whole number from 1" },
    { "train ae-shallow --epochs=3x", 2, "`3x` must be a whole number" },
    { "train ae-shallow --batch -1", 2, "`-1` must be a whole number" },
    { "train ae-shallow --steps 2147483648", 2, "`2147483648` must be" },
    { "train ae-shallow --seed 18446744073709551616", 2, "from 0 to 18446744073709551615" },
    { "train ae-shallow --set rate", 2, "must look like" },
    { "train ae-shallow --set =3", 2, "must look like" },
    { "train ae-shallow --set nonsense=3", 2, "nonsense" },
    { "train nonsense", 2, "nonsense" },
    { "train ./absent.yaml", 2, "./absent.yaml" },
    { "train ae-shallow --data ./absent", 2, "./absent: no such file or folder" },
    { "train ae-shallow --trace absent/t", 2, "absent/" },
    { "train ae-shallow --device absent", 3, "absent" },
    { "train ae-shallow --out out", 1, "out" }, /* a file of this test is in the way */
    { "reconstruct absent -o x.png", 2, "absent: no such folder" },
    { "reconstruct absent", 2, "-o FILE.png|.npy|.csv is missing" },
    { "reconstruct absent -o x.jpg", 2, "x.jpg: its name must end in .png" },
    { "reconstruct absent -o .png", 2, "must end in .png" },
    { "reconstruct absent -o absent/x.png", 2, "cannot write into absent/" },
    { "encode absent -o x.csv --split both", 2, "`both` is not one of these words" },
    { "encode absent -o x.csv --split trai", 2, "`trai` is not one" },
    { "encode absent -o x.png", 2, "must end in .npy or .csv" },
    { "decode absent -o x.png", 2, "1 of 2 arguments" },
    { "sample absent -o x.png", 2, "absent: no such folder" },
    { "score absent --quantile 1", 2, "`1` must be a number above 0 and below 1" },
    { "score absent --quantile 0.5x", 2, "`0.5x` must be a number" },
    { "score absent --worst x.npy", 2, "must end in .png" },
    { "score absent -n 3", 2, "-n is how many --worst draws" },
    { "compress absent -o x.zip", 2, "must end in .figz" },
    { "compress absent -o x.figz --tolerance 0", 2, "`0` must be a number from 0.01 to 100" },
    { "decompress absent -o x.png", 2, "1 of 2 arguments" },
    { "arithmetic absent 3 -o x.png", 2, "2 of 3 arguments" },
    { "sample absent -o x.jpg", 2, "must end in .png or .npy" },
    { "sample absent -o absent/x.png", 2, "cannot write into absent/" },
    { "sample absent -o x.png --grid 3", 2, "`3` must look like 8x10" },
    { "sample absent -o x.png --grid 0x3", 2, "`0x3` must look like 8x10" },
    { "sample absent -o x.png --grid 2x3x4", 2, "`2x3x4` must look like 8x10" },
    { "sample absent -o x.png --grid 2x3 -n 7", 2, "7 samples do not fit into a grid of 2x3" },
    { "sample absent -o x.npy --grid 2x3", 2, "--grid is for a FILE.png" },
    { "sample absent -o x.png --sampler gmm:0", 2, "it is `prior`, `gmm` or `gmm:K`" },
    { "sample absent -o x.png --sampler gmm:3x", 2, "it is `prior`, `gmm` or `gmm:K`" },
    { "sample absent -o x.png --temperature 0", 2, "`0` must be a number from 0.01 to 100" },
    { "sample absent -o x.png --truncation 2x", 2, "`2x` must be a number from 0.01 to 100" },
    { "sample absent -o x.png --sampler gmm --truncation 1", 2, "--sampler gmm has none" },
    { "sample absent -o x.png --seed -1", 2, "`-1` must be a whole number from 0" },
    { "eval absent --metrics mse,nonsense", 2, "`nonsense`; there are: mse, psnr, bce, pca_mse" },
    { "eval .", 2, "config.yaml" },
    { "bench nonsense", 2, "nonsense" },
};

START_TEST(wrong_words_are_named_with_the_right_exit_code)
{
    const int code = run(refused[_i].words);
    ck_assert_msg(code == refused[_i].code, "figment %s: exit code %d: %s", refused[_i].words,
                  code, err);
    has(err, refused[_i].message);
    ck_assert_str_eq(out, "");
    ck_assert(!exists("runs"));
}
END_TEST

START_TEST(values_stand_behind_a_space_or_an_equals_sign_and_dashes_end_the_options)
{
    run_well("train ae-shallow --data=synthetic:40 --steps=1 --out a --quiet --seed=0");
    ck_assert_str_eq(out, "");
    ck_assert_str_eq(err, "");
    run_well("train --data synthetic:40 --steps 1 --out b --seed 0 -- ae-shallow");
    ck_assert(scratch_same_files("a/model.safetensors", "b/model.safetensors"));
    run_well("--version");
    has(out, "figment ");
}
END_TEST

/* --- Work */

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

START_TEST(a_training_prints_a_line_per_epoch_and_can_go_on)
{
    run_well(TRAIN "--epochs 2 --out run --seed 7 --trace run.jsonl");
    has(out, "epoch 1/2  loss 0.");
    has(out, "epoch 2/2  loss 0.");
    has(out, "  test_loss 0.");
    has(out, " images/s");
    has(out, "wrote run: ");
    has(out, "wrote run.jsonl");
    has(err, "device: ");
    ck_assert_msg(!strchr(out, '\r'), "a live line, and no terminal");
    ck_assert(exists("run/config.yaml") && exists("run/samples/epoch-0002.png"));
    run_well(TRAIN "--epochs 3 --out run --seed 7 --resume");
    has(out, "epoch 3/3");
    ck_assert_msg(!strstr(out, "epoch 2/3"), "began again: %s", out);
}
END_TEST

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
    ck_assert_int_eq(run("decode run codes.csv -o images.png"), 2);
    has(err, "codes.csv: not a .npy file");
    ck_assert_int_eq(run("decode run images.npy -o images.png"), 2);
    has(err, "codes of run are [n, 64]");
}
END_TEST

static bool file_has(const char *path, const char *bytes, size_t size)
{
    static char text[1 << 18];
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s: cannot open", path);
    const size_t length = fread(text, 1, sizeof(text), file);
    bool found = false;
    fclose(file);
    for (size_t i = 0; !found && i + size <= length; i++)
        found = memcmp(text + i, bytes, size) == 0;
    return found;
}

START_TEST(a_picture_of_reconstructions_says_where_it_comes_from)
{
    static const char step[] = "tEXtStep\0" "12", data[] = "tEXtData\0synthetic:7";
    run_well(TRAIN "--epochs 2 --out run --seed 7 --quiet");
    run_well("reconstruct run -n 5 --data synthetic:7 -o pairs.png");
    ck_assert(file_has("pairs.png", step, sizeof(step) - 1));
    ck_assert(file_has("pairs.png", data, sizeof(data) - 1));
}
END_TEST

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

#define TRAIN_ONE(model_, run_)                                                                    \
    "train " model_ " --data synthetic:200 --batch 50 --epochs 1 --quiet --seed 7 --out " run_

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
    ck_assert_int_eq(system("rm -r s"), 0);
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
    has(err, "no distribution to draw from");
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
    has(err, "encode: the model vae-conditional must be told the classes of the images");
    run_well(TRAIN_ONE("vae-dense", "v"));
    ck_assert_int_eq(run("sample v --class 3 -o x.png"), 2);
    has(err, "the model vae-dense is not conditional");
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
    ck_assert_int_eq(system("rm -r s"), 0);
}
END_TEST

START_TEST(any_model_with_codes_draws_from_gaussians)
{
    run_well(TRAIN_ONE("ae-shallow", "s"));
    run_well("sample s --sampler gmm:3 -n 5 -o first.npy");
    has(err, "3 Gaussians fitted to 200 codes");
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

START_TEST(eval_measures_what_a_family_has)
{
    run_well(TRAIN_ONE("gan-small", "s"));
    run_well("eval s --json");
    ck_assert_double_gt(number(out, "sample_std"), 0);
    ck_assert_double_gt(number(out, "nn_ratio"), 0);
    ck_assert_msg(!strstr(out, "mse"), "a GAN rebuilds nothing: %s", out);
    ck_assert_int_eq(run("eval s --metrics sample_std,mse"), 2);
    has(err, "mse: the model has no codes");
    run_well(TRAIN_ONE("vae-dense", "v"));
    run_well("eval v --json --samples 3");
    has(err, "nll: 3 codes for each of 200 test images");
    ck_assert_double_eq_tol(number(out, "neg_elbo"),
                            number(out, "reconstruction") + number(out, "kl"), 1e-4);
    ck_assert_double_lt(number(out, "nll"), number(out, "neg_elbo"));
}
END_TEST

START_TEST(devices_and_bench_print_what_programs_can_read)
{
    static const char *const keys[] = { "index",  "device",    "name",  "vendor",   "platform",
                                        "driver", "type",      "memory", "max_alloc", "units",
                                        "auto",   "self_test", "reason", "products" };
    static const char *const numbers[] = { "batch", "step_ms", "images_per_s", "steps", "gflops",
                                           "product_gflops", "copy_gbytes", "memory_ms" };
    run_well("devices");
    has(out, "cpu ");
    has(out, "picked by auto");
    run_well("devices --json");
    cJSON *list = cJSON_Parse(out);
    ck_assert_msg(cJSON_GetArraySize(list) >= 1, "%s", out);
    for (size_t i = 0; i < LENGTH(keys); i++)
        ck_assert_msg(cJSON_HasObjectItem(cJSON_GetArrayItem(list, 0), keys[i]), "%s", keys[i]);
    cJSON_Delete(list);
    run_well("bench ae-shallow --floors --json --batch 8 --device cpu");
    for (size_t i = 0; i < LENGTH(numbers); i++)
        ck_assert_double_gt(number(out, numbers[i]), 0);
    has(out, "\"model\":\"ae-shallow\"");
    has(out, "\"device\":\"cpu\"");
    /* 5 products of 784 x 64 each */
    ck_assert_double_eq_tol(number(out, "arithmetic_ms") * number(out, "product_gflops"),
                            2e-6 * 8 * 784 * 64 * 5, 1e-5);
}
END_TEST

/* Pictures of another size than most, and points of a table. */
START_TEST(models_are_timed_on_the_size_of_their_own_data)
{
    run_well("bench gan-hinge-sn gan-grid --json --batch 2 --device cpu");
    has(out, "\"model\":\"gan-hinge-sn\"");
    has(out, "\"model\":\"gan-grid\"");
}
END_TEST

START_TEST(a_profile_tells_all_products_of_a_step)
{
    run_well("bench ae-shallow --profile --json --batch 8 --device cpu");
    cJSON *object = cJSON_Parse(out);
    const cJSON *work;
    double flops = 0;
    cJSON_ArrayForEach(work, cJSON_GetObjectItemCaseSensitive(object, "works")) {
        flops += cJSON_GetObjectItemCaseSensitive(work, "flops")->valuedouble;
        ck_assert_double_gt(cJSON_GetObjectItemCaseSensitive(work, "ms")->valuedouble, 0);
    }
    /* Forward, and back to the weights and to the code, but not to the images. */
    ck_assert_double_eq(flops, 2.0 * 8 * 784 * 64 * 5);
    cJSON_Delete(object);
    run_well("bench ae-shallow --profile --batch 8 --device cpu");
    has(out, "[8,784] x [784,64]");
    has(out, "each waited for");
}
END_TEST

/* --- Signals and terminals */

static void wait_a_moment(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

START_TEST(an_interrupted_training_saves_itself_and_goes_on)
{
    const pid_t child = fork();
    if (child == 0) {
        execl(command, command, "train", "ae-shallow", "--data", "synthetic:300", "--epochs",
              "100000", "--out", "stopped", "--quiet", (char *)NULL);
        _exit(127);
    }
    int status;
    while (!exists("stopped/metrics.jsonl")) {
        ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
        wait_a_moment();
    }
    ck_assert_int_eq(kill(child, _i ? SIGTERM : SIGINT), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 130);
    ck_assert(exists("stopped/checkpoint.safetensors"));
    run_well("train ae-shallow --data synthetic:300 --epochs 1 --out stopped --resume");
    ck_assert_int_eq(system("rm -r stopped"), 0);
}
END_TEST

/* Train with a terminal of `columns` as stdout; what it shows is in `out`. */
static void run_on_terminal(unsigned short columns)
{
    const struct winsize size = { .ws_row = 24, .ws_col = columns };
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    const int line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    ck_assert(line >= 0 && ioctl(line, TIOCSWINSZ, &size) == 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(line, STDOUT_FILENO);
        setenv("TERM", "xterm", 1);
        execl(command, command, "train", "ae-shallow", "--data", "synthetic:300", "--batch", "1",
              "--epochs", "2", "--out", "shown", (char *)NULL);
        _exit(127);
    }
    close(line);
    size_t used = 0;
    ssize_t got;
    while ((got = read(terminal, out + used, sizeof(out) - 1 - used)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    close(terminal);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

START_TEST(a_terminal_shows_a_live_line_that_fits)
{
    static const unsigned short widths[] = { 100, 30 };
    const unsigned short width = widths[_i];
    run_on_terminal(width);
    has(out, "\repoch 1/2 ");
    ck_assert_msg(!strstr(out, " [") == (width < 60), "%s", out);
    for (const char *at = out; (at = strstr(at, "\repoch")); at++)
        ck_assert_msg(strcspn(at + 1, "\r\n\033") < width, "%.200s", at + 1);
    has(out, "\r\033[Kepoch 1/2  loss 0.");
    has(out, "wrote shown: ");
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("cli");
    TCase *tests = tcase_create("cli");
    tcase_add_unchecked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_loop_test(tests, help_explains_every_option_in_80_columns, 0, LENGTH(contract));
    tcase_add_loop_test(tests, wrong_words_are_named_with_the_right_exit_code, 0,
                        LENGTH(refused));
    tcase_add_test(tests,
                   values_stand_behind_a_space_or_an_equals_sign_and_dashes_end_the_options);
    tcase_add_test(tests, a_training_prints_a_line_per_epoch_and_can_go_on);
    tcase_add_test(tests, codes_come_back_as_the_images_that_eval_measures);
    tcase_add_test(tests, a_picture_of_reconstructions_says_where_it_comes_from);
    tcase_add_loop_test(tests, a_seed_draws_the_same_samples, 0, 3);
    tcase_add_test(tests, a_conditional_model_draws_the_classes_that_it_is_asked_for);
    tcase_add_test(tests, samples_go_into_a_grid_or_a_folder_with_their_origin);
    tcase_add_test(tests, a_model_without_a_prior_draws_nothing);
    tcase_add_test(tests, a_walk_begins_and_ends_with_two_samples);
    tcase_add_loop_test(tests, an_autoencoder_walks_between_test_images, 0, 2);
    tcase_add_test(tests, any_model_with_codes_draws_from_gaussians);
    tcase_add_test(tests, eval_measures_what_a_family_has);
    tcase_add_test(tests, devices_and_bench_print_what_programs_can_read);
    tcase_add_test(tests, models_are_timed_on_the_size_of_their_own_data);
    tcase_add_test(tests, a_profile_tells_all_products_of_a_step);
    tcase_add_loop_test(tests, an_interrupted_training_saves_itself_and_goes_on, 0, 2);
    tcase_add_loop_test(tests, a_terminal_shows_a_live_line_that_fits, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
