/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <figment/model.h>

static const double pi = 3.14159265358979323846;

/* The i of FIG_TRIPLING: (3^i - 1) / 2 epochs are before its first. */
static int triplings(int epoch)
{
    int i = 0;
    for (int64_t next = 1, length = 3; epoch >= next; next += length, length *= 3)
        i++;
    return i;
}

double fig_schedule_rate(const struct fig_schedule *schedule, double rate, int epoch, int epochs,
                         uint64_t step)
{
    if (schedule->warmup > 0 && step < (uint64_t)schedule->warmup)
        rate *= (double)(step + 1) / schedule->warmup;
    switch (schedule->kind) {
    case FIG_STEPPED:
        return rate * pow(schedule->gamma, floor(epoch / fmax(schedule->every, 1)));
    case FIG_COSINE:
        return rate * (1 + cos(pi * fmin(epoch, epochs) / fmax(epochs, 1))) / 2;
    case FIG_INVERSE_TIME:
        return rate / (1 + epoch);
    case FIG_TRIPLING:
        return rate * pow(10, -triplings(epoch) / 7.0);
    case FIG_CONSTANT:
        break;
    }
    return rate;
}
