/* SPDX-License-Identifier: MIT */
#include "tests/suite.h"

#include <math.h>
#include <string.h>

#include <figment/score.h>

#include "base/file.h"
#include "base/random.h"
#include "base/size.h"
#include "scratch.h"

/* By hand; the first row is the example of scikit-learn's documentation for both numbers. */
static const struct {
    int count;
    double scores[6];
    bool anomalies[6];
    double auroc, average_precision;
} known[] = {
    { 4, { 0.1, 0.4, 0.35, 0.8 }, { 0, 0, 1, 1 }, 3 / 4.0, 5 / 6.0 },
    { 4, { 1, 2, 3, 4 }, { 0, 0, 1, 1 }, 1, 1 },
    { 4, { 4, 3, 2, 1 }, { 0, 0, 1, 1 }, 0, (1 / 3.0 + 2 / 4.0) / 2 },
    { 4, { 1, 1, 2, 2 }, { 0, 1, 0, 1 }, 1 / 2.0, 1 / 2.0 },
    { 5, { 7, 7, 7, 7, 7 }, { 1, 0, 0, 0, 1 }, 1 / 2.0, 2 / 5.0 },
    { 6, { 3, 1, 2, 2, -1, INFINITY }, { 1, 0, 1, 0, 0, 0 }, 5.5 / 8, (1 / 2.0 + 2 / 4.0) / 2 },
};

START_TEST(rankings_are_those_found_by_hand)
{
    struct fig_ranking ranking;
    ck_assert_int_eq(fig_rank(&ranking, known[_i].scores, known[_i].anomalies, known[_i].count),
                     FIG_OK);
    ck_assert_double_eq_tol(ranking.auroc, known[_i].auroc, 1e-14);
    ck_assert_double_eq_tol(ranking.average_precision, known[_i].average_precision, 1e-14);
}
END_TEST

START_TEST(a_ranking_counts_pairs)
{
    enum { COUNT = 500 };
    static double scores[COUNT], draws[COUNT];
    static bool anomalies[COUNT];
    double pairs = 0, won = 0;
    random_uniform(&(struct stream){ .seed = 3 }, scores, COUNT);
    random_uniform(&(struct stream){ .seed = 4 }, draws, COUNT);
    for (int i = 0; i < COUNT; i++) {
        scores[i] = floor(20 * scores[i]); /* many are equal */
        anomalies[i] = draws[i] < 0.05 + scores[i] / 40;
    }
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            if (!anomalies[i] || anomalies[j])
                continue;
            pairs++;
            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
    }
    struct fig_ranking ranking;
    ck_assert_int_eq(fig_rank(&ranking, scores, anomalies, COUNT), FIG_OK);
    ck_assert_double_eq_tol(ranking.auroc, won / pairs, 1e-12);
}
END_TEST

START_TEST(a_ranking_needs_both_kinds)
{
    struct fig_ranking ranking;
    const double scores[2] = { 1, NAN };
    ck_assert_int_eq(fig_rank(&ranking, scores, (bool[]){ true, false }, 1), FIG_INVALID);
    ck_assert_int_eq(fig_rank(&ranking, scores, (bool[]){ false, true }, 1), FIG_INVALID);
    ck_assert_int_eq(fig_rank(&ranking, scores, (bool[]){ false, true }, 2), FIG_INVALID);
}
END_TEST

/* --- Of a model */

enum { SAMPLES = 150, VALUES = 784 }; /* more than a batch */

static struct fig_device *device;
static struct fig_dataset *data;
static char folder[SCRATCH_PATH], kept[SCRATCH_PATH];

/* In the place of what was trained before, of which the scores stay. */
static void train(const char *model, const char *steps, const char *seed)
{
    const char *const overrides[] = { "data=synthetic:150", "batch=64", steps, seed, NULL };
    char path[SCRATCH_PATH];
    remove(scratch_path("run/model.safetensors", path));
    remove(scratch_path("run/checkpoint.safetensors", path));
    ck_assert_int_eq(scratch_train(device, &(struct scratch_training){ .model = model,
                                                                       .run = "run" },
                                   overrides), FIG_OK);
}

static void prepare(void)
{
    device = scratch_device();
    scratch_path("run", folder);
    scratch_path("run/scores.safetensors", kept);
    train("ae-shallow", "steps=4", "seed=1");
    ck_assert_int_eq(fig_dataset_open(&data, "synthetic:150", FIG_TRAIN, 1), FIG_OK);
}

static void finish(void)
{
    fig_dataset_close(&data);
    scratch_remove();
}

static struct fig_run *opened(void)
{
    struct fig_run *run;
    ck_assert_msg(fig_run_open(&run, folder, device) == FIG_OK, "%s", message);
    return run;
}

START_TEST(a_score_is_the_mean_square_error_of_a_sample)
{
    static float values[SAMPLES * VALUES], rebuilt[SAMPLES * VALUES];
    double scores[SAMPLES];
    struct fig_run *run = opened();
    ck_assert_int_eq(fig_score(run, data, scores), FIG_OK);
    for (int i = 0; i < SAMPLES; i++)
        ck_assert_int_eq(fig_dataset_sample(data, i, values + i * VALUES), FIG_OK);
    ck_assert_int_eq(fig_run_reconstruct(run, values, SAMPLES, rebuilt), FIG_OK);
    for (int i = 0; i < SAMPLES; i++) {
        double sum = 0;
        for (int k = i * VALUES; k < (i + 1) * VALUES; k++)
            sum += pow((double)rebuilt[k] - values[k], 2);
        ck_assert_double_eq_tol(scores[i], sum / VALUES, 1e-12);
    }
    fig_run_close(&run);
}
END_TEST

