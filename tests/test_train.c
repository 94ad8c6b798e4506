/* SPDX-License-Identifier: MIT */
/* Trainings as users live with them: resumed, stopped, damaged, and used afterwards. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <figment/run.h>

#include "base/file.h"
#include "base/size.h"
#include "run/safetensors.h"
#include "train/source.h"

#include "scratch.h"

enum { VALUES = 784, COUNT = 130 /* more than one batch of a run in use, but less than two */ };

/* 300 samples in batches of 64: the last of 5 batches has 44. */
static const char *const two_epochs[] = { "data=synthetic:300", "batch=64", "epochs=2",
                                          "optimizer.name=adam", NULL };
static const char *const seven_steps[] = { "data=synthetic:300", "batch=64", "epochs=2",
                                           "steps=7", "optimizer.name=adam", NULL };

static void train(const char *run, const char *const *overrides, bool resume)
{
    const enum fig_status status = scratch_train(
        scratch_device(), &(struct scratch_training){ .model = "ae-shallow", .run = run,
                                                      .resume = resume },
        overrides);
    ck_assert_msg(status == FIG_OK, "%s: %s", run, message);
}

static void same(const char *left, const char *right)
{
    char a[SCRATCH_PATH], b[SCRATCH_PATH];
    ck_assert_msg(scratch_same_files(scratch_path(left, a), scratch_path(right, b)),
                  "%s and %s differ", left, right);
}

/* Line `index` of a metrics.jsonl; the caller deletes. */
static cJSON *metrics_line(const char *run, int index)
{
    char name[64], path[SCRATCH_PATH], line[4096];
    snprintf(name, sizeof(name), "%s/metrics.jsonl", run);
    FILE *file = fopen(scratch_path(name, path), "r");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i <= index; i++)
        ck_assert_msg(fgets(line, sizeof(line), file) != NULL, "%s: no line %d", run, i);
    fclose(file);
    cJSON *object = cJSON_Parse(line);
    ck_assert_ptr_nonnull(object);
    return object;
}

START_TEST(resuming_from_a_checkpoint_changes_nothing)
{
    static const char *const keys[] = { "epoch", "step", "loss", "test_loss" };
    train("whole", two_epochs, false);
    train("parts", seven_steps, false); /* in the middle of the second epoch */
    train("parts", two_epochs, true);
    same("whole/model.safetensors", "parts/model.safetensors");
    for (int epoch = 0; epoch < 2; epoch++) {
        cJSON *whole = metrics_line("whole", epoch), *parts = metrics_line("parts", epoch);
        for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
            ck_assert_msg(json_number(whole, keys[i]) == json_number(parts, keys[i]),
                          "epoch %d: %s", epoch + 1, keys[i]);
        cJSON_Delete(whole);
        cJSON_Delete(parts);
    }
}
END_TEST

/* After steps that were traced and lost, as when the process is killed between two checkpoints. */
START_TEST(a_resumed_trace_has_every_step_once)
{
    char whole[SCRATCH_PATH], parts[SCRATCH_PATH];
    struct scratch_training training = { .model = "ae-shallow", .run = "traced-whole",
                                         .trace = scratch_path("whole.jsonl", whole) };
    ck_assert_int_eq(scratch_train(scratch_device(), &training, two_epochs), FIG_OK);
    training.run = "traced-parts";
    training.trace = scratch_path("parts.jsonl", parts);
    ck_assert_int_eq(scratch_train(scratch_device(), &training, seven_steps), FIG_OK);
    FILE *trace = fopen(parts, "a");
    ck_assert_ptr_nonnull(trace);
    fputs("{\"step\":7,\"loss\":1}\n{\"step\":8,\"loss\":1}\n{\"step\":9,\"lo", trace);
    ck_assert_int_eq(fclose(trace), 0);
    training.resume = true;
    ck_assert_int_eq(scratch_train(scratch_device(), &training, two_epochs), FIG_OK);
    same("whole.jsonl", "parts.jsonl");
}
END_TEST

/* Epochs of 300 samples in parts of 128, from which the last batch is left over; and labels, which
 * stay whole beside them. */
START_TEST(samples_that_come_in_parts_change_nothing)
{
    static const char *const some[] = { "data=synthetic:300", "batch=64", "epochs=2", "window=100",
                                        "steps=7", NULL };
    train("all", two_epochs, false);
    train("windows", some, false);
    train("windows", two_epochs, true); /* now whole */
    same("all/model.safetensors", "windows/model.safetensors");
    const char *const plain[] = { "data=synthetic:200", "batch=32", "epochs=1", NULL };
    const char *const windows[] = { "data=synthetic:200", "batch=32", "epochs=1", "window=32",
                                    NULL };
    struct scratch_training training = { .model = "vae-conditional", .run = "labels" };
    ck_assert_int_eq(scratch_train(scratch_device(), &training, plain), FIG_OK);
    training.run = "label-windows";
    ck_assert_int_eq(scratch_train(scratch_device(), &training, windows), FIG_OK);
    same("labels/model.safetensors", "label-windows/model.safetensors");
}
END_TEST

