/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <figment/evaluate.h>

#include "base/size.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/sampler.h"
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

static int find_nll(void)
{
    return find_metric("nll", strlen("nll"));
}

static enum fig_status refuse_metric(const char *name, size_t length)
{
    char known[512] = "";
    for (int i = 0; i < FIG_METRICS; i++)
        strcat(strcat(known, i ? ", " : ""), fig_metric_info(i)->name);
    return complain(FIG_INVALID, "--metrics: there is no metric `%.*s`; there are: %s",
                    (int)length, name, known);
}

/* "mse,psnr" as flags; none if the list is NULL. */
static enum fig_status parse_metrics(const char *list, bool wanted[FIG_METRICS])
{
    for (const char *name = list; name; name = strchr(name, ',')) {
        name += name != list; /* past the comma */
        const size_t length = strcspn(name, ",");
        const int metric = find_metric(name, length);
        if (metric < 0)
            return refuse_metric(name, length);
        wanted[metric] = true;
    }
    return FIG_OK;
}

/* NAME, NAME_floor ...: those that there are. */
static void add_measure(cJSON *object, const char *name, const struct fig_measure *measure)
{
    const struct { const char *suffix; double value; } parts[] = {
        { "_floor", measure->floor }, { "_ceiling", measure->ceiling },
        { "_difference", measure->difference } };
    json_add_number(object, name, measure->value);
    for (size_t i = 0; i < LENGTH(parts); i++) {
        char key[64];
        snprintf(key, sizeof(key), "%s%s", name, parts[i].suffix);
        if (!isnan(parts[i].value))
            json_add_number(object, key, parts[i].value);
    }
}

static void add_nets(cJSON *object, const struct fig_findings *findings)
{
    json_add_number(object, "feature_samples", findings->seen);
    for (int i = 0; i < FIG_FEATURE_NETS; i++) {
        char key[32], hash[32];
        snprintf(key, sizeof(key), "feature_net_%d", i);
        snprintf(hash, sizeof(hash), "%016" PRIx64, findings->nets[i].hash);
        cJSON_AddStringToObject(object, key, hash);
        snprintf(key, sizeof(key), "feature_accuracy_%d", i);
        json_add_number(object, key, findings->nets[i].accuracy);
    }
}

static int nll_samples(const struct request *request)
{
    return request->count ? request->count : FIG_NLL_SAMPLES;
}

