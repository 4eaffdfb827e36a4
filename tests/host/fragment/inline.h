/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fragment/inline.h - calls a hook at each change of a page's bits: callbacks without
 * the lock may run between any two. */
#pragma once
#include <lib/atomic.h>

void bits_changed(const u64 *bits);

#undef atomic_fetch_or_seq_cst
#undef atomic_and_fetch_seq_cst
#define atomic_fetch_or_seq_cst(p, v)                                                              \
	({                                                                                         \
		u64 was_ = __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);                              \
		bits_changed(p);                                                                   \
		was_;                                                                              \
	})
#define atomic_and_fetch_seq_cst(p, v)                                                             \
	({                                                                                         \
		u64 is_ = __atomic_and_fetch(p, v, __ATOMIC_SEQ_CST);                              \
		bits_changed(p);                                                                   \
		is_;                                                                               \
	})
