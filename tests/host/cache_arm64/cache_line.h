/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cache_arm64/cache_line.h - replaces arch/arm64's: acts on the model. */
#pragma once
#include "../cache/model.h"

extern u64 fake_ctr;
extern unsigned fake_unified, fake_refetched;

static inline void dc_civac(vaddr_t at)
{
	model_op(OP_FLUSH, at);
}

static inline void dc_ivac(vaddr_t at)
{
	model_op(OP_DROP, at);
}

static inline void dc_cvac(vaddr_t at)
{
	model_op(OP_CLEAN, at);
}

static inline void dc_cvau(vaddr_t at)
{
	model_op(OP_CLEAN, at);
	fake_unified++;
}

static inline void dc_sync(void)
{
	model_done();
}

static inline void icache_inval_all(void)
{
	model_done();
	fake_refetched++;
}

static inline u64 line_ctr(void)
{
	return fake_ctr;
}
