/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/cache_block.h - maintenance of one cache block, by address (CMO spec, Zicbom), and
 * nothing else: tests/host/cache_riscv64 has its own, which records.  MISC-MEM with funct3 2,
 * immediate 0 inval, 2 flush.
 */
#pragma once
#include <lib/types.h>

/* To memory, and out of every cache. */
static inline void cbo_flush(vaddr_t at)
{
	__asm__ volatile(".insn i 0x0f, 2, x0, %0, 2" ::"r"(at) : "memory");
}

/* Out of every cache; data that only a cache held is lost, or flushed, as set in menvcfg.CBIE. */
static inline void cbo_inval(vaddr_t at)
{
	__asm__ volatile(".insn i 0x0f, 2, x0, %0, 0" ::"r"(at) : "memory");
}

/* All of the above by this hart, and its earlier accesses, before every later access. */
static inline void cbo_sync(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

/*
 * Stores before this hart's later fetches; the other harts do the same before they jump.
 * Unshown (fence): the call to the other harts (kern/ipi.c) orders the same stores, and for its own
 * fetches a hart's stores drain here.
 */
static inline void local_flush_icache(void)
{
	__asm__ volatile("fence rw, rw\n\tfence.i" ::: "memory");
}
