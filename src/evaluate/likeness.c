/* SPDX-License-Identifier: MIT */
/* Metrics of samples by the features that classifiers of the data see in them, beside those of real
 * images and of Gaussian pixels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/moments.h"
#include "base/random.h"
#include "evaluate/classifier.h"
#include "evaluate/evaluation.h"
#include "evaluate/frechet.h"
#include "evaluate/manifold.h"
#include "run/run.h"

/* Images that are looked at, in this order: PIXELS are made of what REAL were. */
enum role { TEST, SAMPLES, REAL, PIXELS, ROLES };

/* What a net sees in some images. */
struct view {
    float *features; /* [count][FEATURES] */
    double *shares;  /* [classes]: of the images that are taken for the class */
    double confidence;
};

struct likeness {
    int classes;
    int counts[ROLES]; /* images of each role */
    struct classifier *nets[FIG_FEATURE_NETS];
    uint32_t *test_order, *train_order; /* places of the images that are looked at */
    double accuracy[FIG_FEATURE_NETS]; /* on the test images */
    struct view views[FIG_FEATURE_NETS][ROLES];
    struct products *products; /* of features */
    struct moments *pixels;    /* [length]: of each over the real images, taken as these come */
    struct chunk chunk;        /* of the images of the role that is looked at */
    float *probabilities;      /* [CHUNK][classes] */
};

/* --- Images of each role */

static enum fig_status load_test(struct likeness *likeness, const struct subject *subject)
{
    const struct chunk *chunk = &likeness->chunk;
    return load_images(subject->test, likeness->test_order, chunk->first, chunk->count,
                       chunk->rows);
}

static enum fig_status load_drawn(struct likeness *likeness, const struct subject *subject)
{
    const struct chunk *chunk = &likeness->chunk;
    return draw_samples(subject, chunk->first, chunk->count, chunk->rows);
}

static enum fig_status load_real(struct likeness *likeness, const struct subject *subject)
{
    const struct chunk *chunk = &likeness->chunk;
    TRY(load_images(subject->train, likeness->train_order, chunk->first, chunk->count,
                    chunk->rows));
    for (size_t i = 0; i < (size_t)chunk->count * subject->length; i++)
        moments_add(&likeness->pixels[i % subject->length], (double)chunk->rows[i]);
    return FIG_OK;
}

/* Each on its own, within [0, 1]. */
static enum fig_status load_pixels(struct likeness *likeness, const struct subject *subject)
{
    const struct chunk *chunk = &likeness->chunk;
    const size_t length = subject->length;
    double *noise = malloc(length * sizeof(*noise));
    if (!noise)
        return fail(FIG_NOMEM, "no memory for %zu pixels", length);
    for (int i = 0; i < chunk->count; i++) {
        const struct stream stream = { 0, STREAM_PIXELS, (uint32_t)(chunk->first + i) };
        random_normal(&stream, noise, length);
        for (size_t k = 0; k < length; k++) {
            const struct moments *pixel = &likeness->pixels[k];
            const double value = pixel->mean + moments_deviation(pixel) * noise[k];
            chunk->rows[(size_t)i * length + k] = (float)fmin(fmax(value, 0), 1);
        }
    }
    free(noise);
    return FIG_OK;
}

static enum fig_status (*const loaders[ROLES])(struct likeness *likeness,
                                               const struct subject *subject) = {
    [TEST] = load_test, [SAMPLES] = load_drawn, [REAL] = load_real, [PIXELS] = load_pixels,
};

/* --- Views */

/* `taken`: what the images of the chunk are taken for. */
static void add_decisions(struct view *view, const struct likeness *likeness, const int *taken)
{
    const int all = likeness->chunk.all;
    for (int i = 0; i < likeness->chunk.count; i++) {
        const float *row = likeness->probabilities + (size_t)i * (size_t)likeness->classes;
        view->shares[taken[i]] += 1.0 / all;
        view->confidence += (double)row[taken[i]] / all;
    }
}

static void add_hits(double *accuracy, const struct likeness *likeness,
                     const struct fig_dataset *test, const int *taken)
{
    const uint8_t *labels = fig_dataset_labels(test);
    const uint32_t *order = likeness->test_order + likeness->chunk.first;
    if (!labels)
        *accuracy = NAN;
    for (int i = 0; labels && i < likeness->chunk.count; i++)
        *accuracy += (labels[order[i]] == taken[i]) / (double)likeness->chunk.all;
}

