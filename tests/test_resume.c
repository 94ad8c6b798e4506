/* SPDX-License-Identifier: MIT */
/* Whether `figment train` may begin in a folder, or go on there, and with what. */
#include "tests/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "command.h"
#include "scratch.h"

#define TRAIN "train ae-shallow --data synthetic:300 --batch 50 --out run "

START_TEST(a_folder_that_holds_a_model_is_trained_into_only_to_go_on)
{
    static char kept[COMMAND_TEXT];
    run_well(TRAIN "--epochs 2 --quiet");
    read_text("run/config.yaml", kept);
    ck_assert_int_eq(run("train gan-small --data synthetic:300 --out run"), 2);
    has(err, "run: it holds a training of ae-shallow, 12 steps long; go on with it (--resume) or "
             "train into another folder (--out)");
    run_well(TRAIN "--epochs 1 --resume"); /* more has been done already */
    has(err, "run: trained for 2 epochs and 12 steps already");
    read_text("run/config.yaml", out);
    ck_assert_str_eq(out, kept);
    ck_assert_int_eq(remove("run/checkpoint.safetensors"), 0);
    ck_assert_int_eq(run(TRAIN), 2);
    has(err, "run: it holds a trained model, and no checkpoint to go on from");
}
END_TEST

START_TEST(what_is_not_there_cannot_be_gone_on_with)
{
    ck_assert_int_eq(run(TRAIN "--resume"), 2);
    has(err, "run/checkpoint.safetensors: there is nothing to go on from; train without --resume");
    ck_assert(!exists("run"));
}
END_TEST

/* As a training does: the lock of a folder is that of its descriptor. */
START_TEST(two_trainings_do_not_share_a_folder)
{
    run_well(TRAIN "--epochs 1 --quiet");
    const int folder = open("run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert(folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0);
    ck_assert_int_eq(run(TRAIN "--epochs 2 --resume"), 2);
    has(err, "run: another training is writing into this folder");
    ck_assert_int_eq(close(folder), 0);
    run_well(TRAIN "--epochs 2 --resume");
}
END_TEST

static const char *const other_trainings[] = {
    "name ae-shallow, the configuration says gan-small",
    "train gan-small --data synthetic:300 --out run --resume",
    "optimizer.name adam, the configuration says adamw",
    TRAIN "--set optimizer.name=adamw --resume",
    "encoder [dense 64 relu], the configuration says [dense 64 tanh]",
    TRAIN "--set encoder.0='dense 64 tanh' --resume",
};

START_TEST(a_training_goes_on_as_it_began)
{
    run_well(TRAIN "--epochs 1 --quiet");
    ck_assert_int_eq(run(other_trainings[2 * _i + 1]), 2);
    has(err, other_trainings[2 * _i]);
    has(err, "; go on as it began, or train into another folder (--out)");
    ck_assert_msg(!strstr(err, "warning"), "%s", err);
}
END_TEST

START_TEST(what_a_resumed_training_changes_is_told)
{
    run_well(TRAIN "--epochs 1");
    run_well(TRAIN "--epochs 2 --resume --set window=100 --set optimizer.rate=0.001");
    ck_assert_msg(!strstr(err, "warning"), "%s", err);
    run_well(TRAIN "--epochs 3 --resume --data uniform:300 --set optimizer.rate=1e-2");
    has(err, "trained with data synthetic:300 so far, from here on with uniform:300\n");
    has(err, "trained with optimizer.rate 0.001 so far, from here on with 1e-2\n");
    run_well(TRAIN "--epochs 4 --resume --data uniform:300 --set optimizer.rate=0.01");
    ck_assert_msg(!strstr(err, "trained with"), "%s", err);
}
END_TEST

START_TEST(the_end_of_a_cosine_does_not_move_unnoticed)
{
    run_well(TRAIN "--set schedule.name=cosine --epochs 2 --steps 3");
    run_well(TRAIN "--set schedule.name=cosine --epochs 2 --resume");
    ck_assert_msg(!strstr(err, "warning"), "%s", err);
    run_well(TRAIN "--set schedule.name=cosine --epochs 4 --resume");
    has(err, "trained with epochs 2 so far, from here on with 4; a cosine's rates depend on");
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_add_checked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_test(tests, a_folder_that_holds_a_model_is_trained_into_only_to_go_on);
    tcase_add_test(tests, what_is_not_there_cannot_be_gone_on_with);
    tcase_add_test(tests, two_trainings_do_not_share_a_folder);
    tcase_add_loop_test(tests, a_training_goes_on_as_it_began, 0, 3);
    tcase_add_test(tests, what_a_resumed_training_changes_is_told);
    tcase_add_test(tests, the_end_of_a_cosine_does_not_move_unnoticed);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
