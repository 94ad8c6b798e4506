/* SPDX-License-Identifier: MIT */
#include <figment/run.h>

#include <math.h>

static double dot(const float *a, const float *b, int length)
{
    double sum = 0;
    for (int i = 0; i < length; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* In [0, pi]; 0 if there is none. */
static double angle_between(const float *from, const float *to, int length)
{
    const double norms = sqrt(dot(from, from, length)) * sqrt(dot(to, to, length));
    if (norms == 0)
        return 0;
    return acos(fmin(fmax(dot(from, to, length) / norms, -1), 1));
}

void fig_mix(struct fig_mix mix, const float *from, const float *to, double t, float *out)
{
    const double angle = mix.spherical ? angle_between(from, to, mix.length) : 0;
    const double sine = sin(angle);
    const bool straight = sine < 1e-3;
    const double first = straight ? 1 - t : sin((1 - t) * angle) / sine;
    const double second = straight ? t : sin(t * angle) / sine;
    for (int i = 0; i < mix.length; i++)
        out[i] = (float)(first * (double)from[i] + second * (double)to[i]);
}
