/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/array.h>
#include <figment/evaluate.h>

#include "base/file.h"
#include "cli/album.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "data/dataset.h"

static const char *const suffixes[] = { ".csv", ".npy", NULL };

/* Samples, what they are and what the model takes them for; classes are the model's. */
struct classified {
    struct album album;
    int *labels;          /* [count], -1 where unknown */
    int *taken;           /* [count] */
    float *probabilities; /* [count][classes] */
    struct fig_confusion confusion;
};

/* --- Samples */

static enum fig_status make_labels(struct classified *work)
{
    work->labels = malloc((size_t)work->album.images.count * sizeof(*work->labels));
    return work->labels ? FIG_OK : complain(FIG_NOMEM, "no memory for the labels of %d samples",
                                            work->album.images.count);
}

/* The first folder on the way to the picture that has the name of a class; or -1. */
static int class_of_file(const struct task *task, const char *path)
{
    char folder[PATH_LIMIT];
    int class = -1;
    for (const char *end; class < 0 && (end = strchr(path, '/')); path = end + 1) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
        class = fig_run_class(task->run, folder);
    }
    return class;
}

static enum fig_status open_album(const struct task *task, struct classified *work)
{
    enum fig_status status = album_open(&work->album, task, 0);
    if (!status)
        status = make_labels(work);
    const char *name = work->album.names.chars;
    for (int i = 0; !status && i < work->album.images.count; i++, name += strlen(name) + 1)
        work->labels[i] = class_of_file(task, name);
    return status;
}

static enum fig_status open_half(const struct task *task, struct classified *work)
{
    struct fig_dataset *dataset = NULL;
    enum fig_status status = task_dataset(task, task_split(task->request), &dataset);
    if (!status)
        status = task_load(task, dataset, 0, &work->album.images);
    if (!status)
        status = make_labels(work);
    if (!status)
        fig_run_match_labels(task->run, dataset, work->labels);
    fig_dataset_close(&dataset);
    return status;
}

/* Pictures that were named are classified all; else it is a half of a data set. */
static enum fig_status open_samples(const struct task *task, struct classified *work)
{
    const struct request *request = task->request;
    return request->data && !request->split && dataset_is_pictures(request->data)
        ? open_album(task, work) : open_half(task, work);
}

static enum fig_status classify(const struct task *task, struct classified *work)
{
    const int count = work->album.images.count, classes = task->info->classes;
    work->taken = malloc((size_t)count * sizeof(*work->taken));
    work->probabilities = malloc((size_t)count * (size_t)classes * sizeof(float));
    if (!work->taken || !work->probabilities)
        return complain(FIG_NOMEM, "no memory for the classes of %d samples", count);
    const enum fig_status status =
        fig_run_classify(task->run, work->album.images.values, count, work->probabilities);
    if (status)
        return status;
    fig_most_probable(work->probabilities, count, classes, work->taken);
    return fig_confuse(&work->confusion, classes, work->labels, work->taken, count);
}

static void classified_free(struct classified *work)
{
    fig_confusion_free(&work->confusion);
    free(work->probabilities);
    free(work->taken);
    free(work->labels);
    album_close(&work->album);
}

/* --- The file */

static void add_head(struct text *text, const struct task *task, bool labels)
{
    text_add(text, "sample,class%s", labels ? ",label" : "");
    for (int k = 0; k < task->info->classes; k++) {
        text_add_bytes(text, ",", 1);
        text_add_quoted(text, fig_run_class_name(task->run, k));
    }
    text_add_bytes(text, "\n", 1);
}

static void add_class(struct text *text, const struct task *task, int class)
{
    text_add_bytes(text, ",", 1);
    if (class >= 0)
        text_add_quoted(text, fig_run_class_name(task->run, class));
}

static void add_rows(struct text *text, const struct task *task, const struct classified *work)
{
    const int classes = task->info->classes;
    const char *name = work->album.names.chars;
    for (int i = 0; i < work->album.images.count; i++) {
        add_sample(text, &name, i);
        add_class(text, task, work->taken[i]);
        if (work->confusion.known)
            add_class(text, task, work->labels[i]);
        for (int k = 0; k < classes; k++)
            text_add(text, ",%.9g", (double)work->probabilities[i * classes + k]);
        text_add_bytes(text, "\n", 1);
    }
}

static enum fig_status write_table(const struct task *task, const struct classified *work)
{
    struct text text = { 0 };
    add_head(&text, task, work->confusion.known);
    add_rows(&text, task, work);
    const enum fig_status status = text.failed
        ? complain(FIG_NOMEM, "%s: no memory for its lines", task->request->out)
        : file_write(task->request->out, text.chars, text.length);
    text_free(&text);
    return status;
}

