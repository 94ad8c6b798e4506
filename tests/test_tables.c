/* SPDX-License-Identifier: MIT */
/* Models of tables: the scaling that a model learns with goes with it. */
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <figment/run.h>

#include "base/file.h"
#include "base/text.h"
#include "run/safetensors.h"
#include "scratch.h"

enum { ROWS = 40, COLUMNS = 3, TRAINED = 32 };

static struct fig_device *device;
static char learnt[SCRATCH_PATH], other[SCRATCH_PATH], folder[SCRATCH_PATH];

/* Columns of different units; `shift` moves all of them. */
static double cell(int row, int column, double shift)
{
    static const double unit[COLUMNS] = { 1, 1000, 0.01 };
    return unit[column] * (sin(1.0 + row * (column + 1)) + 0.1 * row + shift);
}

static void write_table(const char *path, double shift)
{
    struct text text = { 0 };
    for (int row = 0; row < ROWS; row++) {
        for (int column = 0; column < COLUMNS; column++)
            text_add(&text, "%.9g%c", cell(row, column, shift), column < 2 ? ',' : '\n');
    }
    ck_assert_int_eq(file_write(path, text.chars, text.length), FIG_OK);
    text_free(&text);
}

static enum fig_status train(const char *run, const char *model, const char *override)
{
    char data[SCRATCH_PATH + 8];
    snprintf(data, sizeof(data), "data=%s", learnt);
    const char *const overrides[] = { data, "batch=8", "epochs=2", override, NULL };
    return scratch_train(device, &(struct scratch_training){ .model = model, .run = run },
                         overrides);
}

/* One epoch, or a second one. */
static void train_on(const char *table, bool resume)
{
    char data[SCRATCH_PATH + 8];
    snprintf(data, sizeof(data), "data=%s", table);
    const char *const overrides[] = { data, "batch=8", resume ? "epochs=2" : "epochs=1", NULL };
    ck_assert_msg(scratch_train(device, &(struct scratch_training){
        .model = "ae-table", .run = "parts", .resume = resume }, overrides) == FIG_OK, "%s",
        message);
}

static void prepare(void)
{
    device = scratch_device();
    scratch_path("run", folder);
    write_table(scratch_path("learnt.csv", learnt), 0);
    write_table(scratch_path("other.csv", other), 100);
    ck_assert_int_eq(train("run", "ae-table", NULL), FIG_OK);
}

static void finish(void)
{
    scratch_remove();
}

static struct fig_run *opened(void)
{
    struct fig_run *run;
    ck_assert_msg(fig_run_open(&run, folder, device) == FIG_OK, "%s", message);
    return run;
}

/* Mean and deviation over the rows that train, all but each fifth. */
static void expected_scaling(int column, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int row = 0; row < ROWS; row++)
        sum += row % 5 == 4 ? 0 : cell(row, column, 0);
    *mean = sum / TRAINED;
    for (int row = 0; row < ROWS; row++)
        squares += row % 5 == 4 ? 0 : pow(cell(row, column, 0) - *mean, 2);
    *deviation = sqrt(squares / TRAINED);
}

START_TEST(a_model_keeps_the_scaling_that_it_learnt_with)
{
    struct fig_run *run = opened();
    const struct fig_scaling *scaling = fig_run_scaling(run);
    ck_assert_ptr_nonnull(scaling);
    ck_assert_int_eq(scaling->columns, COLUMNS);
    for (int i = 0; i < COLUMNS; i++) {
        double mean, deviation;
        expected_scaling(i, &mean, &deviation); /* of 9 digits each */
        ck_assert_double_eq_tol(scaling->mean[i], mean, 1e-8 * deviation);
        ck_assert_double_eq_tol(scaling->deviation[i], deviation, 1e-8 * deviation);
    }
    fig_run_close(&run);
}
END_TEST

START_TEST(other_data_are_standardised_by_the_numbers_of_the_model)
{
    struct fig_run *run = opened();
    struct fig_dataset *dataset;
    ck_assert_int_eq(fig_run_dataset(&dataset, run, other, FIG_TRAIN), FIG_OK);
    const float *values = fig_dataset_values(dataset);
    for (int i = 0; i < COLUMNS; i++) {
        double mean, deviation;
        expected_scaling(i, &mean, &deviation);
        const double expected = (cell(0, i, 100) - mean) / deviation; /* about 70 as a float */
        ck_assert_double_eq_tol(values[i], expected, 1e-5);
    }
    fig_dataset_close(&dataset);
    fig_run_close(&run);
}
END_TEST

