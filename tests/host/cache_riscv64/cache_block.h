/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cache_riscv64/cache_block.h - replaces arch/riscv64's: acts on the model. */
#pragma once
#include "../cache/model.h"

extern unsigned fake_fences, fake_fetches;

static inline void cbo_flush(vaddr_t at)
{
	model_op(OP_FLUSH, at);
}

static inline void cbo_inval(vaddr_t at)
{
	model_op(OP_DROP, at);
}

static inline void cbo_sync(void)
{
	model_done();
	fake_fences++;
}

static inline void local_flush_icache(void)
{
	fake_fetches++;
}
