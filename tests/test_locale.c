/* SPDX-License-Identifier: MIT */
/* A host program whose locale writes 0,5: files are the same, and read the same. */
#include "tests/suite.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/data.h>
#include <figment/run.h>

#include "base/file.h"
#include "scratch.h"

#define FOLDER "test_locale.files"
#define NAME "de_DE.UTF-8"

/* Made here if need be and can be: a machine may have no such locale. */
static bool set_locale(void)
{
    char half[8];
    if (!setlocale(LC_ALL, NAME)) {
        if (folder_create(FOLDER, 0755) || setenv("LOCPATH", FOLDER, 1) ||
            system("localedef -i de_DE -f UTF-8 ./" FOLDER "/" NAME " >/dev/null 2>&1") ||
            !setlocale(LC_ALL, NAME))
            return false;
    }
    snprintf(half, sizeof(half), "%.1f", 0.5);
    return strcmp(half, "0,5") == 0;
}

static bool has(const char *name, const char *words)
{
    char path[SCRATCH_PATH];
    char *text = scratch_read(scratch_path(name, path), NULL);
    const bool found = strstr(text, words);
    free(text);
    return found;
}

START_TEST(configurations_and_what_a_training_leaves_have_points)
{
    static const char *const small[] = { "data=synthetic:64", "batch=32", "epochs=1", NULL };
    static const char *const longer[] = { "data=synthetic:64", "batch=32", "epochs=2",
                                          "optimizer.beta1=0.50", NULL };
    char path[SCRATCH_PATH];
    struct scratch_training training = { .model = "gan-small", .run = "run",
                                         .trace = scratch_path("trace", path) };
    ck_assert_msg(scratch_train(scratch_device(), &training, small) == FIG_OK, "%s", message);
    training.resume = true;
    message[0] = '\0';
    ck_assert_msg(scratch_train(scratch_device(), &training, longer) == FIG_OK, "%s", message);
    ck_assert_str_eq(message, ""); /* 0.50 is the 0.5 that it was trained with */
    ck_assert(has("run/config.yaml", "beta1: 0.5"));
    ck_assert(has("run/metrics.jsonl", "\"discriminator\":0.") ||
              has("run/metrics.jsonl", "\"discriminator\":1."));
    ck_assert(has("trace", "\"discriminator\":0.") || has("trace", "\"discriminator\":1."));
}
END_TEST

START_TEST(a_table_is_read_as_it_is_written)
{
    static const char table[] = "1.5,2\n2.5,3\n0.5,1\n";
    char path[SCRATCH_PATH];
    float values[2];
    struct fig_dataset *dataset;
    ck_assert_int_eq(file_write(scratch_path("t.csv", path), table, strlen(table)), FIG_OK);
    ck_assert_msg(fig_dataset_open(&dataset, path, FIG_WHOLE, 1) == FIG_OK, "%s", message);
    ck_assert_int_eq(fig_dataset_info(dataset)->channels, 2);
    ck_assert_int_eq(fig_dataset_sample(dataset, 1, values), FIG_OK);
    const struct fig_scaling *scaling = fig_dataset_scaling(dataset);
    const double first = values[0] * scaling->deviation[0] + scaling->mean[0];
    ck_assert_double_eq_tol(first, 2.5, 1e-5); /* float32 */
    fig_dataset_close(&dataset);
}
END_TEST

int main(void)
{
    if (!set_locale())
        return 77; /* skipped */
    Suite *suite = suite_create("locale");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, configurations_and_what_a_training_leaves_have_points);
    tcase_add_test(tcase, a_table_is_read_as_it_is_written);
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
