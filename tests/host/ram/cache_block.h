/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/ram/cache_block.h - replaces arch/riscv64's: harts without cache instructions. */
#pragma once
#include <lib/types.h>

void no_such_instruction(void);

static inline void block_flush(vaddr_t at)
{
	(void)at;
	no_such_instruction();
}

static inline void block_drop(vaddr_t at)
{
	(void)at;
	no_such_instruction();
}

static inline void blocks_done(void)
{
}

static inline void fetch_again(void)
{
}
