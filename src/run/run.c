/* SPDX-License-Identifier: MIT */
/* A trained model in use: its graph for one batch size, and a plan for each of its parts. */
#include "run/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "data/scaling.h"
#include "run/labels.h"

enum { RUN_BATCH = 128, RUN_STEPS = 64 };

struct fig_run {
    struct fig_config *config; /* NULL when borrowed */
    const struct fig_config *used;
    struct fig_device *device;
    struct fig_store *store, *own; /* `own` is NULL when borrowed */
    struct fig_model *model;
    /* Made when first asked for. */
    struct fig_plan *encode, *rebuild, *decode, *draw, *likelihoods, *corrupt;
    struct fig_run_info info;
    struct text names; /* of the classes, a zero behind each; empty when borrowed */
    struct classes drawn, given; /* of what is made of noise and codes, and of images */
    struct fig_scaling scaling; /* of a table's columns; no columns if there is none */
};

static size_t row_values(const struct fig_node *node)
{
    const struct fig_shape shape = fig_node_shape(node);
    size_t values = 1;
    for (int i = 1; i < shape.rank; i++)
        values *= (size_t)shape.dim[i];
    return values;
}

static enum fig_status make_model(struct fig_run *run, struct sample_size size)
{
    const struct fig_model_params params = {
        .batch = RUN_BATCH, .height = size.height, .width = size.width, .channels = size.channels,
        .classes = size.classes };
    TRY(fig_model_create(&run->model, run->used, &params));
    run->info.height = size.height;
    run->info.width = size.width;
    run->info.channels = size.channels;
    run->info.classes = size.classes;
    run->info.conditional = run->model->conditional;
    run->info.samples = run->model->prior;
    run->info.likelihoods = run->model->likelihoods;
    run->info.corrupts = run->model->corrupted;
    run->info.shrink = run->model->shrink;
    run->info.noise = run->model->prior ? (int)row_values(run->model->seed) : 0;
    run->info.code = run->model->code ? (int)row_values(run->model->code) : 0;
    return FIG_OK;
}

enum fig_status run_borrow(struct fig_run **out, const struct fig_config *config,
                           struct fig_device *device, struct fig_store *store,
                           struct sample_size size)
{
    struct fig_run *run = calloc(1, sizeof(*run));
    if (!run)
        return fail(FIG_NOMEM, "no memory for a run");
    run->used = config;
    run->device = device;
    run->store = store;
    const enum fig_status status = make_model(run, size);
    if (status)
        fig_run_close(&run);
    *out = run;
    return status;
}

static enum fig_status take_model(struct fig_run *run, const struct model_file *file,
                                  const char *folder)
{
    struct sample_size size;
    TRY(model_size(file, &size, &run->info.step));
    TRY(model_names(file, &run->names));
    TRY(model_scaling(file, &run->scaling));
    if (run->scaling.columns && run->scaling.columns != size.height * size.width * size.channels)
        return fail(FIG_FORMAT, "%s: a scaling of %d columns, samples of %dx%dx%d", folder,
                    run->scaling.columns, size.height, size.width, size.channels);
    TRY(make_model(run, size));
    TRY(fig_store_create(&run->own, run->device, run->model->graph,
                         fig_config_settings(run->config)->seed));
    run->store = run->own;
    return model_load(file, run->store);
}

static enum fig_status open_run(struct fig_run *run, const char *folder)
{
    char path[PATH_LIMIT];
    struct model_file file;
    TRY(path_join(path, folder, "config.yaml"));
    TRY(fig_config_open(&run->config, path, NULL, 0));
    run->used = run->config;
    TRY(model_open(&file, folder));
    const enum fig_status status = take_model(run, &file, folder);
    model_close(&file);
    return status;
}

enum fig_status fig_run_open(struct fig_run **out, const char *folder, struct fig_device *device)
{
    REQUIRE(out && folder && device);
    struct fig_run *run = calloc(1, sizeof(*run));
    *out = NULL;
    if (!run)
        return fail(FIG_NOMEM, "no memory for a run");
    run->device = device;
    const enum fig_status status = open_run(run, folder);
    if (status)
        fig_run_close(&run);
    *out = run;
    return status;
}

void fig_run_close(struct fig_run **out)
{
    struct fig_run *run = *out;
    if (!run)
        return;
    fig_plan_destroy(&run->encode);
    fig_plan_destroy(&run->rebuild);
    fig_plan_destroy(&run->decode);
    fig_plan_destroy(&run->draw);
    fig_plan_destroy(&run->likelihoods);
    fig_plan_destroy(&run->corrupt);
    fig_store_destroy(&run->own);
    fig_model_destroy(&run->model);
    fig_config_close(&run->config);
    text_free(&run->names);
    classes_free(&run->drawn);
    classes_free(&run->given);
    scaling_free(&run->scaling);
    free(run);
    *out = NULL;
}

