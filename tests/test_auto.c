/* SPDX-License-Identifier: MIT */
/* `auto` remembers that there is no GPU, and never hides one.  Each look is a child process: this
 * same program on a machine of our own (machine.c), with a word that says what to do. */
#define _GNU_SOURCE
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <figment/device.h>

#include "base/size.h"
#include "base/text.h"
#include "tests/scratch.h"

/* --- the child: what it prints is what the parent looks at --- */

static void print_log(void *data, enum fig_log_level level, const char *text)
{
    (void)data;
    if (level != FIG_LOG_DEBUG)
        puts(text);
}

static int open_device(const char *name)
{
    struct fig_device *device = NULL;
    const enum fig_status status = fig_device_open(&device, name);
    fig_device_close(&device);
    return status ? 1 : 0;
}

static int choose_device(void)
{
    struct fig_device_info info;
    char reason[256];
    const enum fig_status status = fig_device_choose("auto", &info, reason);
    if (!status)
        printf("chosen: %s (%s)\n", info.name, reason);
    return status ? 1 : 0;
}

/* --- the parent --- */

static const char *self, *library;
static const char without_gpu[] = "device: cpu, native CPU (auto: there is no GPU)\n";

/* A command in the machine's folder; what it prints. */
static const char *shell(const char *command)
{
    static char output[4096];
    char line[2 * SCRATCH_PATH], folder[SCRATCH_PATH];
    snprintf(line, sizeof(line), "cd '%s' && %s", scratch_path("machine", folder), command);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
    const int status = pclose(pipe);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < 126, "%s: ended by %d:\n%s", command,
                  status, output);
    return output;
}

/* What `word` prints on the machine, with these variables. */
static const char *child(const char *word, const char *variables)
{
    char line[SCRATCH_PATH];
    snprintf(line, sizeof(line), "env %s LD_PRELOAD=./machine.so '%s' %s", variables, self, word);
    return shell(line);
}

static void expect_look(const char *word, const char *variables, const char *wanted)
{
    const char *output = child(word, variables);
    ck_assert_msg(strstr(output, "asked\n") != NULL, "%s: no look:\n%s", variables, output);
    ck_assert_msg(strstr(output, wanted) != NULL, "%s: no \"%s\" in:\n%s", variables, wanted,
                  output);
}

static void expect_memory(const char *variables)
{
    ck_assert_str_eq(child("auto", variables), without_gpu);
}

/* A machine that was not looked at yet.  One of its nodes leads nowhere: not even root opens it. */
static void set_up(void)
{
    char path[SCRATCH_PATH], command[2 * SCRATCH_PATH];
    snprintf(command, sizeof(command), "mkdir -p '%s'", scratch_path("machine/dri", path));
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof(command),
             "ln -s '%s' machine.so && ln -s ../away dri/card0 && echo first >boot_id", library);
    shell(command);
    scratch_path("machine", path);
    setenv("MACHINE", path, 1);
    scratch_path("cache", path);
    setenv("XDG_CACHE_HOME", path, 1);
}

START_TEST(drivers_without_a_gpu_are_loaded_once)
{
    expect_look("auto", "MACHINE_DEVICE=cpu", without_gpu);
    expect_memory("MACHINE_DEVICE=cpu");
    expect_memory("MACHINE_DEVICE=crash");
    expect_memory("FIGMENT_DEVICE=auto");
}
END_TEST

START_TEST(a_changed_machine_is_looked_at_again)
{
    static const char *const changes[] = {
        "echo second >boot_id", ": >dri/renderD128", ": >away", "rm dri/renderD128",
    };
    child("auto", "MACHINE_DEVICE=cpu");
    for (size_t i = 0; i < LENGTH(changes); i++) {
        shell(changes[i]);
        expect_look("auto", "MACHINE_DEVICE=cpu", without_gpu);
        expect_memory("MACHINE_DEVICE=cpu");
    }
}
END_TEST

START_TEST(other_wishes_for_drivers_are_looked_at_again)
{
    static const char *const wishes[] = {
        "OCL_ICD_VENDORS=elsewhere", "RUSTICL_ENABLE=llvmpipe", "CUDA_VISIBLE_DEVICES=0",
        "CUDA_VISIBLE_DEVICES=", "-u CUDA_VISIBLE_DEVICES",
    };
    for (size_t i = 0; i < LENGTH(wishes); i++) {
        expect_look("auto", wishes[i], without_gpu);
        expect_memory(wishes[i]);
    }
}
END_TEST

START_TEST(a_boot_without_a_name_is_not_remembered)
{
    shell("rm boot_id");
    expect_look("auto", "MACHINE_DEVICE=cpu", without_gpu);
    expect_look("auto", "MACHINE_DEVICE=cpu", without_gpu);
}
END_TEST

START_TEST(without_the_probe_nothing_is_remembered)
{
    expect_look("auto", "FIGMENT_PROBE=0", without_gpu);
    expect_look("auto", "FIGMENT_PROBE=1", without_gpu);
    expect_look("auto", "FIGMENT_PROBE=0", without_gpu);
}
END_TEST

START_TEST(a_look_that_went_wrong_is_not_remembered)
{
    static const char *const troubles[] = { "MACHINE_DEVICE=crash", "MACHINE_DEVICE=error" };
    for (size_t i = 0; i < LENGTH(troubles); i++) {
        expect_look("choose", troubles[i], "chosen: cpu");
        expect_look("auto", "MACHINE_DEVICE=cpu", without_gpu);
        expect_memory(troubles[i]);
    }
}
END_TEST

/* Though nothing of the machine changed that we know of. */
START_TEST(whoever_looks_finds_the_gpu_for_all)
{
    static const char *const words[] = { "choose", "count", "opencl", "machine" };
    for (size_t i = 0; i < LENGTH(words); i++) {
        child("choose", "MACHINE_DEVICE=cpu");
        expect_memory("MACHINE_DEVICE=gpu");
        expect_look(words[i], "MACHINE_DEVICE=gpu", "");
        expect_look("auto", "MACHINE_DEVICE=gpu", "the machine's");
    }
    expect_look("choose", "MACHINE_DEVICE=gpu", "chosen: the machine's (auto: the only ");
}
END_TEST

static int run_tests(void)
{
    Suite *suite = suite_create("auto");
    TCase *tests = tcase_create("auto");
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, drivers_without_a_gpu_are_loaded_once);
    tcase_add_test(tests, a_changed_machine_is_looked_at_again);
    tcase_add_test(tests, other_wishes_for_drivers_are_looked_at_again);
    tcase_add_test(tests, a_boot_without_a_name_is_not_remembered);
    tcase_add_test(tests, without_the_probe_nothing_is_remembered);
    tcase_add_test(tests, a_look_that_went_wrong_is_not_remembered);
    tcase_add_test(tests, whoever_looks_finds_the_gpu_for_all);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}

int main(int count, char **arguments)
{
    static char own_path[4096];
    fig_log_set(print_log, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 1 && strcmp(arguments[1], "choose") == 0)
        return choose_device();
    if (count > 1 && strcmp(arguments[1], "count") == 0)
        return fig_device_count() - 2;
    if (count > 1)
        return open_device(strcmp(arguments[1], "auto") == 0 ? NULL : arguments[1]);
    library = getenv("FIGMENT_MACHINE");
    if (!library || !realpath("/proc/self/exe", own_path))
        return 77; /* skipped */
    self = own_path;
    unsetenv("FIGMENT_DEVICE");
    unsetenv("FIGMENT_PROBE");
    return run_tests();
}
