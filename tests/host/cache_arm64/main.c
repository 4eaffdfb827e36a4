/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cache_arm64/main.c - arch/arm64/cache.c on the model, and parts that only arm64
 * has: lines that differ between CPUs, code, and the errata row clean-inval.
 */
#include "../cache/model.h"
#include <arch/arch.h>
#include <cache.h>
#include <cache_line.h>
#include <errata.h>
#include <kern/cpu_id.h>

u64 played_ctr;
unsigned played_unified, played_refetched;
static bool row;

bool errata_clean_inval(void)
{
	return row;
}

u64 cpu_as_if(unsigned word, u64 real)
{
	(void)word;
	return real;
}

/* CTR_EL0.DminLine, bits 19:16: log2 of 4-byte words; IminLine has another value. */
void cache_says(u32 line)
{
	u64 log2 = 0;

	while (4u << log2 < line)
		log2++;
	played_ctr = log2 << 16 | 15;
	cache_this_cpu();
}

/* One CPU of two has shorter lines: none of them may be skipped. */
static void the_shortest_line_counts(void)
{
	WANT(cache_line_most() == 256);
	cache_says(32);
	cache_says(64);
	model_reset(32);
	arch_mem_leave(model_va(0), 1024);
	for (u32 i = 0; i < 1024; i += 32)
		WANT(model_in_memory(i) && !model_cached(i));
	model_reset(32);
	cache_clean(va_ptr(model_va(512)), 64);
	for (u32 i = 512; i < 576; i += 32)
		WANT(model_in_memory(i) && model_cached(i));
}

static void code_is_unified(void)
{
	row = false;
	model_reset(32);
	arch_sync_code(model_va(128), 64);
	WANT(played_unified == 2 && played_refetched == 1 && model_complete());
	WANT(model_cached(128) && model_in_memory(128) && !model_in_memory(192));
}

static void with_the_row_nothing_is_kept(void)
{
	row = true;
	model_reset(32);
	arch_sync_code(model_va(128), 64);
	cache_clean(va_ptr(model_va(512)), 64);
	WANT(!model_ops(OP_CLEAN) && model_ops(OP_FLUSH) == 4);
	WANT(model_complete() && !model_cached(128) && !model_cached(512));
	row = false;
}

int main(void)
{
	static const u32 lines[] = { 256, 128, 64 }; /* the shortest that was reported counts */

	cache_cases(lines, ARRAY_SIZE(lines));
	the_shortest_line_counts();
	code_is_unified();
	with_the_row_nothing_is_kept();
	return model_failed("cache arm64") != 0;
}
