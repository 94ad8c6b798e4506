/* SPDX-License-Identifier: MIT */
#include "tests/oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* The rows in double; test_rows.c holds them against formulas of its own. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
typedef double real;
#define FN static inline
#include "cl/rows.cl"
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY

static const struct {
    double (*unary)(double x, double p, double q);
    double (*binary)(double a, double b);
} rows[ROW_COUNT] = {
#define UNARY(name, value, of, d1, d2)                                                             \
    [ROW_##name] = { .unary = name##_y }, [ROW_##name##_d1] = { .unary = name##_d1 },              \
    [ROW_##name##_d2] = { .unary = name##_d2 },
#define BINARY(name, value, da, db) [ROW_##name] = { .binary = name##_y },
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
};

double oracle_row(enum row row, double a, double b, double p, double q)
{
    return rows[row].unary ? rows[row].unary(a, p, q) : rows[row].binary(a, b);
}

/* What an operation is given: the node, its operands and where its result goes. */
struct job {
    const struct oracle *oracle;
    const struct fig_node *node;
    const struct oracle_value *in[2];
    double *value, *error;
    size_t length;
};

/* Larger than what drivers are allowed for any function that rows use. */
static double rounding(const struct job *job, double value)
{
    return 16 * job->oracle->epsilon * fmax(1, fabs(value));
}

/* Of a sum of `count` numbers of which the absolute ones add up to `total`. */
static double sum_rounding(const struct job *job, size_t count, double total)
{
    return (4 + 2 * sqrt((double)count)) * job->oracle->epsilon * total + 1e-30;
}

static void eval_input(struct job *job)
{
    memset(job->value, 0, job->length * sizeof(double)); /* oracle_input fills them in */
}

static void eval_param(struct job *job)
{
    const struct fig_init *init = &job->node->init;
    const struct stream stream = { job->oracle->seed, 0x1000 + (uint32_t)job->node->order, 0 };
    const double fan = init->kind == FIG_GLOROT ? init->fan_in + init->fan_out : init->fan_in;
    const double limit = init->kind >= FIG_GLOROT ? sqrt(6 / fan) : 0;
    random_uniform(&stream, job->value, job->length);
    for (size_t i = 0; i < job->length; i++) {
        job->value[i] = init->kind == FIG_ONES ? 1 : (2 * job->value[i] - 1) * limit;
        job->error[i] = job->oracle->epsilon * fabs(job->value[i]);
    }
}

static void eval_constant(struct job *job)
{
    for (size_t i = 0; i < job->length; i++) {
        job->value[i] = job->node->value;
        job->error[i] = job->oracle->epsilon * fabs(job->node->value);
    }
}

static void eval_values(struct job *job)
{
    for (size_t i = 0; i < job->length; i++) {
        job->value[i] = job->node->values[i];
        job->error[i] = job->oracle->epsilon * fabs(job->value[i]);
    }
}

static void eval_random(struct job *job)
{
    const struct stream stream = { job->oracle->seed, job->node->stream, job->oracle->step };
    const bool normal = job->node->kernel == KERNEL_normal;
    (normal ? random_normal : random_uniform)(&stream, job->value, job->length);
    for (size_t i = 0; i < job->length; i++)
        job->error[i] = normal ? rounding(job, job->value[i]) : 0;
}

/* The function at all corners of the operands' intervals: a jump or a kink inside shows. */
static void eval_rows(struct job *job)
{
    const struct fig_node *node = job->node;
    for (size_t i = 0; i < job->length; i++) {
        const double a = job->in[0]->value[i], ea = job->in[0]->error[i];
        const double b = job->in[1] ? job->in[1]->value[i] : 0;
        const double eb = job->in[1] ? job->in[1]->error[i] : 0;
        const double y = oracle_row(node->row, a, b, (double)node->p, (double)node->q);
        double error = 0;
        for (int corner = 0; corner < 4; corner++) {
            const double at = oracle_row(node->row, a + (corner & 1 ? ea : -ea),
                                         b + (corner & 2 ? eb : -eb), (double)node->p,
                                         (double)node->q);
            error = fabs(at - y) <= error ? error : fabs(at - y); /* NaN stays */
        }
        job->value[i] = y;
        job->error[i] = error + rounding(job, y);
    }
}

static void eval_unary(struct job *job)
{
    eval_rows(job);
}

static void eval_binary(struct job *job)
{
    eval_rows(job);
}

/* Element i of an operand that is a single number, a column or a row. */
static void eval_broadcast(struct job *job)
{
    const struct fig_shape from = job->node->in[0]->shape;
    const size_t cols = (size_t)job->node->shape.dim[job->node->shape.rank - 1];
    const size_t length = shape_length(from);
    const bool column = from.dim[from.rank - 1] == 1 && length == job->length / cols;
    for (size_t i = 0; i < job->length; i++) {
        const size_t at = length == 1 ? 0 : column ? i / cols : i % cols;
        job->value[i] = job->in[0]->value[at];
        job->error[i] = job->in[0]->error[at];
    }
}

/* The sum of `count` elements from `first` on, `stride` apart. */
static void sum_strided(struct job *job, size_t out, size_t first, size_t stride, size_t count)
{
    double sum = 0, total = 0, error = 0;
    for (size_t k = 0; k < count; k++) {
        const double x = job->in[0]->value[first + k * stride];
        sum += x;
        total += fabs(x);
        error += job->in[0]->error[first + k * stride];
    }
    job->value[out] = sum;
    job->error[out] = error + sum_rounding(job, count, total);
}

static size_t in_cols(const struct job *job)
{
    const struct fig_shape shape = job->node->in[0]->shape;
    return (size_t)shape.dim[shape.rank - 1];
}

static size_t in_length(const struct job *job)
{
    return shape_length(job->node->in[0]->shape);
}

static void eval_sum(struct job *job)
{
    sum_strided(job, 0, 0, 1, in_length(job));
}

static void eval_sum_rows(struct job *job)
{
    for (size_t i = 0; i < job->length; i++)
        sum_strided(job, i, i, job->length, in_length(job) / job->length);
}

static void eval_sum_cols(struct job *job)
{
    for (size_t i = 0; i < job->length; i++)
        sum_strided(job, i, i * in_cols(job), 1, in_cols(job));
}

/* ln of the row's sum of exp, the row's largest |x| and error. */
static double log_sum(const struct job *job, size_t row, double *largest, double *error)
{
    const size_t cols = in_cols(job);
    double most = -DBL_MAX, sum = 0;
    *largest = *error = 0;
    for (size_t k = row * cols; k < (row + 1) * cols; k++) {
        most = fmax(most, job->in[0]->value[k]);
        *largest = fmax(*largest, fabs(job->in[0]->value[k]));
        *error = fmax(*error, job->in[0]->error[k]);
    }
    for (size_t k = row * cols; k < (row + 1) * cols; k++)
        sum += exp(job->in[0]->value[k] - most);
    return most + log(sum);
}

static void eval_softmax(struct job *job)
{
    const size_t cols = in_cols(job);
    for (size_t i = 0; i < job->length; i++) {
        double largest, error;
        const double all = log_sum(job, i / cols, &largest, &error);
        job->value[i] = exp(job->in[0]->value[i] - all);
        job->error[i] = job->value[i] * expm1(2 * error + 4 * job->oracle->epsilon * largest) +
                        sum_rounding(job, cols, 8);
    }
}

static void eval_log_sum_exp(struct job *job)
{
    for (size_t i = 0; i < job->length; i++) {
        double largest, error;
        job->value[i] = log_sum(job, i, &largest, &error);
        job->error[i] = error + sum_rounding(job, in_cols(job), 8) + rounding(job, largest);
    }
}

static void eval_matmul(struct job *job)
{
    const bool ta = job->node->flags & FIG_TRANS_A, tb = job->node->flags & FIG_TRANS_B;
    const struct fig_node *a = job->node->in[0];
    const size_t m = (size_t)job->node->shape.dim[0], n = (size_t)job->node->shape.dim[1];
    const size_t inner = (size_t)a->shape.dim[!ta];
    for (size_t i = 0; i < m * n; i++) {
        double sum = 0, total = 0, error = 0;
        for (size_t k = 0; k < inner; k++) {
            const size_t at_a = ta ? k * m + i / n : i / n * inner + k;
            const size_t at_b = tb ? i % n * inner + k : k * n + i % n;
            const double x = job->in[0]->value[at_a], ex = job->in[0]->error[at_a];
            const double y = job->in[1]->value[at_b], ey = job->in[1]->error[at_b];
            sum += x * y;
            total += fabs(x * y);
            error += fabs(x) * ey + fabs(y) * ex + ex * ey;
        }
        job->value[i] = sum;
        job->error[i] = error + sum_rounding(job, inner, total);
    }
}

/* Which element of the first image, the second image and the weights meet at one tap of a pixel. */
struct meeting {
    size_t x, y, weight;
};

/* Call back for every product that a convolution is a sum of, by the definition of struct conv. */
static void each_meeting(struct job *job, void (*meet)(struct job *job, struct meeting meeting))
{
    const struct conv *p = &job->node->conv;
    const size_t outputs = (size_t)p->n * (size_t)p->oh * (size_t)p->ow;
    const size_t taps = (size_t)p->kh * (size_t)p->kw, pairs = (size_t)p->o * (size_t)p->c;
    for (size_t i = 0; i < outputs * taps; i++) {
        const size_t pixel = i / taps, tap = i % taps;
        const int u = (int)(pixel % (size_t)p->ow);
        const int v = (int)(pixel / (size_t)p->ow % (size_t)p->oh);
        const int y = v * p->stride - p->pad + (int)tap / p->kw;
        const int x = u * p->stride - p->pad + (int)tap % p->kw;
        const size_t image = pixel / ((size_t)p->oh * (size_t)p->ow);
        if (y < 0 || y >= p->h || x < 0 || x >= p->w)
            continue;
        const size_t at = (image * (size_t)p->h + (size_t)y) * (size_t)p->w + (size_t)x;
        for (size_t pair = 0; pair < pairs; pair++) {
            const size_t o = pair / (size_t)p->c, c = pair % (size_t)p->c;
            meet(job, (struct meeting){ at * (size_t)p->c + c, pixel * (size_t)p->o + o,
                                        (o * taps + tap) * (size_t)p->c + c });
        }
    }
}

/* The product of two elements of the operands is part of element `to`. */
static void add_product(struct job *job, size_t to, size_t left, size_t right)
{
    const double a = job->in[0]->value[left], ea = job->in[0]->error[left];
    const double b = job->in[1]->value[right], eb = job->in[1]->error[right];
    job->value[to] += a * b;
    /* No sum here is longer than 10,000: 2 sqrt(length) is below 200. */
    job->error[to] += fabs(a) * eb + fabs(b) * ea + ea * eb +
                      200 * job->oracle->epsilon * fabs(a * b);
}

static void meet_conv(struct job *job, struct meeting meeting)
{
    add_product(job, meeting.y, meeting.x, meeting.weight);
}

static void meet_conv_input(struct job *job, struct meeting meeting)
{
    add_product(job, meeting.x, meeting.y, meeting.weight);
}

static void meet_conv_weight(struct job *job, struct meeting meeting)
{
    add_product(job, meeting.weight, meeting.y, meeting.x);
}

static void eval_conv(struct job *job)
{
    each_meeting(job, meet_conv);
}

static void eval_conv_input(struct job *job)
{
    each_meeting(job, meet_conv_input);
}

static void eval_conv_weight(struct job *job)
{
    each_meeting(job, meet_conv_weight);
}

static void copy_element(struct job *job, size_t to, const struct oracle_value *in, size_t from)
{
    job->value[to] = in->value[from];
    job->error[to] = in->error[from];
}

static void eval_reshape(struct job *job)
{
    for (size_t i = 0; i < job->length; i++)
        copy_element(job, i, job->in[0], i);
}

static void eval_detach(struct job *job)
{
    eval_reshape(job);
}

/* Indices of element i of a shape, and back. */
static void unravel(struct fig_shape shape, size_t i, size_t index[FIG_RANK])
{
    for (int d = shape.rank - 1; d >= 0; d--) {
        index[d] = i % (size_t)shape.dim[d];
        i /= (size_t)shape.dim[d];
    }
}

static size_t ravel(struct fig_shape shape, const size_t index[FIG_RANK])
{
    size_t i = 0;
    for (int d = 0; d < shape.rank; d++)
        i = i * (size_t)shape.dim[d] + index[d];
    return i;
}

static void eval_concat(struct job *job)
{
    const struct fig_node *node = job->node;
    const size_t cut = (size_t)node->in[0]->shape.dim[node->axis];
    for (size_t i = 0; i < job->length; i++) {
        size_t index[FIG_RANK];
        unravel(node->shape, i, index);
        const int from = index[node->axis] >= cut;
        index[node->axis] -= from ? cut : 0;
        copy_element(job, i, job->in[from], ravel(node->in[from]->shape, index));
    }
}

static void eval_slice(struct job *job)
{
    const struct fig_node *node = job->node;
    for (size_t i = 0; i < job->length; i++) {
        size_t index[FIG_RANK];
        unravel(node->shape, i, index);
        index[node->axis] += (size_t)node->begin;
        copy_element(job, i, job->in[0], ravel(node->in[0]->shape, index));
    }
}

static void eval_state(struct job *job)
{
    for (size_t i = 0; i < job->length; i++)
        job->value[i] = job->node->value;
}

#define eval_collect NULL
#define eval_assign  NULL
#define eval_update  NULL
static void (*const eval[])(struct job *job) = {
#define OP(name) eval_##name,
#include "graph/ops.h"
#undef OP
};

static void evaluate(struct oracle *oracle, const struct fig_node *node)
{
    struct oracle_value *out = &oracle->nodes[node->id];
    struct job job = { .oracle = oracle, .node = node, .length = shape_length(node->shape) };
    *out = (struct oracle_value){ 0 };
    if (!eval[node->op])
        return;
    job.value = out->value = calloc(job.length, sizeof(double));
    job.error = out->error = calloc(job.length, sizeof(double));
    for (int i = 0; i < node->ins; i++)
        job.in[i] = &oracle->nodes[node->in[i]->id];
    eval[node->op](&job);
}

void oracle_extend(struct oracle *oracle)
{
    if (oracle->room < oracle->graph->count) {
        oracle->room = 2 * oracle->graph->count;
        oracle->nodes = realloc(oracle->nodes, (size_t)oracle->room * sizeof(*oracle->nodes));
    }
    for (; oracle->count < oracle->graph->count; oracle->count++)
        evaluate(oracle, oracle->graph->nodes[oracle->count]);
}

void oracle_input(struct oracle *oracle, const struct fig_node *input, const double *values)
{
    oracle_extend(oracle);
    memcpy(oracle->nodes[input->id].value, values, shape_length(input->shape) * sizeof(double));
}

void oracle_finish(struct oracle *oracle)
{
    for (int i = 0; i < oracle->count; i++) {
        free(oracle->nodes[i].value);
        free(oracle->nodes[i].error);
    }
    free(oracle->nodes);
    *oracle = (struct oracle){ 0 };
}

static double largest_of(const double *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fabs(values[i]) <= most ? most : fabs(values[i]); /* NaN is the largest */
    return most;
}

double oracle_largest(const struct oracle *oracle, const struct fig_node *node)
{
    return largest_of(oracle->nodes[node->id].value, shape_length(node->shape));
}

double oracle_worst(const struct oracle *oracle, const struct fig_node *node)
{
    return largest_of(oracle->nodes[node->id].error, shape_length(node->shape));
}
