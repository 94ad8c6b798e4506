/* SPDX-License-Identifier: MIT */
/* Labels on their way from the data set to the device, and to what is drawn. */
#include "tests/suite.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <figment/image.h>
#include <figment/score.h>

#include "base/random.h"
#include "scratch.h"
#include "train/source.h"

enum { COUNT = 300, CLASSES = 10, VALUES = 784, BATCH = 60 };

static void open_source(struct source *source, double known)
{
    const struct label_rows rows = { CLASSES, known, 5 };
    const struct fig_settings settings = { .batch = BATCH };
    ck_assert_int_eq(source_open(source, "synthetic:300", FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(source_upload(source, &settings, scratch_device()), FIG_OK);
    ck_assert_int_eq(source_label(source, scratch_device(), rows), FIG_OK);
}

/* What a plan reads of both from `first` on: [BATCH][VALUES] and [BATCH][CLASSES]. */
static void read_batch(const struct source *source, uint32_t first, float *images, float *labels)
{
    struct fig_graph *graph;
    struct fig_store *store;
    struct fig_plan *plan;
    ck_assert_int_eq(fig_graph_create(&graph), FIG_OK);
    struct fig_node *image = fig_input(graph, "images", fig_shape2(BATCH, VALUES));
    struct fig_node *label = fig_input(graph, "labels", fig_shape2(BATCH, CLASSES));
    struct fig_node *outputs[] = { fig_affine(image, 1, 0), fig_affine(label, 1, 0) };
    const struct fig_feed feeds[] = { { image, source->samples }, { label, source->labels } };
    const struct fig_plan_params params = { .outputs = outputs, .output_count = 2,
                                            .feeds = feeds, .feed_count = 2 };
    ck_assert_int_eq(fig_store_create(&store, scratch_device(), graph, 1), FIG_OK);
    ck_assert_int_eq(fig_plan_create(&plan, store, &params), FIG_OK);
    ck_assert_int_eq(fig_plan_run(plan, 0, first), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[0], images), FIG_OK);
    ck_assert_int_eq(fig_plan_read(plan, outputs[1], labels), FIG_OK);
    fig_plan_destroy(&plan);
    fig_store_destroy(&store);
    fig_graph_destroy(&graph);
}

START_TEST(samples_and_labels_keep_together_in_every_order)
{
    static float images[BATCH * VALUES], labels[BATCH * CLASSES], sample[VALUES];
    const struct stream stream = { 9, STREAM_SHUFFLE, 3 };
    uint32_t order[COUNT];
    struct source source;
    open_source(&source, 1);
    ck_assert_int_eq(source_shuffle(&source, 9, 3), FIG_OK);
    random_permutation(&stream, order, COUNT);
    for (uint32_t first = 0; first < COUNT; first += BATCH) {
        read_batch(&source, first, images, labels);
        for (uint32_t row = 0; row < BATCH; row++) {
            const uint32_t index = order[first + row];
            ck_assert_int_eq(fig_dataset_sample(source.dataset, (int)index, sample), FIG_OK);
            ck_assert(memcmp(sample, images + row * VALUES, sizeof(sample)) == 0);
            for (uint32_t class = 0; class < CLASSES; class++)
                ck_assert_float_eq(labels[row * CLASSES + class],
                                   fig_dataset_labels(source.dataset)[index] == class);
        }
    }
    source_close(&source);
}
END_TEST

static int known_of(const struct source *source, int class)
{
    static float images[BATCH * VALUES], labels[BATCH * CLASSES];
    int known = 0;
    for (uint32_t first = 0; first < COUNT; first += BATCH) {
        read_batch(source, first, images, labels);
        for (int row = 0; row < BATCH; row++)
            known += labels[row * CLASSES + class] == 1;
    }
    return known;
}

/* 300 samples of ten classes: 30 each. */
START_TEST(of_each_class_the_same_part_keeps_its_labels)
{
    static const struct {
        double part;
        int known;
    } cases[] = { { 1, 30 }, { 0.1, 3 }, { 0.5, 15 }, { 0.001, 1 } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct source source;
        open_source(&source, cases[i].part);
        for (int class = 0; class < CLASSES; class++)
            ck_assert_int_eq(known_of(&source, class), cases[i].known);
        source_close(&source);
    }
}
END_TEST

/* --- Conditional models in use */

static struct fig_run *train(const char *model, const char *name)
{
    static const char *const overrides[] = { "data=synthetic:300", "batch=64", "epochs=1", NULL };
    char path[SCRATCH_PATH];
    struct fig_run *run;
    ck_assert_msg(scratch_train(scratch_device(), &(struct scratch_training){ .model = model,
                                                                              .run = name },
                                overrides) == FIG_OK, "%s", message);
    ck_assert_int_eq(fig_run_open(&run, scratch_path(name, path), scratch_device()), FIG_OK);
    return run;
}

enum { DRAWN = 13 }; /* no whole number of turns */

static void draws_the_classes_in_turn(const char *model, const char *name)
{
    static float turn[DRAWN * VALUES], later[VALUES], told[DRAWN * VALUES];
    struct fig_run *run = train(model, name);
    ck_assert_int_eq(fig_run_info(run)->classes, CLASSES);
    ck_assert_int_eq(fig_run_sample(run, 3, 0, DRAWN, turn), FIG_OK);
    for (int class = 0; class < CLASSES; class++) {
        ck_assert_int_eq(fig_run_condition(run, &class, 1), FIG_OK);
        ck_assert_int_eq(fig_run_sample(run, 3, 0, DRAWN, told), FIG_OK);
        for (int i = 0; i < DRAWN; i++) {
            const bool same = memcmp(told + i * VALUES, turn + i * VALUES, sizeof(later)) == 0;
            ck_assert_msg(same == (i % CLASSES == class), "%s: sample %d for class %d", name, i,
                          class);
        }
    }
    ck_assert_int_eq(fig_run_condition(run, NULL, 0), FIG_OK);
    ck_assert_int_eq(fig_run_sample(run, 3, INT_MAX, 1, later), FIG_INVALID);
    ck_assert_int_eq(fig_run_sample(run, 3, INT_MAX - 1, 1, later), FIG_OK);
    ck_assert_int_eq(fig_run_sample(run, 3, DRAWN - 1, 1, later), FIG_OK);
    ck_assert(memcmp(later, turn + (DRAWN - 1) * VALUES, sizeof(later)) == 0);
    fig_run_close(&run);
}

START_TEST(a_conditional_model_draws_the_classes_in_turn_or_as_told)
{
    draws_the_classes_in_turn("vae-conditional", "vae");
    draws_the_classes_in_turn("gan-conditional", "gan");
    draws_the_classes_in_turn("aae-supervised", "aae");
    draws_the_classes_in_turn("aae-semi", "aae-semi");
}
END_TEST

START_TEST(a_conditional_model_wants_the_labels_of_images)
{
    static float image[VALUES], code[VALUES], with_3[VALUES], with_4[VALUES];
    const int labels[] = { 3, 4, 10, -1 };
    struct fig_run *run = train("vae-conditional", "images");
    ck_assert_int_eq(fig_run_encode(run, image, 1, code), FIG_INVALID);
    ck_assert_msg(strstr(message, "must be told the classes"), "%s", message);
    ck_assert_int_eq(fig_run_label(run, labels, 1), FIG_OK);
    ck_assert_int_eq(fig_run_reconstruct(run, image, 1, with_3), FIG_OK);
    ck_assert_int_eq(fig_run_label(run, labels + 1, 1), FIG_OK);
    ck_assert_int_eq(fig_run_reconstruct(run, image, 1, with_4), FIG_OK);
    ck_assert(memcmp(with_3, with_4, sizeof(with_3)) != 0);
    ck_assert_int_eq(fig_run_label(run, labels, 3), FIG_OK);
    ck_assert_int_eq(fig_run_encode(run, image, 1, code), FIG_INVALID);
    ck_assert_msg(strstr(message, "row 2 is of class 10; the model vae-conditional knows "
                         "10"), "%s", message);
    ck_assert_int_eq(fig_run_label(run, labels + 3, 1), FIG_OK);
    ck_assert_int_eq(fig_run_encode(run, image, 1, code), FIG_INVALID);
    ck_assert_msg(strstr(message, "that of image 0 is none of its 10"), "%s", message);
    ck_assert_int_eq(fig_run_condition(run, labels + 3, 1), FIG_OK);
    ck_assert_int_eq(fig_run_sample(run, 0, 0, 1, image), FIG_INVALID);
    ck_assert_msg(strstr(message, "row 0 is of class -1"), "%s", message);
    fig_run_close(&run);
}
END_TEST

START_TEST(a_model_without_classes_knows_no_label)
{
    enum { SAMPLES = 10 };
    int labels[SAMPLES] = { 0 };
    struct fig_dataset *data;
    struct fig_run *run = train("ae-shallow", "unlabelled");
    ck_assert_int_eq(fig_dataset_open(&data, "synthetic:10", FIG_TEST, 1), FIG_OK);
    fig_run_match_labels(run, data, labels);
    for (int i = 0; i < SAMPLES; i++)
        ck_assert_int_eq(labels[i], -1);
    fig_dataset_close(&data);
    fig_run_close(&run);
}
END_TEST

/* "FOLDER/CLASS/a.png" in the scratch folder: a picture of the data, which is left in `image`. */
static void write_picture(const char *folder, const char *class, float image[VALUES])
{
    char path[SCRATCH_PATH], name[64];
    struct fig_dataset *data;
    ck_assert_int_eq(fig_dataset_open(&data, "synthetic:10", FIG_TEST, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_sample(data, 7, image), FIG_OK);
    fig_dataset_close(&data);
    ck_assert_int_eq(mkdir(scratch_path(folder, path), 0777), 0);
    snprintf(name, sizeof(name), "%s/%s", folder, class);
    ck_assert_int_eq(mkdir(scratch_path(name, path), 0777), 0);
    snprintf(name, sizeof(name), "%s/%s/a.png", folder, class);
    ck_assert_int_eq(fig_grid_write(scratch_path(name, path), &(struct fig_grid){
        .images = image, .count = 1, .height = 28, .width = 28, .channels = 1 }), FIG_OK);
}

/* `7` is class 0 of a folder that has no other. */
START_TEST(a_model_is_told_the_classes_of_data_by_their_names)
{
    static float image[VALUES], rebuilt[VALUES], code[20], mean[20];
    const int seven = 7;
    char path[SCRATCH_PATH];
    double score, expected = 0;
    struct fig_dataset *data;
    struct fig_run *run = train("vae-conditional", "told");
    write_picture("few", "7", image);
    ck_assert_int_eq(fig_run_dataset(&data, run, scratch_path("few", path), FIG_TEST), FIG_OK);
    ck_assert_int_eq(fig_score(run, data, &score), FIG_OK);
    ck_assert_int_eq(fig_run_mean_code(run, data, 0, mean), FIG_OK);
    ck_assert_int_eq(fig_run_label(run, &seven, 1), FIG_OK);
    ck_assert_int_eq(fig_run_reconstruct(run, image, 1, rebuilt), FIG_OK);
    ck_assert_int_eq(fig_run_encode(run, image, 1, code), FIG_OK);
    for (int i = 0; i < VALUES; i++)
        expected += pow((double)rebuilt[i] - image[i], 2) / VALUES;
    ck_assert_double_eq_tol(score, expected, 1e-12);
    ck_assert_mem_eq(mean, code, sizeof(code));
    fig_dataset_close(&data);
    write_picture("odd", "new", image);
    ck_assert_int_eq(fig_run_dataset(&data, run, scratch_path("odd", path), FIG_TEST), FIG_OK);
    ck_assert_int_eq(fig_score(run, data, &score), FIG_INVALID);
    ck_assert_msg(strstr(message, "that of image 0 is none of its 10"), "%s", message);
    fig_dataset_close(&data);
    fig_run_close(&run);
}
END_TEST

START_TEST(a_model_keeps_the_names_of_its_classes)
{
    struct fig_run *run = train("vae-conditional", "names");
    ck_assert_str_eq(fig_run_class_name(run, 0), "0");
    ck_assert_str_eq(fig_run_class_name(run, 9), "9");
    ck_assert_ptr_null(fig_run_class_name(run, 10));
    ck_assert_ptr_null(fig_run_class_name(run, -1));
    fig_run_close(&run);
}
END_TEST

/* A picture is 2 x 28 pixels wide, with a gap of 2. */
START_TEST(each_epoch_shows_a_column_for_each_class)
{
    unsigned char head[24];
    char path[SCRATCH_PATH];
    struct fig_run *run = train("vae-conditional", "shown");
    FILE *file = fopen(scratch_path("shown/samples/epoch-0001.png", path), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(head, 1, sizeof(head), file), sizeof(head));
    fclose(file);
    ck_assert_int_eq(head[18] * 256 + head[19], CLASSES * 58 - 2);
    fig_run_close(&run);
}
END_TEST

static const char *const resumed[] = { "vae-conditional", "gan-conditional", "ae-semi",
                                       "aae-semi" };

START_TEST(resuming_a_training_with_labels_changes_nothing)
{
    static const char *const whole[] = { "data=synthetic:300", "batch=64", "epochs=2", NULL };
    static const char *const part[] = { "data=synthetic:300", "batch=64", "epochs=2", "steps=7",
                                        NULL }; /* in the middle of the second epoch */
    char left[SCRATCH_PATH], right[SCRATCH_PATH];
    struct scratch_training training = { .model = resumed[_i], .run = "at-once" };
    ck_assert_int_eq(scratch_train(scratch_device(), &training, whole), FIG_OK);
    training.run = "in-parts";
    ck_assert_int_eq(scratch_train(scratch_device(), &training, part), FIG_OK);
    training.resume = true;
    ck_assert_int_eq(scratch_train(scratch_device(), &training, whole), FIG_OK);
    ck_assert(scratch_same_files(scratch_path("at-once/model.safetensors", left),
                                 scratch_path("in-parts/model.safetensors", right)));
    scratch_remove();
}
END_TEST

START_TEST(data_without_labels_are_refused)
{
    static const char *const overrides[] = { "data=uniform:64", NULL };
    ck_assert_int_eq(scratch_train(scratch_device(), &(struct scratch_training){
        .model = "vae-conditional", .run = "none" }, overrides), FIG_INVALID);
    ck_assert_msg(strstr(message, "uniform:64: it has no labels"), "%s", message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("labels");
    TCase *tcase = tcase_create("labels");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_set_up, scratch_remove);
    tcase_add_test(tcase, samples_and_labels_keep_together_in_every_order);
    tcase_add_test(tcase, of_each_class_the_same_part_keeps_its_labels);
    tcase_add_test(tcase, a_conditional_model_draws_the_classes_in_turn_or_as_told);
    tcase_add_test(tcase, a_conditional_model_wants_the_labels_of_images);
    tcase_add_test(tcase, a_model_without_classes_knows_no_label);
    tcase_add_test(tcase, a_model_is_told_the_classes_of_data_by_their_names);
    tcase_add_test(tcase, a_model_keeps_the_names_of_its_classes);
    tcase_add_test(tcase, each_epoch_shows_a_column_for_each_class);
    tcase_add_loop_test(tcase, resuming_a_training_with_labels_changes_nothing, 0,
                        (int)(sizeof(resumed) / sizeof(*resumed)));
    tcase_add_test(tcase, data_without_labels_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
