/* SPDX-License-Identifier: MIT */
#include "device/cpu/chain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/size.h"
#include "device/cpu/memory.h"

enum {
    VALUES = CHAIN_INS + CHAIN_STEPS,
    OPERATIONS = VALUES + CHAIN_OUTS,
    SLOTS = 64,
};

/* Where a value is while a block is worked on: in a buffer, or in a slot of the scratch memory. */
struct place {
    char *memory; /* of element 0; NULL: in the slot */
    int slot;
};

struct block {
    size_t begin, count;
    char *scratch;
};

struct operation {
    void (*run)(const struct program *program, const struct operation *operation,
                const struct block *block);
    struct place out, a, b;
    row_fn *row;
    float p, q;
    size_t inner, count;  /* of a broadcast input */
    const uint32_t *slot; /* of an output */
};

struct program {
    const struct native *native;
    size_t size, slot_size; /* bytes of a real and of a slot */
    int slots, operations;
    int once; /* the first operations, which need to run for the first block only */
    bool sums;
    struct operation operation[OPERATIONS];
};

static char *address(const struct program *program, struct place place, const struct block *block)
{
    return place.memory ? place.memory + block->begin * program->size
                        : block->scratch + (size_t)place.slot * program->slot_size;
}

static void run_row(const struct program *program, const struct operation *op,
                    const struct block *block)
{
    op->row(address(program, op->out, block), address(program, op->a, block),
            address(program, op->b, block), op->p, op->q, block->count);
}

static void run_copy(const struct program *program, const struct operation *op,
                     const struct block *block)
{
    memcpy(address(program, op->out, block), address(program, op->a, block),
           block->count * program->size);
}

static void run_copy_to_slot(const struct program *program, const struct operation *op,
                             const struct block *block)
{
    memcpy(op->out.memory + (*op->slot + block->begin) * program->size,
           address(program, op->a, block), block->count * program->size);
}

static void run_sum(const struct program *program, const struct operation *op,
                    const struct block *block)
{
    program->native->sum(op->out.memory + block->begin / PARTIAL * program->size,
                         address(program, op->a, block), block->count);
}

static void run_total(const struct program *program, const struct operation *op,
                      const struct block *block)
{
    program->native->sum(address(program, op->out, block), op->a.memory, op->count);
}

/* a[i % count]: the period that starts here, and then copies of what is there, ever longer. */
static void run_repeat(const struct program *program, const struct operation *op,
                       const struct block *block)
{
    char *out = address(program, op->out, block);
    const size_t first = block->begin % op->count * program->size;
    const size_t period = op->count * program->size, need = block->count * program->size;
    size_t done = size_least(period - first, need);
    memcpy(out, op->a.memory + first, done);
    if (done < need) {
        const size_t more = size_least(first, need - done);
        memcpy(out + done, op->a.memory, more);
        done += more;
    }
    while (done < need) {
        const size_t more = size_least(done, need - done);
        memcpy(out + done, out, more);
        done += more;
    }
}

/* a[i / inner % count], in runs of one value. */
static void run_stretch(const struct program *program, const struct operation *op,
                        const struct block *block)
{
    char *out = address(program, op->out, block);
    size_t j = block->begin / op->inner % op->count;
    size_t run = op->inner - block->begin % op->inner;
    for (size_t i = 0; i < block->count;) {
        run = size_least(run, block->count - i);
        program->native->fill(out + i * program->size, op->a.memory + j * program->size, run);
        i += run;
        j = j + 1 < op->count ? j + 1 : 0;
        run = op->inner;
    }
}

void program_run(const struct program *program, size_t begin, size_t end, void *scratch)
{
    struct block block = { .begin = begin, .scratch = scratch };
    for (; block.begin < end; block.begin += block.count) {
        block.count = size_least(end - block.begin, PARTIAL);
        for (int i = block.begin == begin ? 0 : program->once; i < program->operations; i++)
            program->operation[i].run(program, &program->operation[i], &block);
    }
}

/* Compiling: which value lies where, and until when. */
struct compiler {
    const struct chain *chain;
    struct program *program;
    struct place place[VALUES];
    bool placed[VALUES];
    int last[VALUES]; /* the last step that reads the value; `steps` if an output does at the end */
    bool busy[SLOTS];
};

static struct place take_slot(struct compiler *c)
{
    int slot = 0;
    while (c->busy[slot])
        slot++;
    c->busy[slot] = true;
    if (slot >= c->program->slots)
        c->program->slots = slot + 1;
    return (struct place){ .slot = slot };
}

static struct operation *add_operation(struct program *program)
{
    assert(program->operations < OPERATIONS);
    return &program->operation[program->operations++];
}

static void find_last_uses(struct compiler *c)
{
    const struct chain *chain = c->chain;
    for (int v = 0; v < VALUES; v++)
        c->last[v] = -1;
    for (int s = 0; s < chain->steps; s++) {
        c->last[chain->step[s].a] = s;
        if (chain->step[s].b >= 0)
            c->last[chain->step[s].b] = s;
    }
    for (int o = 0; o < chain->outs; o++)
        c->last[chain->out[o].value] = chain->steps;
}