/* By hand: samples of 784 bytes, 10000 of them, in batches of 128. */
static const struct {
    size_t memory, max_alloc;
    int window, rows;
} parts[] = {
    { 0, 0, 0, 10000 },
    { 4 * 784 * 10000, 784 * 10000, 0, 10000 }, /* a quarter of the memory is for samples */
    { 4 * 784 * 1000, 0, 0, 896 },
    { 0, 784 * 1000, 0, 896 },
    { 4 * 784 * 1024, 784 * 1024, 0, 1024 },
    { 4 * 784, 0, 0, 128 }, /* not even a batch */
    { 4 * 784 * 1000, 0, 1000, 1024 },
    { 0, 0, 1, 128 },
    { 0, 0, 9999, 10000 },
};

START_TEST(a_part_of_the_samples_fits_the_device)
{
    const struct fig_dataset_info info = { .count = 10000, .height = 28, .width = 28,
                                           .channels = 1, .bytes = true };
    const struct fig_settings settings = { .batch = 128, .window = parts[_i].window };
    const struct fig_device_info device = { .memory = parts[_i].memory, .real_size = 4,
                                            .max_alloc = parts[_i].max_alloc };
    ck_assert_int_eq(source_rows(&info, &settings, &device), parts[_i].rows);
}
END_TEST

START_TEST(more_samples_than_the_memory_takes_are_drawn_as_they_are_used)
{
    static const char *const many[] = { "data=synthetic:1000000", "batch=64", "steps=3",
                                        "shuffle=false", "window=64", NULL };
    static const char *const few[] = { "data=synthetic:300", "batch=64", "steps=3",
                                       "shuffle=false", NULL };
    train("many", many, false);
    train("few", few, false);
    same("many/model.safetensors", "few/model.safetensors");
}
END_TEST

START_TEST(an_epoch_leaves_its_metrics_and_a_picture)
{
    char path[SCRATCH_PATH];
    train("one", two_epochs, false);
    cJSON *line = metrics_line("one", 1);
    ck_assert_int_eq((int)json_number(line, "epoch"), 2);
    ck_assert_int_eq((int)json_number(line, "step"), 10);
    ck_assert(json_number(line, "seconds") > 0 && json_number(line, "images_per_s") > 0);
    ck_assert(json_number(line, "loss") > 0 && json_number(line, "test_loss") > 0);
    cJSON_Delete(line);
    FILE *picture = fopen(scratch_path("one/samples/epoch-0002.png", path), "rb");
    ck_assert_ptr_nonnull(picture);
    fclose(picture);
}
END_TEST

static volatile sig_atomic_t stop;

static void stop_soon(void *data, const struct fig_progress *progress)
{
    (void)data;
    stop = progress->epoch_done;
}

START_TEST(a_stopped_training_is_saved_and_goes_on)
{
    static const char *const three[] = { "data=synthetic:300", "batch=64", "epochs=3",
                                         "optimizer.name=adam", NULL };
    stop = 0;
    const enum fig_status status = scratch_train(scratch_device(), &(struct scratch_training){
        .model = "ae-shallow", .run = "stopped", .stop = &stop, .progress = stop_soon }, three);
    ck_assert_int_eq(status, FIG_CANCELLED);
    train("stopped", three, true);
    train("unstopped", three, false);
    same("stopped/model.safetensors", "unstopped/model.safetensors");
}
END_TEST

START_TEST(a_checkpoint_of_another_training_is_refused)
{
    static const struct {
        const char *override, *message;
    } cases[] = {
        { "seed=2", "trained with seed 1, the configuration says 2" },
        { "batch=32", "trained with batch 64, the configuration says 32" },
        { "encoder=[dense 64 tanh]", "trained with encoder [dense 64 relu], the configuration says "
                                     "[dense 64 tanh]; go on as it began" },
        { "optimizer.name=sgd", "trained with optimizer.name adam, the configuration says sgd" },
        { "name=other", "trained with name ae-shallow, the configuration says other" },
    };
    const char *const *overrides = two_epochs;
    train("mine", overrides, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *const others[] = { "data=synthetic:300", "batch=64", "epochs=3",
                                       cases[i].override, NULL };
        const enum fig_status status = scratch_train(scratch_device(), &(struct scratch_training){
            .model = "ae-shallow", .run = "mine", .resume = true }, others);
        ck_assert_msg(status != FIG_OK && strstr(message, cases[i].message), "%s: %s",
                      cases[i].override, message);
    }
}
END_TEST

