/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cache_riscv64/main.c - arch/riscv64/cache.c on the model, with blocks of several sizes
 * and without Zicbom.
 */
#include "../cache/model.h"
#include <arch/arch.h>
#include <arch/riscv64/trap.h>
#include <cache_block.h>

unsigned fake_fences, fake_fetches;
static u32 block, has;

u32 isa_of_this_cpu(void)
{
	return has;
}

u32 isa_cbom_block(void)
{
	return block;
}

void cache_says(u32 line)
{
	block = line;
	has = ISA_ZICBOM;
}

static void without_zicbom_it_only_orders(void)
{
	has = 0;
	fake_fences = 0;
	model_reset(64);
	arch_dcache_clean_inval(model_va(0), 4096);
	arch_dcache_inval(model_va(0), 4096);
	WANT(!model_ops(OP_FLUSH) && !model_ops(OP_DROP) && fake_fences == 2);
}

static unsigned asked;

static bool flush_line(vaddr_t va)
{
	asked++;
	model_op(OP_FLUSH, va);
	return true;
}

/* Lines of 64 bytes with a byte of [100, 1000) are 1 to 15, each once; a drop is a flush here. */
static void by_an_outer_cache(void)
{
	static const struct outer_cache cache = { .line = 64, .flush = flush_line };

	has = 0;
	arch_outer_cache(&cache);
	for (unsigned i = 0; i < 2; i++) {
		asked = 0;
		model_reset(64);
		(i ? arch_dcache_inval : arch_dcache_clean_inval)(model_va(100), 900);
		WANT(asked == 15 && model_complete());
		for (u32 byte = 0; byte < 2048; byte += 64) {
			WANT(model_cached(byte) == !(byte >= 64 && byte < 1024));
			WANT(model_in_memory(byte) == (byte >= 64 && byte < 1024));
		}
	}
	asked = 0;
	model_reset(64);
	arch_dcache_clean_inval(model_va(120), 16); /* less than a line, across two lines */
	WANT(asked == 2 && model_in_memory(64) && model_in_memory(128));
	asked = 0;
	model_reset(64);
	arch_dcache_clean_inval(model_va(64), 64);
	WANT(asked == 1);
	arch_dcache_clean_inval(model_va(64), 65);
	WANT(asked == 3);
	WANT(arch_dcache_can_clean());
	has = ISA_ZICBOM; /* instructions are preferred */
	asked = 0;
	model_reset(block);
	arch_dcache_clean_inval(model_va(0), 64);
	WANT(!asked);
	has = 0;
	arch_outer_cache(NULL);
	WANT(!arch_dcache_can_clean());
}

/* FENCE.I has no address: one suffices for any code. */
static void code_is_fetched_again(void)
{
	arch_sync_code(model_va(0), 4);
	WANT(fake_fetches == 1);
	arch_sync_code(model_va(0), 8192);
	WANT(fake_fetches == 2);
}

int main(void)
{
	static const u32 blocks[] = { 256, 64, 16 };

	cache_cases(blocks, ARRAY_SIZE(blocks));
	without_zicbom_it_only_orders();
	by_an_outer_cache();
	code_is_fetched_again();
	return model_failed("cache riscv64") != 0;
}