static enum fig_status look(struct likeness *likeness, const struct subject *subject,
                            enum role role)
{
    struct chunk *chunk = &likeness->chunk;
    int taken[CHUNK];
    TRY(chunk_open(chunk, likeness->counts[role], subject->length));
    while (chunk_next(chunk)) {
        TRY(loaders[role](likeness, subject));
        for (int net = 0; net < FIG_FEATURE_NETS; net++) {
            struct view *view = &likeness->views[net][role];
            TRY(classifier_look(likeness->nets[net], chunk->rows, chunk->count,
                                view->features + (size_t)chunk->first * FEATURES,
                                likeness->probabilities));
            fig_most_probable(likeness->probabilities, chunk->count, likeness->classes, taken);
            add_decisions(view, likeness, taken);
            if (role == TEST)
                add_hits(&likeness->accuracy[net], likeness, subject->test, taken);
        }
    }
    free(chunk->rows);
    chunk->rows = NULL;
    return FIG_OK;
}

/* Of the test images that are looked at. */
static double largest_share(const struct likeness *likeness, const struct fig_dataset *test)
{
    const uint8_t *labels = fig_dataset_labels(test);
    int counts[UINT8_MAX + 1] = { 0 }, largest = 0;
    for (int i = 0; i < likeness->counts[TEST]; i++) {
        const int count = ++counts[labels[likeness->test_order[i]]];
        largest = count > largest ? count : largest;
    }
    return (double)largest / likeness->counts[TEST];
}

/* Whoever always says the largest class is right on its share. */
static void warn_of_nets(const struct likeness *likeness, const struct fig_dataset *test)
{
    const double guess = fig_dataset_labels(test) ? largest_share(likeness, test) : NAN;
    for (int net = 0; net < FIG_FEATURE_NETS; net++) {
        if (likeness->accuracy[net] < (guess + 1) / 2)
            log_warning("feature net %d is right on %.2f %% of the test images, and their largest "
                        "class is %.2f %% of them: its features tell little of images", net,
                        100 * likeness->accuracy[net], 100 * guess);
    }
}

static enum fig_status views_create(struct likeness *likeness)
{
    for (int net = 0; net < FIG_FEATURE_NETS; net++) {
        for (int role = 0; role < ROLES; role++) {
            struct view *view = &likeness->views[net][role];
            TRY(make_rows(&view->features, likeness->counts[role], FEATURES));
            view->shares = calloc((size_t)likeness->classes, sizeof(*view->shares));
            if (!view->shares)
                return fail(FIG_NOMEM, "no memory for %d classes", likeness->classes);
        }
    }
    return FIG_OK;
}

static enum fig_status fill(struct likeness *likeness, struct subject *subject)
{
    struct fig_device *device = run_device(subject->run);
    TRY(make_rows(&likeness->probabilities, CHUNK, (size_t)likeness->classes));
    TRY(products_create(&likeness->products, device, FEATURES));
    TRY(pick_places(&likeness->test_order, likeness->counts[TEST],
                    fig_dataset_info(subject->test)->count));
    TRY(pick_places(&likeness->train_order, likeness->counts[REAL],
                    fig_dataset_info(subject->train)->count));
    likeness->pixels = calloc(subject->length, sizeof(*likeness->pixels));
    if (!likeness->pixels)
        return fail(FIG_NOMEM, "no memory for %zu pixels", subject->length);
    TRY(views_create(likeness));
    for (int net = 0; net < FIG_FEATURE_NETS; net++)
        TRY(classifier_open(&likeness->nets[net], device, subject->train, (uint64_t)net));
    for (enum role role = 0; role < ROLES; role++)
        TRY(look(likeness, subject, role));
    warn_of_nets(likeness, subject->test);
    subject->findings->seen = likeness->counts[SAMPLES];
    for (int net = 0; net < FIG_FEATURE_NETS; net++)
        subject->findings->nets[net] = (struct fig_feature_net){
            classifier_hash(likeness->nets[net]), likeness->accuracy[net] };
    return FIG_OK;
}

/* The subject's own, made once. */
static enum fig_status likeness_get(struct subject *subject)
{
    const int tests = fig_dataset_info(subject->test)->count;
    const int trains = fig_dataset_info(subject->train)->count;
    const int count = tests < FIG_SEEN_SAMPLES ? tests : FIG_SEEN_SAMPLES;
    if (subject->likeness)
        return FIG_OK;
    struct likeness *likeness = subject->likeness = calloc(1, sizeof(*likeness));
    if (!likeness)
        return fail(FIG_NOMEM, "no memory to compare %d samples", count);
    likeness->classes = fig_dataset_info(subject->train)->classes;
    for (int role = 0; role < ROLES; role++)
        likeness->counts[role] = count;
    likeness->counts[REAL] = trains < count ? trains : count;
    return fill(likeness, subject);
}

