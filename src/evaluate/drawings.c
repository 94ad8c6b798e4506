/* SPDX-License-Identifier: MIT */
/* Metrics of what a model draws: is it as varied as the data, and more than copies of them? */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "evaluate/evaluation.h"
#include "evaluate/health.h"
#include "evaluate/nearest.h"
#include "run/run.h"

/* Drawn with seed 0, and the same number of test images, from all of them. */
struct drawings {
    float *drawn, *test;
    int test_count;
    uint32_t *order; /* the places of the test images */
};

static enum fig_status drawings_create(struct drawings *drawings, const struct subject *subject)
{
    const int all = fig_dataset_info(subject->test)->count;
    const int count = all < FIG_DRAWN_SAMPLES ? all : FIG_DRAWN_SAMPLES;
    drawings->test_count = count;
    TRY(make_rows(&drawings->drawn, FIG_DRAWN_SAMPLES, subject->length));
    TRY(make_rows(&drawings->test, count, subject->length));
    TRY(pick_places(&drawings->order, count, all));
    TRY(load_images(subject->test, drawings->order, 0, count, drawings->test));
    return draw_samples(subject, 0, FIG_DRAWN_SAMPLES, drawings->drawn);
}

static void drawings_destroy(struct drawings *drawings)
{
    free(drawings->order);
    free(drawings->test);
    free(drawings->drawn);
}

enum fig_status draw_samples(const struct subject *subject, int first, int count, float *images)
{
    if (subject->mixture)
        return fig_mixture_sample(subject->mixture, subject->run, 0, first, count, images);
    return fig_run_sample(subject->run, 0, first, count, images);
}

static void warn_of_illness(const struct signs *signs)
{
    bool end = false;
    for (int rule = 0; !end; rule++) {
        const char *text = health_rule(rule, signs, &end);
        if (text)
            log_warning("%s", text);
    }
}

enum fig_status measure_spread(struct subject *subject, struct fig_measure *measures)
{
    struct drawings drawings = { 0 };
    struct signs signs = signs_none();
    signs.steps = (double)fig_run_info(subject->run)->step;
    const enum fig_status status = drawings_create(&drawings, subject);
    if (!status) {
        spread_and_contrast(drawings.drawn, FIG_DRAWN_SAMPLES, subject->length,
                            &signs.sample_spread, &signs.sample_contrast);
        spread_and_contrast(drawings.test, drawings.test_count, subject->length,
                            &signs.data_spread, &signs.data_contrast);
        warn_of_illness(&signs);
    }
    drawings_destroy(&drawings);
    measures[0].value = signs.sample_spread;
    measures[0].floor = signs.data_spread;
    return status;
}

static enum fig_status mean_nearest(const struct subject *subject, const float *images, int count,
                                    double *mean)
{
    double distances[FIG_DRAWN_SAMPLES];
    TRY(nearest_distances(run_device(subject->run), subject->train, images, count, distances));
    *mean = 0;
    for (int i = 0; i < count; i++)
        *mean += distances[i] / count;
    return FIG_OK;
}

enum fig_status measure_nearest(struct subject *subject, struct fig_measure *measures)
{
    struct drawings drawings = { 0 };
    double drawn = 0, test = 0;
    enum fig_status status = drawings_create(&drawings, subject);
    if (!status)
        status = mean_nearest(subject, drawings.drawn, FIG_DRAWN_SAMPLES, &drawn);
    if (!status)
        status = mean_nearest(subject, drawings.test, drawings.test_count, &test);
    drawings_destroy(&drawings);
    if (!status && test == 0)
        log_warning("nn_ratio: every test image is one of the training half: there is no ratio");
    measures[0].value = test > 0 ? drawn / test : NAN;
    return status;
}