const struct fig_run_info *fig_run_info(const struct fig_run *run)
{
    return &run->info;
}

const struct fig_config *fig_run_config(const struct fig_run *run)
{
    return run->used;
}

const struct fig_scaling *fig_run_scaling(const struct fig_run *run)
{
    return run->scaling.columns ? &run->scaling : NULL;
}

static enum fig_status fit_dataset(struct fig_dataset *dataset, const struct fig_run *run,
                                   const char *name)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    if (info->height != run->info.height || info->width != run->info.width ||
        info->channels != run->info.channels)
        return fail(FIG_SHAPE, "%s: samples of %dx%dx%d; the model %s takes %dx%dx%d", name,
                    info->height, info->width, info->channels,
                    fig_config_settings(run->used)->name, run->info.height, run->info.width,
                    run->info.channels);
    return fig_dataset_rescale(dataset, fig_run_scaling(run));
}

enum fig_status fig_run_dataset(struct fig_dataset **out, const struct fig_run *run,
                                const char *data, enum fig_split split)
{
    REQUIRE(out && run);
    const struct fig_settings *settings = fig_config_settings(run->used);
    const char *name = data ? data : settings->data;
    TRY(fig_dataset_open(out, name, split, settings->seed));
    const enum fig_status status = fit_dataset(*out, run, name);
    if (status)
        fig_dataset_close(out);
    return status;
}

const char *fig_run_class_name(const struct fig_run *run, int label)
{
    return label < 0 ? NULL : text_part(&run->names, label);
}

enum fig_status fig_run_condition(struct fig_run *run, const uint8_t *classes, int count)
{
    REQUIRE(run && count >= 0 && (classes || !count));
    return classes_copy(&run->drawn, classes, count);
}

enum fig_status fig_run_label(struct fig_run *run, const uint8_t *labels, int count)
{
    REQUIRE(run && count >= 0 && (labels || !count));
    return classes_copy(&run->given, labels, count);
}

/* One part of the model: from an input to an output, by a plan. */
struct part {
    struct fig_plan **plan;
    struct fig_node *input, *output;
    size_t in, out; /* values of one row */
    uint32_t step;  /* of its random streams, for the first batch */
    int first;      /* the sample that the first row is */
    const struct classes *classes; /* of the rows */
};

static struct part part_of(const struct fig_run *run, struct fig_plan **plan,
                           struct fig_node *input, struct fig_node *output)
{
    struct part part = {
        .plan = plan, .input = input, .output = output,
        .classes = input == run->model->images ? &run->given : &run->drawn };
    if (input && output) {
        part.in = row_values(input);
        part.out = row_values(output);
    }
    return part;
}

static enum fig_status make_plan(struct fig_run *run, struct part *part)
{
    if (*part->plan)
        return FIG_OK;
    const struct fig_plan_params params = { .outputs = &part->output, .output_count = 1 };
    return fig_plan_create(part->plan, run->store, &params);
}

static enum fig_status write_labels(const struct fig_run *run, const struct part *part, int row)
{
    const int classes = run->info.classes;
    if (!fig_plan_reads(*part->plan, run->model->labels))
        return FIG_OK;
    float *labels = calloc(RUN_BATCH * (size_t)classes, sizeof(*labels));
    if (!labels)
        return fail(FIG_NOMEM, "no memory for the labels of %d rows", RUN_BATCH);
    for (int i = 0; i < RUN_BATCH; i++)
        labels[i * classes + classes_at(part->classes, part->first + row + i, classes)] = 1;
    const enum fig_status status = fig_plan_write(*part->plan, run->model->labels, labels);
    free(labels);
    return status;
}

/* Rows in, rows out, through buffers of whole batches; a last batch is filled up with zeros. */
static enum fig_status run_batches(const struct fig_run *run, const struct part *part,
                                   const float *in, int count, float *out, float *batch_in,
                                   float *batch_out)
{
    for (int first = 0; first < count; first += RUN_BATCH) {
        const size_t rows = (size_t)(count - first < RUN_BATCH ? count - first : RUN_BATCH);
        memset(batch_in, 0, RUN_BATCH * part->in * sizeof(*batch_in));
        memcpy(batch_in, in + (size_t)first * part->in, rows * part->in * sizeof(*batch_in));
        TRY(fig_plan_write(*part->plan, part->input, batch_in));
        TRY(write_labels(run, part, first));
        TRY(fig_plan_run(*part->plan, part->step + (uint32_t)(first / RUN_BATCH % RUN_STEPS), 0));
        TRY(fig_plan_read(*part->plan, part->output, batch_out));
        memcpy(out + (size_t)first * part->out, batch_out, rows * part->out * sizeof(*out));
    }
    return FIG_OK;
}

