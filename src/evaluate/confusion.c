/* SPDX-License-Identifier: MIT */
/* What samples are, against what a model takes them for. */
#include <figment/evaluate.h>

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "evaluate/evaluation.h"

void fig_most_probable(const float *probabilities, int count, int classes, int *taken)
{
    for (int i = 0; i < count; i++, probabilities += classes) {
        taken[i] = 0;
        for (int k = 1; k < classes; k++) {
            if (probabilities[k] > probabilities[taken[i]])
                taken[i] = k;
        }
    }
}

enum fig_status fig_confuse(struct fig_confusion *out, int classes, const int *labels,
                            const int *taken, int count)
{
    REQUIRE(out && labels && taken && classes > 0 && count >= 0);
    *out = (struct fig_confusion){
        .classes = classes,
        .counts = calloc((size_t)classes * (size_t)classes, sizeof(*out->counts)) };
    if (!out->counts)
        return fail(FIG_NOMEM, "no memory to count %d x %d classes", classes, classes);
    for (int i = 0; i < count; i++) {
        REQUIRE(labels[i] < classes && taken[i] >= 0 && taken[i] < classes);
        if (labels[i] < 0)
            continue;
        out->counts[labels[i] * classes + taken[i]]++;
        out->known++;
        out->right += labels[i] == taken[i];
    }
    return FIG_OK;
}

void fig_confusion_free(struct fig_confusion *confusion)
{
    free(confusion->counts);
    *confusion = (struct fig_confusion){ 0 };
}

/* What each test sample is taken for. */
static enum fig_status classify(const struct subject *subject, int *taken)
{
    const int classes = fig_run_info(subject->run)->classes;
    struct chunk chunk;
    float *probabilities = NULL;
    enum fig_status status = open_tests(&chunk, subject);
    if (!status)
        status = make_rows(&probabilities, chunk.most, (size_t)classes);
    while (!status && chunk_next(&chunk)) {
        status = load_tests(subject, &chunk);
        if (!status)
            status = fig_run_classify(subject->run, chunk.rows, chunk.count, probabilities);
        if (!status)
            fig_most_probable(probabilities, chunk.count, classes, taken + chunk.first);
    }
    free(probabilities);
    free(chunk.rows);
    return status;
}

enum fig_status measure_accuracy(struct subject *subject, struct fig_measure *measures)
{
    const int count = fig_dataset_info(subject->test)->count;
    struct fig_confusion confusion = { 0 };
    int *labels = malloc(2 * (size_t)count * sizeof(*labels));
    if (!labels)
        return fail(FIG_NOMEM, "no memory for the classes of %d samples", count);
    int *const taken = labels + count;
    fig_run_match_labels(subject->run, subject->test, labels);
    enum fig_status status = classify(subject, taken);
    if (!status)
        status = fig_confuse(&confusion, fig_run_info(subject->run)->classes, labels, taken, count);
    if (!status)
        measures[0].value = confusion.known ? (double)confusion.right / confusion.known : NAN;
    fig_confusion_free(&confusion);
    free(labels);
    return status;
}
