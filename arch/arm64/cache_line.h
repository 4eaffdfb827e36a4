/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/cache_line.h - data cache maintenance of one line, by address (Arm ARM D7, "Cache
 * maintenance instructions"), and nothing else: tests/host/cache_arm64 has its own, which records.
 *
 * An instruction by address reaches the caches of every CPU that shares the memory, also through a
 * mapping that is not cacheable (D7, "The data cache maintenance instruction (DC)", scope by VA).
 */
#pragma once
#include <lib/types.h>
#include <sysreg.h>

/* Clean and invalidate: to memory, and out of every cache. */
static inline void dc_civac(vaddr_t at)
{
	__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
}

/*
 * Invalidate: out of every cache; data that only a cache held is lost.
 * Unshown (dc): MODEL.md no-return.
 */
static inline void dc_ivac(vaddr_t at)
{
	__asm__ volatile("dc ivac, %0" ::"r"(at) : "memory");
}

/* Clean: to memory; caches may keep it. */
static inline void dc_cvac(vaddr_t at)
{
	__asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
}

/* Clean to the point of unification, where instruction fetches of every CPU see it. */
static inline void dc_cvau(vaddr_t at)
{
	__asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
}

/*
 * All of the above by this CPU is complete (Arm ARM D7, "Ordering and completion of data and
 * instruction cache instructions": a DSB, for observers outside its shareability domain SY).
 * Unshown (dsb): without it, and as DMB, program order orders a DC by address with later accesses
 * of its line to write-back memory (D7.5.9), and this machine has executed the DC by then. Only
 * other CPUs and memory that has just been added need this DSB: MODEL.md no-return. A PSCI call and
 * SEV, which start a CPU, are no accesses; by the manual the DC must be complete before them.
 */
static inline void dc_sync(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/*
 * Complete for the CPUs; then invalidate the instruction caches of all CPUs, and this CPU fetches
 * again.
 * Unshown (isb): MODEL.md fetch-frame.
 * Unshown (dsb): each CPU executes this for all CPUs (cpu_sync_code()), and the invalidation of
 * another CPU is complete before the code is executed.
 */
static inline void icache_inval_all(void)
{
	/* the stores reach the point of unification before old copies are dropped */
	__asm__ volatile("dsb ish" ::: "memory");
	/* the whole cache: one that is indexed by VA may hold the code under another address */
	__asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

static inline u64 line_ctr(void)
{
	return SYSREG_READ(ctr_el0);
}
