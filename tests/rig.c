/* SPDX-License-Identifier: MIT */
#include "tests/rig.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "graph/node.h"

static struct {
    const char *name;
    struct fig_device *device;
} devices[2];

static char note[256];

void rig_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof(note), format, args);
    va_end(args);
    message[0] = '\0';
}

const char *rig_message(void)
{
    static char both[sizeof(note) + sizeof(message) + 4];
    snprintf(both, sizeof(both), "%s%s%s", note, note[0] ? ": " : "", message);
    return both;
}

static const char *device_name(void)
{
    const char *name = getenv("FIGMENT_DEVICE");
    return name ? name : "cpu";
}

struct fig_device *rig_device(const char *name)
{
    int i = 0;
    name = name ? name : device_name();
    while (devices[i].device && strcmp(devices[i].name, name) != 0)
        ck_assert_int_lt(++i, 2);
    if (!devices[i].device) {
        RIG_OK(fig_device_open(&devices[i].device, name));
        devices[i].name = name;
    }
    return devices[i].device;
}

bool rig_native(void)
{
    return strncmp(device_name(), "cpu", 3) == 0;
}

bool rig_small(void)
{
    return getenv("FIGMENT_TEST_SMALL") != NULL;
}

double rig_epsilon(const struct rig *rig)
{
    return fig_device_info(rig->device)->real_size == 8 ? 0x1p-53 : 0x1p-24;
}

void rig_open(struct rig *rig, const char *device)
{
    *rig = (struct rig){ .device = rig_device(device) };
    RIG_OK(fig_graph_create(&rig->graph));
}

void rig_close(struct rig *rig)
{
    for (int i = 0; i < rig->inputs; i++)
        free(rig->values[i]);
    fig_plan_destroy(&rig->plan);
    fig_store_destroy(&rig->store);
    fig_graph_destroy(&rig->graph);
}

struct fig_node *rig_input(struct rig *rig, struct fig_shape shape, const double *values)
{
    char name[32];
    const size_t length = shape_length(shape);
    const int i = rig->inputs++;
    ck_assert_int_lt(i, RIG_INPUTS);
    snprintf(name, sizeof(name), "input%d", i);
    rig->input[i] = fig_input(rig->graph, name, shape);
    rig->values[i] = rig_random((uint64_t)i + 1, length, -2, 2);
    if (values)
        memcpy(rig->values[i], values, length * sizeof(*values));
    return rig->input[i];
}

void rig_plan(struct rig *rig, struct fig_node *const *outputs, int count)
{
    const struct fig_plan_params params = { .outputs = outputs, .output_count = count,
                                            .history = rig->history };
    ck_assert_str_eq(fig_graph_error(rig->graph), "");
    if (!rig->store)
        RIG_OK(fig_store_create(&rig->store, rig->device, rig->graph, RIG_SEED));
    fig_plan_destroy(&rig->plan);
    RIG_OK(fig_plan_create(&rig->plan, rig->store, &params));
}

void rig_run(struct rig *rig, uint32_t step)
{
    for (int i = 0; i < rig->inputs; i++) {
        /* An input that no output needs is refused. */
        const enum fig_status status = fig_plan_write_doubles(rig->plan, rig->input[i],
                                                              rig->values[i]);
        ck_assert_msg(!status || status == FIG_INVALID, "%s", rig_message());
    }
    RIG_OK(fig_plan_run(rig->plan, step, 0));
}

double *rig_read(struct rig *rig, const struct fig_node *output)
{
    double *values = malloc(shape_length(output->shape) * sizeof(*values));
    ck_assert_ptr_nonnull(values);
    RIG_OK(fig_plan_read_doubles(rig->plan, output, values));
    return values;
}

double *rig_evaluate(struct rig *rig, struct fig_node *node)
{
    rig_plan(rig, &node, 1);
    rig_run(rig, 0);
    return rig_read(rig, node);
}

double *rig_random(uint64_t seed, size_t count, double low, double high)
{
    const struct stream stream = { .seed = seed, .stream = 0x7e57 };
    double *values = malloc(count * sizeof(*values));
    ck_assert_ptr_nonnull(values);
    random_uniform(&stream, values, count);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(low + (high - low) * values[i]);
    return values;
}

bool rig_near(double seen, double expected, double rtol, double atol)
{
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(seen) : seen == expected;
    return fabs(seen - expected) <= atol + rtol * fabs(expected);
}

int rig_main(Suite *suite)
{
    const int status = suite_main(suite);
    for (int i = 0; i < 2; i++)
        fig_device_close(&devices[i].device);
    return status;
}