static enum fig_status check_classes(const struct fig_run *run, const struct part *part,
                                     const char *name)
{
    const char *model = fig_config_settings(run->used)->name;
    if (!fig_plan_reads(*part->plan, run->model->labels))
        return FIG_OK;
    if (part->classes == &run->given && !run->given.count)
        return fail(FIG_INVALID, "%s: the model %s must be told the classes of the images, and "
                    "they have no labels", name, model);
    for (int i = 0; i < part->classes->count; i++) {
        if (part->classes->values[i] >= run->info.classes)
            return fail(FIG_INVALID, "%s: row %d is of class %d; the model %s knows %d", name, i,
                        part->classes->values[i], model, run->info.classes);
    }
    return FIG_OK;
}

static enum fig_status run_part(struct fig_run *run, struct part part, const char *name,
                                const float *in, int count, float *out)
{
    if (!part.input || !part.output)
        return fail(FIG_INVALID, "%s: a model of the family %s has no such part", name,
                    fig_config_settings(run->used)->family);
    TRY(make_plan(run, &part));
    TRY(check_classes(run, &part, name));
    float *batch_in = malloc(RUN_BATCH * part.in * sizeof(*batch_in));
    float *batch_out = malloc(RUN_BATCH * part.out * sizeof(*batch_out));
    const enum fig_status status = batch_in && batch_out
        ? run_batches(run, &part, in, count, out, batch_in, batch_out)
        : fail(FIG_NOMEM, "%s: no memory for a batch of %d", name, RUN_BATCH);
    free(batch_in);
    free(batch_out);
    return status;
}

enum fig_status fig_run_reconstruct(struct fig_run *run, const float *images, int count,
                                    float *out)
{
    REQUIRE(run && images && out && count >= 0);
    return run_part(run, part_of(run, &run->rebuild, run->model->images, run->model->rebuilt),
                    "reconstruct", images, count, out);
}

enum fig_status fig_run_corrupt(struct fig_run *run, const float *images, int count, float *out)
{
    REQUIRE(run && images && out && count >= 0);
    if (!run->info.corrupts)
        return fail(FIG_INVALID, "corrupt: the model %s was trained without a corruption",
                    fig_config_settings(run->used)->name);
    return run_part(run, part_of(run, &run->corrupt, run->model->images, run->model->corrupted),
                    "corrupt", images, count, out);
}

static enum fig_status require_prior(const struct fig_run *run)
{
    if (run->model->prior)
        return FIG_OK;
    return fail(FIG_INVALID, "sample: a model of the family %s has no distribution to draw from",
                fig_config_settings(run->used)->family);
}

enum fig_status fig_run_noise(struct fig_run *run, const struct fig_noise *how, float *noise)
{
    REQUIRE(run && how && noise && how->first >= 0 && how->count >= 0);
    TRY(require_prior(run));
    return noise_draw(how, run->info.noise, noise);
}

/* The first row is sample `first`. */
static enum fig_status draw(struct fig_run *run, const float *noise, int first, int count,
                            float *images)
{
    struct part part = part_of(run, &run->draw, run->model->seed, run->model->drawn);
    part.first = first;
    return run_part(run, part, "sample", noise, count, images);
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
    REQUIRE(run && images && first >= 0 && count >= 0);
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
    return run_part(run, part_of(run, &run->encode, run->model->images, run->model->code),
                    "encode", images, count, codes);
}

static struct part decoder(struct fig_run *run)
{
    const struct fig_model *model = run->model;
    if (model->code_in)
        return part_of(run, &run->decode, model->code_in, model->decoded);
    return part_of(run, &run->decode, model->code ? model->seed : NULL, model->drawn);
}

enum fig_status run_decode(struct fig_run *run, const float *codes, int first, int count,
                           float *images)
{
    struct part part = decoder(run);
    part.first = first;
    return run_part(run, part, "decode", codes, count, images);
}

enum fig_status fig_run_decode(struct fig_run *run, const float *codes, int count, float *images)
{
    REQUIRE(run && codes && images && count >= 0);
    return run_decode(run, codes, 0, count, images);
}

enum fig_status fig_run_likelihoods(struct fig_run *run, const float *images, int count,
                                    uint32_t draw, float *out)
{
    REQUIRE(run && images && out && count >= 0 && draw < UINT32_MAX / RUN_STEPS);
    struct part part = part_of(run, &run->likelihoods, run->model->images,
                               run->model->likelihoods);
    part.step = draw * RUN_STEPS;
    return run_part(run, part, "likelihoods", images, count, out);
}

struct fig_device *run_device(const struct fig_run *run)
{
    return run->device;
}
