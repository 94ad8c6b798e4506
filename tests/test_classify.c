/* SPDX-License-Identifier: MIT */
/* `figment classify`, and what is below it: classes of samples, their probabilities, confusions. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <figment/array.h>
#include <figment/evaluate.h>
#include <figment/image.h>

#include "command.h"
#include "run/safetensors.h"
#include "scratch.h"

enum { COUNT = 200, CLASSES = 10, SIDE = 28, VALUES = SIDE * SIDE };

/* Small models that have learnt a little: of each kind that tells classes. */
static void train(void)
{
    enter_folder();
    run_well("train ae-supervised --data synthetic:200 --batch 50 --epochs 2 --quiet --out code "
             "--set 'encoder=[dense 8 relu]' --set 'decoder=[dense data sigmoid]'");
    run_well("train aae-semi --data synthetic:200 --batch 50 --epochs 1 --quiet --out style "
             "--set 'encoder=[dense 8 relu]' --set label-fraction=0.5");
    run_well("train ae-shallow --data synthetic:50 --steps 1 --quiet --out plain");
}

static struct fig_run *opened(const char *folder)
{
    struct fig_run *run;
    ck_assert_msg(fig_run_open(&run, folder, scratch_device()) == FIG_OK, "%s", message);
    return run;
}

static float *load_tests(void)
{
    struct fig_dataset *dataset;
    float *images = malloc(COUNT * VALUES * sizeof(*images));
    ck_assert_int_eq(fig_dataset_open(&dataset, "synthetic:200", FIG_TEST, 1), FIG_OK);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(fig_dataset_sample(dataset, i, images + i * VALUES), FIG_OK);
    fig_dataset_close(&dataset);
    return images;
}

static void read_tensor(const struct safetensors *file, const char *name, float *values, int count)
{
    const struct safe_tensor *tensor = safetensors_find(file, name);
    ck_assert_msg(tensor && tensor->size == (size_t)count * sizeof(float), "%s", name);
    memcpy(values, tensor->data, tensor->size);
}

/* e^(w . code + b), of each class over the sum of all. */
static void softmax(const float *code, const float *weight, const float *bias, int length,
                    double *probabilities)
{
    double sum = 0;
    for (int k = 0; k < CLASSES; k++) {
        double logit = (double)bias[k];
        for (int i = 0; i < length; i++)
            logit += (double)weight[k * length + i] * (double)code[i];
        probabilities[k] = exp(logit);
        sum += probabilities[k];
    }
    for (int k = 0; k < CLASSES; k++)
        probabilities[k] /= sum;
}

START_TEST(probabilities_are_the_softmax_of_a_dense_layer_of_the_code)
{
    enum { CODE = 8 };
    float weight[CLASSES * CODE], bias[CLASSES], codes[COUNT][CODE], found[COUNT][CLASSES];
    struct safetensors file;
    struct fig_run *run = opened("code");
    float *images = load_tests();
    ck_assert(fig_run_info(run)->classifies && fig_run_info(run)->code == CODE);
    ck_assert_int_eq(safetensors_open(&file, "code/model.safetensors"), FIG_OK);
    read_tensor(&file, "ae.class.weight", weight, CLASSES * CODE);
    read_tensor(&file, "ae.class.bias", bias, CLASSES);
    ck_assert_int_eq(fig_run_encode(run, images, COUNT, *codes), FIG_OK);
    ck_assert_int_eq(fig_run_classify(run, images, COUNT, *found), FIG_OK);
    for (int i = 0; i < COUNT; i++) {
        double expected[CLASSES];
        softmax(codes[i], weight, bias, CODE, expected);
        for (int k = 0; k < CLASSES; k++) /* logits below 10 as floats */
            ck_assert_double_eq_tol(found[i][k], expected[k], 1e-5);
    }
    safetensors_close(&file);
    free(images);
    fig_run_close(&run);
}
END_TEST

START_TEST(the_class_part_of_a_code_is_the_probabilities)
{
    enum { CODE = 10 + CLASSES };
    float codes[COUNT][CODE], found[COUNT][CLASSES];
    struct fig_run *run = opened("style");
    float *images = load_tests();
    ck_assert(fig_run_info(run)->classifies && fig_run_info(run)->code == CODE);
    ck_assert_int_eq(fig_run_encode(run, images, COUNT, *codes), FIG_OK);
    ck_assert_int_eq(fig_run_classify(run, images, COUNT, *found), FIG_OK);
    for (int i = 0; i < COUNT; i++)
        ck_assert_mem_eq(found[i], codes[i] + CODE - CLASSES, sizeof(found[i]));
    free(images);
    fig_run_close(&run);
}
END_TEST

