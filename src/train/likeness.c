/* SPDX-License-Identifier: MIT */
/* Metrics of samples by the features that classifiers of the data see in them, beside those of real
 * images and of Gaussian pixels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "train/classifier.h"
#include "train/evaluation.h"
#include "train/frechet.h"
#include "train/manifold.h"
#include "train/run.h"

enum { PIXEL_IMAGES = 1000 /* that Gaussian pixels are made of */ };

enum role { TEST, SAMPLES, REAL, PIXELS, ROLES };

/* What a net sees in some images. */
struct view {
    float *features; /* [count][FEATURES] */
    double *shares;  /* [classes]: of the images that are taken for the class */
    double confidence, accuracy;
};

/* Gaussian pixels: the mean plus a random sum of what the images have on top of it. */
struct pixels {
    float *mean;    /* [length] */
    float *columns; /* [length][images]: (x - mean) / sqrt(images - 1) */
    float *noise;   /* [CHUNK][images] */
    struct products *products;
    int images;
    size_t length;
    float *out; /* [CHUNK][length], of the caller */
};

struct likeness {
    int classes;
    int counts[ROLES]; /* images of each role */
    struct classifier *nets[FIG_FEATURE_NETS];
    struct view views[FIG_FEATURE_NETS][ROLES];
    struct products *products; /* of features */
    struct pixels pixels;
    float *images;        /* [CHUNK][length] */
    float *probabilities; /* [CHUNK][classes] */
};

/* --- Images of each role */

static enum fig_status load_test(struct likeness *likeness, const struct subject *subject, int first,
                                 int count)
{
    return load_images(subject->test, first, count, subject->length, likeness->images);
}

static enum fig_status load_samples(struct likeness *likeness, const struct subject *subject,
                                    int first, int count)
{
    return draw_samples(subject, first, count, likeness->images);
}

static enum fig_status load_real(struct likeness *likeness, const struct subject *subject, int first,
                                 int count)
{
    return load_images(subject->train, first, count, subject->length, likeness->images);
}

static void centre(struct pixels *pixels, const float *images)
{
    const size_t count = (size_t)pixels->images, length = pixels->length;
    for (size_t k = 0; k < length; k++) {
        double mean = 0;
        for (size_t i = 0; i < count; i++)
            mean += (double)images[i * length + k] / pixels->images;
        pixels->mean[k] = (float)mean;
        for (size_t i = 0; i < count; i++)
            pixels->columns[k * count + i] =
                (float)((images[i * length + k] - mean) / sqrt(pixels->images - 1));
    }
}

static enum fig_status pixels_open(struct pixels *pixels, const struct subject *subject)
{
    const int all = fig_dataset_info(subject->train)->count;
    float *images = NULL;
    pixels->images = all < PIXEL_IMAGES ? all : PIXEL_IMAGES;
    pixels->length = subject->length;
    TRY(make_rows(&pixels->mean, 1, pixels->length));
    TRY(make_rows(&pixels->columns, pixels->images, pixels->length));
    TRY(make_rows(&pixels->noise, CHUNK, (size_t)pixels->images));
    TRY(products_create(&pixels->products, run_device(subject->run), (size_t)pixels->images));
    TRY(make_rows(&images, pixels->images, pixels->length));
    const enum fig_status status =
        load_images(subject->train, 0, pixels->images, pixels->length, images);
    if (!status)
        centre(pixels, images);
    free(images);
    return status;
}

static void pixels_close(struct pixels *pixels)
{
    free(pixels->mean);
    free(pixels->columns);
    free(pixels->noise);
    products_destroy(&pixels->products);
}

static void add_mean(void *context, const struct product_block *block)
{
    const struct pixels *pixels = context;
    for (int i = 0; i < block->as; i++) {
        float *out = pixels->out + (size_t)(block->a + i) * pixels->length + (size_t)block->b;
        for (int j = 0; j < block->bs; j++) {
            const float value = pixels->mean[block->b + j] +
                                block->values[(size_t)i * PRODUCT_ROWS + (size_t)j];
            out[j] = value < 0 ? 0 : value > 1 ? 1 : value;
        }
    }
}

