/* SPDX-License-Identifier: MIT */
#include "evaluate/classifier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <figment/nn.h>
#include <figment/optimizer.h>
#include <figment/plan.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/size.h"
#include "graph/node.h"
#include "run/labels.h"
#include "run/rows.h"
#include "run/store_file.h"

enum { BATCH = 128, STEPS = 1000, EPOCHS = 20, VERSION = 1 /* of all that weights depend on */ };

/* The network for one batch. */
struct net {
    int batch;
    struct fig_graph *graph;
    struct fig_node *images, *features, *logits;
};

struct classifier {
    struct fig_dataset_info info;
    size_t length; /* values of an image */
    struct net net;
    struct fig_store *store;
    struct fig_plan *plan;
    struct fig_node *probabilities;
    float *images, *features, *rows; /* of a batch; rows: the probabilities */
    uint64_t hash;
};

/* --- The network */

static enum fig_status net_create(struct net *net, const struct fig_dataset_info *info, int batch)
{
    const struct fig_conv2d six = { .filters = 6, .kernel = 5, .stride = 1, .pad = 2 };
    const struct fig_conv2d sixteen = { .filters = 16, .kernel = 5, .stride = 1 };
    TRY(fig_graph_create(&net->graph));
    net->batch = batch;
    net->images = fig_input(net->graph, "images",
                            fig_shape4(batch, info->height, info->width, info->channels));
    struct fig_node *x = net->images;
    x = fig_avgpool(fig_relu(fig_conv2d(x, "conv1", six)), 2, 2);
    x = fig_avgpool(fig_relu(fig_conv2d(x, "conv2", sixteen)), 2, 2);
    x = fig_relu(fig_dense(x, "dense1", 120));
    net->features = fig_relu(fig_dense(x, "dense2", FEATURES));
    net->logits = fig_dense(net->features, "dense3", info->classes);
    return fig_graph_status(net->graph);
}

/* --- Training */

/* A data set on the device: images, and labels as rows that are 1 at the label. */
struct lesson {
    struct fig_samples *images, *labels;
    uint32_t *order;
    int count;
};

static enum fig_status lesson_open(struct lesson *lesson, struct fig_device *device,
                                   const struct fig_dataset *dataset, size_t length)
{
    lesson->count = fig_dataset_info(dataset)->count;
    lesson->order = malloc((size_t)lesson->count * sizeof(*lesson->order));
    if (!lesson->order)
        return fail(FIG_NOMEM, "no memory for the order of %d samples", lesson->count);
    TRY(fig_samples_create(&lesson->images, device, lesson->count, (int)length,
                           fig_dataset_bytes(dataset), fig_dataset_values(dataset)));
    return labels_upload(&lesson->labels, device, dataset, (struct label_rows){
        .classes = fig_dataset_info(dataset)->classes, .known = 1 });
}

static void lesson_close(struct lesson *lesson)
{
    fig_samples_destroy(&lesson->images);
    fig_samples_destroy(&lesson->labels);
    free(lesson->order);
}

static enum fig_status shuffle(const struct lesson *lesson, uint64_t seed, int epoch)
{
    const struct stream stream = { seed, STREAM_SHUFFLE, (uint32_t)epoch };
    random_permutation(&stream, lesson->order, (uint32_t)lesson->count);
    TRY(fig_samples_order(lesson->images, lesson->order));
    return fig_samples_order(lesson->labels, lesson->order);
}

static enum fig_status learn(struct fig_plan *plan, int size, const struct lesson *lesson,
                             uint64_t seed)
{
    const int batches = lesson->count / size;
    const int most = batches * EPOCHS, steps = most < STEPS ? most : STEPS;
    for (int step = 0; step < steps; step++) {
        const int batch = step % batches;
        if (batch == 0)
            TRY(shuffle(lesson, seed, step / batches));
        TRY(fig_plan_run(plan, (uint32_t)step, (uint32_t)(batch * size)));
    }
    return FIG_OK;
}

