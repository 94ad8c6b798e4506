/* SPDX-License-Identifier: MIT */
/* Training follows exact traces: losses and weights of float64 PyTorch runs on the same random
 * streams (tests/golden/README.md), for several seeds and batch sizes. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "run/safetensors.h"
#include "scratch.h"

/* Relative errors of losses that float32 may have.  Two correct GANs drift apart: a sign flips in
 * one of them, so their later steps are compared loosely. */
struct tolerance {
    double early, late;
    int early_steps;
    double norm; /* of norms of weights after the last step */
};
static const struct tolerance steady = { 2e-6, 2e-6, 0, 1e-4 }, chaotic = { 1e-5, 5e-3, 3, 5e-3 },
    deep = { 1e-5, 5e-3, 2, 5e-3 }; /* batch norm passes a flip on to all: a step earlier */

static const struct {
    const char *name;
    const struct tolerance *tolerance;
} traces[] = {
    { "ae-deep-batch-256", &steady },    { "ae-256-128-batch-256", &steady },
    { "ae-shallow-batch-256", &steady }, { "vae-dense-batch-128", &steady },
    { "vae-400-20-batch-128", &steady }, { "latent-gan-batch-128", &steady },
    { "gan-dense-batch-64", &chaotic },  { "gan-small-batch-64", &chaotic },
    { "gan-conv-batch-16", &deep },      { "gan-conv-batch-7", &deep },
    { "ae-deep-batch-37", &steady },     { "ae-256-128-batch-37", &steady },
    { "ae-shallow-batch-37", &steady },  { "vae-dense-batch-37", &steady },
    { "vae-400-20-batch-37", &steady },  { "latent-gan-batch-37", &steady },
    { "gan-dense-batch-7", &chaotic },   { "gan-small-batch-7", &chaotic },
    { "vae-400-20-batch-7", &steady },   { "ae-deep-batch-1", &steady },
    { "ae-256-128-batch-1", &steady },   { "ae-shallow-batch-1", &steady },
};
enum {
    TRACES = sizeof(traces) / sizeof(*traces),
    SMALL = 18 /* those before take minutes on slow devices */
};

static const char *string(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    ck_assert_msg(text != NULL, "no string %s", key);
    return text;
}

/* Every loss of every line of the trace against the golden one. */
static void compare_losses(const char *name, const char *trace, const cJSON *golden,
                           const struct tolerance *tolerance)
{
    double worst = 0;
    char *text = scratch_read(trace, NULL), *line = text;
    const cJSON *want;
    int step = 0;
    cJSON_ArrayForEach(want, golden) {
        cJSON *got = cJSON_Parse(line);
        ck_assert_msg(got != NULL, "%s: no line for step %d", name, step);
        ck_assert_int_eq((int)json_number(got, "step"), step);
        const cJSON *loss;
        cJSON_ArrayForEach(loss, want) {
            const double error = fabs(json_number(got, loss->string) / loss->valuedouble - 1);
            const bool early = step < tolerance->early_steps;
            ck_assert_msg(error <= (early ? tolerance->early : tolerance->late),
                          "%s: step %d: %s is %.9g, not %.9g", name, step, loss->string,
                          json_number(got, loss->string), loss->valuedouble);
            worst = error > worst ? error : worst;
        }
        cJSON_Delete(got);
        line += strcspn(line, "\n") + 1;
        step++;
    }
    printf("%s: %d steps, worst relative error %.1e\n", name, step, worst);
    free(text);
}

static double norm(const struct safe_tensor *tensor)
{
    double sum = 0;
    for (size_t i = 0; i < tensor->size / sizeof(float); i++) {
        float value;
        memcpy(&value, (const char *)tensor->data + i * sizeof(value), sizeof(value));
        sum += (double)value * value;
    }
    return sqrt(sum);
}

