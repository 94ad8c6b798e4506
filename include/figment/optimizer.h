/* SPDX-License-Identifier: MIT */
#ifndef FIG_OPTIMIZER_H
#define FIG_OPTIMIZER_H

#include <figment/graph.h>

FIG_BEGIN

/* w is a parameter, g its gradient (plus decay * w), t the number of the step from 1. */
enum fig_optimizer_kind {
    FIG_SGD,      /* w -= rate g */
    FIG_MOMENTUM, /* v = momentum v + g;  w -= rate v */
    FIG_NESTEROV, /* v = momentum v + g;  w -= rate (g + momentum v) */
    FIG_RMSPROP,  /* s = rho s + (1 - rho) g^2;  w -= rate g / (sqrt(s) + epsilon) */
    FIG_ADAGRAD,  /* s = s + g^2;  w -= rate g / (sqrt(s) + epsilon) */
    FIG_ADADELTA, /* a = rho a + (1 - rho) g^2;  d = sqrt(u + epsilon) / sqrt(a + epsilon) g;
                     u = rho u + (1 - rho) d^2;  w -= rate d  (Zeiler, 2012) */
    FIG_ADAM,     /* m, v with beta1, beta2;  w -= rate m' / (sqrt(v') + epsilon), m' and v'
                     divided by 1 - beta^t  (Kingma and Ba, ICLR 2015) */
    FIG_ADAMW,    /* Adam on g without decay, after w -= rate decay w
                     (Loshchilov and Hutter, 2019) */
};

/* What a kind does not name it ignores.  fig_optimizer_defaults() fills all. */
struct fig_optimizer {
    enum fig_optimizer_kind kind;
    double rate;
    double beta1, beta2; /* Adam, AdamW */
    double rho;          /* RMSprop, Adadelta */
    double momentum;     /* momentum, Nesterov */
    double epsilon;
    double decay;     /* weight decay; 0 is none */
    double clip_norm; /* the gradient of the group is scaled down to this norm; 0 is off */
};

/* PyTorch's defaults for the kind; where it has none or has changed them, a momentum of 0.9, and
 * 1e-2 as the rate of plain descent. */
FIG_API struct fig_optimizer fig_optimizer_defaults(enum fig_optimizer_kind kind);

/* One step downhill on `loss` for the group of all parameters whose names begin with one of the
 * prefixes, which commas separate ("" alone is all); they must have been created one after the
 * other.  The node is an output for a plan: running it changes the store, after everything else of
 * that plan. */
FIG_API struct fig_node *fig_optimize(struct fig_node *loss, const char *prefixes,
                                      const struct fig_optimizer *optimizer);

enum { FIG_GROUPS = 4 /* at most */ };
struct fig_group {
    const char *prefixes;                  /* as fig_optimize has them */
    const struct fig_optimizer *optimizer; /* copied */
};
/* The same for groups that learn from one loss, each with an optimiser of its own: steps[i] is that
 * of groups[i], NULL after an error.  All gradients come of one way back through the graph.  No
 * parameter is in two groups: a plan with both steps refuses that. */
FIG_API enum fig_status fig_optimize_groups(struct fig_node *loss, const struct fig_group *groups,
                                            int count, struct fig_node **steps);

FIG_END

#endif