static enum fig_status train(struct fig_store **store, struct net *net, struct fig_plan **plan,
                             const struct lesson *lesson, struct fig_device *device, uint64_t seed)
{
    const struct fig_optimizer adam = fig_optimizer_defaults(FIG_ADAM);
    struct fig_node *labels = fig_input(net->graph, "labels", fig_node_shape(net->logits));
    struct fig_node *loss = fig_loss_cross_entropy(net->logits, labels);
    struct fig_node *step = fig_optimize(loss, "", &adam);
    const struct fig_feed feeds[] = { { net->images, lesson->images }, { labels, lesson->labels } };
    TRY(fig_graph_status(net->graph));
    TRY(fig_store_create(store, device, net->graph, seed));
    TRY(fig_plan_create(plan, *store, &(struct fig_plan_params){
        .outputs = &step, .output_count = 1, .feeds = feeds, .feed_count = 2 }));
    return learn(*plan, net->batch, lesson, seed);
}

/* The store with trained weights. */
static enum fig_status train_store(struct classifier *classifier, struct fig_device *device,
                                   const struct fig_dataset *dataset, uint64_t seed)
{
    struct lesson lesson = { 0 };
    struct net net = { 0 };
    struct fig_plan *plan = NULL;
    log_info("a classifier of %d classes is trained, for its features", classifier->info.classes);
    enum fig_status status = lesson_open(&lesson, device, dataset, classifier->length);
    if (!status)
        status = net_create(&net, &classifier->info, lesson.count < BATCH ? lesson.count : BATCH);
    if (!status)
        status = train(&classifier->store, &net, &plan, &lesson, device, seed);
    fig_plan_destroy(&plan);
    fig_graph_destroy(&net.graph);
    lesson_close(&lesson);
    return status;
}

/* --- The cache */

static uint64_t hash_data(const struct fig_dataset *dataset, size_t length)
{
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    const int sizes[] = { VERSION, info->count, info->height, info->width, info->channels,
                          info->classes };
    const size_t count = (size_t)info->count;
    uint64_t hash = hash_bytes(HASH_START, sizes, sizeof(sizes));
    hash = hash_bytes(hash, fig_dataset_labels(dataset), count);
    if (info->bytes)
        return hash_bytes(hash, fig_dataset_bytes(dataset), count * length);
    return hash_bytes(hash, fig_dataset_values(dataset), count * length * sizeof(float));
}

/* False if there is no place for one. */
static bool cache_path(char path[PATH_LIMIT], const struct fig_dataset *dataset, size_t length,
                       uint64_t seed)
{
    char folder[PATH_LIMIT], name[64];
    snprintf(name, sizeof(name), "%016" PRIx64 "-%" PRIu64 ".safetensors",
             hash_data(dataset, length), seed);
    return !folder_cache(folder, "classifiers") && !path_join(path, folder, name);
}

/* The weights of the file; false if there is none, or none that fits. */
static bool load(struct classifier *classifier, const char *path, struct fig_device *device)
{
    struct safetensors file;
    if (!path_exists(path) || safetensors_open(&file, path))
        return false;
    bool good = !fig_store_create(&classifier->store, device, classifier->net.graph, 0) &&
                !store_load(&file, path, classifier->store, &(struct store_file){ 0 });
    safetensors_close(&file);
    if (!good)
        fig_store_destroy(&classifier->store);
    return good;
}

static enum fig_status get_store(struct classifier *classifier, struct fig_device *device,
                                 const struct fig_dataset *dataset, uint64_t seed)
{
    char path[PATH_LIMIT];
    const bool cached = cache_path(path, dataset, classifier->length, seed);
    if (cached && load(classifier, path, device))
        return FIG_OK;
    TRY(train_store(classifier, device, dataset, seed));
    if (cached && store_save(path, classifier->store, &(struct store_file){ 0 }))
        log_warning("%s: not kept; the next evaluation trains it again", path);
    return FIG_OK;
}

