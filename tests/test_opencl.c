/* SPDX-License-Identifier: MIT */
/* What can go wrong with OpenCL, and what figment then does: drivers that are missing or broken,
 * calls that fail (clfail.c makes them), a cache that is damaged.  Each case is a child process of
 * its own, started anew: this same program with a word that says what to do. */
#define _GNU_SOURCE
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <figment/log.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/size.h"
#include "base/text.h"
#include "device/device.h"
#include "device/opencl/opencl.h"

/* --- the child: what it prints is what the parent looks at --- */

static void print_log(void *data, enum fig_log_level level, const char *text)
{
    (void)data;
    if (level < FIG_LOG_INFO)
        printf("%s: %s\n", level == FIG_LOG_ERROR ? "error" : "warning", text);
}

static int say_count(void)
{
    printf("devices: %d\n", fig_device_count() - 1);
    return 0;
}

enum { M = 37, N = 29, K = 41 };

/* tanh(A B + bias) and the partial sums of it: a product, a chain, a program of its own. */
static enum fig_status work_once(struct fig_device *device, float out[M * N])
{
    struct buffer *buffer = NULL;
    struct script *script = NULL;
    const size_t room = 8192;
    float values[2048];
    for (int i = 0; i < 2048; i++)
        values[i] = (float)((i * 7919) % 1000) / 1000 - 0.5f;
    TRY(device_alloc(device, 5 * room, &buffer));
    const struct region a = { buffer, 0, M * K * 4 }, b = { buffer, room, K * N * 4 };
    const struct region c = { buffer, 2 * room, M * N * 4 }, bias = { buffer, 3 * room, N * 4 };
    const struct region sums = { buffer, 4 * room, 2 * 4 };
    const struct work work = {
        .kind = WORK_PRODUCT, .name = "layer",
        .product = { .a = a, .b = b, .c = c, .m = M, .n = N, .k = K },
        .chain = { .n = M * N, .ins = 2, .steps = 2, .outs = 2,
                   .in = { { .region = c }, { .region = bias, .inner = 1, .count = N } },
                   .step = { { .row = ROW_add, .a = 0, .b = 1 },
                             { .row = ROW_tanh, .a = 2, .b = -1 } },
                   .out = { { .region = c, .value = 3 },
                            { .region = sums, .value = 3, .sum = true } } },
    };
    enum fig_status status = device_write(device, a, values);
    if (!status)
        status = device_write(device, b, values);
    if (!status)
        status = device_write(device, bias, values);
    if (!status)
        status = device_compile(device, &work, 1, &script);
    if (!status)
        status = device_run(device, script, 0);
    if (!status)
        status = device_read(device, c, out);
    if (script)
        device_release(device, &script);
    device_free(device, &buffer);
    return status;
}

static int say_work(void)
{
    struct fig_device *device = NULL;
    float out[M * N] = { 0 };
    enum fig_status status = fig_device_open(&device, "opencl");
    if (!status) {
        status = work_once(device, out);
        const struct cache *cache = &((const struct opencl *)device)->cache;
        printf("hits %d misses %d rejected %d stored %d\n", cache->hits, cache->misses,
               cache->rejected, cache->stored);
        printf("products: %s; self-test: %s\n", fig_device_info(device)->products,
               fig_device_info(device)->self_test);
    }
    fig_device_close(&device);
    uint64_t bits = HASH_START;
    printf("result %016llx\n", (unsigned long long)hash_bytes(bits, out, sizeof(out)));
    printf("status %s\n", fig_status_text(status));
    return status ? 1 : 0;
}

/* --- the parent --- */

static const char *self;
static char folder[PATH_LIMIT];

/* What `word` prints under these variables; the child must end by itself.  The caller frees. */
static char *child(const char *word, const char *variables)
{
    struct text command = { 0 }, output = { 0 };
    char part[4096];
    text_add(&command, "env %s '%s' %s 2>&1", variables, self, word);
    ck_assert(!command.failed);
    FILE *pipe = popen(command.chars, "r");
    ck_assert_ptr_nonnull(pipe);
    for (size_t size; (size = fread(part, 1, sizeof(part), pipe)) > 0;)
        text_add_bytes(&output, part, size);
    const int status = pclose(pipe);
    text_add(&output, "%s", "");
    ck_assert(!output.failed);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < 126, "%s: ended by %d:\n%s",
                  command.chars, status, output.chars);
    text_free(&command);
    return output.chars;
}

