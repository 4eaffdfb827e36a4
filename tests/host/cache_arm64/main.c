/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cache_arm64/main.c - arch/arm64/cache.c on the model, and the cases of arm64 alone:
 * lines that differ between CPUs, code, and the errata row clean-inval.
 */
#include "../cache/model.h"
#include <arch/arch.h>
#include <cache.h>
#include <cache_line.h>
#include <errata.h>
#include <kern/cpu_id.h>

u64 fake_ctr;
unsigned fake_unified, fake_refetched;
static bool row, early;

bool errata_clean_inval(void)
{
	return row;
}

bool errata_early_clean(void)
{
	return early;
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
	fake_ctr = log2 << 16 | 15;
	cache_this_cpu();
}

/* One of two CPUs has shorter lines: none of these may be skipped. */
static void the_shortest_line_counts(void)
{
	WANT(cache_line_most() == 256);
	cache_says(32);
	cache_says(64);
	model_reset(32);
	arch_dcache_clean_inval(model_va(0), 1024);
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
	WANT(fake_unified == 2 && fake_refetched == 1 && model_complete());
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

/* Each line with a byte of the range once, and no other: to coherency for a CPU without caches, to
 * unification for fetches.  Operations are counted by their effect on the line. */
static void lines_of_a_range(void)
{
	static const struct {
		u32 from, len;
		unsigned lines;
	} rows[] = { { 128, 63, 2 }, { 128, 64, 2 }, { 128, 65, 3 }, { 127, 2, 2 }, { 128, 1, 1 } };
	struct arch_cleans before, after;

	for (unsigned i = 0; i < 4 * ARRAY_SIZE(rows); i++) {
		unsigned n = i / 4;
		bool code = i & 1;

		row = i & 2;
		fake_unified = 0;
		model_reset(32);
		WANT(arch_cleans(&before));
		if (code)
			arch_sync_code(model_va(rows[n].from), rows[n].len);
		else
			cache_clean(va_ptr(model_va(rows[n].from)), rows[n].len);
		WANT(arch_cleans(&after));
		WANT(model_ops(row ? OP_FLUSH : OP_CLEAN) == rows[n].lines);
		WANT(!model_ops(row ? OP_CLEAN : OP_FLUSH) && !model_ops(OP_DROP));
		WANT(fake_unified == (code && !row ? rows[n].lines : 0));
		WANT(after.kept - before.kept == (row ? 0 : rows[n].lines));
		WANT(after.dropped - before.dropped == (row ? rows[n].lines : 0));
		WANT(model_complete());
	}
	row = false;
}

/* With the row early-clean, all lines that are cleaned to memory, and dropped lines next to them,
 * are cleaned a second time before the barrier; lines cleaned to unification are not. */
static void cleaned_twice(void)
{
	early = true;
	model_reset(32);
	arch_dcache_clean_inval(model_va(128), 96);
	WANT(model_ops(OP_FLUSH) == 6 && model_complete());
	model_reset(32);
	cache_clean(va_ptr(model_va(512)), 64);
	WANT(model_ops(OP_CLEAN) == 4 && model_complete());
	model_reset(32);
	arch_dcache_inval(model_va(144), 96); /* half a line, two, and half a line */
	WANT(model_ops(OP_FLUSH) == 4 && model_ops(OP_DROP) == 4 && model_complete());
	model_reset(32);
	arch_sync_code(model_va(128), 64);
	WANT(model_ops(OP_CLEAN) == 2 && model_complete());
	early = false;
}

int main(void)
{
	static const u32 lines[] = { 256, 128, 64 }; /* the shortest reported length is used */

	cache_cases(lines, ARRAY_SIZE(lines));
	the_shortest_line_counts();
	code_is_unified();
	with_the_row_nothing_is_kept();
	lines_of_a_range();
	cleaned_twice();
	WANT(arch_dcache_can_clean());
	return model_failed("cache arm64") != 0;
}
