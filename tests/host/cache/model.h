/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cache/model.h - memory with a write-back cache, for arch_dcache_*() of both
 * architectures: tests/host/cache_ARCH compile cache.c with instructions that act on this model.
 *
 * The effects of instructions on a line follow the manuals (Arm ARM D7, "Cache maintenance
 * instructions"; RISC-V CMO spec, 2.3), not from the code under test.
 */
#pragma once
#include <lib/types.h>

#define MEMORY 8192u

enum cache_op { OP_FLUSH, OP_DROP, OP_CLEAN };

/* Every line of the cache is dirty: its stores have not reached memory. */
void model_reset(u32 line);
/* Execute the instruction at any address of a line. */
void model_op(enum cache_op, vaddr_t);
void model_done(void); /* the barrier that completes them */

/* All cases that are common to both architectures. */
void cache_cases(const u32 *lines, unsigned nr);
int model_failed(const char *of); /* number of failed checks, which it prints */
/* The architecture reports lines (blocks) of this size. */
void cache_says(u32 line);
#define WANT(x) want((x), __func__, __LINE__, #x)
bool want(bool, const char *where, int line, const char *what);
bool model_cached(u32 byte);       /* it is in the cache */
bool model_in_memory(u32 byte);    /* its last store has reached memory */
unsigned model_ops(enum cache_op); /* since model_reset() */
bool model_complete(void);         /* no instruction followed the last model_done() */
vaddr_t model_va(u32 byte);