static enum fig_status load_pixels(struct likeness *likeness, const struct subject *subject,
                                   int first, int count)
{
    struct pixels *pixels = &likeness->pixels;
    double noise[PIXEL_IMAGES];
    (void)subject;
    for (int i = 0; i < count; i++) {
        const struct stream stream = { 0, STREAM_PIXELS, (uint32_t)(first + i) };
        random_normal(&stream, noise, (size_t)pixels->images);
        for (int k = 0; k < pixels->images; k++)
            pixels->noise[(size_t)i * (size_t)pixels->images + (size_t)k] = (float)noise[k];
    }
    pixels->out = likeness->images;
    return products_visit(pixels->products, (struct rows){ pixels->noise, count },
                          (struct rows){ pixels->columns, (int)pixels->length }, add_mean, pixels);
}

static enum fig_status (*const loaders[ROLES])(struct likeness *likeness,
                                               const struct subject *subject, int first,
                                               int count) = {
    [TEST] = load_test, [SAMPLES] = load_samples, [REAL] = load_real, [PIXELS] = load_pixels,
};

/* --- Views */

static int most_likely(const float *probabilities, int classes)
{
    int best = 0;
    for (int i = 1; i < classes; i++)
        best = probabilities[i] > probabilities[best] ? i : best;
    return best;
}

/* `labels`, or NULL, are those of the images. */
static void add_decisions(struct view *view, const struct likeness *likeness, int all, int count,
                          const uint8_t *labels)
{
    for (int i = 0; i < count; i++) {
        const float *row = likeness->probabilities + (size_t)i * (size_t)likeness->classes;
        const int decision = most_likely(row, likeness->classes);
        view->shares[decision] += 1.0 / all;
        view->confidence += (double)row[decision] / all;
        view->accuracy += labels ? (double)(labels[i] == decision) / all : (double)NAN;
    }
}

static enum fig_status look(struct likeness *likeness, const struct subject *subject,
                            enum role role)
{
    const uint8_t *labels = role == TEST ? fig_dataset_labels(subject->test) : NULL;
    const int all = likeness->counts[role];
    for (int first = 0; first < all; first += CHUNK) {
        const int count = all - first < CHUNK ? all - first : CHUNK;
        TRY(loaders[role](likeness, subject, first, count));
        for (int net = 0; net < FIG_FEATURE_NETS; net++) {
            struct view *view = &likeness->views[net][role];
            TRY(classifier_look(likeness->nets[net], likeness->images, count,
                                view->features + (size_t)first * FEATURES,
                                likeness->probabilities));
            add_decisions(view, likeness, all, count, labels ? labels + first : NULL);
        }
    }
    return FIG_OK;
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
    TRY(make_rows(&likeness->images, CHUNK, subject->length));
    TRY(make_rows(&likeness->probabilities, CHUNK, (size_t)likeness->classes));
    TRY(products_create(&likeness->products, device, FEATURES));
    TRY(pixels_open(&likeness->pixels, subject));
    TRY(views_create(likeness));
    for (int net = 0; net < FIG_FEATURE_NETS; net++)
        TRY(classifier_open(&likeness->nets[net], device, subject->train, (uint64_t)net));
    for (enum role role = 0; role < ROLES; role++)
        TRY(look(likeness, subject, role));
    subject->findings->seen = likeness->counts[SAMPLES];
    for (int net = 0; net < FIG_FEATURE_NETS; net++)
        subject->findings->nets[net] = (struct fig_feature_net){
            classifier_hash(likeness->nets[net]), likeness->views[net][TEST].accuracy };
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
    pixels_close(&likeness->pixels);
    products_destroy(&likeness->products);
    free(likeness->probabilities);
    free(likeness->images);
    free(likeness);
    *out = NULL;
}

/* --- Metrics: each a comparison of one view with that of the test images */

enum { MOST = 4 /* values of one comparison */ };

static struct rows rows_of(const struct likeness *likeness, int net, enum role role)
{
    return (struct rows){ likeness->views[net][role].features, likeness->counts[role] };
}

static void add_value(struct fig_measure *measure, int net, enum role role, double value)
{
    if (role == REAL)
        measure->floor += value / FIG_FEATURE_NETS;
    else if (role == PIXELS)
        measure->ceiling += value / FIG_FEATURE_NETS;
    else
        measure->value += value / FIG_FEATURE_NETS;
    if (role == SAMPLES)
        measure->difference = fabs((net ? measure->difference : 0) - value);
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
    return compare_all(subject, compare_gaussians, 1, measures);
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
