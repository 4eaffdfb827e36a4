/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cache_riscv64/cache_block.h - replaces arch/riscv64's: acts on the model. */
#pragma once
#include "../cache/model.h"

extern unsigned played_fences, played_fetches;

static inline void block_flush(vaddr_t at)
{
	model_op(OP_FLUSH, at);
}

static inline void block_drop(vaddr_t at)
{
	model_op(OP_DROP, at);
}

static inline void blocks_done(void)
{
	model_done();
	played_fences++;
}

static inline void fetch_again(void)
{
	played_fetches++;
}