static enum fig_status print_json(const struct task *task, const bool wanted[FIG_METRICS],
                                  const struct fig_findings *findings)
{
    cJSON *object = cJSON_CreateObject();
    if (fig_run_info(task->run)->likelihoods)
        cJSON_AddStringToObject(object, "binarize", fig_binarize_name(task->settings->binarize));
    for (int i = 0; i < FIG_METRICS; i++) {
        if (wanted[i])
            add_measure(object, fig_metric_info(i)->name, &findings->measures[i]);
        if (wanted[i] && i == find_nll())
            json_add_number(object, "nll_samples", nll_samples(task->request));
    }
    if (findings->seen)
        add_nets(object, findings);
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

/* A column of the table, empty where there is no number. */
static void print_number(const char *before, double number)
{
    if (isnan(number))
        printf("%-*s", 11, "");
    else
        printf("%s%-*.4g", before, 11 - (int)strlen(before), number);
}

static void print_table(const bool wanted[FIG_METRICS], const struct fig_findings *findings)
{
    if (findings->seen)
        printf("%-19s%-13s%-11s%-11s%-11s\n", "", "value", "+-", "real", "noise");
    for (int i = 0; i < FIG_METRICS; i++) {
        const struct fig_metric *metric = fig_metric_info(i);
        const struct fig_measure *measure = &findings->measures[i];
        if (!wanted[i])
            continue;
        printf("%-18s %-12.6g ", metric->name, measure->value);
        if (findings->seen) {
            print_number("", measure->difference / 2);
            print_number("", measure->floor);
            print_number("", measure->ceiling);
        }
        puts(metric->summary);
    }
}

/* How far the slow metric goes. */
static void note_codes(const struct task *task, const struct fig_evaluation *evaluation)
{
    const int count = fig_dataset_info(evaluation->test)->count;
    console_note(&task->request->console, "nll: %d codes for each of %d test images",
                 evaluation->nll_samples,
                 count < FIG_NLL_IMAGES ? count : FIG_NLL_IMAGES);
}

static void note_binarized(const struct task *task)
{
    console_note(&task->request->console, "neg_elbo and its parts, active_units, nll: of test "
                 "images that are binarized (%s), always the same way",
                 fig_binarize_name(task->settings->binarize));
}

/* What the features' numbers rest on. */
static void note_nets(struct console *console, const struct fig_findings *findings)
{
    console_note(console, "features: %d samples against as many test images; means over %d nets, "
                 "+- half their difference; real: images of the training half; noise: Gaussian "
                 "pixels", findings->seen, FIG_FEATURE_NETS);
    for (int i = 0; i < FIG_FEATURE_NETS; i++)
        console_note(console, "feature net %d: hash %016" PRIx64 ", right on %.2f %% of the test "
                     "images", i, findings->nets[i].hash, 100 * findings->nets[i].accuracy);
}

/* What was asked for must have an effect. */
static enum fig_status check_used(const struct request *request, const bool wanted[FIG_METRICS])
{
    bool drawn = false;
    for (int i = 0; i < FIG_METRICS; i++)
        drawn |= wanted[i] && fig_metric_draws(i);
    if (request->count && !wanted[find_nll()])
        return complain(FIG_INVALID, "eval: --samples is how many codes nll weighs; it is not "
                        "measured");
    if (request->sampler && !drawn)
        return complain(FIG_INVALID, "eval: --sampler is what draws samples; none of the metrics "
                        "is of samples");
    return FIG_OK;
}

/* All that can be measured, unless some are named. */
static void choose_metrics(const struct fig_evaluation *evaluation, bool wanted[FIG_METRICS])
{
    bool any = false;
    for (int i = 0; i < FIG_METRICS; i++)
        any |= wanted[i];
    for (int i = 0; !any && i < FIG_METRICS; i++)
        wanted[i] = !fig_metric_lack(evaluation, i);
}

static enum fig_status report(const struct task *task, const struct fig_evaluation *evaluation,
                              const bool wanted[FIG_METRICS], const struct fig_findings *findings)
{
    if (wanted[find_nll()])
        note_codes(task, evaluation);
    if (task->settings->binarize != FIG_GREY)
        note_binarized(task);
    if (findings->seen)
        note_nets(&task->request->console, findings);
    if (task->request->json)
        return print_json(task, wanted, findings);
    print_table(wanted, findings);
    return FIG_OK;
}

static enum fig_status evaluate(const struct task *task, bool wanted[FIG_METRICS])
{
    struct fig_dataset *train = NULL, *test = NULL;
    struct fig_mixture *mixture = NULL;
    enum fig_status status = task_dataset(task, FIG_TEST, &test);
    if (!status)
        status = task_dataset(task, FIG_TRAIN, &train);
    if (!status)
        status = sampler_open(task, &mixture);
    if (!status) {
        const struct fig_evaluation evaluation = {
            .run = task->run, .test = test, .train = train, .mixture = mixture,
            .nll_samples = nll_samples(task->request) };
        struct fig_findings findings;
        choose_metrics(&evaluation, wanted);
        status = check_used(task->request, wanted);
        if (!status)
            status = fig_evaluate(&evaluation, wanted, &findings);
        if (!status)
            status = report(task, &evaluation, wanted, &findings);
    }
    fig_mixture_close(&mixture);
    fig_dataset_close(&train);
    fig_dataset_close(&test);
    return status;
}

static enum fig_status eval_run(struct request *request)
{
    struct task task = { 0 };
    bool wanted[FIG_METRICS] = { false };
    enum fig_status status = parse_metrics(request->metrics, wanted);
    if (!status)
        status = sampler_check(request);
    if (!status && request->metrics)
        status = check_used(request, wanted);
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = evaluate(&task, wanted);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    OPTION_DATA,
    { "--metrics", "LIST", OPTION_TEXT, false, "names with commas between (default: all it has)",
      offsetof(struct request, metrics), NULL },
    { "--samples", "N", OPTION_COUNT, false, "codes per image that nll weighs (default: 100)",
      offsetof(struct request, count), NULL },
    OPTION_SAMPLER,
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
