/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/inject/inject_runs.h - shared by tests of injected failures and delays. */
#pragma once
#include <mm/pt/taps/inject.h>
#include <tests/harness/util.h>

/* Points that the boot CPU passes outside of interrupts: the n-th is the same each time. */
static inline bool inject_here(enum fail_point point, u64 about)
{
	(void)point, (void)about;
	return this_cpu()->nr == 0 && !this_cpu()->irq_depth;
}
