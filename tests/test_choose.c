/* SPDX-License-Identifier: MIT */
/* The names that devices are chosen by. */
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#include <figment/device.h>

START_TEST(names_choose_devices)
{
    struct fig_device_info info;
    char reason[256];
    ck_assert_int_ge(fig_device_count(), 1);
    ck_assert_int_eq(fig_device_query(0, &info), FIG_OK);
    ck_assert_str_eq(info.name, "cpu");
    ck_assert_int_eq(fig_device_choose("cpu", &info, reason), FIG_OK);
    ck_assert_int_eq(info.type, FIG_NATIVE);
    ck_assert_int_eq(info.real_size, 4);
    ck_assert_int_eq(fig_device_choose("cpu64", &info, reason), FIG_OK);
    ck_assert_int_eq(info.real_size, 8);
    ck_assert_int_eq(fig_device_choose("no such thing", &info, reason), FIG_NODEVICE);
    ck_assert_int_eq(fig_device_choose("opencl:999", &info, NULL), FIG_NODEVICE);
    ck_assert_int_eq(fig_device_choose("opencl:-1", &info, NULL), FIG_NODEVICE);
    ck_assert_int_eq(fig_device_choose("opencl:4294967296", &info, NULL), FIG_NODEVICE);
    ck_assert_int_eq(fig_device_choose("auto", &info, reason), FIG_OK);
    ck_assert(info.type != FIG_HOST && *reason);
    const char *set = getenv("FIGMENT_DEVICE");
    char kept[128];
    snprintf(kept, sizeof(kept), "%s", set ? set : "");
    ck_assert_int_eq(setenv("FIGMENT_DEVICE", "cpu64", 1), 0);
    ck_assert_int_eq(fig_device_choose(NULL, &info, NULL), FIG_OK);
    ck_assert_str_eq(info.name, "cpu64");
    ck_assert_int_eq(set ? setenv("FIGMENT_DEVICE", kept, 1) : unsetenv("FIGMENT_DEVICE"), 0);
    ck_assert_int_eq(fig_device_choose("CPU", &info, NULL), FIG_OK);
    ck_assert_str_eq(info.name, "cpu");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose");
    TCase *tests = tcase_create("choose");
    tcase_add_test(tests, names_choose_devices);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
