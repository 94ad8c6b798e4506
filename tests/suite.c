/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

char message[SUITE_MESSAGE];

void suite_listen(void *data, enum fig_log_level level, const char *text)
{
    (void)data;
    if (level > FIG_LOG_WARNING)
        return;
    snprintf(message, sizeof(message), "%s", text);
    if (getenv("FIGMENT_DEBUG"))
        fprintf(stderr, "%s\n", text);
}

int suite_main(Suite *suite)
{
    fig_log_set(suite_listen, NULL);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
