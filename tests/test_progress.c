/* SPDX-License-Identifier: MIT */
/* `figment train` while it runs: its lines, on a terminal and not, and the signals that end it. */
#define _XOPEN_SOURCE 600 /* pseudo-terminals */
#include "tests/suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "scratch.h"

#define TRAIN "train ae-shallow --data synthetic:300 --batch 50 "

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

START_TEST(a_part_of_an_epoch_has_its_losses_and_no_metrics)
{
    run_well(TRAIN "--steps 2 --epochs 3 --out run");
    has(out, "epoch 1/3  batch 2/6  loss 0.");
    has(out, "wrote run: config.yaml model.safetensors checkpoint.safetensors\n");
    ck_assert(!exists("run/samples") && !exists("run/metrics.jsonl"));
    run_well(TRAIN "--steps 8 --epochs 3 --out run --resume");
    has(out, "epoch 1/3  loss 0.");
    has(out, "epoch 2/3  batch 2/6  loss 0.");
    has(out, "wrote run: config.yaml model.safetensors checkpoint.safetensors metrics.jsonl "
             "samples/\n");
    run_well(TRAIN "--steps 8 --epochs 3 --out run --resume");
    ck_assert_str_eq(out, "");
}
END_TEST

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
    Suite *suite = suite_create("progress");
    TCase *tests = tcase_create("progress");
    tcase_add_checked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_test(tests, a_training_prints_a_line_per_epoch_and_can_go_on);
    tcase_add_test(tests, a_part_of_an_epoch_has_its_losses_and_no_metrics);
    tcase_add_loop_test(tests, an_interrupted_training_saves_itself_and_goes_on, 0, 2);
    tcase_add_loop_test(tests, a_terminal_shows_a_live_line_that_fits, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