static void expect(const char *word, const char *variables, const char *const *wanted)
{
    char *output = child(word, variables);
    for (; *wanted; wanted++)
        ck_assert_msg(strstr(output, *wanted) != NULL, "%s: no \"%s\" in:\n%s", variables, *wanted,
                      output);
    free(output);
}
#define EXPECT(word, variables, ...)                                                               \
    expect(word, variables, (const char *const[]){ __VA_ARGS__, NULL })

START_TEST(no_driver_is_an_ordinary_case)
{
    struct text variables = { 0 };
    text_add(&variables, "OCL_ICD_VENDORS=%s/absent", folder);
    EXPECT("count", variables.chars, "devices: 0");
    EXPECT("work", variables.chars, "error: ", "no device");
    text_free(&variables);
}
END_TEST

START_TEST(a_broken_driver_file_is_passed_over)
{
    char path[PATH_LIMIT];
    struct text variables = { 0 };
    ck_assert_int_eq(path_join(path, folder, "broken.icd"), FIG_OK);
    ck_assert_int_eq(file_write(path, "libno-such-driver.so\n", 21), FIG_OK);
    text_add(&variables, "OCL_ICD_VENDORS=%s", path);
    EXPECT("count", variables.chars, "devices: 0");
    text_free(&variables);
}
END_TEST

static char shim[PATH_LIMIT]; /* "LD_PRELOAD=.../clfail.so CLFAIL=" */

START_TEST(a_driver_that_crashes_is_left_out)
{
    struct text variables = { 0 };
    text_add(&variables, "%sprobe:0:0", shim);
    EXPECT("count", variables.chars, "warning: OpenCL: platform 0 crashes", "devices: 0");
    text_free(&variables);
}
END_TEST

START_TEST(an_unwritable_home_changes_nothing)
{
    EXPECT("work", "-u XDG_CACHE_HOME -u POCL_CACHE_DIR HOME=/proc/nonexistent", "status success",
           "stored 0");
}
END_TEST

START_TEST(failed_calls_end_in_a_message)
{
    static const struct {
        const char *plan, *wanted;
    } cases[] = {
        { "clGetPlatformIDs:1:-1001 CLFAIL_STICKY=1 FIGMENT_PROBE=0", "no device" },
        { "clGetDeviceIDs:1:-1 CLFAIL_STICKY=1 FIGMENT_PROBE=0", "no device" },
        { "clCreateContext:1:-6", "CL_OUT_OF_HOST_MEMORY (-6): the computer's memory is used up" },
        { "clCreateCommandQueue:1:-5", "clCreateCommandQueue failed: CL_OUT_OF_RESOURCES" },
        { "clCreateBuffer:1:-6", "clCreateBuffer failed: CL_OUT_OF_HOST_MEMORY" },
        { "clCreateBuffer:2:-4", "clCreateBuffer failed: CL_MEM_OBJECT_ALLOCATION_FAILURE" },
        { "clEnqueueFillBuffer:1:-4", "take a smaller batch or model" },
        { "clCreateSubBuffer:1:-13", "CL_MISALIGNED_SUB_BUFFER_OFFSET" },
        { "clCreateKernel:1:-46 CLFAIL_STICKY=1", "the kernel " },
        { "clSetKernelArg:1:-51", "CL_INVALID_ARG_SIZE" },
        { "clEnqueueNDRangeKernel:1:-5", "layer: clEnqueueNDRangeKernel failed" },
        { "clEnqueueNDRangeKernel:1:-36 CLFAIL_STICKY=1", "the device was lost or reset" },
        { "clEnqueueReadBuffer:1:-5", "clEnqueueReadBuffer failed" },
        { "clEnqueueWriteBuffer:1:-7777", "an error that OpenCL does not list (-7777)" },
        { "clEnqueueReadBuffer:1:-36 CLFAIL_STICKY=1", "CL_INVALID_COMMAND_QUEUE" },
    };
    free(child("work", "FIGMENT_PROBE=1")); /* the self-test is behind us */
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct text variables = { 0 };
        text_add(&variables, "%s%s", shim, cases[i].plan);
        EXPECT("work", variables.chars, "error: ", cases[i].wanted);
        text_free(&variables);
    }
}
END_TEST

