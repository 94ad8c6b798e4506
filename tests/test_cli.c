/* SPDX-License-Identifier: MIT */
/* The words that the `figment` command takes and refuses: options, help, messages, exit codes. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "command.h"
#include "scratch.h"

static const struct {
    const char *name, *help[16];
} contract[] = {
    { "train", { "MODEL", "--data DATA", "--device DEV", "--out RUN", "--epochs N", "--steps N",
                 "--batch N", "--seed N", "--set KEY=VALUE", "--no-shuffle", "--resume",
                 "--trace FILE", "--quiet" } },
    { "reconstruct", { "RUN", "-o FILE.png|.npy|.csv", "--data DATA", "-n N", "--device DEV" } },
    { "encode", { "RUN", "-o FILE.npy|.csv", "--data DATA", "--split train|test",
                  "--device DEV" } },
    { "decode", { "RUN FILE.npy|.csv", "-o FILE.png|.npy|.csv", "--class C", "--device DEV" } },
    { "sample", { "RUN", "-o FILE.png|.npy|.csv|FOLDER", "-n N", "--seed N", "--grid RxC",
                  "--sampler prior|gmm[:K]", "--class C", "--truncation T", "--temperature T",
                  "--device DEV" } },
    { "interpolate", { "RUN", "-o FILE.png|.npy|.csv|FOLDER", "--steps N", "--rows N", "--seed N",
                       "--spherical", "--linear", "--data DATA", "--class C",
                       "--device DEV" } },
    { "eval", { "RUN", "--data DATA", "--metrics LIST", "--samples N",
                "--sampler prior|gmm[:K]", "--device DEV", "--json" } },
    { "classify", { "RUN", "--data DATA", "--split train|test", "-o FILE.csv|.npy",
                    "--device DEV", "--json" } },
    { "restore", { "RUN", "-o FILE.png|.npy|.csv|FOLDER", "--data DATA", "--corrupt", "-n N",
                   "--device DEV", "--json" } },
    { "score", { "RUN", "--data DATA", "--split train|test", "--anomaly CLASS", "--quantile Q",
                 "-o FILE.csv", "--worst FILE.png", "-n N", "--device DEV", "--json" } },
    { "arithmetic", { "RUN FROM TO", "-o FILE.png|.npy|.csv|FOLDER", "-n N", "--seed N",
                      "--data DATA", "--device DEV" } },
    { "compress", { "RUN [PICTURE...]", "-o FILE.figz", "--data DATA", "--split train|test",
                    "--tolerance T", "--device DEV", "--json" } },
    { "decompress", { "RUN FILE.figz", "-o FILE.png|.npy|.csv|FOLDER", "--device DEV" } },
    { "bench", { "[MODEL...]", "--device DEV", "--batch N", "--profile", "--floors",
                 "--json" } },
    { "devices", { "--json" } },
};

/* A line for each option, and one for --help, and no others. */
static void check_options(const char *const *wanted)
{
    char text[96];
    int options = 1, lines = 0;
    for (; *wanted; wanted++) {
        const bool option = **wanted == '-';
        snprintf(text, sizeof(text), option ? "\n  %s " : "%s", *wanted);
        has(out, text);
        options += option;
    }
    for (const char *line = out; *line; line += strcspn(line, "\n") + 1)
        lines += strncmp(line, "  -", 3) == 0;
    ck_assert_msg(lines == options, "%d options, %d lines: %s", options, lines, out);
}

static void has_80_columns(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") <= 80, "%.100s", line);
}

START_TEST(help_explains_every_option_in_80_columns)
{
    char words[64];
    for (int way = 0; way < 2; way++) {
        snprintf(words, sizeof(words), way ? "help %s" : "%s x y z --help --bad",
                 contract[_i].name);
        run_well(words);
        check_options(contract[_i].help);
        has_80_columns(out);
    }
    run_well("--help");
    has_80_columns(out);
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
    { "sample absent -o out", 2, "out is there already, and no folder" },
    { "sample absent -o out/new/newer", 2, "out is there already, and no folder" },
    { "sample absent -o /proc/1/new/newer", 2, "cannot write into /proc/1" },
    { "sample absent -o x.png --grid 3", 2, "`3` must look like 8x10" },
    { "sample absent -o x.png --grid 0x3", 2, "`0x3` must look like 8x10" },
    { "sample absent -o x.png --grid 2x3x4", 2, "`2x3x4` must look like 8x10" },
    { "sample absent -o x.png --grid 2x3 -n 7", 2, "7 samples do not fit into a grid of 2x3" },
    { "sample absent -o x.npy --grid 2x3", 2, "--grid is for a FILE.png" },
    { "sample absent -o x.png --sampler gmm:0", 2, "it is `prior`, `gmm` or `gmm:K`" },
    { "sample absent -o x.png --sampler gmm:3x", 2, "it is `prior`, `gmm` or `gmm:K`" },
    { "sample absent -o x.png --temperature 0x2", 2, "`0x2` must be a number from 0.01 to 100" },
    { "sample absent -o x.png --temperature ' 1'", 2, "` 1` must be a number from 0.01 to 100" },
    { "sample absent -o x.png --temperature 0", 2, "`0` must be a number from 0.01 to 100" },
    { "sample absent -o x.png --truncation 2x", 2, "`2x` must be a number from 0.01 to 100" },
    { "sample absent -o x.png --sampler gmm --truncation 1", 2, "--sampler gmm has none" },
    { "sample absent -o x.png --seed -1", 2, "`-1` must be a whole number from 0" },
    { "eval absent --metrics mse,nonsense", 2, "`nonsense`; there are: mse, psnr, bce, pca_mse" },
    { "eval .", 2, "config.yaml" },
    { "bench nonsense", 2, "nonsense" },
    { "bench ae-shallow --profile --floors", 2, "give one of them" },
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

START_TEST(output_that_is_lost_is_an_error)
{
    ck_assert_int_eq(run("devices --json >/dev/full 2>err #"), 1);
    has(err, "cannot write to the standard output");
    ck_assert_int_eq(run("bench ae-shallow --batch 1 --json >/dev/full 2>err #"), 1);
    has(err, "cannot write to the standard output");
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
    tcase_add_test(tests, output_that_is_lost_is_an_error);
    tcase_add_test(tests,
                   values_stand_behind_a_space_or_an_equals_sign_and_dashes_end_the_options);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
