/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/uninit.h - with unknown=1 and elf= the machine stops when a CPU loads a byte of .noinit
 * or .persist (lib/init.h) that no store has written since power-on.
 *
 * The contents of RAM are undefined then, and boot clears .bss alone.  A store counts from its
 * execution on.  Table walks, and a SWP without a destination, are no loads here.
 */
#pragma once
#include <lib/types.h>

extern struct uninit {
	u64 first, bytes; /* both sections, in RAM; 0 bytes: nothing is checked */
	u8 *stored;       /* a flag for each byte */
	void (*loaded)(unsigned cpu, u64 pa, unsigned bytes);
} uninit; /* memory.c */

void uninit_begin(void);

/* A store to bytes of an aligned word is executed. */
static inline void uninit_store(u64 word, u64 mask)
{
	if (word - uninit.first >= uninit.bytes)
		return;
	for (unsigned i = 0; i < 8; i++)
		if (mask >> 8 * i & 1)
			uninit.stored[word - uninit.first + i] = 1;
}

/* A CPU executes an aligned load. */
static inline void uninit_load(unsigned cpu, u64 pa, unsigned bytes)
{
	if (pa - uninit.first < uninit.bytes)
		uninit.loaded(cpu, pa, bytes);
}