/* The run's checkpoint with another value of a metadata key. */
static void damage(const char *run, const char *key, const char *value)
{
    char name[64], path[SCRATCH_PATH];
    struct safetensors file;
    snprintf(name, sizeof(name), "%s/checkpoint.safetensors", run);
    ck_assert_int_eq(safetensors_open(&file, scratch_path(name, path)), FIG_OK);
    for (int i = 0; i < file.pairs; i++) {
        if (strcmp(file.metadata[i].key, key) == 0)
            file.metadata[i].value = value;
    }
    ck_assert_int_eq(safetensors_write(path, &file), FIG_OK);
    safetensors_close(&file);
}

START_TEST(a_checkpoint_of_impossible_steps_is_refused)
{
    static const struct {
        const char *key, *value;
    } cases[] = {
        { "optimizers", "-5" }, { "optimizers", "1e300" }, { "optimizers", "7.5" },
        { "optimizers", "4294967296" }, { "step", "-1" }, { "epoch", "1e10" },
    };
    train("damaged-steps", seven_steps, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        damage("damaged-steps", cases[i].key, cases[i].value);
        ck_assert_int_eq(scratch_train(scratch_device(), &(struct scratch_training){
            .model = "ae-shallow", .run = "damaged-steps", .resume = true }, two_epochs),
                         FIG_FORMAT);
        ck_assert_msg(strstr(message, cases[i].key) &&
                      strstr(message, "expected whole numbers up to"), "%s", message);
        damage("damaged-steps", cases[i].key, strcmp(cases[i].key, "epoch") == 0 ? "1" : "7");
    }
    train("damaged-steps", two_epochs, true);
}
END_TEST

START_TEST(a_loss_that_is_not_finite_ends_the_training_and_is_named)
{
    static const char *const wild[] = { "data=synthetic:300", "batch=64", "epochs=4",
                                        "decoder.0=dense data linear", "optimizer.name=sgd",
                                        "optimizer.rate=1e200", NULL };
    const enum fig_status status = scratch_train(scratch_device(), &(struct scratch_training){
        .model = "ae-shallow", .run = "wild" }, wild);
    ck_assert_int_eq(status, FIG_NUMERIC);
    ck_assert_msg(strstr(message, "loss is") && strstr(message, "ae.0.weight"),
                  "%s", message);
}
END_TEST

START_TEST(weights_that_are_not_finite_are_not_saved)
{
    static const char *const wild[] = { "data=synthetic:300", "batch=64", "steps=1",
                                        "optimizer.name=sgd", "optimizer.rate=1e39", NULL };
    char path[SCRATCH_PATH];
    const enum fig_status status = scratch_train(scratch_device(), &(struct scratch_training){
        .model = "ae-shallow", .run = "inf" }, wild);
    ck_assert_int_eq(status, FIG_NUMERIC);
    ck_assert_msg(strstr(message, "ae.0.weight is not finite at step 0"), "%s", message);
    ck_assert(!path_exists(scratch_path("inf/model.safetensors", path)));
}
END_TEST

START_TEST(critic_steps_that_leave_no_turn_are_told_and_no_epochs_are_not)
{
    static const char *const none[] = { "data=synthetic:64", "batch=32", "epochs=0", NULL };
    static const char *const few[] = { "data=synthetic:64", "batch=32", "epochs=2",
                                       "critic-steps=5", NULL };
    struct scratch_training training = { .model = "gan-small", .run = "no-epochs" };
    message[0] = '\0';
    ck_assert_int_eq(scratch_train(scratch_device(), &training, none), FIG_OK);
    ck_assert_str_eq(message, "");
    training.run = "no-turn";
    ck_assert_int_eq(scratch_train(scratch_device(), &training, few), FIG_OK);
    ck_assert_msg(strstr(message, "5: the generator has no turn in 4 steps"), "%s", message);
}
END_TEST

/* After one step at such a rate the log-variance of a code is too large for its exponential; after
 * `epochs` at the usual one, or none, and where the data come in parts. */
static const struct {
    const char *run, *epochs, *window, *said;
} origins[] = {
    { "wild", NULL, "window=0", "there is no checkpoint yet" },
    { "wild-parts", NULL, "window=128", "there is no checkpoint yet" },
    { "wild-later", "epochs=2", "window=128", "the last checkpoint is as it was" },
};