/* One number may be far from all others: what becomes of these must not depend on it. */
START_TEST(an_extreme_row_leaves_the_others_as_they_are)
{
    enum { EXTREME = 7 };
    char path[SCRATCH_PATH];
    struct text text = { 0 };
    struct fig_run *run = opened();
    struct fig_dataset *dataset;
    double mean, deviation;
    for (int row = 0; row < ROWS; row++)
        text_add(&text, "%.9g,0,0\n", row == EXTREME ? 1e12 : cell(row, 0, 0));
    ck_assert_int_eq(file_write(scratch_path("extreme.csv", path), text.chars, text.length),
                     FIG_OK);
    ck_assert_int_eq(fig_run_dataset(&dataset, run, path, FIG_WHOLE), FIG_OK);
    expected_scaling(0, &mean, &deviation);
    for (int row = 0; row < ROWS; row++) {
        const double expected = (cell(row, 0, 0) - mean) / deviation; /* up to 3, as a float */
        if (row != EXTREME)
            ck_assert_double_eq_tol(fig_dataset_values(dataset)[row * COLUMNS], expected, 1e-6);
    }
    fig_dataset_close(&dataset);
    fig_run_close(&run);
    text_free(&text);
}
END_TEST

START_TEST(a_number_that_cannot_be_standardised_is_refused_with_its_place)
{
    static const char rows[] = "1,2,3\n1,2,1e38\n", *const place = "row 2, column 3: 1e+38";
    char path[SCRATCH_PATH];
    struct fig_run *run = opened();
    struct fig_dataset *dataset;
    ck_assert_int_eq(file_write(scratch_path("far.csv", path), rows, strlen(rows)), FIG_OK);
    ck_assert_int_eq(fig_run_dataset(&dataset, run, path, FIG_WHOLE), FIG_FORMAT);
    ck_assert_msg(strstr(message, place), "%s", message);
    ck_assert_int_eq(fig_dataset_open(&dataset, path, FIG_WHOLE, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_rescale(dataset, fig_run_scaling(run)), FIG_FORMAT);
    ck_assert_double_eq(fig_dataset_scaling(dataset)->mean[0], 1); /* as it was */
    fig_dataset_close(&dataset);
    fig_run_close(&run);
}
END_TEST

START_TEST(its_own_data_are_the_same_bits_as_in_training)
{
    struct fig_run *run = opened();
    struct fig_dataset *ours, *plain;
    ck_assert_int_eq(fig_run_dataset(&ours, run, NULL, FIG_TEST), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&plain, learnt, FIG_TEST, 1), FIG_OK);
    ck_assert_mem_eq(fig_dataset_values(ours), fig_dataset_values(plain),
                     sizeof(float) * COLUMNS * (ROWS - TRAINED));
    fig_dataset_close(&plain);
    fig_dataset_close(&ours);
    fig_run_close(&run);
}
END_TEST

/* Three columns are no colours. */
START_TEST(a_training_on_a_table_draws_no_pictures)
{
    char path[SCRATCH_PATH];
    ck_assert(path_exists(scratch_path("run/metrics.jsonl", path)));
    ck_assert(!path_exists(scratch_path("run/samples/epoch-0001.png", path)));
}
END_TEST

