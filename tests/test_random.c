/* SPDX-License-Identifier: MIT */
/* The random streams of the contract, from a Philox of this file's own. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "graph/node.h"
#include "tests/rig.h"

/* Salmon et al., SC 2011: ten rounds, 64-bit products. */
static void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        const uint64_t p0 = c0 * 0xD2511F53u, p1 = c2 * 0xCD9E8D57u;
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c1 = p1 & 0xffffffffu;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c3 = p0 & 0xffffffffu;
    }
    out[0] = (uint32_t)c0;
    out[1] = (uint32_t)c1;
    out[2] = (uint32_t)c2;
    out[3] = (uint32_t)c3;
}

/* Word i of a stream. */
static uint32_t word_of(const struct stream *stream, size_t i)
{
    const uint32_t counter[] = { (uint32_t)(i / 4), stream->step, stream->stream, 0 };
    const uint32_t key[] = { (uint32_t)stream->seed, (uint32_t)(stream->seed >> 32) };
    uint32_t word[4];
    philox(counter, key, word);
    return word[i % 4];
}

static double uniform_of(const struct stream *stream, size_t i)
{
    return (double)(word_of(stream, i) >> 8) * 0x1p-24;
}

static double normal_of(const struct stream *stream, size_t i)
{
    const size_t pair = i / 2 * 2;
    const double above_zero = uniform_of(stream, pair) + 0x1p-24;
    const double radius = sqrt(-2 * log(above_zero));
    const double angle = 2 * 3.14159265358979323846 * uniform_of(stream, pair + 1);
    return radius * (i % 2 ? sin(angle) : cos(angle));
}

START_TEST(philox_gives_its_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } answers[] = {
        { { 0 }, { 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < LENGTH(answers); i++) {
        uint32_t words[4];
        philox(answers[i].counter, answers[i].key, words);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(words[k], answers[i].words[k]);
    }
}
END_TEST

/* The one that the host draws from. */
START_TEST(philox_knows_its_answers)
{
    static const struct {
        struct stream stream;
        uint32_t block, word[4];
    } known[] = {
        { { 0, 0, 0 }, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    };
    for (size_t i = 0; i < LENGTH(known); i++) {
        uint32_t word[4];
        random_words(&known[i].stream, known[i].block, word);
        ck_assert_mem_eq(word, known[i].word, sizeof(word));
    }
}
END_TEST

static const uint64_t seeds[] = { 42, 0x123456789abcdef0 };

/* A graph's random leaves on the device, for a store of this seed. */
static void check_leaves(uint64_t seed, int length, uint32_t step)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fig_node *u = fig_uniform(rig.graph, fig_shape1(length), 0x3000);
    struct fig_node *z = fig_normal(rig.graph, fig_shape1(length), 0x2001), *outputs[] = { u, z };
    RIG_OK(fig_store_create(&rig.store, rig.device, rig.graph, seed));
    rig_plan(&rig, outputs, 2);
    rig_run(&rig, step);
    double *uniform = rig_read(&rig, u), *normal = rig_read(&rig, z);
    const struct stream streams[] = { { seed, 0x3000, step }, { seed, 0x2001, step } };
    for (size_t i = 0; i < (size_t)length; i++) {
        ck_assert_msg(uniform[i] == uniform_of(&streams[0], i),
                      "seed %llu step %u: uniform number %zu of %d is %.9g, not %.9g",
                      (unsigned long long)seed, step, i, length, uniform[i],
                      uniform_of(&streams[0], i));
        RIG_NEAR(normal[i], normal_of(&streams[1], i), 1.3e-6, 1e-5,
                 "seed %llu step %u: normal number %zu of %d is %.9g, not %.9g",
                 (unsigned long long)seed, step, i, length, normal[i],
                 normal_of(&streams[1], i));
    }
    free(uniform);
    free(normal);
    rig_close(&rig);
}

START_TEST(random_leaves_are_the_streams_of_the_contract)
{
    static const int lengths[] = { 1, 3, 255, 1025, 4097 };
    for (size_t i = 0; i < (rig_small() ? 3 : LENGTH(lengths)); i++) {
        check_leaves(seeds[0], lengths[i], 0);
        check_leaves(seeds[1], lengths[i], 0xfffffffe);
    }
}
END_TEST

START_TEST(the_host_draws_the_same_streams)
{
    const struct stream stream = { seeds[1], 0x4000, 9 };
    double uniform[101], normal[101];
    uint32_t order[101];
    random_uniform(&stream, uniform, 101);
    random_normal(&stream, normal, 101);
    for (size_t i = 0; i < 101; i++) {
        ck_assert_double_eq(uniform[i], uniform_of(&stream, i));
        RIG_NEAR(normal[i], normal_of(&stream, i), 1e-14, 1e-14, "number %zu is %g", i, normal[i]);
    }
    random_permutation(&stream, order, 101);
    uint32_t expected[101];
    for (uint32_t i = 0; i < 101; i++)
        expected[i] = i;
    for (uint32_t i = 100; i > 0; i--) {
        const uint32_t j = (uint32_t)((uint64_t)word_of(&stream, i) * (i + 1) >> 32);
        const uint32_t kept = expected[i];
        expected[i] = expected[j];
        expected[j] = kept;
    }
    ck_assert_mem_eq(order, expected, sizeof(order));
}
END_TEST

START_TEST(parameters_begin_at_the_values_of_the_contract)
{
    enum { IN = 13, OUT = 7 };
    struct rig rig;
    float weights[2][IN * OUT];
    rig_open(&rig, NULL);
    const struct fig_init glorot = { FIG_GLOROT, IN, OUT }, zeros = { FIG_ZEROS, 0, 0 };
    fig_param(rig.graph, "a", fig_shape2(OUT, IN), glorot);
    fig_param(rig.graph, "bias", fig_shape1(OUT), zeros);
    fig_param(rig.graph, "b", fig_shape2(OUT, IN), glorot);
    RIG_OK(fig_store_create(&rig.store, rig.device, rig.graph, seeds[1]));
    RIG_OK(fig_store_read(rig.store, fig_store_find(rig.store, "a"), weights[0]));
    RIG_OK(fig_store_read(rig.store, fig_store_find(rig.store, "b"), weights[1]));
    for (uint32_t k = 0; k < 2; k++) {
        const struct stream stream = { seeds[1], 0x1000 + 2 * k, 0 };
        for (size_t i = 0; i < IN * OUT; i++) {
            const double w = (2 * uniform_of(&stream, i) - 1) * sqrt(6.0 / (IN + OUT));
            RIG_NEAR((double)weights[k][i], w, 2e-7, 1e-9, "weight %zu is %.9g, not %.9g", i,
                     (double)weights[k][i], w);
        }
    }
    rig_close(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tcase = tcase_create("random");
    tcase_add_test(tcase, philox_gives_its_known_answers);
    tcase_add_test(tcase, philox_knows_its_answers);
    tcase_add_test(tcase, random_leaves_are_the_streams_of_the_contract);
    tcase_add_test(tcase, the_host_draws_the_same_streams);
    tcase_add_test(tcase, parameters_begin_at_the_values_of_the_contract);
    suite_add_tcase(suite, tcase);
    return rig_main(suite);
}