/* By hand: two of unknown class, one of five others taken for another class. */
START_TEST(a_confusion_counts_what_is_taken_for_what)
{
    static const float rows[][3] = { { 0.1f, 0.2f, 0.7f }, { 0.4f, 0.4f, 0.2f }, { 0, 1, 0 },
                                     { 0, 0, 1 }, { 0.3f, 0.6f, 0.1f }, { 1, 0, 0 }, { 0, 0, 1 } };
    static const int labels[] = { 2, 0, 1, -1, 0, -1, 2 }, expected[] = { 2, 0, 1, 2, 1, 0, 2 };
    static const int counts[] = { 1, 1, 0, 0, 1, 0, 0, 0, 2 };
    int taken[7];
    struct fig_confusion confusion;
    fig_most_probable(*rows, 7, 3, taken);
    ck_assert_mem_eq(taken, expected, sizeof(taken));
    ck_assert_int_eq(fig_confuse(&confusion, 3, labels, taken, 7), FIG_OK);
    ck_assert_mem_eq(confusion.counts, counts, sizeof(counts));
    ck_assert_int_eq(confusion.known, 5);
    ck_assert_int_eq(confusion.right, 4);
    fig_confusion_free(&confusion);
}
END_TEST

/* Training measures it on the device, on logits. */
START_TEST(accuracy_is_the_same_in_training_eval_and_classify)
{
    static const char *const folders[] = { "code", "style" };
    char words[64], path[64], metrics[COMMAND_TEXT];
    snprintf(path, sizeof(path), "%s/metrics.jsonl", folders[_i]);
    read_text(path, metrics);
    char *last = strstr(metrics, "\n{"); /* the second of two epochs */
    const double expected = number(last ? last : metrics, "test_accuracy");
    snprintf(words, sizeof(words), "eval %s --metrics accuracy --json", folders[_i]);
    run_well(words);
    ck_assert_double_eq_tol(number(out, "accuracy"), expected, 1e-6); /* printed with 9 digits */
    snprintf(words, sizeof(words), "classify %s --json", folders[_i]);
    run_well(words);
    ck_assert_double_eq_tol(number(out, "accuracy"), expected, 1e-6);
    ck_assert_double_eq(number(out, "samples"), COUNT);
    ck_assert_double_eq(number(out, "known"), COUNT);
}
END_TEST

/* --- Files */

static void write_digit(const char *path, int sample)
{
    float *images = load_tests();
    ck_assert_int_eq(fig_grid_write(path, &(struct fig_grid){
        .images = images + sample * VALUES, .count = 1, .height = SIDE, .width = SIDE,
        .channels = 1 }), FIG_OK);
    free(images);
}

/* The start of a line: class of the last and label. */
static void has_line(const char *text, const char *sample, const float *row, const char *label)
{
    char start[64];
    int taken;
    fig_most_probable(row, 1, CLASSES, &taken);
    snprintf(start, sizeof(start), "\n\"%s\",\"%d\",%s,%.9g,", sample, taken, label,
             (double)row[0]);
    has(text, start);
}

START_TEST(pictures_are_classified_by_their_names)
{
    static const char *const names[] = { "in/3/a.png", "in/lost.png", "in/x/7/b.png" };
    char text[COMMAND_TEXT];
    struct fig_array array;
    ck_assert(!mkdir("in", 0777) && !mkdir("in/3", 0777) && !mkdir("in/x", 0777) &&
              !mkdir("in/x/7", 0777));
    for (int i = 0; i < 3; i++)
        write_digit(names[i], i);
    run_well("classify code --data in --json -o rows.npy");
    ck_assert_double_eq(number(out, "samples"), 3);
    ck_assert_double_eq(number(out, "known"), 2);
    run_well("classify code --data in -o rows.csv");
    has(out, "whose class the model knows");
    ck_assert_int_eq(fig_array_read(&array, "rows.npy"), FIG_OK);
    ck_assert(array.rank == 2 && array.dim[0] == 3 && array.dim[1] == CLASSES);
    read_text("rows.csv", text);
    has(text, "sample,class,label,\"0\",\"1\",");
    has_line(text, "3/a.png", array.values, "\"3\"");
    has_line(text, "lost.png", array.values + CLASSES, "");
    has_line(text, "x/7/b.png", array.values + 2 * CLASSES, "\"7\"");
    fig_array_free(&array);
    run_well("classify code --data in/lost.png -o one.csv");
    read_text("one.csv", text);
    has(text, "sample,class,\"0\",");
    has(text, "\n\"lost.png\",");
}
END_TEST