/* --- In use */

static enum fig_status hash_weights(struct classifier *classifier)
{
    classifier->hash = HASH_START;
    for (int i = 0; i < fig_store_count(classifier->store); i++) {
        const struct fig_tensor *tensor = fig_store_tensor(classifier->store, i);
        const size_t length = shape_length(tensor->shape);
        if (tensor->kind != FIG_PARAMETER)
            continue;
        float *values;
        TRY(make_rows(&values, 1, length));
        const enum fig_status status = fig_store_read(classifier->store, i, values);
        classifier->hash = hash_bytes(classifier->hash, values, length * sizeof(*values));
        free(values);
        TRY(status);
    }
    return FIG_OK;
}

static enum fig_status open_plan(struct classifier *classifier)
{
    classifier->probabilities = fig_softmax(classifier->net.logits);
    struct fig_node *const outputs[] = { classifier->net.features, classifier->probabilities };
    TRY(fig_plan_create(&classifier->plan, classifier->store, &(struct fig_plan_params){
        .outputs = outputs, .output_count = 2 }));
    TRY(make_rows(&classifier->images, BATCH, classifier->length));
    TRY(make_rows(&classifier->features, BATCH, FEATURES));
    TRY(make_rows(&classifier->rows, BATCH, (size_t)classifier->info.classes));
    return hash_weights(classifier);
}

enum fig_status classifier_open(struct classifier **out, struct fig_device *device,
                                const struct fig_dataset *dataset, uint64_t seed)
{
    struct classifier *classifier = *out = calloc(1, sizeof(*classifier));
    if (!classifier)
        return fail(FIG_NOMEM, "no memory for a classifier");
    const struct fig_dataset_info *info = fig_dataset_info(dataset);
    classifier->info = *info;
    classifier->length = image_length(info->height, info->width, info->channels);
    enum fig_status status = net_create(&classifier->net, info, BATCH);
    if (!status)
        status = get_store(classifier, device, dataset, seed);
    if (!status)
        status = open_plan(classifier);
    if (status)
        classifier_close(out);
    return status;
}

void classifier_close(struct classifier **out)
{
    struct classifier *classifier = *out;
    if (!classifier)
        return;
    free(classifier->rows);
    free(classifier->features);
    free(classifier->images);
    fig_plan_destroy(&classifier->plan);
    fig_store_destroy(&classifier->store);
    fig_graph_destroy(&classifier->net.graph);
    free(classifier);
    *out = NULL;
}

uint64_t classifier_hash(const struct classifier *classifier)
{
    return classifier->hash;
}

static enum fig_status look_at_batch(struct classifier *classifier)
{
    TRY(fig_plan_write(classifier->plan, classifier->net.images, classifier->images));
    TRY(fig_plan_run(classifier->plan, 0, 0));
    TRY(fig_plan_read(classifier->plan, classifier->net.features, classifier->features));
    return fig_plan_read(classifier->plan, classifier->probabilities, classifier->rows);
}

enum fig_status classifier_look(struct classifier *classifier, const float *images, int count,
                                float *features, float *probabilities)
{
    const size_t classes = (size_t)classifier->info.classes, length = classifier->length;
    memset(classifier->images, 0, BATCH * length * sizeof(float));
    for (int first = 0; first < count; first += BATCH) {
        const size_t rows = (size_t)(count - first < BATCH ? count - first : BATCH);
        const size_t start = (size_t)first;
        memcpy(classifier->images, images + start * length, rows * length * sizeof(float));
        TRY(look_at_batch(classifier));
        memcpy(features + start * FEATURES, classifier->features, rows * FEATURES * sizeof(float));
        memcpy(probabilities + start * classes, classifier->rows, rows * classes * sizeof(float));
    }
    return FIG_OK;
}
