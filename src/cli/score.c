/* SPDX-License-Identifier: MIT */
#include <figment/score.h>

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/pictures.h"
#include "cli/worst.h"

static const double default_quantile = 0.99;

/* Samples and what is found of them. */
struct findings {
    struct fig_dataset *data;
    struct fig_dataset *train; /* the half that trained; NULL until it is needed */
    int count, flagged;
    double quantile, threshold;
    double *scores;  /* [count] */
    bool *anomalies; /* [count], by their labels */
    int known;       /* how many of them; of 0 or all nothing can be ranked */
    struct fig_ranking model, pca; /* of PCA NaN where there is none */
};

/* Whether the half that trained is there; its data may be gone by now.  Else the user is told what
 * is not known without them. */
static bool open_training(const struct task *task, struct findings *findings, const char *unknown)
{
    if (!findings->train && fig_run_dataset(&findings->train, task->run, NULL, FIG_TRAIN))
        console_note(&task->request->console, "without the data of the training %s", unknown);
    return findings->train;
}

/* --- Which samples are anomalies */

/* The class that the user named, or else all that the model has never seen. */
static enum fig_status find_anomalies(const struct task *task, struct findings *findings)
{
    const char *name = task->request->anomaly;
    const uint8_t *labels = fig_dataset_labels(findings->data);
    const int wish = name ? task_class(findings->data, name) : -1;
    if (name && wish < 0)
        return complain(FIG_INVALID, "--anomaly: the data have no class `%s`", name);
    for (int i = 0; i < findings->count; i++) {
        findings->anomalies[i] = name && labels[i] == wish;
        findings->known += findings->anomalies[i];
    }
    if (labels && !name && open_training(task, findings,
        "it is unknown which classes are anomalies: --anomaly names one"))
        findings->known = fig_unseen(findings->train, findings->data, findings->anomalies);
    return FIG_OK;
}

/* --- Scores */

static bool is_ranked(const struct findings *findings)
{
    return findings->known > 0 && findings->known < findings->count;
}

static enum fig_status rank_pca(const struct task *task, struct findings *findings)
{
    double *scores = malloc((size_t)findings->count * sizeof(*scores));
    enum fig_status status = scores ? FIG_OK : complain(FIG_NOMEM, "no memory for scores");
    if (!status)
        status = fig_score_pca(findings->train, task->info->code, findings->data, scores);
    if (!status)
        status = fig_rank(&findings->pca, scores, findings->anomalies, findings->count);
    free(scores);
    return status;
}

static bool has_pca(const struct task *task, struct findings *findings)
{
    if (task_image_length(task) <= FIG_PCA_VALUES)
        return open_training(task, findings, "there is no PCA to compare with");
    console_note(&task->request->console, "no PCA to compare with: samples of %zu values, it takes "
                 "at most %d", task_image_length(task), FIG_PCA_VALUES);
    return false;
}

static enum fig_status rank(const struct task *task, struct findings *findings)
{
    const enum fig_status status =
        fig_rank(&findings->model, findings->scores, findings->anomalies, findings->count);
    findings->pca = (struct fig_ranking){ NAN, NAN };
    return !status && has_pca(task, findings) ? rank_pca(task, findings) : status;
}

static enum fig_status open_findings(const struct task *task, struct findings *findings)
{
    const struct request *request = task->request;
    const enum fig_status status = task_dataset(task, task_part(task), &findings->data);
    if (status)
        return status;
    findings->count = fig_dataset_info(findings->data)->count;
    findings->quantile = request->quantile > 0 ? request->quantile : default_quantile;
    findings->scores = malloc((size_t)findings->count * sizeof(double));
    findings->anomalies = malloc((size_t)findings->count * sizeof(bool));
    if (!findings->scores || !findings->anomalies)
        return complain(FIG_NOMEM, "no memory for %d scores", findings->count);
    return find_anomalies(task, findings);
}

static enum fig_status score(const struct task *task, struct findings *findings)
{
    enum fig_status status = open_findings(task, findings);
    if (!status)
        status = fig_score(task->run, findings->data, findings->scores);
    if (!status)
        status = fig_score_threshold(task->run, task->request->arguments[0], findings->quantile,
                                     &findings->threshold);
    for (int i = 0; !status && i < findings->count; i++)
        findings->flagged += findings->scores[i] > findings->threshold;
    if (!status && is_ranked(findings))
        status = rank(task, findings);
    return status;
}

static void close_findings(struct findings *findings)
{
    free(findings->scores);
    free(findings->anomalies);
    fig_dataset_close(&findings->train);
    fig_dataset_close(&findings->data);
}

/* --- What is told of them */

/* What was scored of the data. */
static const char *part_name(const struct task *task, const struct findings *findings)
{
    if (fig_dataset_info(findings->data)->whole)
        return "all";
    return task_part(task) == FIG_TRAIN ? "train" : "test";
}

static void print_ranking(const char *name, double model, double pca)
{
    printf("%-18s %.4f", name, model);
    if (!isnan(pca))
        printf("     PCA with the same code size: %.4f", pca);
    puts("");
}

