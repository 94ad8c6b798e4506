/* SPDX-License-Identifier: MIT */
/* Stores: what is written is what is read, however much it is. */
#include <stdlib.h>

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

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_add_test(tcase, a_large_tensor_keeps_every_value);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
