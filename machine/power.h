/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/power.h - power-on, reset, and the loader, which puts image, initial RAM disk and
 * device tree into RAM.
 *
 * A reset (SBI SRST cold and warm reboot, PSCI SYSTEM_RESET) is a power-on with the contents of
 * RAM:
 *   - of the stores in a CPU's buffer a random number, the oldest first, is performed; the others
 *     are lost.  No text requires that a call of firmware orders its caller's stores
 *   - cache lines: arm64/cache.h
 *   - CPUs, TLBs and devices are as at power-on; the loader writes image, RAM disk and device
 *     tree again, from the bytes that it read first
 *   - persistent memory keeps its contents
 *   - the rest of RAM is kept, as by QEMU's machines and a board's warm reset.  No text
 *     guarantees that: SRST's cold reboot is "equivalent to a physical power cycle of the entire
 *     system" (SBI 2.0, 10), SYSTEM_RESET to a "hardware power-cycle" (DEN 0022, 5.11).  With
 *     reset=lose, and at a cold reboot with firmware=text, RAM decays: none, some or all bits of
 *     a frame change
 * Time and the random numbers continue.
 */
#pragma once
#include <lib/types.h>

struct machine_power {
	const char *image, *initrd,
		*args;        /* initrd: NULL, there is none; image: if flash[0] is not */
	const char *flash[2]; /* files of its banks, or NULL */
	u64 cpus, mem, node1; /* bytes of the two nodes of memory */
	u64 shorter;          /* bytes by which RAM ends before that */
	u64 base1;            /* start of the second; 0: it follows the first */
	u64 numa;             /* the device tree assigns CPUs and memory to nodes */
	u64 pmem;             /* bytes of persistent memory */
	u64 resets;           /* so far */
	bool loses;           /* reset=lose */
	bool tree_first;      /* tree=start */
	u64 loaded;           /* bytes of the image's file */
};
extern struct machine_power power;

/* Create RAM, and CPUs and devices in their power-on state. */
void power_on(void);
/* Load the image, the initial RAM disk and, if `with_tree`, a device tree at the addresses that
 * boot loaders use. */
void power_load(bool with_tree);
u64 power_entry(void);
u64 power_node1(void); /* start of the second node */
u64 power_end(void);   /* of both nodes */
/* Boot the loaded machine and run it, as schedule(); resets are done here. */
bool power_run(u64 steps);
