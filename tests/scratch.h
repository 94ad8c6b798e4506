/* SPDX-License-Identifier: MIT */
/* What suites that train share: a folder to work in, the device under test, files compared. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdbool.h>

#include <figment/train.h>

enum { SCRATCH_PATH = 512 };

/* The device that FIGMENT_DEVICE names, else "cpu": opened by the first call, closed by
 * scratch_remove. */
struct fig_device *scratch_device(void);

/* "FOLDER/name" in a folder of this process that is empty at first. */
const char *scratch_path(const char *name, char path[SCRATCH_PATH]);

/* A fixture: what a test finds, and what it leaves, folder and device. */
void scratch_set_up(void);
void scratch_remove(void);

/* The bytes of a file, and a zero byte behind them; the caller frees.  `size` may be NULL. */
char *scratch_read(const char *path, size_t *size);
bool scratch_same_files(const char *left, const char *right);

/* A number of a JSON object. */
struct cJSON;
double json_number(const struct cJSON *object, const char *key);

/* Train `model` with overrides (ends with NULL) into the run folder `run` of the scratch folder. */
struct scratch_training {
    const char *model, *run, *trace; /* trace: a path, or NULL */
    bool resume;
    const volatile sig_atomic_t *stop;
    void (*progress)(void *data, const struct fig_progress *progress);
    void *data;
};
enum fig_status scratch_train(struct fig_device *device, const struct scratch_training *training,
                              const char *const *overrides);

#endif
