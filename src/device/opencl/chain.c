/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "device/opencl/opencl.h"

static const char *const row_function[ROW_COUNT] = {
#define UNARY(name, value, of, d1, d2)                                                             \
    [ROW_##name] = #name "_y", [ROW_##name##_d1] = #name "_d1", [ROW_##name##_d2] = #name "_d2",
#define BINARY(name, value, da, db) [ROW_##name] = #name "_y",
#include "cl/unary.cl"
#include "cl/binary.cl"
#undef UNARY
#undef BINARY
};

/* By its bits: exact for every number, NaN and infinity, in every locale. */
static void add_constant(struct text *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    text_add(out, "as_float(0x%08" PRIx32 "u)", bits);
}

static void add_load(struct text *out, const struct chain *chain, int input)
{
    const struct chain_in *in = &chain->in[input];
    if (in->sum) {
        text_add(out, "    const real v%d = total%d;\n", input, input);
        return;
    }
    text_add(out, "    const real v%d = in%d[i", input, input);
    if (in->count && in->inner > 1)
        text_add(out, " / %uu", in->inner);
    if (in->count)
        text_add(out, " %% %uu", in->count);
    text_add(out, "];\n");
}

static void add_step(struct text *out, const struct chain *chain, int number)
{
    const struct chain_step *step = &chain->step[number];
    text_add(out, "    const real v%d = %s(v%d, ", chain->ins + number, row_function[step->row],
             step->a);
    if (step->b >= 0) {
        text_add(out, "v%d);\n", step->b);
        return;
    }
    add_constant(out, step->p);
    text_add(out, ", ");
    add_constant(out, step->q);
    text_add(out, ");\n");
}

/* Element i: everything is loaded before anything is stored, so outputs may replace inputs. */
static void add_element(struct text *out, const struct chain *chain, int product)
{
    for (int i = 0; i < chain->ins; i++) {
        if (i == product)
            text_add(out, "    const real v%d = value;\n", i);
        else
            add_load(out, chain, i);
    }
    for (int i = 0; i < chain->steps; i++)
        add_step(out, chain, i);
    for (int i = 0; i < chain->outs; i++) {
        const char *store = chain->out[i].sum    ? "    sum%d += v%d;\n"
                            : chain->out[i].slot ? "    out%d[slot + i] = v%d;\n"
                                                 : "    out%d[i] = v%d;\n";
        text_add(out, store, i, chain->out[i].value);
    }
}

void chain_parameters(struct text *out, const struct chain *chain, int product)
{
    for (int i = 0; i < chain->ins; i++) {
        if (i != product)
            text_add(out, ", global const real *in%d", i);
    }
    for (int i = 0; i < chain->outs; i++)
        text_add(out, ", global real *out%d", i);
    if (chain->slot)
        text_add(out, ", const uint slot");
}

void chain_arguments(struct text *out, const struct chain *chain, int product)
{
    for (int i = 0; i < chain->ins; i++) {
        if (i != product)
            text_add(out, ", in%d", i);
    }
    for (int i = 0; i < chain->outs; i++)
        text_add(out, ", out%d", i);
    if (chain->slot)
        text_add(out, ", slot");
}

bool chain_sums(const struct chain *chain)
{
    bool found = false;
    for (int i = 0; i < chain->ins; i++)
        found |= chain->in[i].sum;
    for (int i = 0; i < chain->outs; i++)
        found |= chain->out[i].sum;
    return found;
}

static void add_total(struct text *out, const struct chain_in *in, int number)
{
    text_add(out, "    real total%d = 0;\n"
                  "    for (uint i = get_local_id(0); i < %uu; i += get_local_size(0))\n"
                  "        total%d += in%d[i];\n"
                  "    total%d = group_sum(part, total%d);\n",
             number, in->count, number, number, number, number);
}

/* A work-group for each PARTIAL elements: its items take them in turns and add what they have. */
static void add_sum_body(struct text *out, const struct chain *chain)
{
    text_add(out, "    local real part[%d];\n"
                  "    const uint first = get_group_id(0) * %du, end = min(first + %du, n_);\n",
             GROUP_LIMIT, PARTIAL, PARTIAL);
    for (int i = 0; i < chain->ins; i++) {
        if (chain->in[i].sum)
            add_total(out, &chain->in[i], i);
    }
    for (int i = 0; i < chain->outs; i++) {
        if (chain->out[i].sum)
            text_add(out, "    real sum%d = 0;\n", i);
    }
    text_add(out, "    for (uint i = first + get_local_id(0); i < end;"
                  " i += get_local_size(0)) {\n");
    add_element(out, chain, -1);
    text_add(out, "    }\n");
    for (int i = 0; i < chain->outs; i++) {
        if (chain->out[i].sum)
            text_add(out, "    sum%d = group_sum(part, sum%d);\n"
                          "    if (get_local_id(0) == 0)\n"
                          "        out%d[get_group_id(0)] = sum%d;\n", i, i, i, i);
    }
}

void chain_emit(struct text *out, const char *prefix, struct text *text, char name[NAME_LIMIT])
{
    const char *body = text->chars ? text->chars : "";
    const size_t head = strcspn(body, "@");
    if (text->failed || body[head] != '@')
        out->failed = true;
    snprintf(name, NAME_LIMIT, "%s_%016" PRIx64, prefix,
             hash_bytes(HASH_START, body, strlen(body)));
    if (!out->failed && !(out->chars && strstr(out->chars, name)))
        text_add(out, "%.*s%s%s", (int)head, body, name, body + head + 1);
    text_free(text);
}

void chain_kernel(struct text *out, const struct chain *chain, char name[NAME_LIMIT])
{
    struct text text = { 0 }, parameters = { 0 };
    chain_parameters(&parameters, chain, -1);
    text_add(&text, "kernel void @(%s, const uint n_)\n{\n",
             parameters.chars ? parameters.chars + strlen(", ") : "");
    if (chain_sums(chain)) {
        add_sum_body(&text, chain);
    } else {
        text_add(&text, "    EACH(i) {\n");
        add_element(&text, chain, -1);
        text_add(&text, "    }\n");
    }
    text_add(&text, "}\n");
    text.failed |= parameters.failed;
    text_free(&parameters);
    chain_emit(out, "chain", &text, name);
}

void chain_finish(struct text *out, const struct chain *chain, int product, bool store,
                  char name[NAME_LIMIT])
{
    struct text text = { 0 };
    text_add(&text, "FN void @(uint i, real value, global real *result");
    if (product >= 0)
        chain_parameters(&text, chain, product);
    text_add(&text, ")\n{\n");
    if (product >= 0)
        add_element(&text, chain, product);
    if (store)
        text_add(&text, "    result[i] = value;\n");
    text_add(&text, "}\n");
    chain_emit(out, "finish", &text, name);
}
