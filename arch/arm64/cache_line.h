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

/* To memory, and out of every cache. */
static inline void line_flush(vaddr_t at)
{
	__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
}

/* Out of every cache; what only a cache held is lost. */
static inline void line_drop(vaddr_t at)
{
	__asm__ volatile("dc ivac, %0" ::"r"(at) : "memory");
}

/* To memory; caches may keep it. */
static inline void line_clean(vaddr_t at)
{
	__asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
}

/* To where instruction fetches of every CPU look. */
static inline void line_unify(vaddr_t at)
{
	__asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
}

/* All of the above by this CPU is complete (Arm ARM D7, "Ordering and completion of data and
 * instruction cache instructions": a DSB, for observers outside its shareability domain SY). */
static inline void lines_done(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/* The same, for the CPUs; then instruction caches are emptied, everywhere, and this CPU fetches
 * again. */
static inline void fetch_again(void)
{
	/* the stores are where instruction fetches look before old copies are dropped */
	__asm__ volatile("dsb ish" ::: "memory");
	/* all of it: an instruction cache indexed by address may hold it under another one */
	__asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

static inline u64 line_ctr(void)
{
	return SYSREG_READ(ctr_el0);
}