START_TEST(a_failed_build_shows_the_drivers_log)
{
    char path[PATH_LIMIT];
    struct text variables = { 0 };
    text_add(&variables, "%sclBuildProgram:1:-11 CLFAIL_STICKY=1 XDG_CACHE_HOME=%s/empty", shim,
             folder);
    EXPECT("work", variables.chars, "clBuildProgram failed: CL_BUILD_PROGRAM_FAILURE (-11)",
           "the driver's compiler refused a kernel");
    text_free(&variables);
    ck_assert_int_eq(path_join(path, folder, "cl"), FIG_OK);
    ck_assert_int_eq(folder_create(path, 0700), FIG_OK);
    text_add(&variables, "FIGMENT_CL_PATH=%s", path);
    EXPECT("work", variables.chars, "opencl.cl: cannot open");
    text_free(&variables);
}
END_TEST

START_TEST(wishes_for_products_are_checked)
{
    EXPECT("work", "FIGMENT_PRODUCTS=fast", "expected own, clblast or plain");
    EXPECT("work", "FIGMENT_PRODUCTS=plain", "products: plain kernel", "status success");
}
END_TEST

/* Do something to every entry of the cache. */
static void harm(const char *command)
{
    struct text text = { 0 };
    text_add(&text, "cd '%s/figment/kernels' && for f in *.entry; do %s; done", folder, command);
    ck_assert(!text.failed);
    ck_assert_int_eq(system(text.chars), 0);
    text_free(&text);
}

static char *result_of(char *output)
{
    char *result = strstr(output, "result ");
    ck_assert_ptr_nonnull(result);
    ck_assert_msg(strstr(output, "status success") != NULL, "%s", output);
    result = strndup(result, strlen("result 0123456789abcdef"));
    free(output);
    return result;
}

START_TEST(kernels_from_the_cache_give_the_same_bits)
{
    harm("rm $f");
    char *cold = result_of(child("work", "FIGMENT_PROBE=0"));
    EXPECT("work", "FIGMENT_PROBE=0", cold, "hits 3 misses 0 rejected 0 stored 0");
    free(cold);
}
END_TEST

/* A cache may be missing: nothing about it is an error. */
static void expect_no_error(const char *right, const char *counts)
{
    char *output = child("work", "FIGMENT_PROBE=0");
    ck_assert_msg(strstr(output, right) && strstr(output, counts), "no %s in:\n%s", counts, output);
    ck_assert_msg(!strstr(output, "error: "), "%s", output);
    free(output);
}

START_TEST(a_damaged_cache_is_built_again)
{
    static const char *const damages[] = {
        ": > $f",                                                 /* empty */
        "truncate -s 30 $f",                                      /* within the header */
        "truncate -s -1 $f",                                      /* the last byte lost */
        "printf x | dd of=$f bs=1 seek=100 conv=notrunc status=none", /* a byte changed */
        "printf x >> $f",                                         /* a byte too many */
        "truncate -s 300M $f",                                    /* more than is read */
        "rm $f && mkdir $f",                                      /* no file */
        "cp probe-of-nothing $f 2>/dev/null || printf figment > $f",
    };
    char *right = result_of(child("work", "FIGMENT_PROBE=0"));
    for (size_t i = 0; i < LENGTH(damages); i++) {
        harm(damages[i]);
        expect_no_error(right, "hits 0 misses 10 rejected 10 stored 10");
    }
    expect_no_error(right, "hits 3 misses 0 rejected 0 stored 0");
    free(right);
}
END_TEST

START_TEST(an_entry_that_cannot_be_replaced_is_no_error)
{
    char *right = result_of(child("work", "FIGMENT_PROBE=0"));
    harm("rm $f && mkdir $f && : > $f/full");
    expect_no_error(right, "hits 0 misses 10 rejected 10 stored 0");
    harm("rm -r $f");
    expect_no_error(right, "hits 0 misses 10 rejected 0 stored 10");
    free(right);
}
END_TEST

START_TEST(a_cached_program_without_its_kernels_is_built_again)
{
    struct text variables = { 0 };
    char *right = result_of(child("work", "FIGMENT_PROBE=0"));
    text_add(&variables, "FIGMENT_PROBE=0 %sclCreateKernel:1:-46", shim);
    EXPECT("work", variables.chars, right, "hits 3 misses 0 rejected 1 stored 1");
    EXPECT("work", "FIGMENT_PROBE=0", right, "hits 3 misses 0 rejected 0 stored 0");
    text_free(&variables);
    free(right);
}
END_TEST

