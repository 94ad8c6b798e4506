/* SPDX-License-Identifier: MIT */
#include "evaluate/health.h"

#include <math.h>

#include "base/moments.h"

struct signs signs_none(void)
{
    struct signs signs; /* all of doubles */
    double *const numbers = (double *)&signs;
    for (size_t i = 0; i < sizeof(signs) / sizeof(*numbers); i++)
        numbers[i] = NAN;
    return signs;
}

static double deviation(const float *values, size_t count, size_t stride)
{
    const struct moments moments = moments_of(values, count, stride);
    return moments_deviation(&moments);
}

void spread_and_contrast(const float *samples, int count, size_t length, double *spread,
                         double *contrast)
{
    *spread = *contrast = 0;
    for (size_t pixel = 0; pixel < length; pixel++)
        *spread += deviation(samples + pixel, (size_t)count, length) / (double)length;
    for (int i = 0; i < count; i++)
        *contrast += deviation(samples + (size_t)i * length, length, 1) / count;
}

double dead_share(const float *codes, int count, size_t length)
{
    double largest = 0;
    size_t dead = 0;
    for (size_t k = 0; k < length; k++)
        largest = fmax(largest, deviation(codes + k, (size_t)count, length));
    for (size_t k = 0; k < length; k++)
        dead += deviation(codes + k, (size_t)count, length) <= 0.01 * largest;
    return (double)dead / (double)length;
}

/* Comparisons with NaN are false: a rule about what a model does not have never speaks. */

/* A generator begins with nearly one grey picture for all noise, and a VAE with an empty code: in a
 * healthy training too.  One that collapses early has less than a hundredth of any spread. */
static bool is_young(const struct signs *s)
{
    return s->steps < 2000;
}

static bool blank_pictures(const struct signs *s)
{
    return s->sample_contrast < (is_young(s) ? 0.01 : 0.1) * s->data_contrast;
}

static bool one_picture(const struct signs *s)
{
    return s->sample_spread < (is_young(s) ? 0.01 : 0.3) * s->data_spread && !blank_pictures(s);
}

/* Samples that differ, though.  1 is one class: a tenth of the way from it to the data's. */
static bool one_class(const struct signs *s)
{
    return s->sample_classes - 1 < 0.1 * (s->data_classes - 1) && !is_young(s) &&
           !one_picture(s) && !blank_pictures(s);
}

/* In a young training a low divergence may still grow, and a decoder may draw one grey picture;
 * what a training ends with is what there is, unless it was a few steps on trial. */
static bool no_information(const struct signs *s)
{
    return s->kl < 0.5 && (!is_young(s) || (s->left == 0 && s->steps >= 300));
}

/* Where the divergence is gone, this is no news. */
static bool one_rebuilt(const struct signs *s)
{
    return s->rebuilt_spread < (is_young(s) ? 0.01 : 0.1) * s->data_spread &&
           (!is_young(s) || s->left == 0) && !no_information(s);
}

static bool discriminator_wins(const struct signs *s)
{
    return s->discriminator < s->stall.won && s->generator > s->stall.beaten;
}

static bool generator_wins(const struct signs *s)
{
    return s->discriminator > s->stall.lost && s->generator < s->stall.fooled;
}

static bool same(double loss, double last)
{
    return fabs(loss - last) < 1e-4 * fabs(last);
}

static bool standstill(const struct signs *s)
{
    return same(s->discriminator, s->last_discriminator) && same(s->generator, s->last_generator);
}

static bool dead_code(const struct signs *s)
{
    return s->dead_units > 0.75;
}

static bool rising(const struct signs *s)
{
    return s->loss > 1.5 * s->first_loss && s->first_loss > 0;
}

static const struct rule {
    bool (*broken)(const struct signs *signs);
    const char *text;
} rules[] = {
    { one_picture, "mode collapse: the samples are nearly alike, while the data are not; try "
                   "adam with rate 2e-4 and beta1 0.5, leaky-relu, or a smaller discriminator" },
    { one_class, "mode collapse: nearly all samples are like one class of the data; try adam with "
                 "rate 2e-4 and beta1 0.5, leaky-relu, or a smaller discriminator" },
    { blank_pictures, "the samples are blank: every pixel has about the same value; try a lower "
                      "optimizer.rate" },
    { no_information, "posterior collapse: the KL divergence is below 0.5 nats, so the code says "
                      "nothing of the image; try a smaller beta, or more epochs" },
    { discriminator_wins, "the discriminator always wins and teaches the generator nothing; try "
                          "real-label 0.9, or a lower discriminator-optimizer rate" },
    { generator_wins, "the generator always wins: the discriminator cannot tell what it draws from "
                      "the data; try a higher discriminator-optimizer rate, or a larger "
                      "discriminator" },
    { one_rebuilt, "the reconstructions are nearly alike, whatever the sample; try more epochs, a "
                   "lower optimizer.rate, or 1 with adadelta" },
    { standstill, "the losses of discriminator and generator stand still: neither learns any more; "
                  "try other seeds, leaky-relu, or lower optimizer rates" },
    { dead_code, "more than three quarters of the code's values are the same for all samples; try "
                 "leaky-relu or elu before the code, a lower optimizer.rate, or a shorter code" },
    { rising, "the loss is 1.5 times that of the first epoch; try a lower optimizer.rate" },
};

const char *health_rule(int index, const struct signs *signs, bool *end)
{
    *end = index < 0 || index >= (int)(sizeof(rules) / sizeof(*rules));
    return !*end && rules[index].broken(signs) ? rules[index].text : NULL;
}
