/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/counter/sysreg.h - replaces arch/arm64's: reads and ISBs are counted. */
#pragma once
#include <lib/types.h>

extern unsigned fake_reads, fake_isbs;
extern bool fake_early; /* a read without an ISB before it */
u64 fake_read(void);

#define SYSREG_READ(name) fake_read()

static inline void isb(void)
{
	fake_isbs++;
}
