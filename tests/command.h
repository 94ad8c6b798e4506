/* SPDX-License-Identifier: MIT */
/* The `figment` command as its users call it, for suites of what it does. */
#ifndef TESTS_COMMAND_H
#define TESTS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum { COMMAND_TEXT = 1 << 16 };

extern const char *command;                      /* path of the binary */
extern char out[COMMAND_TEXT], err[COMMAND_TEXT]; /* what it printed last */

/* The command is the suite's only argument; false after a message if it is not there. */
bool command_find(int count, char *const *words);
/* Work in an empty folder, on the native CPU: a fixture, to be ended by scratch_remove. */
void enter_folder(void);

/* Run `figment WORDS`; returns its exit code, or asserts that it is 0. */
int run(const char *words);
void run_well(const char *words);

/* The words of a short training of a model into a run folder. */
#define TRAIN_ONE(model_, run_)                                                                    \
    "train " model_ " --data synthetic:200 --batch 50 --epochs 1 --quiet --seed 7 --out " run_

/* Assert that the text has the part. */
void has(const char *text, const char *part);
bool exists(const char *path);
void read_text(const char *path, char text[COMMAND_TEXT]);
bool file_has(const char *path, const char *bytes, size_t size);
/* A number of a JSON object. */
double number(const char *text, const char *key);

#endif
