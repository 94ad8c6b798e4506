/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "tests/suite.h"

static char folder[SCRATCH_PATH];
static struct fig_device *opened;

struct fig_device *scratch_device(void)
{
    if (opened)
        return opened;
    const char *name = getenv("FIGMENT_DEVICE");
    ck_assert_msg(fig_device_open(&opened, name ? name : "cpu") == FIG_OK, "%s", message);
    return opened;
}

const char *scratch_path(const char *name, char path[SCRATCH_PATH])
{
    if (!*folder) {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof(folder), "%s/figment-test-XXXXXX", base ? base : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(folder));
    }
    ck_assert_int_lt(snprintf(path, SCRATCH_PATH, "%s/%s", folder, name), SCRATCH_PATH);
    return path;
}

void scratch_set_up(void)
{
    scratch_device();
}

void scratch_remove(void)
{
    char command[SCRATCH_PATH + 16];
    fig_device_close(&opened);
    if (!*folder)
        return;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command))
        fprintf(stderr, "cannot remove %s\n", folder);
    *folder = '\0';
}

char *scratch_read(const char *path, size_t *size)
{
    void *bytes;
    size_t length;
    ck_assert_msg(file_read(path, SIZE_MAX, &bytes, &length) == FIG_OK, "%s", message);
    if (size)
        *size = length;
    return bytes;
}

bool scratch_same_files(const char *left, const char *right)
{
    size_t left_size, right_size;
    char *a = scratch_read(left, &left_size), *b = scratch_read(right, &right_size);
    const bool same = left_size == right_size && memcmp(a, b, left_size) == 0;
    free(a);
    free(b);
    return same;
}

double json_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    ck_assert_msg(cJSON_IsNumber(item), "no number %s", key);
    return item->valuedouble;
}

enum fig_status scratch_train(struct fig_device *device, const struct scratch_training *training,
                              const char *const *overrides)
{
    char run[SCRATCH_PATH];
    struct fig_config *config;
    int count = 0;
    while (overrides[count])
        count++;
    enum fig_status status = fig_config_open(&config, training->model, overrides, count);
    if (status)
        return status;
    status = fig_train(config, device, &(struct fig_train_params){
        .folder = scratch_path(training->run, run), .resume = training->resume,
        .trace = training->trace, .stop = training->stop, .progress = training->progress,
        .data = training->data });
    fig_config_close(&config);
    return status;
}
