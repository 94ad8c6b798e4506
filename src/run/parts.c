/* SPDX-License-Identifier: MIT */
/* Rows in, rows out: what the parts of a model make of images, noise and codes. */
#include "run/parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "run/run.h"

enum { RUN_STEPS = 64 /* after so many batches the random streams begin anew */ };

size_t row_values(const struct fig_node *node)
{
    const struct fig_shape shape = fig_node_shape(node);
    size_t values = 1;
    for (int i = 1; i < shape.rank; i++)
        values *= (size_t)shape.dim[i];
    return values;
}

struct part {
    const char *name;
    struct fig_plan **plan;
    struct fig_node *input, *output; /* either is NULL where the model has no such part */
    size_t in, out;                  /* values of one row */
    uint32_t step;                   /* of its random streams, for the first batch */
    int first;                       /* the sample that the first row is */
    const struct classes *classes;   /* of the rows */
};

static struct part part_of(struct fig_run *run, enum part_kind kind)
{
    const struct fig_model *m = run->model;
    const struct { const char *name; struct fig_node *input, *output; } parts[RUN_PARTS] = {
        [PART_ENCODE] = { "encode", m->images, m->code },
        [PART_REBUILD] = { "reconstruct", m->images, m->rebuilt },
        [PART_CORRUPT] = { "corrupt", m->images, m->corrupted },
        [PART_CLASSIFY] = { "classify", m->images, m->classes },
        [PART_DIVERGENCES] = { "divergences", m->images, m->divergences },
        [PART_LIKELIHOODS] = { "likelihoods", m->images, m->likelihoods },
        [PART_DRAW] = { "sample", m->seed, m->drawn },
        [PART_DECODE] = { "decode", m->code_in ? m->code_in : m->code ? m->seed : NULL,
                          m->code_in ? m->decoded : m->drawn },
    };
    struct part part = {
        .name = parts[kind].name, .plan = &run->plans[kind],
        .input = parts[kind].input, .output = parts[kind].output,
        .classes = parts[kind].input == m->images ? &run->given : &run->drawn };
    if (part.input && part.output) {
        part.in = row_values(part.input);
        part.out = row_values(part.output);
    }
    return part;
}

static enum fig_status make_plan(const struct fig_run *run, const struct part *part)
{
    struct fig_node *output = part->output;
    if (*part->plan)
        return FIG_OK;
    return fig_plan_create(part->plan, run->store, &(struct fig_plan_params){
        .outputs = &output, .output_count = 1 });
}

/* Of `rows` rows; those that fill up a batch have none. */
static enum fig_status write_labels(const struct fig_run *run, const struct part *part, int row,
                                    int rows)
{
    const int classes = run->info.classes;
    if (!fig_plan_reads(*part->plan, run->model->labels))
        return FIG_OK;
    float *labels = calloc((size_t)run->rows * (size_t)classes, sizeof(*labels));
    if (!labels)
        return fail(FIG_NOMEM, "no memory for the labels of %d rows", run->rows);
    for (int i = 0; i < rows; i++)
        labels[i * classes + classes_at(part->classes, part->first + row + i, classes)] = 1;
    const enum fig_status status = fig_plan_write(*part->plan, run->model->labels, labels);
    free(labels);
    return status;
}

/* Through buffers of whole batches; a last batch is filled up with zeros. */
static enum fig_status run_batches(const struct fig_run *run, const struct part *part,
                                   const float *in, int count, float *out, float *batch_in,
                                   float *batch_out)
{
    const int batch = run->rows;
    for (int first = 0; first < count; first += batch) {
        const size_t rows = (size_t)(count - first < batch ? count - first : batch);
        memset(batch_in, 0, (size_t)batch * part->in * sizeof(*batch_in));
        memcpy(batch_in, in + (size_t)first * part->in, rows * part->in * sizeof(*batch_in));
        TRY(fig_plan_write(*part->plan, part->input, batch_in));
        TRY(write_labels(run, part, first, (int)rows));
        TRY(fig_plan_run(*part->plan, part->step + (uint32_t)(first / batch % RUN_STEPS), 0));
        TRY(fig_plan_read(*part->plan, part->output, batch_out));
        memcpy(out + (size_t)first * part->out, batch_out, rows * part->out * sizeof(*out));
    }
    return FIG_OK;
}

static enum fig_status check_classes(const struct fig_run *run, const struct part *part)
{
    const char *model = fig_config_settings(run->used)->name;
    if (!fig_plan_reads(*part->plan, run->model->labels))
        return FIG_OK;
    if (part->classes == &run->given && !run->given.count)
        return fail(FIG_INVALID, "the model %s must be told the classes of the images, and they "
                    "have no labels", model);
    for (int i = 0; i < part->classes->count; i++) {
        const int class = part->classes->values[i];
        if (class < 0 && part->classes == &run->given)
            return fail(FIG_INVALID, "the model %s must be told the classes of the images, and "
                        "that of image %d is none of its %d", model, i, run->info.classes);
        if (class < 0 || class >= run->info.classes)
            return fail(FIG_INVALID, "%s: row %d is of class %d; the model %s knows %d",
                        part->name, i, class, model, run->info.classes);
    }
    return FIG_OK;
}

