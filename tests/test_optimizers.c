/* SPDX-License-Identifier: MIT */
/* Every optimiser, from a random state and for several steps, against its definition in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "graph/node.h"
#include "tests/rig.h"

enum { ROWS = 37, COLS = 3, BIAS = 5, LENGTH_OF_W = ROWS * COLS, STEPS = 4 };

/* --- Definitions, as optimizer.h and PyTorch have them. */

/* One parameter with its moments. */
struct state {
    double w, first, second;
};

static void sgd(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    (void)t;
    x->w -= o->rate * g;
}

static void momentum(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    (void)t;
    x->first = o->momentum * x->first + g;
    x->w -= o->rate * x->first;
}

static void nesterov(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    (void)t;
    x->first = o->momentum * x->first + g;
    x->w -= o->rate * (g + o->momentum * x->first);
}

static void rmsprop(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    (void)t;
    x->first = o->rho * x->first + (1 - o->rho) * g * g;
    x->w -= o->rate * g / (sqrt(x->first) + o->epsilon);
}

static void adagrad(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    (void)t;
    x->first += g * g;
    x->w -= o->rate * g / (sqrt(x->first) + o->epsilon);
}

static void adadelta(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    (void)t;
    x->first = o->rho * x->first + (1 - o->rho) * g * g;
    const double d = sqrt(x->second + o->epsilon) / sqrt(x->first + o->epsilon) * g;
    x->second = o->rho * x->second + (1 - o->rho) * d * d;
    x->w -= o->rate * d;
}

static void adam(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    x->first = o->beta1 * x->first + (1 - o->beta1) * g;
    x->second = o->beta2 * x->second + (1 - o->beta2) * g * g;
    const double m = x->first / (1 - pow(o->beta1, t)), v = x->second / (1 - pow(o->beta2, t));
    x->w -= o->rate * m / (sqrt(v) + o->epsilon);
}

static void (*const definitions[])(struct state *x, double g, const struct fig_optimizer *o,
                                   int t) = {
    [FIG_SGD] = sgd,         [FIG_MOMENTUM] = momentum, [FIG_NESTEROV] = nesterov,
    [FIG_RMSPROP] = rmsprop, [FIG_ADAGRAD] = adagrad,   [FIG_ADADELTA] = adadelta,
    [FIG_ADAM] = adam,       [FIG_ADAMW] = adam,
};
enum { KINDS = sizeof(definitions) / sizeof(*definitions), GROUPS = 2 * KINDS };

static void define(struct state *x, double g, const struct fig_optimizer *o, int t)
{
    const double decay = o->rate * o->decay * x->w;
    definitions[o->kind](x, o->kind == FIG_ADAMW ? g : g + o->decay * x->w, o, t);
    if (o->kind == FIG_ADAMW)
        x->w -= decay;
}

/* --- Each kind twice: with its defaults, and with weight decay and clipping.  All are groups of
 * one graph and one plan. */

static struct fig_optimizer settings(int group)
{
    struct fig_optimizer o = fig_optimizer_defaults((enum fig_optimizer_kind)(group / 2));
    if (group % 2) {
        o.decay = 0.125;
        o.clip_norm = 0.5;
    }
    return o;
}

static const char *name_of(int group, const char *parameter)
{
    static char name[64];
    snprintf(name, sizeof(name), "%d.%s", 100 + group, parameter);
    return name;
}

/* The loss is w . g + b . h: its gradients are the inputs g and h. */
static struct fig_node *add_group(struct rig *rig, int group)
{
    const struct fig_init init = { FIG_GLOROT, ROWS, COLS };
    struct fig_node *w = fig_param(rig->graph, name_of(group, "w"), fig_shape2(ROWS, COLS), init);
    struct fig_node *b = fig_param(rig->graph, name_of(group, "b"), fig_shape1(BIAS), init);
    struct fig_node *loss = fig_add(fig_sum(fig_mul(w, rig->input[0])),
                                    fig_sum(fig_mul(b, rig->input[1])));
    const struct fig_optimizer o = settings(group);
    return fig_optimize(loss, name_of(group, ""), &o);
}

static int tensor(const struct rig *rig, int group, int moment, const char *parameter)
{
    char name[128];
    if (moment < 0)
        snprintf(name, sizeof(name), "%s", name_of(group, parameter));
    else
        snprintf(name, sizeof(name), "optimizer.%d..%d.%s", 100 + group, moment,
                 name_of(group, parameter));
    return fig_store_find(rig->store, name);
}

/* The state of a parameter tensor as the store holds it. */
static void read_state(struct rig *rig, int group, const char *parameter, struct state *out,
                       int length)
{
    float values[LENGTH_OF_W];
    memset(out, 0, (size_t)length * sizeof(*out));
    for (int moment = -1; moment < 2; moment++) {
        const int index = tensor(rig, group, moment, parameter);
        if (index < 0)
            continue;
        RIG_OK(fig_store_read(rig->store, index, values));
        for (int i = 0; i < length; i++)
            *(moment < 0 ? &out[i].w : moment ? &out[i].second : &out[i].first) = (double)values[i];
    }
}