static enum fig_status write_file(const struct task *task, const struct classified *work)
{
    const struct fig_array array = {
        2, { work->album.images.count, task->info->classes }, work->probabilities };
    if (path_ends_in(task->request->out, ".csv"))
        return write_table(task, work);
    return fig_array_write(task->request->out, &array);
}

/* --- What is told of them */

static double accuracy(const struct fig_confusion *confusion)
{
    return (double)confusion->right / confusion->known;
}

static int count_taken(const struct classified *work, int class)
{
    int count = 0;
    for (int i = 0; i < work->album.images.count; i++)
        count += work->taken[i] == class;
    return count;
}

/* A line for each class, of how many samples with that label were taken for which. */
static void print_confusion(const struct task *task, const struct fig_confusion *confusion)
{
    int width = 0;
    for (int k = 0; k < confusion->classes; k++) {
        const int length = (int)strlen(fig_run_class_name(task->run, k));
        width = length > width ? length : width;
    }
    printf("\n%-*s  taken for\n%*s", width, "is", width, "");
    for (int k = 0; k < confusion->classes; k++)
        printf(" %7.7s", fig_run_class_name(task->run, k));
    for (int i = 0; i < confusion->classes; i++) {
        printf("\n%-*s", width, fig_run_class_name(task->run, i));
        for (int k = 0; k < confusion->classes; k++)
            printf(" %7d", confusion->counts[i * confusion->classes + k]);
    }
    puts("");
}

static void print_table(const struct task *task, const struct classified *work)
{
    const struct fig_confusion *confusion = &work->confusion;
    printf("%-10s %-10d\n", "samples", work->album.images.count);
    if (confusion->known) {
        printf("%-10s %-10.6g %d of %d whose class the model knows\n", "accuracy",
               accuracy(confusion), confusion->right, confusion->known);
        print_confusion(task, confusion);
        return;
    }
    for (int k = 0; k < task->info->classes; k++)
        printf("%-10s %d\n", fig_run_class_name(task->run, k), count_taken(work, k));
}

static void add_confusion(cJSON *object, const struct fig_confusion *confusion)
{
    cJSON *rows = cJSON_AddArrayToObject(object, "confusion");
    for (int i = 0; i < confusion->classes; i++)
        cJSON_AddItemToArray(rows, cJSON_CreateIntArray(
            confusion->counts + i * confusion->classes, confusion->classes));
}

static enum fig_status print_json(const struct task *task, const struct classified *work)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "samples", work->album.images.count);
    cJSON *names = cJSON_AddArrayToObject(object, "classes");
    cJSON *taken = cJSON_AddArrayToObject(object, "taken");
    for (int k = 0; k < task->info->classes; k++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(fig_run_class_name(task->run, k)));
        cJSON_AddItemToArray(taken, cJSON_CreateNumber(count_taken(work, k)));
    }
    cJSON_AddNumberToObject(object, "known", work->confusion.known);
    if (work->confusion.known) {
        json_add_number(object, "accuracy", accuracy(&work->confusion));
        add_confusion(object, &work->confusion);
    }
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

/* --- The command */

static enum fig_status tell(const struct task *task, const struct classified *work)
{
    const enum fig_status status = task->request->out ? write_file(task, work) : FIG_OK;
    if (status)
        return status;
    if (task->request->json)
        return print_json(task, work);
    print_table(task, work);
    return FIG_OK;
}

static enum fig_status classify_run(struct request *request)
{
    struct task task = { 0 };
    struct classified work = { .labels = NULL };
    enum fig_status status = request->out ? output_check(request->out, suffixes) : FIG_OK;
    if (!status)
        status = task_open(&task, request);
    if (!status)
        status = open_samples(&task, &work);
    if (!status)
        status = classify(&task, &work);
    if (!status)
        status = tell(&task, &work);
    classified_free(&work);
    task_close(&task);
    return status;
}

static const struct option options[] = {
    { "--data", "DATA", OPTION_TEXT, false,
      "any data, or pictures by their names (else the run's)",
      offsetof(struct request, data), NULL },
    OPTION_SPLIT,
    { "-o", "FILE.csv|.npy", OPTION_TEXT, false,
      "class, label, probabilities; .npy: these, [n, classes]",
      offsetof(struct request, out), NULL },
    OPTION_DEVICE,
    OPTION_JSON("print one object"),
    OPTION_END,
};

const struct command command_classify = {
    .name = "classify",
    .arguments = "RUN",
    .least = 1,
    .most = 1,
    .summary = "Tell the classes of samples, by a model that learnt them from labels.",
    .options = options,
    .run = classify_run,
};
