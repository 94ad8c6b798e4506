/* SPDX-License-Identifier: MIT */
/* Files of the user's: what is no regular one is neither waited for nor written over. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <figment/data.h>
#include <figment/image.h>

#include "base/file.h"
#include "tests/scratch.h"
#include "tests/suite.h"

static void check_content(const char *path, const char *expected)
{
    void *bytes;
    size_t size;
    ck_assert_int_eq(file_read(path, 100, &bytes, &size), FIG_OK);
    ck_assert_str_eq(bytes, expected);
    free(bytes);
}

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

START_TEST(a_link_stays_and_its_file_is_replaced)
{
    char path[SCRATCH_PATH], link[SCRATCH_PATH];
    struct stat info;
    ck_assert_int_eq(file_write(scratch_path("file", path), "old", 3), FIG_OK);
    ck_assert_int_eq(symlink("file", scratch_path("link", link)), 0);
    ck_assert_int_eq(file_write(link, "new", 3), FIG_OK);
    check_content(path, "new");
    ck_assert(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(file_write(link, "newer", 5), FIG_IO);
    ck_assert_msg(strstr(message, "link: a link that leads nowhere"), "%s", message);
}
END_TEST

/* A pipe and a folder of the test's own: no device, which a broken library would break. */
START_TEST(what_is_no_regular_file_is_not_written_over)
{
    char pipe[SCRATCH_PATH], folder[SCRATCH_PATH];
    struct stat info;
    ck_assert_int_eq(mkfifo(scratch_path("pipe", pipe), 0600), 0);
    ck_assert_int_eq(mkdir(scratch_path("folder", folder), 0700), 0);
    ck_assert_int_eq(file_write(pipe, "new", 3), FIG_IO);
    ck_assert_msg(strstr(message, "pipe: not a regular file"), "%s", message);
    ck_assert(stat(pipe, &info) == 0 && S_ISFIFO(info.st_mode));
    ck_assert_int_eq(file_write(folder, "new", 3), FIG_IO);
    ck_assert_msg(strstr(message, "folder: not a regular file"), "%s", message);
}
END_TEST

START_TEST(two_writers_of_one_file_do_not_meet)
{
    char path[SCRATCH_PATH];
    struct writer first, second;
    ck_assert_int_eq(writer_open(&first, scratch_path("file", path)), FIG_OK);
    ck_assert_int_eq(writer_open(&second, path), FIG_OK);
    ck_assert_int_eq(writer_add(&first, "first", 5), FIG_OK);
    ck_assert_int_eq(writer_add(&second, "2nd", 3), FIG_OK);
    ck_assert_int_eq(writer_commit(&second), FIG_OK);
    check_content(path, "2nd");
    ck_assert_int_eq(writer_commit(&first), FIG_OK);
    check_content(path, "first");
    writer_close(&first);
    writer_close(&second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    tcase_add_checked_fixture(tcase, NULL, scratch_remove);
    tcase_add_test(tcase, a_pipe_is_refused_at_once);
    tcase_add_test(tcase, a_link_stays_and_its_file_is_replaced);
    tcase_add_test(tcase, what_is_no_regular_file_is_not_written_over);
    tcase_add_test(tcase, two_writers_of_one_file_do_not_meet);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