/* Positive: some moments are means of squares. */
static void randomise_moments(struct rig *rig)
{
    for (int i = 0; i < fig_store_count(rig->store); i++) {
        const struct fig_tensor *info = fig_store_tensor(rig->store, i);
        float values[LENGTH_OF_W];
        double *random = rig_random(70 + (uint64_t)i, LENGTH_OF_W, 0.0625, 0.5);
        for (int k = 0; k < LENGTH_OF_W; k++)
            values[k] = (float)random[k];
        free(random);
        if (info->kind == FIG_MOMENT)
            RIG_OK(fig_store_write(rig->store, i, values));
    }
}

/* What clipping leaves of the gradient: of both tensors of the group together. */
static double clip_factor(const struct rig *rig, const struct fig_optimizer *o)
{
    double norm = 0;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < shape_length(rig->input[k]->shape); i++)
            norm += rig->values[k][i] * rig->values[k][i];
    }
    norm = sqrt(norm);
    return o->clip_norm > 0 ? fmin(1, o->clip_norm / (norm + 1e-6)) : 1;
}

/* MODELS.md: 1e-6 for a step from any state. */
static void check_tensor(struct rig *rig, int group, int input, const char *parameter,
                         const struct state *before, int t)
{
    struct state after[LENGTH_OF_W];
    const struct fig_optimizer o = settings(group);
    const int length = (int)shape_length(rig->input[input]->shape);
    read_state(rig, group, parameter, after, length);
    for (int i = 0; i < length; i++) {
        struct state x = before[i];
        define(&x, rig->values[input][i] * clip_factor(rig, &o), &o, t);
        RIG_NEAR(after[i].w, x.w, 1e-6, 1e-6, "optimiser %d step %d: %s[%d] is %.9g, not %.9g",
                 group, t, parameter, i, after[i].w, x.w);
        RIG_NEAR(after[i].first, x.first, 1e-6, 1e-6, "optimiser %d step %d: moment 0 of %s[%d] "
                 "is %.9g, not %.9g", group, t, parameter, i, after[i].first, x.first);
        RIG_NEAR(after[i].second, x.second, 1e-6, 1e-6, "optimiser %d step %d: moment 1 of %s[%d] "
                 "is %.9g, not %.9g", group, t, parameter, i, after[i].second, x.second);
    }
}

static void new_gradients(struct rig *rig, int t)
{
    for (int k = 0; k < 2; k++) {
        free(rig->values[k]);
        rig->values[k] = rig_random(10 * (uint64_t)t + (uint64_t)k,
                                    shape_length(rig->input[k]->shape), -0.25, 0.25);
    }
}

START_TEST(every_step_of_every_optimiser_is_its_definition)
{
    static struct state w[GROUPS][LENGTH_OF_W], b[GROUPS][BIAS];
    struct fig_node *updates[GROUPS];
    struct rig rig;
    rig_open(&rig, NULL);
    rig_input(&rig, fig_shape2(ROWS, COLS), NULL);
    rig_input(&rig, fig_shape1(BIAS), NULL);
    for (int group = 0; group < GROUPS; group++)
        updates[group] = add_group(&rig, group);
    rig_plan(&rig, updates, GROUPS);
    randomise_moments(&rig);
    for (int t = 1; t <= STEPS; t++) {
        new_gradients(&rig, t);
        for (int group = 0; group < GROUPS; group++) {
            read_state(&rig, group, "w", w[group], LENGTH_OF_W);
            read_state(&rig, group, "b", b[group], BIAS);
        }
        rig_run(&rig, (uint32_t)t);
        for (int group = 0; group < GROUPS; group++) {
            check_tensor(&rig, group, 0, "w", w[group], t);
            check_tensor(&rig, group, 1, "b", b[group], t);
        }
    }
    rig_close(&rig);
}
END_TEST

START_TEST(a_schedule_changes_the_rate_of_the_next_step)
{
    struct rig rig;
    float before[LENGTH_OF_W], after[LENGTH_OF_W];
    rig_open(&rig, NULL);
    rig_input(&rig, fig_shape2(ROWS, COLS), NULL);
    rig_input(&rig, fig_shape1(BIAS), NULL);
    struct fig_node *update = add_group(&rig, 0);
    rig_plan(&rig, &update, 1);
    ck_assert_int_eq(fig_store_optimizers(rig.store), 1);
    struct fig_optimizer_state *state = fig_store_optimizer(rig.store, 0);
    for (int t = 1; t <= 3; t++) {
        state->rate = 0.5 / t;
        RIG_OK(fig_store_read(rig.store, tensor(&rig, 0, -1, "w"), before));
        rig_run(&rig, (uint32_t)t);
        RIG_OK(fig_store_read(rig.store, tensor(&rig, 0, -1, "w"), after));
        ck_assert_uint_eq(state->steps, (uint64_t)t);
        for (int i = 0; i < LENGTH_OF_W; i++)
            RIG_NEAR((double)after[i], (double)before[i] - 0.5 / t * rig.values[0][i], 1e-6, 1e-6,
                     "step %d: w[%d] is %.9g", t, i, (double)after[i]);
    }
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizers");
    TCase *tcase = tcase_create("optimizers");
    tcase_add_test(tcase, every_step_of_every_optimiser_is_its_definition);
    tcase_add_test(tcase, a_schedule_changes_the_rate_of_the_next_step);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