static void print_table(const struct task *task, const struct findings *findings)
{
    const bool whole = fig_dataset_info(findings->data)->whole;
    printf("%-18s %-10d %s%s of %s\n", "samples", findings->count, part_name(task, findings),
           whole ? "" : " half", task_data(task));
    printf("%-18s %-10.6g the %g quantile of the training half\n", "threshold",
           findings->threshold, findings->quantile);
    printf("%-18s %-10d samples above the threshold\n", "flagged", findings->flagged);
    if (!is_ranked(findings))
        return;
    printf("%-18s %-10d by their labels\n", "anomalies", findings->known);
    print_ranking("auroc", findings->model.auroc, findings->pca.auroc);
    print_ranking("average_precision", findings->model.average_precision,
                  findings->pca.average_precision);
}

static void add_ranking(cJSON *object, const char *prefix, const struct fig_ranking *ranking)
{
    char key[64];
    if (isnan(ranking->auroc))
        return;
    snprintf(key, sizeof(key), "%sauroc", prefix);
    json_add_number(object, key, ranking->auroc);
    snprintf(key, sizeof(key), "%saverage_precision", prefix);
    json_add_number(object, key, ranking->average_precision);
}

static enum fig_status print_json(const struct task *task, const struct findings *findings)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "split", part_name(task, findings));
    cJSON_AddNumberToObject(object, "samples", findings->count);
    json_add_number(object, "quantile", findings->quantile);
    json_add_number(object, "threshold", findings->threshold);
    cJSON_AddNumberToObject(object, "flagged", findings->flagged);
    if (is_ranked(findings)) {
        cJSON_AddNumberToObject(object, "anomalies", findings->known);
        add_ranking(object, "", &findings->model);
        add_ranking(object, "pca_", &findings->pca);
    }
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

static enum fig_status write_scores(const char *path, const struct findings *findings)
{
    const uint8_t *labels = fig_dataset_labels(findings->data);
    const char *name = fig_dataset_names(findings->data);
    struct text text = { 0 };
    text_add(&text, "%s,score,flagged%s\n", name ? "sample" : "index", labels ? ",label" : "");
    for (int i = 0; i < findings->count; i++) {
        add_sample(&text, &name, i);
        text_add(&text, ",%.9g,%d", findings->scores[i],
                 findings->scores[i] > findings->threshold);
        if (labels) {
            text_add_bytes(&text, ",", 1);
            text_add_quoted(&text, fig_dataset_class_name(findings->data, labels[i]));
        }
        text_add(&text, "\n");
    }
    const enum fig_status status = text.failed ? complain(FIG_NOMEM, "no memory for the scores")
                                               : file_write(path, text.chars, text.length);
    text_free(&text);
    return status;
}

/* --- The command */

static enum fig_status check_outputs(const struct request *request)
{
    static const char *const tables[] = { ".csv", NULL }, *const pictures[] = { ".png", NULL };
    enum fig_status status = request->out ? output_check(request->out, tables) : FIG_OK;
    if (!status && request->worst)
        status = output_check(request->worst, pictures);
    if (!status && request->count && !request->worst)
        status = complain(FIG_INVALID, "score: -n is how many --worst draws; it is not given");
    return status;
}

static enum fig_status tell(const struct task *task, const struct findings *findings)
{
    const struct request *request = task->request;
    enum fig_status status = FIG_OK;
    if (request->out)
        status = write_scores(request->out, findings);
    if (!status && request->worst)
        status = worst_write(task, findings->data, findings->scores);
    if (!status && request->json)
        status = print_json(task, findings);
    else if (!status)
        print_table(task, findings);
    return status;
}

static enum fig_status score_run(struct request *request)
{
    struct task task = { 0 };
    struct findings findings = { 0 };
    enum fig_status status = check_outputs(request);
    if (!status)
        status = task_open(&task, request);
    if (!status && request->worst)
        status = pictures_visible(request->worst, &task);
    if (!status)
        status = score(&task, &findings);
    if (!status)
        status = tell(&task, &findings);
    close_findings(&findings);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_DATA,
    OPTION_PART,
    { "--anomaly", "CLASS", OPTION_TEXT, false, "by name or number (default: those not trained on)",
      offsetof(struct request, anomaly), NULL },
    { "--quantile", "Q", OPTION_SHARE, false, "share of the train half not flagged (default: 0.99)",
      offsetof(struct request, quantile), NULL },
    { "-o", "FILE.csv", OPTION_TEXT, false, "index, or name of a picture, score, flagged, label",
      offsetof(struct request, out), NULL },
    { "--worst", "FILE.png", OPTION_TEXT, false, "the worst, rebuilt, errors black to red to white",
      offsetof(struct request, worst), NULL },
    { "-n", "N", OPTION_COUNT, false, "how many of them (default: 16)",
      offsetof(struct request, count), NULL },
    OPTION_DEVICE,
    OPTION_JSON("print one object"),
    OPTION_END,
};

const struct command command_score = {
    .name = "score",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Score how little samples are like what a model learnt: find anomalies.",
    .options = options,
    .run = score_run,
};
