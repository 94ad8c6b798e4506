/* SPDX-License-Identifier: MIT */
/* A host program's signals are no driver's crashes: they interrupt what waits for the drivers. */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <figment/device.h>

#include "tests/scratch.h"
#include "tests/suite.h"

static void take(int number)
{
    (void)number;
}

/* One every millisecond. */
static void send_signals(void)
{
    const struct sigaction action = { .sa_handler = take };
    const struct itimerval timer = { { 0, 1000 }, { 0, 1000 } };
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* How many devices a process of its own finds, which no cache has told about the drivers. */
static int devices_found(const char *cache, bool signals)
{
    char path[SCRATCH_PATH];
    int status = 0;
    scratch_path(cache, path);
    const pid_t child = fork();
    if (child == 0) {
        setenv("XDG_CACHE_HOME", path, 1);
        if (signals)
            send_signals();
        _exit(fig_device_count());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(signals_hide_no_device)
{
    ck_assert_int_eq(devices_found("signals", true), devices_found("peace", false));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *tcase = tcase_create("signals");
    tcase_add_checked_fixture(tcase, NULL, scratch_remove);
    tcase_add_test(tcase, signals_hide_no_device);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
