/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/cache.c - cache maintenance by block (ENGINE 6): by Zicbom, else through the driver
 * of an outer cache.  With neither, accesses are only ordered.
 */
#include "trap.h"
#include <arch/arch.h>
#include <cache_block.h>

static u64 block_bytes(void)
{
	return isa_of_this_cpu() & ISA_ZICBOM ? isa_cbom_block() : 0;
}

static const struct outer_cache *outer;

void arch_outer_cache(const struct outer_cache *cache)
{
	outer = cache;
}

bool arch_dcache_can_clean(void)
{
	return block_bytes() || outer;
}

static void flush_outer(vaddr_t va, u64 len)
{
	for (vaddr_t at = align_down(va, outer->line); at < va + len; at += outer->line)
		outer->flush(at);
}

static void zicbom_flush(vaddr_t va, u64 len)
{
	u64 block = block_bytes();

	if (!block && outer)
		flush_outer(va, len);
	for (vaddr_t at = block ? align_down(va, block) : 0; block && at < va + len; at += block)
		cbo_flush(at);
}

void arch_dcache_clean_inval(vaddr_t va, u64 len)
{
	zicbom_flush(va, len);
	cbo_sync(); /* write-backs and earlier accesses before the first access or last unmap */
}

/* A block across an edge of the range also holds bytes of other memory, so it is flushed. */
void arch_dcache_inval(vaddr_t va, u64 len)
{
	u64 block = block_bytes();
	vaddr_t end = va + len;

	if (!block)
		zicbom_flush(va, len);
	for (vaddr_t at = block ? align_down(va, block) : 0; block && at < end; at += block) {
		if (at < va || at + block > end)
			cbo_flush(at);
		else
			cbo_inval(at);
	}
	cbo_sync(); /* no block is left that could be written back after the unmap */
}

void arch_sync_code(vaddr_t va, u64 len)
{
	(void)va;
	(void)len;
	local_flush_icache();
}