/* Two of the ten classes, which have other numbers there, and one that the model does not know. */
START_TEST(classes_are_matched_by_their_names)
{
    static const char *const names[] = { "2", "9", "new" };
    static const int expected[] = { 2, 9, -1 };
    struct fig_dataset *dataset;
    struct fig_run *run = opened("code");
    ck_assert(!mkdir("few", 0777));
    for (int i = 0; i < 3; i++) {
        char path[32];
        snprintf(path, sizeof(path), "few/%s", names[i]);
        ck_assert(!mkdir(path, 0777));
        strcat(path, "/a.png");
        write_digit(path, i);
    }
    ck_assert_int_eq(fig_run_dataset(&dataset, run, "few", FIG_TEST), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(dataset)->count, 3);
    int labels[3];
    fig_run_match_labels(run, dataset, labels);
    ck_assert_mem_eq(labels, expected, sizeof(labels));
    fig_dataset_close(&dataset);
    fig_run_close(&run);
    run_well("classify code --data few --split train --json");
    ck_assert_double_eq(number(out, "known"), 2);
}
END_TEST

START_TEST(what_cannot_be_classified_is_refused)
{
    ck_assert_int_eq(run("classify plain"), 2);
    has(err, "the model ae-shallow does not learn to tell classes: expected one with labels: "
             "classify");
    ck_assert_int_eq(run("eval plain --metrics accuracy"), 2);
    has(err, "accuracy: the model does not learn to tell classes");
    ck_assert_int_eq(run("eval code --data uniform:9 --metrics accuracy"), 2);
    has(err, "accuracy: the data have no labels");
    ck_assert_int_eq(run("classify code -o x.png"), 2);
    has(err, "must end in .csv or .npy");
    ck_assert_int_eq(run("classify code --data absent.png"), 2);
    has(err, "absent.png");
}
END_TEST

START_TEST(without_labels_it_is_told_how_many_were_taken_for_each_class)
{
    run_well("classify code --data uniform:9 -o plain.csv");
    char text[COMMAND_TEXT];
    read_text("plain.csv", text);
    has(text, "sample,class,\"0\"");
    ck_assert(!strstr(out, "accuracy"));
    int all = 0, class, count;
    const char *line = strchr(out, '\n');
    for (int k = 0; k < CLASSES; k++, line = strchr(line + 1, '\n')) {
        ck_assert_int_eq(sscanf(line, " %d %d", &class, &count), 2);
        ck_assert_int_eq(class, k);
        all += count;
    }
    ck_assert_int_eq(all, 9);
}
END_TEST

/* What is drawn is of a class that noise does not tell; a code does. */
START_TEST(codes_that_hold_the_class_are_compressed_and_added)
{
    struct fig_run *run = opened("style");
    ck_assert(fig_run_info(run)->conditional && !fig_run_info(run)->conditional_decoder);
    fig_run_close(&run);
    run_well("compress style -o codes.figz");
    run_well("arithmetic style 3 8 -n 5 -o sums.npy");
    run_well("sample style --class 3 -n 5 -o drawn.npy");
}
END_TEST

int main(int count, char **words)
{
    if (!command_find(count, words))
        return EXIT_FAILURE;
    Suite *suite = suite_create("classify");
    TCase *tests = tcase_create("classify");
    tcase_add_unchecked_fixture(tests, train, scratch_remove);
    tcase_add_test(tests, probabilities_are_the_softmax_of_a_dense_layer_of_the_code);
    tcase_add_test(tests, the_class_part_of_a_code_is_the_probabilities);
    tcase_add_test(tests, a_confusion_counts_what_is_taken_for_what);
    tcase_add_test(tests, codes_that_hold_the_class_are_compressed_and_added);
    tcase_add_loop_test(tests, accuracy_is_the_same_in_training_eval_and_classify, 0, 2);
    tcase_add_test(tests, pictures_are_classified_by_their_names);
    tcase_add_test(tests, classes_are_matched_by_their_names);
    tcase_add_test(tests, what_cannot_be_classified_is_refused);
    tcase_add_test(tests, without_labels_it_is_told_how_many_were_taken_for_each_class);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