START_TEST(another_entrys_bytes_are_not_taken)
{
    char *right = result_of(child("work", "FIGMENT_PROBE=0"));
    harm("[ \"${first:-$f}\" = $f ] && first=$f || cp $first $f");
    EXPECT("work", "FIGMENT_PROBE=0", right, "hits 1 misses 9 rejected 9 stored 9");
    free(right);
}
END_TEST

START_TEST(an_unwritable_cache_is_no_error)
{
    EXPECT("work", "XDG_CACHE_HOME=/proc/nonexistent", "status success", "stored 0");
}
END_TEST

START_TEST(two_processes_share_one_cache)
{
    char *right = result_of(child("work", "FIGMENT_PROBE=0"));
    harm("rm $f");
    struct text command = { 0 };
    text_add(&command, "'%s' work >'%s/a' & '%s' work >'%s/b'; wait; cat '%s/a' '%s/b' | "
                       "grep -c '%s'", self, folder, self, folder, folder, folder, right);
    FILE *pipe = popen(command.chars, "r");
    char answer[16] = "";
    ck_assert_ptr_nonnull(fgets(answer, sizeof(answer), pipe));
    pclose(pipe);
    ck_assert_str_eq(answer, "2\n");
    text_free(&command);
    free(right);
}
END_TEST

static TCase *cases_without_devices(void)
{
    TCase *tests = tcase_create("without devices");
    tcase_add_test(tests, no_driver_is_an_ordinary_case);
    tcase_add_test(tests, a_broken_driver_file_is_passed_over);
    return tests;
}

static TCase *cases_of_devices(void)
{
    TCase *tests = tcase_create("devices");
    tcase_add_test(tests, a_driver_that_crashes_is_left_out);
    tcase_add_test(tests, an_unwritable_home_changes_nothing);
    tcase_add_test(tests, failed_calls_end_in_a_message);
    tcase_add_test(tests, a_failed_build_shows_the_drivers_log);
    tcase_add_test(tests, wishes_for_products_are_checked);
    tcase_add_test(tests, kernels_from_the_cache_give_the_same_bits);
    tcase_add_test(tests, a_damaged_cache_is_built_again);
    tcase_add_test(tests, an_entry_that_cannot_be_replaced_is_no_error);
    tcase_add_test(tests, a_cached_program_without_its_kernels_is_built_again);
    tcase_add_test(tests, another_entrys_bytes_are_not_taken);
    tcase_add_test(tests, an_unwritable_cache_is_no_error);
    tcase_add_test(tests, two_processes_share_one_cache);
    return tests;
}

static bool have_device(void)
{
    struct text command = { 0 };
    text_add(&command, "FIGMENT_PROBE=1 '%s' count | grep -q 'devices: 0$'", self);
    const bool have = command.failed || system(command.chars);
    text_free(&command);
    return have;
}

/* Cases that need a device are not counted where there is none. */
static int run_tests(void)
{
    Suite *suite = suite_create("opencl");
    suite_add_tcase(suite, cases_without_devices());
    if (have_device())
        suite_add_tcase(suite, cases_of_devices());
    return suite_main(suite);
}

int main(int count, char **arguments)
{
    fig_log_set(print_log, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 1)
        return strcmp(arguments[1], "count") == 0 ? say_count() : say_work();
    static char own_path[PATH_LIMIT], own_library[64], scratch[] = "/tmp/figment-test-XXXXXX";
    const char *library = getenv("FIGMENT_CLFAIL");
    if (!library || !realpath("/proc/self/exe", own_path) || !mkdtemp(scratch))
        return 77; /* skipped */
    self = own_path;
    snprintf(folder, sizeof(folder), "%s", scratch);
    snprintf(own_library, sizeof(own_library), "%s/clfail.so", scratch);
    snprintf(shim, sizeof(shim), "LD_PRELOAD=%s CLFAIL=", own_library);
    setenv("XDG_CACHE_HOME", folder, 1);
    unsetenv("FIGMENT_DEVICE");
    /* LD_PRELOAD cannot name a path with spaces. */
    const int status = symlink(library, own_library) ? EXIT_FAILURE : run_tests();
    char remove[PATH_LIMIT + 16];
    snprintf(remove, sizeof(remove), "rm -rf '%s'", folder);
    return system(remove) ? EXIT_FAILURE : status;
}
