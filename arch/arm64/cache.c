// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/arm64/cache.c - memory that leaves or arrives, by line to the point of coherency (ENGINE 6).
 */
#include <arch/arch.h>
#include <cache.h>
#include <errata.h>
#include <lib/atomic.h>
#include <sysreg.h>

static u64 line_bytes(void)
{
	return 4ull << (SYSREG_READ(ctr_el0) >> 16 & 15); /* DminLine: log2 of words */
}

static struct arch_cleans cleans;

bool arch_cleans(struct arch_cleans *out)
{
	*out = cleans;
	return true;
}

/* To the point of coherency, or, for instructions, of unification: the choke point of errata. */
static void clean_line(vaddr_t at, bool coherency)
{
	if (errata_clean_inval()) {
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
		atomic_fetch_add_relaxed(&cleans.dropped, 1);
		return;
	}
	if (coherency)
		__asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
	else
		__asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
	atomic_fetch_add_relaxed(&cleans.kept, 1);
}

void arch_mem_leave(vaddr_t va, u64 len)
{
	u64 line = line_bytes();

	for (vaddr_t at = align_down(va, line); at < va + len; at += line)
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	/* every line is in memory and in no cache before the last mapping goes */
	__asm__ volatile("dsb sy" ::: "memory");
}

void arch_mem_arrive(vaddr_t va, u64 len)
{
	u64 line = line_bytes();

	for (vaddr_t at = align_down(va, line); at < va + len; at += line)
		__asm__ volatile("dc ivac, %0" ::"r"(at) : "memory");
	/* no stale line before the first access */
	__asm__ volatile("dsb sy" ::: "memory");
}

void arch_sync_code(vaddr_t va, u64 len)
{
	u64 line = line_bytes();

	for (vaddr_t at = align_down(va, line); at < va + len; at += line)
		clean_line(at, false);
	/* the stores are where instruction fetches look before old copies are dropped */
	__asm__ volatile("dsb ish" ::: "memory");
	/* all of it: an instruction cache indexed by address may hold it under another one; dropped
	 * on every CPU, then this one fetches again */
	__asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

void cache_clean(const void *p, u64 len)
{
	u64 line = line_bytes(), at = align_down(ptr_va(p), line);

	/* earlier stores to it are in what is cleaned: the same address, so program order holds */
	for (; at < ptr_va(p) + len; at += line)
		clean_line(at, true);
	/* in memory before whoever reads it without caches is started */
	__asm__ volatile("dsb sy" ::: "memory");
}