/* Names, shapes and norms of the trained weights, in the file that PyTorch would load. */
static void compare_weights(const char *name, const cJSON *golden, double tolerance)
{
    char file[SCRATCH_PATH], path[SCRATCH_PATH];
    struct safetensors model;
    const cJSON *want;
    snprintf(file, sizeof(file), "%s/model.safetensors", name);
    ck_assert_int_eq(safetensors_open(&model, scratch_path(file, path)), FIG_OK);
    ck_assert_int_ge(model.count, cJSON_GetArraySize(golden)); /* running statistics besides */
    cJSON_ArrayForEach(want, golden) {
        const char *tensor_name = string(want, "name");
        const struct safe_tensor *tensor = safetensors_find(&model, tensor_name);
        const cJSON *shape = cJSON_GetObjectItemCaseSensitive(want, "shape");
        ck_assert_msg(tensor != NULL, "%s: no tensor %s", name, tensor_name);
        ck_assert_int_eq(tensor->rank, cJSON_GetArraySize(shape));
        for (int i = 0; i < tensor->rank; i++)
            ck_assert_uint_eq(tensor->dims[i], (size_t)cJSON_GetArrayItem(shape, i)->valueint);
        const double expected = json_number(want, "final_norm");
        ck_assert_msg(fabs(norm(tensor) - expected) <= tolerance * (1e-3 + expected),
                      "%s: norm of %s is %.9g, not %.9g", name, tensor_name, norm(tensor),
                      expected);
    }
    safetensors_close(&model);
}

static void train(const char *name, const cJSON *golden, const char *trace)
{
    char seed[64], batch[32], steps[32], data[32];
    snprintf(seed, sizeof(seed), "seed=%s", string(golden, "seed"));
    snprintf(batch, sizeof(batch), "batch=%d", (int)json_number(golden, "batch"));
    snprintf(steps, sizeof(steps), "steps=%d", (int)json_number(golden, "steps"));
    snprintf(data, sizeof(data), "data=uniform:%d",
             (int)(json_number(golden, "steps") * json_number(golden, "batch")));
    const char *const overrides[] = { seed, batch, steps, data, "epochs=1", NULL };
    const enum fig_status status = scratch_train(
        scratch_device(), &(struct scratch_training){ .model = string(golden, "model"), .run = name,
                                            .trace = trace }, overrides);
    ck_assert_msg(status == FIG_OK, "%s: %s", name, message);
}

START_TEST(a_training_follows_its_golden_trace)
{
    const char *name = traces[_i].name;
    char path[SCRATCH_PATH], trace[SCRATCH_PATH];
    snprintf(path, sizeof(path), "%s/%s.json", GOLDEN_FOLDER, name);
    char *text = scratch_read(path, NULL);
    cJSON *golden = cJSON_Parse(text);
    ck_assert_ptr_nonnull(golden);
    train(name, golden, scratch_path("trace.jsonl", trace));
    compare_losses(name, trace, cJSON_GetObjectItemCaseSensitive(golden, "losses"),
                   traces[_i].tolerance);
    compare_weights(name, cJSON_GetObjectItemCaseSensitive(golden, "parameters"),
                    traces[_i].tolerance->norm);
    cJSON_Delete(golden);
    free(text);
}
END_TEST

START_TEST(a_training_gives_the_same_bits_twice)
{
    static const char *const overrides[] = { "data=synthetic:300", "batch=64", "epochs=2", NULL };
    char first[SCRATCH_PATH], second[SCRATCH_PATH];
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(scratch_train(scratch_device(), &(struct scratch_training){
            .model = "ae-deep", .run = i ? "second" : "first" }, overrides), FIG_OK);
    ck_assert(scratch_same_files(scratch_path("first/model.safetensors", first),
                                 scratch_path("second/model.safetensors", second)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden");
    TCase *tcase = tcase_create("golden");
    const int small = getenv("FIGMENT_TEST_SMALL") != NULL; /* a device that takes minutes else */
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_loop_test(tcase, a_training_follows_its_golden_trace, small ? SMALL : 0, TRACES);
    tcase_add_test(tcase, a_training_gives_the_same_bits_twice);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
