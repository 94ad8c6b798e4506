/* SPDX-License-Identifier: MIT */
/* One step of an optimiser over a flat buffer of parameters w with gradients g, as PyTorch defines
 * it.  `decay` is added to the gradient as L2, but by AdamW to the step. */
FN real with_decay(real g, real w, float decay)
{
    return g + decay * w;
}

KERNEL2(sgd, INOUT w, IN g, optimizer)
{
    EACH(i)
        w[i] -= p.rate * with_decay(g[i], w[i], p.decay);
}

KERNEL3(momentum, INOUT w, IN g, INOUT velocity, optimizer)
{
    EACH(i) {
        const real v = p.momentum * velocity[i] + with_decay(g[i], w[i], p.decay);
        velocity[i] = v;
        w[i] -= p.rate * v;
    }
}

KERNEL3(nesterov, INOUT w, IN g, INOUT velocity, optimizer)
{
    EACH(i) {
        const real slope = with_decay(g[i], w[i], p.decay);
        const real v = p.momentum * velocity[i] + slope;
        velocity[i] = v;
        w[i] -= p.rate * (slope + p.momentum * v);
    }
}

KERNEL3(rmsprop, INOUT w, IN g, INOUT square, optimizer)
{
    EACH(i) {
        const real slope = with_decay(g[i], w[i], p.decay);
        const real s = p.rho * square[i] + p.leak * slope * slope;
        square[i] = s;
        w[i] -= p.rate * slope / (sqrt(s) + p.epsilon);
    }
}

KERNEL3(adagrad, INOUT w, IN g, INOUT square, optimizer)
{
    EACH(i) {
        const real slope = with_decay(g[i], w[i], p.decay);
        const real s = square[i] + slope * slope;
        square[i] = s;
        w[i] -= p.rate * slope / (sqrt(s) + p.epsilon);
    }
}

KERNEL4(adadelta, INOUT w, IN g, INOUT square, INOUT update, optimizer)
{
    EACH(i) {
        const real slope = with_decay(g[i], w[i], p.decay);
        const real s = p.rho * square[i] + p.leak * slope * slope;
        const real d = sqrt((update[i] + p.epsilon) / (s + p.epsilon)) * slope;
        square[i] = s;
        update[i] = p.rho * update[i] + p.leak * d * d;
        w[i] -= p.rate * d;
    }
}

/* Adam's step, and the moments it leaves behind. */
#define ADAM_STEP(slope)                                                                           \
    const real m = p.momentum * first[i] + p.fresh * (slope);                                      \
    const real v = p.rho * second[i] + p.leak * (slope) * (slope);                                 \
    first[i] = m;                                                                                  \
    second[i] = v;                                                                                 \
    const real d = p.rate * p.correct1 * m / (sqrt(v) * p.correct2 + p.epsilon);

KERNEL4(adam, INOUT w, IN g, INOUT first, INOUT second, optimizer)
{
    EACH(i) {
        const real slope = with_decay(g[i], w[i], p.decay);
        ADAM_STEP(slope)
        w[i] -= d;
    }
}

KERNEL4(adamw, INOUT w, IN g, INOUT first, INOUT second, optimizer)
{
    EACH(i) {
        ADAM_STEP(g[i])
        w[i] -= p.rate * p.decay * w[i] + d;
    }
}
#undef ADAM_STEP