void likeness_destroy(struct likeness **out)
{
    struct likeness *likeness = *out;
    if (!likeness)
        return;
    for (int net = 0; net < FIG_FEATURE_NETS; net++) {
        classifier_close(&likeness->nets[net]);
        for (int role = 0; role < ROLES; role++) {
            free(likeness->views[net][role].features);
            free(likeness->views[net][role].shares);
        }
    }
    products_destroy(&likeness->products);
    free(likeness->train_order);
    free(likeness->test_order);
    free(likeness->pixels);
    free(likeness->probabilities);
    free(likeness->chunk.rows);
    free(likeness);
    *out = NULL;
}

/* --- Metrics: each a comparison of one view with that of the test images */

enum { MOST = 4 /* values of one comparison */, FRECHET_SAMPLES = 10 * FEATURES };

static struct rows rows_of(const struct likeness *likeness, int net, enum role role)
{
    return (struct rows){ likeness->views[net][role].features, likeness->counts[role] };
}

void add_net(struct fig_measure *measure, int net, double value)
{
    measure->value += value / FIG_FEATURE_NETS;
    measure->difference = net ? fabs(measure->difference - value) : value;
}

static void add_value(struct fig_measure *measure, int net, enum role role, double value)
{
    if (role == REAL)
        measure->floor += value / FIG_FEATURE_NETS;
    else if (role == PIXELS)
        measure->ceiling += value / FIG_FEATURE_NETS;
    else
        add_net(measure, net, value);
}

static enum fig_status compare_all(struct subject *subject,
                                   enum fig_status (*compare)(struct likeness *likeness, int net,
                                                              enum role role, double *values),
                                   int count, struct fig_measure *measures)
{
    TRY(likeness_get(subject));
    memset(measures, 0, (size_t)count * sizeof(*measures));
    for (int net = 0; net < FIG_FEATURE_NETS; net++) {
        for (enum role role = SAMPLES; role < ROLES; role++) {
            double values[MOST];
            TRY(compare(subject->likeness, net, role, values));
            for (int i = 0; i < count; i++)
                add_value(&measures[i], net, role, values[i]);
        }
    }
    return FIG_OK;
}

static enum fig_status compare_gaussians(struct likeness *likeness, int net, enum role role,
                                         double *values)
{
    return frechet_distance(rows_of(likeness, net, role), rows_of(likeness, net, TEST), FEATURES,
                            values);
}

static enum fig_status compare_kernels(struct likeness *likeness, int net, enum role role,
                                       double *values)
{
    return kernel_distance(likeness->products, FEATURES, rows_of(likeness, net, role),
                           rows_of(likeness, net, TEST), values);
}

static enum fig_status compare_manifolds(struct likeness *likeness, int net, enum role role,
                                         double *values)
{
    struct manifold manifold;
    TRY(manifold_compare(likeness->products, FEATURES, rows_of(likeness, net, TEST),
                         rows_of(likeness, net, role), NEIGHBOURS, &manifold));
    values[0] = manifold.precision;
    values[1] = manifold.recall;
    values[2] = manifold.density;
    values[3] = manifold.coverage;
    return FIG_OK;
}

/* A class is hit if it has at least a tenth of an equal share. */
static enum fig_status count_classes(struct likeness *likeness, int net, enum role role,
                                     double *values)
{
    const struct view *view = &likeness->views[net][role];
    const double classes = likeness->classes;
    values[0] = values[1] = 0;
    for (int i = 0; i < likeness->classes; i++) {
        const double share = view->shares[i];
        values[0] += share * classes >= 0.1;
        values[1] += share > 0 ? share * log(share * classes) : 0;
    }
    values[2] = view->confidence;
    return FIG_OK;
}

enum fig_status measure_frechet(struct subject *subject, struct fig_measure *measures)
{
    TRY(compare_all(subject, compare_gaussians, 1, measures));
    if (subject->likeness->counts[REAL] < FRECHET_SAMPLES)
        log_warning("fd84: of %d samples: covariances of %d features take at least %d",
                    subject->likeness->counts[REAL], FEATURES, FRECHET_SAMPLES);
    return FIG_OK;
}

enum fig_status measure_kernel(struct subject *subject, struct fig_measure *measures)
{
    return compare_all(subject, compare_kernels, 1, measures);
}

enum fig_status measure_manifold(struct subject *subject, struct fig_measure *measures)
{
    return compare_all(subject, compare_manifolds, 4, measures);
}

enum fig_status measure_classes(struct subject *subject, struct fig_measure *measures)
{
    return compare_all(subject, count_classes, 3, measures);
}
