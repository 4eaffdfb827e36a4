/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/counter/sysreg.h - replaces arch/arm64's: reads and ISBs are counted. */
#pragma once
#include <lib/types.h>

extern unsigned played_reads, played_isbs;
extern bool played_early; /* a read without an ISB before it */
u64 played_read(void);

#define SYSREG_READ(name) played_read()

static inline void isb(void)
{
	played_isbs++;
}
