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
    char known[256] = "";
    for (int i = 0; i < FIG_METRICS; i++)
        strcat(strcat(known, i ? ", " : ""), fig_metric_info(i)->name);
    return complain(FIG_INVALID, "--metrics: there is no metric `%.*s`; there are: %s",
                    (int)length, name, known);
}

/* "mse,psnr" as a set of bits; all if the list is NULL. */
static enum fig_status parse_metrics(const char *list, unsigned *wanted)
{
    *wanted = list ? 0 : (1u << FIG_METRICS) - 1;
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
            printf("%-10s %-12.6g %s\n", metric->name, values[i], metric->summary);
    }
}

static bool needs_train_half(unsigned wanted)
{
    for (int i = 0; i < FIG_METRICS; i++) {
        if ((wanted >> i & 1) && fig_metric_info(i)->needs_train)
            return true;
    }
    return false;
}

static enum fig_status evaluate(const struct task *task, unsigned wanted,
                                double values[FIG_METRICS])
{
    struct fig_dataset *train = NULL, *test = NULL;
    enum fig_status status = task_dataset(task, FIG_TEST, &test);
    if (!status && needs_train_half(wanted))
        status = task_dataset(task, FIG_TRAIN, &train);
    if (!status)
        status = fig_evaluate(task->run, test, train, wanted, values);
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
    { "--metrics", "LIST", OPTION_TEXT, false, "names with commas between them (default: all)",
      offsetof(struct request, metrics), NULL },
    OPTION_DEVICE,
    OPTION_JSON("print one object"),
    OPTION_END,
};

const struct command command_eval = {
    .name = "eval",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Measure reconstructions of the test half, and PCA with the same code size.",
    .options = options,
    .run = eval_run,
};