START_TEST(thresholds_are_scores_of_the_training_half_and_are_kept)
{
    static const struct {
        double quantile;
        int above; /* of 150 scores: 150 - ceil(150 quantile); 150 * 0.14 is above 21 in doubles */
    } cases[] = { { 0.99, 1 }, { 0.5, 75 }, { 0.001, 149 }, { 0.9, 15 }, { 0.14, 129 } };
    double scores[SAMPLES];
    struct fig_run *run = opened();
    ck_assert_int_eq(fig_score(run, data, scores), FIG_OK);
    remove(kept);
    for (size_t c = 0; c < LENGTH(cases); c++) {
        double threshold;
        int above = 0;
        ck_assert_int_eq(fig_score_threshold(run, folder, cases[c].quantile, &threshold), FIG_OK);
        ck_assert(path_exists(kept));
        for (int i = 0; i < SAMPLES; i++)
            above += scores[i] > threshold;
        ck_assert_int_eq(above, cases[c].above);
    }
    fig_run_close(&run);
}
END_TEST

START_TEST(kept_scores_of_another_model_are_measured_again)
{
    double before, after, other;
    struct fig_run *run = opened();
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &before), FIG_OK);
    fig_run_close(&run);
    train("ae-shallow", "steps=8", "seed=1");
    run = opened();
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &after), FIG_OK);
    ck_assert_double_lt(after, before);
    fig_run_close(&run);
    train("ae-shallow", "steps=4", "seed=2");
    run = opened();
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &other), FIG_OK);
    ck_assert_double_ne(other, before);
    ck_assert_double_ne(other, after);
    fig_run_close(&run);
}
END_TEST

/* A training replaces the model while another one is at work. */
START_TEST(scores_are_kept_for_the_model_that_was_opened)
{
    double old, new;
    train("ae-shallow", "steps=4", "seed=1");
    struct fig_run *run = opened();
    train("ae-shallow", "steps=8", "seed=1");
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &old), FIG_OK);
    fig_run_close(&run);
    run = opened();
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &new), FIG_OK);
    ck_assert_double_lt(new, old);
    fig_run_close(&run);
}
END_TEST

START_TEST(scores_that_cannot_be_kept_are_told_all_the_same)
{
    double kept_one, unkept;
    char path[SCRATCH_PATH];
    struct fig_run *run = opened();
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &kept_one), FIG_OK);
    ck_assert_int_eq(fig_score_threshold(run, scratch_path("absent", path), 0.5, &unkept), FIG_OK);
    ck_assert_double_eq(unkept, kept_one);
    ck_assert_ptr_nonnull(strstr(message, "absent/scores.safetensors"));
    fig_run_close(&run);
}
END_TEST

START_TEST(damaged_scores_are_refused)
{
    double threshold;
    struct fig_run *run = opened();
    ck_assert_int_eq(file_write(kept, "scores", 6), FIG_OK);
    ck_assert_int_eq(fig_score_threshold(run, folder, 0.5, &threshold), FIG_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "scores.safetensors"));
    remove(kept);
    fig_run_close(&run);
}
END_TEST

START_TEST(a_pca_of_all_components_rebuilds_all)
{
    double all[SAMPLES], few[SAMPLES];
    ck_assert_int_eq(fig_score_pca(data, VALUES, data, all), FIG_OK);
    ck_assert_int_eq(fig_score_pca(data, 8, data, few), FIG_OK);
    for (int i = 0; i < SAMPLES; i++) {
        ck_assert_double_le(all[i], 1e-12); /* floats near 1 */
        ck_assert_double_gt(few[i], 1e-4);
    }
}
END_TEST

START_TEST(a_model_that_rebuilds_nothing_has_no_scores)
{
    double scores[SAMPLES];
    train("gan-small", "steps=1", "seed=1");
    struct fig_run *run = opened();
    ck_assert_int_eq(fig_score(run, data, scores), FIG_INVALID);
    ck_assert_ptr_nonnull(strstr(message, "the family gan rebuilds nothing"));
    fig_run_close(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score");
    TCase *ranking = tcase_create("ranking"), *model = tcase_create("model");
    tcase_add_loop_test(ranking, rankings_are_those_found_by_hand, 0,
                        sizeof(known) / sizeof(*known));
    tcase_add_test(ranking, a_ranking_counts_pairs);
    tcase_add_test(ranking, a_ranking_needs_both_kinds);
    suite_add_tcase(suite, ranking);
    tcase_add_unchecked_fixture(model, prepare, finish);
    tcase_add_test(model, a_score_is_the_mean_square_error_of_a_sample);
    tcase_add_test(model, thresholds_are_scores_of_the_training_half_and_are_kept);
    tcase_add_test(model, kept_scores_of_another_model_are_measured_again);
    tcase_add_test(model, scores_are_kept_for_the_model_that_was_opened);
    tcase_add_test(model, scores_that_cannot_be_kept_are_told_all_the_same);
    tcase_add_test(model, damaged_scores_are_refused);
    tcase_add_test(model, a_pca_of_all_components_rebuilds_all);
    tcase_add_test(model, a_model_that_rebuilds_nothing_has_no_scores);
    suite_add_tcase(suite, model);
    return suite_main(suite);
}
