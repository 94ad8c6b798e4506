/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <string.h>

#include <figment/data.h>

#include "refusal.h"

enum fig_status refusal(const char *spec)
{
    struct fig_dataset *dataset = (void *)message;
    const enum fig_status status = fig_dataset_open(&dataset, spec, FIG_TRAIN, 1);
    ck_assert_int_ne(status, FIG_OK);
    ck_assert_ptr_null(dataset);
    ck_assert_msg(strstr(message, spec), "the message does not name %s: %s", spec, message);
    return status;
}
