/* SPDX-License-Identifier: MIT */
/* Chains on the CPU: compiled to a list of operations on blocks that stay in the L1 cache. */
#ifndef CPU_CHAIN_H
#define CPU_CHAIN_H

#include "device/cpu/native.h"
#include "device/work.h"

struct program;

enum fig_status program_create(struct program **out, const struct native *native,
                               const struct chain *chain);
void program_destroy(struct program **program);

size_t program_scratch(const struct program *program); /* bytes that each thread needs */
size_t program_cost(const struct program *program);    /* operations on an element */
bool program_sums(const struct program *program);

/* Elements begin..end-1; with sums, begin is a multiple of PARTIAL.  An element's bits depend on
 * its distance from `begin` only where `begin` is no multiple of PARTIAL. */
void program_run(const struct program *program, size_t begin, size_t end, void *scratch);

#endif
