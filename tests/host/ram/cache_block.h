/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/ram/cache_block.h - replaces arch/riscv64's: harts without cache instructions. */
#pragma once
#include <lib/types.h>

void no_such_instruction(void);

static inline void cbo_flush(vaddr_t at)
{
	(void)at;
	no_such_instruction();
}

static inline void cbo_inval(vaddr_t at)
{
	(void)at;
	no_such_instruction();
}

static inline void cbo_sync(void)
{
}

static inline void local_flush_icache(void)
{
}
