/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/pen.c - start=spin: all CPUs but the first wait in a loop of firmware, which reads
 * a word of its own until it is not zero, and jumps to that address (Linux boot protocol,
 * "spin-table").
 *
 * The loop is real code in the first frame of RAM, which the device tree reserves.  MMU and caches
 * are off, so its loads bypass the caches (D8.2.12).  It waits by WFE, which here only an event
 * ends, as is allowed (D1.7.1).  Words of several CPUs share a cache line.
 */
#include "devices.h"
#include <string.h>

bool pen_used;

#define PEN_WORDS 0x800u

/* x0: the CPU's word */
static const u32 loop[] = {
	0xd503205f, /* wfe */
	0xf9400003, /* ldr x3, [x0] */
	0xb4ffffc3, /* cbz x3, . - 8 */
	0xd61f0060, /* br x3 */
};

static u64 pen_base(void)
{
	return ram.bank[0].base;
}

u64 pen_release(unsigned cpu)
{
	return pen_base() + PEN_WORDS + 8ul * cpu;
}

bool pen_holds(const struct a64_cpu *c)
{
	return pen_used && c->page_va == pen_base();
}

void pen_power_on(void)
{
	u8 *at = memory_host(pen_base());

	memset(at, 0, FRAME_BYTES);
	memcpy(at, loop, sizeof(loop));
	for (unsigned i = 1; i < cpus_nr; i++)
		cpu_begin(&cpus[i], pen_base(), pen_release(i));
}