START_TEST(the_operation_that_a_value_came_from_is_named)
{
    const char *const usual[] = { "data=synthetic:300", "batch=64", origins[_i].window,
                                  origins[_i].epochs, NULL };
    const char *const wild[] = { "data=synthetic:300", "batch=64", origins[_i].window, "epochs=4",
                                 "optimizer.rate=1e6", NULL };
    struct scratch_training training = { .model = "vae-400-20", .run = origins[_i].run };
    if (origins[_i].epochs)
        ck_assert_int_eq(scratch_train(scratch_device(), &training, usual), FIG_OK);
    training.resume = origins[_i].epochs;
    ck_assert_int_eq(scratch_train(scratch_device(), &training, wild), FIG_NUMERIC);
    ck_assert_msg(strstr(message, "it came from exp") &&
                  strstr(message, "near encoder.logvar.weight"), "%s", message);
    ck_assert_msg(strstr(message, origins[_i].said), "%s", message);
}
END_TEST

/* A model in use: count images of ones and zeros through it. */
static float *make_images(int count)
{
    float *images = malloc((size_t)count * VALUES * sizeof(*images));
    ck_assert_ptr_nonnull(images);
    for (int i = 0; i < count * VALUES; i++)
        images[i] = (float)((i * 7 + i / VALUES) % 11) / 10;
    return images;
}

START_TEST(a_run_encodes_decodes_and_reconstructs_alike)
{
    char path[SCRATCH_PATH];
    struct fig_run *run;
    train("used", two_epochs, false);
    ck_assert_int_eq(fig_run_open(&run, scratch_path("used", path), scratch_device()), FIG_OK);
    const struct fig_run_info *info = fig_run_info(run);
    ck_assert_int_eq(info->code, 64);
    ck_assert_int_eq(info->height * info->width * info->channels, VALUES);
    ck_assert_int_eq((int)info->step, 10);
    float *images = make_images(COUNT), *codes = make_images(COUNT);
    float *rebuilt = make_images(COUNT), *decoded = make_images(COUNT);
    ck_assert_int_eq(fig_run_reconstruct(run, images, COUNT, rebuilt), FIG_OK);
    ck_assert_int_eq(fig_run_encode(run, images, COUNT, codes), FIG_OK);
    ck_assert_int_eq(fig_run_decode(run, codes, COUNT, decoded), FIG_OK);
    for (int i = 0; i < COUNT * VALUES; i++) /* the same sums, in other chains: 1e-6 */
        ck_assert_float_eq_tol(rebuilt[i], decoded[i], 1e-6f);
    /* What a picture becomes does not depend on how many come with it. */
    ck_assert_int_eq(fig_run_reconstruct(run, images + (COUNT - 1) * VALUES, 1, decoded), FIG_OK);
    ck_assert(memcmp(decoded, rebuilt + (COUNT - 1) * VALUES, VALUES * sizeof(*decoded)) == 0);
    free(images);
    free(codes);
    free(rebuilt);
    free(decoded);
    fig_run_close(&run);
}
END_TEST

START_TEST(a_damaged_model_is_refused)
{
    char path[SCRATCH_PATH];
    struct fig_run *run;
    train("damaged", two_epochs, false);
    FILE *file = fopen(scratch_path("damaged/model.safetensors", path), "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 20, SEEK_SET), 0);
    fputs("\"\"\"\"", file);
    fclose(file);
    ck_assert_int_eq(fig_run_open(&run, scratch_path("damaged", path), scratch_device()),
                     FIG_FORMAT);
    ck_assert_ptr_null(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train");
    TCase *tcase = tcase_create("train");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_test(tcase, resuming_from_a_checkpoint_changes_nothing);
    tcase_add_test(tcase, a_resumed_trace_has_every_step_once);
    tcase_add_test(tcase, samples_that_come_in_parts_change_nothing);
    tcase_add_loop_test(tcase, a_part_of_the_samples_fits_the_device, 0,
                        sizeof(parts) / sizeof(*parts));
    tcase_add_test(tcase, more_samples_than_the_memory_takes_are_drawn_as_they_are_used);
    tcase_add_test(tcase, an_epoch_leaves_its_metrics_and_a_picture);
    tcase_add_test(tcase, a_stopped_training_is_saved_and_goes_on);
    tcase_add_test(tcase, a_checkpoint_of_another_training_is_refused);
    tcase_add_test(tcase, a_checkpoint_of_impossible_steps_is_refused);
    tcase_add_test(tcase, a_loss_that_is_not_finite_ends_the_training_and_is_named);
    tcase_add_test(tcase, weights_that_are_not_finite_are_not_saved);
    tcase_add_test(tcase, critic_steps_that_leave_no_turn_are_told_and_no_epochs_are_not);
    tcase_add_loop_test(tcase, the_operation_that_a_value_came_from_is_named, 0, LENGTH(origins));
    tcase_add_test(tcase, a_run_encodes_decodes_and_reconstructs_alike);
    tcase_add_test(tcase, a_damaged_model_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
