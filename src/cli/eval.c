/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <figment/evaluate.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/task.h"

static int find_metric(const char *name, size_t length)
{
    for (int i = 0; i < FIG_METRICS; i++) {
        const char *known = fig_metric_info(i)->name;
        if (strlen(known) == length && strncmp(known, name, length) == 0)
            return i;
    }
    return -1;
}

static enum fig_status refuse_metric(const char *name, size_t length)
{
    char known[512] = "";
    for (int i = 0; i < FIG_METRICS; i++)
        strcat(strcat(known, i ? ", " : ""), fig_metric_info(i)->name);
    return complain(FIG_INVALID, "--metrics: there is no metric `%.*s`; there are: %s",
                    (int)length, name, known);
}

/* "mse,psnr" as a set of bits; 0 if the list is NULL. */
static enum fig_status parse_metrics(const char *list, unsigned *wanted)
{
    *wanted = 0;
    for (const char *name = list; name; name = strchr(name, ',')) {
        name += name != list; /* past the comma */
        const size_t length = strcspn(name, ",");
        const int metric = find_metric(name, length);
        if (metric < 0)
            return refuse_metric(name, length);
        *wanted |= 1u << metric;
    }
    return FIG_OK;
}

/* All that the model can have, unless some are named. */
static enum fig_status choose_metrics(const struct task *task, unsigned *wanted)
{
    const unsigned known = fig_metrics_of(task->run);
    if (!*wanted)
        *wanted = known;
    for (int i = 0; i < FIG_METRICS; i++) {
        if ((*wanted & ~known) >> i & 1)
            return complain(FIG_INVALID, "--metrics: %s: a model of the family %s has none",
                            fig_metric_info(i)->name, task->settings->family);
    }
    return FIG_OK;
}

static enum fig_status print_json(unsigned wanted, const double values[FIG_METRICS])
{
    cJSON *object = cJSON_CreateObject();
    for (int i = 0; i < FIG_METRICS; i++) {
        if (wanted >> i & 1)
            json_add_number(object, fig_metric_info(i)->name, values[i]);
    }
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

static void print_table(unsigned wanted, const double values[FIG_METRICS])
{
    for (int i = 0; i < FIG_METRICS; i++) {
        const struct fig_metric *metric = fig_metric_info(i);
        if (wanted >> i & 1)
            printf("%-14s %-12.6g %s\n", metric->name, values[i], metric->summary);
    }
}

/* How far the slow metric goes. */
static void note_samples(const struct task *task, const struct fig_evaluation *evaluation)
{
    const int nll = find_metric("nll", 3), count = fig_dataset_info(evaluation->test)->count;
    if (evaluation->wanted >> nll & 1)
        console_note(&task->request->console, "nll: %d codes for each of %d test images",
                     evaluation->nll_samples ? evaluation->nll_samples : FIG_NLL_SAMPLES,
                     count < FIG_NLL_IMAGES ? count : FIG_NLL_IMAGES);
}

static enum fig_status evaluate(const struct task *task, unsigned wanted,
                                double values[FIG_METRICS])
{
    struct fig_dataset *train = NULL, *test = NULL;
    enum fig_status status = task_dataset(task, FIG_TEST, &test);
    if (!status && (wanted & fig_metrics_of_train()))
        status = task_dataset(task, FIG_TRAIN, &train);
    if (!status) {
        const struct fig_evaluation evaluation = {
            .test = test, .train = train, .wanted = wanted, .nll_samples = task->request->count };
        note_samples(task, &evaluation);
        status = fig_evaluate(task->run, &evaluation, values);
    }
    fig_dataset_close(&train);
    fig_dataset_close(&test);
    return status;
}

static enum fig_status eval_run(struct request *request)
{
    struct task task = { 0 };
    unsigned wanted;
    double values[FIG_METRICS];
    enum fig_status status = parse_metrics(request->metrics, &wanted);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = choose_metrics(&task, &wanted);
    if (!status)
        status = evaluate(&task, wanted, values);
    if (!status && request->json)
        status = print_json(wanted, values);
    else if (!status)
        print_table(wanted, values);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_DATA,
    { "--metrics", "LIST", OPTION_TEXT, false, "names with commas between (default: all it has)",
      offsetof(struct request, metrics), NULL },
    { "--samples", "N", OPTION_COUNT, false, "codes per image that nll weighs (default: 100)",
      offsetof(struct request, count), NULL },
    OPTION_DEVICE,
    OPTION_JSON("print one object"),
    OPTION_END,
};

const struct command command_eval = {
    .name = "eval",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Measure what a model makes of the test half, and what it draws.",
    .options = options,
    .run = eval_run,
};
