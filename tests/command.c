/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 600 /* realpath */
#include "tests/suite.h"

#include "command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "scratch.h"

const char *command;
char out[COMMAND_TEXT], err[COMMAND_TEXT];

void read_text(const char *path, char text[COMMAND_TEXT])
{
    char *all = scratch_read(path, NULL);
    snprintf(text, COMMAND_TEXT, "%s", all);
    free(all);
}

int run(const char *words)
{
    char line[4096];
    snprintf(line, sizeof(line), "'%s' %s >out 2>err </dev/null", command, words);
    const int status = system(line);
    read_text("out", out);
    read_text("err", err);
    ck_assert_msg(WIFEXITED(status), "figment %s: died", words);
    return WEXITSTATUS(status);
}

void run_well(const char *words)
{
    const int code = run(words);
    ck_assert_msg(code == 0, "figment %s: exit code %d: %s", words, code, err);
}

void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no `%s` in `%s`", part, text);
}

bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_has(const char *path, const char *bytes, size_t size)
{
    size_t length;
    char *all = scratch_read(path, &length);
    bool found = false;
    for (size_t i = 0; !found && i + size <= length; i++)
        found = memcmp(all + i, bytes, size) == 0;
    free(all);
    return found;
}

double number(const char *text, const char *key)
{
    cJSON *object = cJSON_Parse(text);
    ck_assert_msg(object != NULL, "no JSON: %s", text);
    const double value = json_number(object, key);
    cJSON_Delete(object);
    return value;
}

bool command_find(int count, char *const *words)
{
    static char path[PATH_MAX]; /* the tests run in a folder of their own */
    if (count == 2 && realpath(words[1], path))
        command = path;
    else
        fprintf(stderr, "usage: %s PATH-OF-FIGMENT\n", words[0]);
    return command;
}

void enter_folder(void)
{
    char folder[SCRATCH_PATH];
    ck_assert_int_eq(chdir(scratch_path("", folder)), 0);
    ck_assert_int_eq(setenv("FIGMENT_DEVICE", "cpu", 1), 0);
}
