/* SPDX-License-Identifier: MIT */
/* What a work must keep to, whatever device is to do it. */
#include "tests/suite.h"

#include <string.h>

#include "base/size.h"
#include "tests/arena.h"

START_TEST(works_that_break_a_rule_are_refused)
{
    struct arena arena;
    struct script *script = NULL;
    const uint32_t slot = 0;
    arena_open(&arena, 10 + 1 + 1);
    const struct region small = arena_take(&arena, 10), other = arena_take(&arena, 1);
    const struct region third = arena_take(&arena, 1);
    const struct {
        const char *rule; /* in the message */
        struct work work;
    } broken[] = {
        { "buffer of a kernel: 11 numbers", {
            .kernel = KERNEL_uniform, .name = "too long", .n = 11, .buffers = { small } } },
        { "work->n > 0", {
            .kernel = KERNEL_uniform, .name = "empty", .n = 0, .buffers = { small } } },
        { "buffer of a kernel: no buffer", {
            .kernel = KERNEL_uniform, .name = "no buffer", .n = 10 } },
        { "region_overlaps(work->buffers[i], ", {
            .kernel = KERNEL_sgd, .name = "overlap", .n = 10, .buffers = { small, small } } },
        { "step->b < values", { .kind = WORK_CHAIN, .name = "no value", .chain = {
            .n = 10, .ins = 1, .steps = 1, .outs = 1, .in = { { .region = small } },
            .step = { { .row = ROW_add, .a = 0, .b = 1 } },
            .out = { { .region = small, .value = 1 } } } } },
        { "!in->sum || ", { .kind = WORK_CHAIN, .name = "a total twice", .chain = {
            .n = 2, .ins = 1, .outs = 1, .in = { { small, 1, 10, true } },
            .out = { { .region = other } } } } },
        { "!out->slot || ", { .kind = WORK_CHAIN, .name = "no slot", .chain = {
            .n = 1, .ins = 1, .outs = 1, .in = { { .region = small } },
            .out = { { .region = other, .slot = true } } } } },
        { "own && chain->in[i].count == 0", {
            .kind = WORK_CHAIN, .name = "a slot of its own input", .chain = {
                .n = 1, .ins = 1, .outs = 1, .slot = &slot, .in = { { .region = small } },
                .out = { { .region = small, .slot = true } } } } },
        { "!region_overlaps(p->c, p->a)", {
            .kind = WORK_PRODUCT, .name = "onto itself", .product = {
                .a = small, .b = small, .c = small, .m = 1, .n = 1, .k = 1 } } },
        { "!touches(work, p->sums)", {
            .kind = WORK_PRODUCT, .name = "sums over a factor", .product = {
                .a = small, .b = small, .c = other, .sums = small, .trans_a = true,
                .m = 1, .n = 1, .k = 1 } } },
        { "p->trans_a", { .kind = WORK_PRODUCT, .name = "sums of no transpose", .product = {
            .a = small, .b = small, .c = other, .sums = third, .m = 1, .n = 1, .k = 1 } } },
    };
    for (size_t i = 0; i < LENGTH(broken); i++) {
        ck_assert_int_eq(device_compile(arena.device, &broken[i].work, 1, &script), FIG_INVALID);
        ck_assert_msg(strstr(message, broken[i].rule), "no \"%s\": %s", broken[i].rule, message);
    }
    struct buffer *huge = NULL;
    ck_assert_int_eq(device_alloc(arena.device, SIZE_MAX / 2, &huge), FIG_NOMEM);
    arena_close(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("work");
    TCase *tests = tcase_create("work");
    tcase_add_test(tests, works_that_break_a_rule_are_refused);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
