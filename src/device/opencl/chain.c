/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "device/opencl/script.h"

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

static const char *type_of(struct chain_style style)
{
    return style.wide ? "reals" : "real";
}

/* Element i of an input; of a repeated one, `inner` times each of `count` elements in turn. */
static void add_load(struct text *out, const struct chain *chain, int input,
                     struct chain_style style)
{
    const struct chain_in *in = &chain->in[input];
    const unsigned inner = in->inner > 1 ? in->inner : 1;
    text_add(out, "    const %s v%d = ", type_of(style), input);
    if (in->sum)
        text_add(out, "total%d;\n", input);
    else if (!in->count)
        text_add(out, style.wide ? "vload16(0, in%d + i);\n" : "in%d[i];\n", input);
    else if (style.wide && style.aligned && inner == 1 && in->count % WIDE == 0)
        text_add(out, "vload16(0, in%d + i %% %uu);\n", input, in->count);
    else if (style.wide && !(style.aligned && inner % WIDE == 0))
        text_add(out, "take_repeated(in%d, i, %uu, %uu);\n", input, inner, in->count);
    else
        text_add(out, "in%d[i / %uu %% %uu];\n", input, inner, in->count);
}

static void add_step(struct text *out, const struct chain *chain, int number,
                     struct chain_style style)
{
    const struct chain_step *step = &chain->step[number];
    text_add(out, "    const %s v%d = %s(v%d, ", type_of(style), chain->ins + number,
             row_function[step->row], step->a);
    if (step->b >= 0) {
        text_add(out, "v%d);\n", step->b);
        return;
    }
    add_constant(out, step->p);
    text_add(out, ", ");
    add_constant(out, step->q);
    text_add(out, ");\n");
}

static void add_store(struct text *out, const struct chain *chain, int output,
                      struct chain_style style)
{
    const int value = chain->out[output].value;
    const char *slot = chain->out[output].slot ? "slot + " : "";
    if (chain->out[output].sum)
        text_add(out, "    %s%d += v%d;\n", style.wide ? "wide" : "sum", output, value);
    else if (style.wide)
        text_add(out, "    vstore16(v%d, 0, out%d + %si);\n", value, output, slot);
    else
        text_add(out, "    out%d[%si] = v%d;\n", output, slot, value);
}

/* Everything is loaded before anything is stored, so outputs may replace inputs. */
static void add_element(struct text *out, const struct chain *chain, int product,
                        struct chain_style style)
{
    for (int i = 0; i < chain->ins; i++) {
        if (i == product)
            text_add(out, "    const %s v%d = value;\n", type_of(style), i);
        else
            add_load(out, chain, i, style);
    }
    for (int i = 0; i < chain->steps; i++)
        add_step(out, chain, i, style);
    for (int i = 0; i < chain->outs; i++)
        add_store(out, chain, i, style);
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

static bool has_sums(const struct chain *chain)
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

bool chain_by_partials(const struct opencl *cl, const struct chain *chain)
{
    return cl->serial || has_sums(chain);
}

/* Elements i..end-1 of the group: its items take them in turns; or WIDE at a time, and the rest. */
static void add_loops(struct text *out, const struct chain *chain, bool serial)
{
    const struct chain_style one = { false, false }, lanes = { true, true };
    if (serial) {
        text_add(out, "    uint i = first;\n    for (; i + %d <= end; i += %d) {\n", WIDE, WIDE);
        add_element(out, chain, -1, lanes);
        text_add(out, "    }\n    for (; i < end; i++) {\n");
    } else {
        text_add(out, "    for (uint i = first + get_local_id(0); i < end;"
                      " i += get_local_size(0)) {\n");
    }
    add_element(out, chain, -1, one);
    text_add(out, "    }\n");
}

/* A work-group for each PARTIAL elements. */
static void add_partial_body(struct text *out, const struct chain *chain, bool serial)
{
    if (has_sums(chain))
        text_add(out, "    local real part[%d];\n", GROUP_LIMIT);
    text_add(out, "    const uint first = get_group_id(0) * %du, end = min(first + %du, n_);\n",
             PARTIAL, PARTIAL);
    for (int i = 0; i < chain->ins; i++) {
        if (chain->in[i].sum)
            add_total(out, &chain->in[i], i);
    }
    for (int i = 0; i < chain->outs; i++) {
        if (chain->out[i].sum)
            text_add(out, serial ? "    real sum%d = 0;\n    reals wide%d = 0;\n"
                                 : "    real sum%d = 0;\n", i, i);
    }
    add_loops(out, chain, serial);
    for (int i = 0; i < chain->outs; i++) {
        if (!chain->out[i].sum)
            continue;
        if (serial)
            text_add(out, "    sum%d += add_lanes(wide%d);\n", i, i);
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

void chain_kernel(const struct opencl *cl, struct text *out, const struct chain *chain,
                  char name[NAME_LIMIT])
{
    struct text text = { 0 }, parameters = { 0 };
    chain_parameters(&parameters, chain, -1);
    text_add(&text, "kernel void @(%s, const uint n_)\n{\n",
             parameters.chars ? parameters.chars + strlen(", ") : "");
    if (chain_by_partials(cl, chain)) {
        add_partial_body(&text, chain, cl->serial);
    } else {
        text_add(&text, "    EACH(i) {\n");
        add_element(&text, chain, -1, (struct chain_style){ false, false });
        text_add(&text, "    }\n");
    }
    text_add(&text, "}\n");
    text.failed |= parameters.failed;
    text_free(&parameters);
    chain_emit(out, "chain", &text, name);
}

void chain_finish(struct text *out, const struct chain *chain, int product, bool store,
                  struct chain_style style, char name[NAME_LIMIT])
{
    struct text text = { 0 };
    text_add(&text, "FN void @(uint i, %s value, global real *result", type_of(style));
    if (product >= 0)
        chain_parameters(&text, chain, product);
    text_add(&text, ")\n{\n");
    if (product >= 0)
        add_element(&text, chain, product, style);
    if (store)
        text_add(&text, style.wide ? "    vstore16(value, 0, result + i);\n"
                                   : "    result[i] = value;\n");
    text_add(&text, "}\n");
    chain_emit(out, "finish", &text, name);
}