static void load_broadcast(struct compiler *c, int v)
{
    const struct chain_in *in = &c->chain->in[v];
    c->place[v] = take_slot(c);
    c->placed[v] = true;
    *add_operation(c->program) = (struct operation){
        .run = in->sum ? run_total : in->inner == 1 ? run_repeat : run_stretch,
        .out = c->place[v],
        .a = { .memory = region_memory(in->region) },
        .inner = in->inner,
        .count = in->count,
    };
}

/* A scalar is spread for the first block, and keeps its slot. */
static void place_inputs(struct compiler *c)
{
    for (int v = 0; v < c->chain->ins; v++) {
        const struct chain_in *in = &c->chain->in[v];
        if (in->count == 1 && c->last[v] >= 0) {
            load_broadcast(c, v);
            c->last[v] = c->chain->steps;
        } else if (in->count == 0) {
            c->place[v] = (struct place){ .memory = region_memory(in->region) };
            c->placed[v] = true;
        }
    }
    c->program->once = c->program->operations;
}

/* May step s write there, or will an input in that memory be read later? */
static bool is_free_after(const struct compiler *c, const char *memory, int s)
{
    for (int v = 0; v < c->chain->ins; v++) {
        if (c->chain->in[v].count == 0 && c->place[v].memory == memory && c->last[v] > s)
            return false;
    }
    return true;
}

/* The output that step s can write itself, else a slot. */
static struct place result_place(struct compiler *c, int s)
{
    for (int o = 0; o < c->chain->outs; o++) {
        const struct chain_out *out = &c->chain->out[o];
        char *memory = region_memory(out->region);
        if (out->value == c->chain->ins + s && !out->sum && !out->slot &&
            is_free_after(c, memory, s))
            return (struct place){ .memory = memory };
    }
    return take_slot(c);
}

static void release(struct compiler *c, int v, int s)
{
    if (!c->place[v].memory && c->last[v] <= s)
        c->busy[c->place[v].slot] = false;
}

static void compile_step(struct compiler *c, int s)
{
    const struct chain_step *step = &c->chain->step[s];
    const int b = step->b < 0 ? step->a : step->b, v = c->chain->ins + s;
    if (!c->placed[step->a])
        load_broadcast(c, step->a);
    if (!c->placed[b])
        load_broadcast(c, b);
    release(c, step->a, s);
    release(c, b, s);
    c->place[v] = result_place(c, s);
    c->placed[v] = true;
    *add_operation(c->program) = (struct operation){
        .run = run_row,
        .out = c->place[v],
        .a = c->place[step->a],
        .b = c->place[b],
        .row = c->program->native->row[step->row],
        .p = step->p,
        .q = step->q,
    };
    release(c, v, s); /* when nobody reads it */
}

static void compile_out(struct compiler *c, const struct chain_out *out)
{
    char *memory = region_memory(out->region);
    if (!c->placed[out->value])
        load_broadcast(c, out->value);
    if (!out->sum && !out->slot && c->place[out->value].memory == memory)
        return;
    *add_operation(c->program) = (struct operation){
        .run = out->sum ? run_sum : out->slot ? run_copy_to_slot : run_copy,
        .out = { .memory = memory },
        .a = c->place[out->value],
        .slot = c->chain->slot,
    };
    c->program->sums |= out->sum;
}

/* Inputs first: another output may be stored over one. */
static void compile_outs(struct compiler *c)
{
    for (int inputs = 1; inputs >= 0; inputs--) {
        for (int o = 0; o < c->chain->outs; o++) {
            if ((c->chain->out[o].value < c->chain->ins) == inputs)
                compile_out(c, &c->chain->out[o]);
        }
    }
}

enum fig_status program_create(struct program **out, const struct native *native,
                               const struct chain *chain)
{
    struct program *program = calloc(1, sizeof(*program));
    if (!program)
        return fail(FIG_NOMEM, "a chain of %d steps: out of memory", chain->steps);
    program->native = native;
    program->size = native->real_size;
    program->slot_size = PARTIAL * native->real_size + 64; /* not all in the same cache sets */
    struct compiler c = { .chain = chain, .program = program };
    find_last_uses(&c);
    place_inputs(&c);
    for (int s = 0; s < chain->steps; s++)
        compile_step(&c, s);
    compile_outs(&c);
    *out = program;
    return FIG_OK;
}

void program_destroy(struct program **program)
{
    free(*program);
    *program = NULL;
}

size_t program_scratch(const struct program *program)
{
    return (size_t)program->slots * program->slot_size;
}

size_t program_cost(const struct program *program)
{
    return (size_t)program->operations;
}

bool program_sums(const struct program *program)
{
    return program->sums;
}
