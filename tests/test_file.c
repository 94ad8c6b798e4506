/* SPDX-License-Identifier: MIT */
/* Files of the user's: what is no regular one is not waited for. */
#include <string.h>
#include <sys/stat.h>

#include <figment/data.h>
#include <figment/image.h>

#include "base/file.h"
#include "tests/scratch.h"
#include "tests/suite.h"

/* Nobody writes into the pipe: who opened it as a file would wait for ever. */
START_TEST(a_pipe_is_refused_at_once)
{
    char path[SCRATCH_PATH];
    void *bytes;
    size_t size;
    struct fig_image image;
    struct fig_dataset *dataset;
    ck_assert_int_eq(mkfifo(scratch_path("pipe", path), 0600), 0);
    ck_assert_int_eq(file_read(path, 100, &bytes, &size), FIG_IO);
    ck_assert_msg(strstr(message, "not a regular file"), "%s", message);
    ck_assert_int_eq(fig_image_read(&image, path), FIG_IO);
    ck_assert_int_ne(fig_dataset_open(&dataset, path, FIG_TRAIN, 1), FIG_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    tcase_add_checked_fixture(tcase, NULL, scratch_remove);
    tcase_add_test(tcase, a_pipe_is_refused_at_once);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
