/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/cache_riscv64/main.c - arch/riscv64/cache.c on the model, with blocks of several sizes
 * and without Zicbom.
 */
#include "../cache/model.h"
#include <arch/arch.h>
#include <arch/riscv64/trap.h>
#include <cache_block.h>

unsigned played_fences;
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
	played_fences = 0;
	model_reset(64);
	arch_mem_leave(model_va(0), 4096);
	arch_mem_arrive(model_va(0), 4096);
	arch_mem_drop(model_va(0), 4096);
	WANT(!model_ops(OP_FLUSH) && !model_ops(OP_DROP) && played_fences == 3);
}

int main(void)
{
	static const u32 blocks[] = { 256, 64, 16 };

	cache_cases(blocks, ARRAY_SIZE(blocks));
	without_zicbom_it_only_orders();
	return model_failed("cache riscv64") != 0;
}
