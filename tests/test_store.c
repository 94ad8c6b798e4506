/* SPDX-License-Identifier: MIT */
/* Stores, samples and their buffers: what is written is what is read, however much it is. */
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "device/device.h"
#include "tests/rig.h"

/* More than device.c converts at a time, and no multiple of it. */
START_TEST(a_large_tensor_keeps_every_value)
{
    enum { LENGTH_ALL = (2 << 20) + 77 };
    struct rig rig;
    rig_open(&rig, NULL);
    fig_state(rig.graph, "state", fig_shape1(LENGTH_ALL), 0);
    RIG_OK(fig_store_create(&rig.store, rig.device, rig.graph, RIG_SEED));
    double *doubles = rig_random(1, LENGTH_ALL, -1, 1);
    double *after = calloc(LENGTH_ALL, sizeof(*after));
    float *floats = calloc(LENGTH_ALL, sizeof(*floats));
    ck_assert(after && floats);
    RIG_OK(fig_store_write_doubles(rig.store, 0, doubles));
    RIG_OK(fig_store_read(rig.store, 0, floats));
    for (int i = 0; i < LENGTH_ALL; i++)
        ck_assert_msg((double)floats[i] == doubles[i], "float %d is %g", i, (double)floats[i]);
    for (int i = 0; i < LENGTH_ALL; i++)
        floats[i] = -floats[i];
    RIG_OK(fig_store_write(rig.store, 0, floats));
    RIG_OK(fig_store_read_doubles(rig.store, 0, after));
    for (int i = 0; i < LENGTH_ALL; i++)
        ck_assert_msg(after[i] == -doubles[i], "double %d is %g", i, after[i]);
    free(doubles);
    free(after);
    free(floats);
    rig_close(&rig);
}
END_TEST

/* No memory beside a buffer is read or written, whoever got a size wrong. */
START_TEST(a_region_beyond_its_buffer_is_refused)
{
    struct fig_device *device = rig_device(NULL);
    struct buffer *buffer = NULL;
    struct script *script = NULL;
    double values[1024] = { 0 };
    RIG_OK(device_alloc(device, 2 * DEVICE_ALIGN, &buffer));
    const struct region regions[] = { { buffer, 0, 3 * DEVICE_ALIGN },
                                      { buffer, DEVICE_ALIGN, DEVICE_ALIGN + 8 },
                                      { buffer, DEVICE_ALIGN, SIZE_MAX },
                                      { buffer, 3 * DEVICE_ALIGN, 8 } };
    for (size_t i = 0; i < LENGTH(regions); i++) {
        const struct work work = { .kind = WORK_KERNEL, .name = "w", .kernel = KERNEL_uniform,
                                   .n = 1, .buffers = { regions[i] } };
        ck_assert_int_eq(device_write_bytes(device, regions[i], values), FIG_INVALID);
        ck_assert_int_eq(device_read_bytes(device, regions[i], values), FIG_INVALID);
        ck_assert_int_eq(device_write_doubles(device, regions[i], values), FIG_INVALID);
        ck_assert_int_eq(device_read_doubles(device, regions[i], values), FIG_INVALID);
        ck_assert_int_eq(device_write(device, regions[i], (const float *)values), FIG_INVALID);
        ck_assert_int_eq(device_read(device, regions[i], (float *)values), FIG_INVALID);
        ck_assert_int_eq(device_zero(device, regions[i]), FIG_INVALID);
        ck_assert_int_eq(device_compile(device, &work, 1, &script), FIG_INVALID);
    }
    device_free(device, &buffer);
}
END_TEST

START_TEST(what_is_borrowed_stays_the_callers)
{
    struct fig_device *device = rig_device(NULL);
    struct buffer *buffer = NULL;
    char *bytes = malloc(DEVICE_ALIGN), read[DEVICE_ALIGN];
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 42, DEVICE_ALIGN);
    RIG_OK(device_borrow(device, bytes, DEVICE_ALIGN, &buffer));
    RIG_OK(device_read_bytes(device, (struct region){ buffer, 0, DEVICE_ALIGN }, read));
    ck_assert_mem_eq(read, bytes, DEVICE_ALIGN);
    if (rig_native())
        ck_assert_ptr_eq(buffer->memory, bytes);
    device_free(device, &buffer);
    ck_assert_ptr_null(buffer);
    free(bytes);
}
END_TEST

/* Bytes, or reals; with two rows to a batch and the last sample first. */
START_TEST(borrowed_samples_are_fed_and_not_written)
{
    enum { COUNT = 6, BATCH = 2 };
    static const uint8_t bytes[COUNT] = { 0, 51, 102, 153, 204, 255 };
    static const float reals[COUNT] = { 0, 1, 2, 3, 4, 5 };
    static const uint32_t order[COUNT] = { 5, 4, 3, 2, 1, 0 };
    struct rig rig;
    struct fig_samples *samples;
    const double unit = _i ? 1 : 1 / 5.0;
    rig_open(&rig, NULL);
    RIG_OK(fig_samples_borrow(&samples, rig.device, COUNT, 1, _i ? NULL : bytes,
                              _i ? reals : NULL));
    RIG_OK(fig_samples_order(samples, order));
    ck_assert_int_eq(fig_samples_write(samples, 1, order), FIG_INVALID);
    struct fig_node *x = fig_input(rig.graph, "x", fig_shape2(BATCH, 1)), *y = fig_affine(x, 5, 0);
    const struct fig_feed feed = { x, samples };
    RIG_OK(fig_store_create(&rig.store, rig.device, rig.graph, RIG_SEED));
    RIG_OK(fig_plan_create(&rig.plan, rig.store, &(struct fig_plan_params){
        .outputs = &y, .output_count = 1, .feeds = &feed, .feed_count = 1 }));
    for (uint32_t first = 0; first < COUNT; first += BATCH) {
        RIG_OK(fig_plan_run(rig.plan, 0, first));
        double *seen = rig_read(&rig, y);
        for (uint32_t i = 0; i < BATCH; i++)
            ck_assert_double_eq_tol(seen[i], 5 * unit * order[first + i], 1e-6);
        free(seen);
    }
    fig_samples_destroy(&samples);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_add_test(tcase, a_large_tensor_keeps_every_value);
    tcase_add_test(tcase, a_region_beyond_its_buffer_is_refused);
    tcase_add_test(tcase, what_is_borrowed_stays_the_callers);
    tcase_add_loop_test(tcase, borrowed_samples_are_fed_and_not_written, 0, 2);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
