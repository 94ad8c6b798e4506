/* SPDX-License-Identifier: MIT */
/* `figment devices` and `figment bench`: what they print for people and for programs. */
#include "tests/suite.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/size.h"
#include "command.h"
#include "scratch.h"

START_TEST(devices_and_bench_print_what_programs_can_read)
{
    static const char *const keys[] = { "index",  "device",    "name",  "vendor",   "platform",
                                        "driver", "type",      "memory", "max_alloc", "units",
                                        "auto",   "self_test", "reason", "products",
                                        "version", "local_memory", "group" };
    static const char *const numbers[] = { "batch", "step_ms", "images_per_s", "steps", "gflops",
                                           "product_gflops", "copy_gbytes", "memory_ms",
                                           "launch_us", "wait_us" };
    run_well("devices");
    has(out, "cpu ");
    has(out, "picked by auto");
    run_well("devices --json");
    cJSON *list = cJSON_Parse(out);
    ck_assert_msg(cJSON_GetArraySize(list) >= 1, "%s", out);
    for (size_t i = 0; i < LENGTH(keys); i++)
        ck_assert_msg(cJSON_HasObjectItem(cJSON_GetArrayItem(list, 0), keys[i]), "%s", keys[i]);
    cJSON_Delete(list);
    run_well("bench ae-shallow --floors --json --batch 8 --device cpu");
    for (size_t i = 0; i < LENGTH(numbers); i++)
        ck_assert_double_gt(number(out, numbers[i]), 0);
    has(out, "\"model\":\"ae-shallow\"");
    has(out, "\"device\":\"cpu\"");
    has(out, "\"products_gflops\":{\"256\":");
    /* One of many works takes less than one that is waited for, as far as clocks can tell. */
    ck_assert_double_lt(number(out, "launch_us"), 4 * number(out, "wait_us"));
    /* 5 products of 784 x 64 each */
    ck_assert_double_eq_tol(number(out, "arithmetic_ms") * number(out, "product_gflops"),
                            2e-6 * 8 * 784 * 64 * 5, 1e-5);
}
END_TEST

/* Pictures of another size than most, and points of a table. */
START_TEST(models_are_timed_on_the_size_of_their_own_data)
{
    run_well("bench gan-hinge-sn gan-grid --json --batch 2 --device cpu");
    has(out, "\"model\":\"gan-hinge-sn\"");
    has(out, "\"model\":\"gan-grid\"");
}
END_TEST

START_TEST(a_profile_tells_all_products_of_a_step)
{
    run_well("bench ae-shallow --profile --json --batch 8 --device cpu");
    cJSON *object = cJSON_Parse(out);
    const cJSON *work;
    double flops = 0;
    cJSON_ArrayForEach(work, cJSON_GetObjectItemCaseSensitive(object, "works")) {
        flops += cJSON_GetObjectItemCaseSensitive(work, "flops")->valuedouble;
        ck_assert_double_gt(cJSON_GetObjectItemCaseSensitive(work, "ms")->valuedouble, 0);
    }
    /* Forward, and back to the weights and to the code, but not to the images. */
    ck_assert_double_eq(flops, 2.0 * 8 * 784 * 64 * 5);
    cJSON_Delete(object);
    run_well("bench ae-shallow --profile --batch 8 --device cpu");
    has(out, "[8,784] x [784,64]");
    has(out, "each waited for");
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("bench");
    TCase *tests = tcase_create("bench");
    tcase_add_unchecked_fixture(tests, enter_folder, scratch_remove);
    tcase_add_test(tests, devices_and_bench_print_what_programs_can_read);
    tcase_add_test(tests, models_are_timed_on_the_size_of_their_own_data);
    tcase_add_test(tests, a_profile_tells_all_products_of_a_step);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