START_TEST(a_table_can_be_had_as_it_is_in_the_file)
{
    struct fig_dataset *dataset;
    const struct fig_scaling two = { 2, (double[]){ 0, 0 }, (double[]){ 1, 1 } };
    ck_assert_int_eq(fig_dataset_open(&dataset, learnt, FIG_TEST, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_rescale(dataset, &two), FIG_SHAPE);
    const struct fig_scaling *scaling = fig_dataset_scaling(dataset);
    float row[COLUMNS];
    ck_assert_int_eq(fig_dataset_sample(dataset, 0, row), FIG_OK);
    fig_scaling_undo(scaling, row, 1);
    ck_assert_int_eq(fig_dataset_rescale(dataset, NULL), FIG_OK);
    ck_assert_ptr_null(fig_dataset_scaling(dataset));
    for (int i = 0; i < COLUMNS; i++) {
        const double expected = cell(4, i, 0); /* floats, of values up to 2 deviations */
        ck_assert_double_eq_tol(row[i], expected, 1e-6 * (fabs(expected) + fabs(cell(39, i, 0))));
        ck_assert_float_eq(fig_dataset_values(dataset)[i], row[i]);
    }
    fig_dataset_close(&dataset);
}
END_TEST

START_TEST(a_whole_table_has_its_rows_in_order_and_the_scaling_of_its_training_half)
{
    struct fig_dataset *whole, *train;
    ck_assert_int_eq(fig_dataset_open(&train, learnt, FIG_TRAIN, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_open(&whole, learnt, FIG_WHOLE, 1), FIG_OK);
    ck_assert_int_eq(fig_dataset_info(whole)->count, ROWS);
    ck_assert(fig_dataset_info(whole)->whole);
    const size_t size = COLUMNS * sizeof(double);
    ck_assert_mem_eq(fig_dataset_scaling(whole)->mean, fig_dataset_scaling(train)->mean, size);
    ck_assert_int_eq(fig_dataset_rescale(whole, NULL), FIG_OK);
    for (int i = 0; i < ROWS; i++) /* floats, of values up to 6 */
        ck_assert_double_eq_tol(fig_dataset_values(whole)[i * COLUMNS], cell(i, 0, 0), 1e-5);
    fig_dataset_close(&whole);
    fig_dataset_close(&train);
}
END_TEST

START_TEST(a_resumed_training_on_the_same_table_changes_nothing)
{
    char once[SCRATCH_PATH], twice[SCRATCH_PATH];
    train_on(learnt, false);
    train_on(learnt, true);
    ck_assert(scratch_same_files(scratch_path("run/model.safetensors", once),
                                 scratch_path("parts/model.safetensors", twice)));
}
END_TEST

START_TEST(a_resumed_training_on_another_table_keeps_its_scaling)
{
    char path[SCRATCH_PATH];
    struct fig_run *before = opened(), *after;
    train_on(learnt, false);
    train_on(other, true);
    ck_assert_int_eq(fig_run_open(&after, scratch_path("parts", path), device), FIG_OK);
    const struct fig_scaling *old = fig_run_scaling(before), *new = fig_run_scaling(after);
    ck_assert_mem_eq(new->mean, old->mean, COLUMNS * sizeof(double));
    ck_assert_mem_eq(new->deviation, old->deviation, COLUMNS * sizeof(double));
    fig_run_close(&before);
    fig_run_close(&after);
}
END_TEST

/* Sorted: 20000 rows of the training half have the one code, and as many behind them another. */
START_TEST(a_mixture_is_fitted_to_codes_from_all_of_a_table)
{
    enum { ALL = 50000 };
    char path[SCRATCH_PATH], data[SCRATCH_PATH + 8];
    struct text text = { 0 };
    float codes[2], rows[2][2] = { { -1, -1 }, { 1, 1 } };
    struct safetensors file;
    struct fig_mixture *mixture;
    struct fig_run *run;
    for (int i = 0; i < ALL; i++)
        text_add(&text, "%d,%d\n", i * 2 / ALL, i * 2 / ALL);
    ck_assert_int_eq(file_write(scratch_path("sorted.csv", path), text.chars, text.length), FIG_OK);
    text_free(&text);
    snprintf(data, sizeof(data), "data=%s", path);
    ck_assert_int_eq(scratch_train(device, &(struct scratch_training){
        .model = "ae-table", .run = "sorted" }, (const char *const[]){
        data, "steps=1", "batch=100", "encoder.1=dense 1", NULL }), FIG_OK);
    ck_assert_int_eq(fig_run_open(&run, scratch_path("sorted", path), device), FIG_OK);
    ck_assert_int_eq(fig_run_encode(run, rows[0], 2, codes), FIG_OK);
    ck_assert_int_eq(fig_mixture_open(&mixture, run, path, 1), FIG_OK);
    fig_mixture_close(&mixture);
    ck_assert_int_eq(safetensors_open(&file, scratch_path("sorted/mixture-1.safetensors", path)),
                     FIG_OK);
    const double mean = *(const double *)safetensors_find(&file, "means")->data;
    /* Half of 20000 have a deviation of 71. */
    ck_assert_double_eq_tol((mean - codes[0]) / (codes[1] - codes[0]), 0.5, 0.02);
    safetensors_close(&file);
    fig_run_close(&run);
}
END_TEST

/* Each draws numbers of [0, 1] only, or is trained as if they were. */
static const struct {
    const char *model, *override, *message;
} refused[] = {
    { "ae-shallow", NULL, "values outside [0, 1]" },
    { "ae-table", "loss=bce", "found linear and loss bce" },
    { "ae-table", "decoder.1=dense data tanh", "expected a linear last layer" },
    { "vae-400-20", NULL, "values outside [0, 1]" },
};

START_TEST(a_model_that_cannot_draw_the_numbers_is_refused)
{
    ck_assert_int_eq(train("refused", refused[_i].model, refused[_i].override), FIG_FORMAT);
    ck_assert_msg(strstr(message, refused[_i].message), "%s", message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tables");
    TCase *tests = tcase_create("tables");
    tcase_add_checked_fixture(tests, prepare, finish);
    tcase_add_test(tests, a_model_keeps_the_scaling_that_it_learnt_with);
    tcase_add_test(tests, other_data_are_standardised_by_the_numbers_of_the_model);
    tcase_add_test(tests, an_extreme_row_leaves_the_others_as_they_are);
    tcase_add_test(tests, a_number_that_cannot_be_standardised_is_refused_with_its_place);
    tcase_add_test(tests, its_own_data_are_the_same_bits_as_in_training);
    tcase_add_test(tests, a_training_on_a_table_draws_no_pictures);
    tcase_add_test(tests, a_table_can_be_had_as_it_is_in_the_file);
    tcase_add_test(tests, a_whole_table_has_its_rows_in_order_and_the_scaling_of_its_training_half);
    tcase_add_test(tests, a_resumed_training_on_the_same_table_changes_nothing);
    tcase_add_test(tests, a_resumed_training_on_another_table_keeps_its_scaling);
    tcase_add_test(tests, a_mixture_is_fitted_to_codes_from_all_of_a_table);
    tcase_add_loop_test(tests, a_model_that_cannot_draw_the_numbers_is_refused, 0,
                        sizeof(refused) / sizeof(*refused));
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