static enum fig_status run_part(struct fig_run *run, const struct part *part, const float *in,
                                int count, float *out)
{
    if (!part->input || !part->output)
        return fail(FIG_INVALID, "%s: a model of the family %s has no such part", part->name,
                    fig_config_settings(run->used)->family);
    TRY(make_plan(run, part));
    TRY(check_classes(run, part));
    float *batch_in = malloc((size_t)run->rows * part->in * sizeof(*batch_in));
    float *batch_out = malloc((size_t)run->rows * part->out * sizeof(*batch_out));
    const enum fig_status status = batch_in && batch_out
        ? run_batches(run, part, in, count, out, batch_in, batch_out)
        : fail(FIG_NOMEM, "%s: no memory for a batch of %d", part->name, run->rows);
    free(batch_in);
    free(batch_out);
    return status;
}

enum fig_status fig_run_reconstruct(struct fig_run *run, const float *images, int count,
                                    float *out)
{
    REQUIRE(run && images && out && count >= 0);
    const struct part part = part_of(run, PART_REBUILD);
    return run_part(run, &part, images, count, out);
}

enum fig_status fig_run_corrupt(struct fig_run *run, const float *images, int count, float *out)
{
    REQUIRE(run && images && out && count >= 0);
    if (!run->info.corrupts)
        return fail(FIG_INVALID, "corrupt: the model %s was trained without a corruption",
                    fig_config_settings(run->used)->name);
    const struct part part = part_of(run, PART_CORRUPT);
    return run_part(run, &part, images, count, out);
}

enum fig_status fig_run_classify(struct fig_run *run, const float *images, int count,
                                 float *probabilities)
{
    REQUIRE(run && images && probabilities && count >= 0);
    if (!run->info.classifies)
        return fail(FIG_INVALID, "classify: the model %s does not learn to tell classes: expected "
                    "one with labels: classify", fig_config_settings(run->used)->name);
    const struct part part = part_of(run, PART_CLASSIFY);
    return run_part(run, &part, images, count, probabilities);
}

static enum fig_status require_prior(const struct fig_run *run)
{
    if (run->model->prior)
        return FIG_OK;
    return fail(FIG_INVALID, "sample: a model of the family %s has no distribution to draw from; "
                "--sampler gmm fits one to its codes", fig_config_settings(run->used)->family);
}

enum fig_status fig_run_noise(struct fig_run *run, const struct fig_noise *how, float *noise)
{
    REQUIRE(run && how && noise && how->first >= 0 && how->count >= 0);
    REQUIRE(how->first <= INT_MAX - how->count);
    TRY(require_prior(run));
    return noise_draw(how, run->info.noise, noise);
}

/* The first row is sample `first`. */
static enum fig_status draw(struct fig_run *run, const float *noise, int first, int count,
                            float *images)
{
    struct part part = part_of(run, PART_DRAW);
    part.first = first;
    return run_part(run, &part, noise, count, images);
}

enum fig_status fig_run_draw(struct fig_run *run, const float *noise, int count, float *images)
{
    REQUIRE(run && noise && images && count >= 0);
    TRY(require_prior(run));
    return draw(run, noise, 0, count, images);
}

enum fig_status fig_run_sample(struct fig_run *run, uint64_t seed, int first, int count,
                               float *images)
{
    REQUIRE(run && images && first >= 0 && count >= 0 && first <= INT_MAX - count);
    TRY(require_prior(run));
    float *noise = calloc((size_t)count * (size_t)run->info.noise + 1, sizeof(*noise));
    enum fig_status status =
        noise ? FIG_OK : fail(FIG_NOMEM, "no memory to draw %d samples", count);
    if (!status)
        status = fig_run_noise(run, &(struct fig_noise){ seed, first, count, 0, 0 }, noise);
    if (!status)
        status = draw(run, noise, first, count, images);
    free(noise);
    return status;
}

enum fig_status fig_run_encode(struct fig_run *run, const float *images, int count, float *codes)
{
    REQUIRE(run && images && codes && count >= 0);
    const struct part part = part_of(run, PART_ENCODE);
    return run_part(run, &part, images, count, codes);
}

enum fig_status run_decode(struct fig_run *run, const float *codes, int first, int count,
                           float *images)
{
    struct part part = part_of(run, PART_DECODE);
    part.first = first;
    return run_part(run, &part, codes, count, images);
}

enum fig_status fig_run_decode(struct fig_run *run, const float *codes, int count, float *images)
{
    REQUIRE(run && codes && images && count >= 0);
    return run_decode(run, codes, 0, count, images);
}

enum fig_status fig_run_divergences(struct fig_run *run, const float *images, int count,
                                    float *out)
{
    REQUIRE(run && images && out && count >= 0);
    const struct part part = part_of(run, PART_DIVERGENCES);
    return run_part(run, &part, images, count, out);
}

enum fig_status fig_run_likelihoods(struct fig_run *run, const float *images, int count,
                                    uint32_t draw, float *out)
{
    REQUIRE(run && images && out && count >= 0 && draw <= UINT32_MAX / RUN_STEPS);
    struct part part = part_of(run, PART_LIKELIHOODS);
    part.step = draw * RUN_STEPS;
    return run_part(run, &part, images, count, out);
}
