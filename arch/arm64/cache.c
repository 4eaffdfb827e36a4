/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/cache.c - cache maintenance by line to the point of coherency (ENGINE 6).
 */
#include <arch/arch.h>
#include <cache.h>
#include <cache_line.h>
#include <cpu.h>
#include <errata.h>
#include <kern/cpu_id.h>
#include <lib/atomic.h>

/*
 * The smallest line of all CPUs that have run.  A cache instruction works on one line of every
 * cache that it reaches, so a loop with a longer step would skip lines.
 */
static u32 line_least = ~0u, line_most;

void cache_this_cpu(void)
{
	u32 own = 4u << (cpu_as_if(ID_CTR, line_ctr()) >> 16 & 15); /* DminLine: log2 of words */

	if (own < atomic_load_relaxed(&line_least)) /* CPUs start in turn */
		atomic_store_relaxed(&line_least, own);
	if (own > atomic_load_relaxed(&line_most))
		atomic_store_relaxed(&line_most, own);
}

static u64 line_bytes(void)
{
	return atomic_load_relaxed(&line_least);
}

u64 cache_line_most(void)
{
	return atomic_load_relaxed(&line_most);
}

bool cache_lines_differ(void)
{
	return line_bytes() != cache_line_most();
}

static struct arch_cleans cleans;

bool arch_cleans(struct arch_cleans *out)
{
	*out = cleans;
	return true;
}

/* To the point of coherency, or, for instructions, of unification.  Every clean is executed here,
 * because an erratum replaces it (clean-inval). */
static void clean_line(vaddr_t at, bool coherency)
{
	if (errata_clean_inval()) {
		dc_civac(at);
		atomic_fetch_add_relaxed(&cleans.dropped, 1);
		return;
	}
	if (coherency)
		dc_cvac(at);
	else
		dc_cvau(at);
	atomic_fetch_add_relaxed(&cleans.kept, 1);
}

/* Over lines that are cleaned to memory: with the row early-clean the second pass waits for the
 * data of the first (Arm SI L1 4311569). */
static unsigned passes(void)
{
	return errata_early_clean() ? 2 : 1;
}

void arch_outer_cache(const struct outer_cache *cache)
{
	(void)cache; /* maintenance by address reaches the point of coherency, wherever that is */
}

bool arch_dcache_can_clean(void)
{
	return true;
}

void arch_dcache_clean_inval(vaddr_t va, u64 len)
{
	u64 line = line_bytes();

	for (unsigned n = passes(); n--;)
		for (vaddr_t at = align_down(va, line); at < va + len; at += line)
			dc_civac(at);
	dc_sync(); /* in memory and in no cache: the first access, or the last unmap, follows */
}

/* A line across an edge of the range also holds bytes of other memory, so it is cleaned too. */
void arch_dcache_inval(vaddr_t va, u64 len)
{
	u64 line = line_bytes();
	vaddr_t end = va + len;

	for (unsigned n = passes(); n--;)
		for (vaddr_t at = align_down(va, line); at < end; at += line) {
			if (at < va || at + line > end)
				dc_civac(at);
			else
				dc_ivac(at);
		}
	dc_sync(); /* no line is left that could be written back after the unmap */
}

void arch_sync_code(vaddr_t va, u64 len)
{
	u64 line = line_bytes();

	for (vaddr_t at = align_down(va, line); at < va + len; at += line)
		clean_line(at, false);
	icache_inval_all();
}

void cache_clean(const void *p, u64 len)
{
	u64 line = line_bytes();

	/* the clean includes earlier stores: same address, so program order holds */
	for (unsigned n = passes(); n--;)
		for (vaddr_t at = align_down(ptr_va(p), line); at < ptr_va(p) + len; at += line)
			clean_line(at, true);
	dc_sync(); /* in memory before a CPU that reads it without caches is started */
}
