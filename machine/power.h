/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/power.h - power-on, reset, and the loader, which puts image and device tree into RAM.
 *
 * A reset (SBI SRST cold and warm reboot, PSCI SYSTEM_RESET) is a power-on that finds RAM:
 *   - stores that had not left a CPU's buffer: the oldest of them leave, as many as chance says,
 *     and the others are lost.  No text says that a call of firmware orders its caller's stores
 *   - lines of caches: arm64/cache.h
 *   - CPUs, TLBs and devices are as at power-on; the loader writes image and device tree again,
 *     from the bytes that it read first
 *   - the rest of RAM is kept, as by QEMU's machines and a board's warm reset.  No text
 *     promises that: SRST's cold reboot is "equivalent to a physical power cycle of the entire
 *     system" (SBI 2.0, 10), SYSTEM_RESET to a "hardware power-cycle" (DEN 0022, 5.11).  With
 *     reset=lose, and at a cold reboot with firmware=text, RAM decays: a frame stays as it was,
 *     some of its bits change, or all
 * Time goes on, and so does what chance says.
 */
#pragma once
#include <lib/types.h>

#define COUNTER_HZ 10000000ul

struct machine_power {
	const char *image, *args;
	u64 cpus, mem, node1; /* bytes of the two nodes of memory */
	u64 resets;           /* so far */
	bool loses;           /* reset=lose */
	u64 loaded;           /* bytes of the image's file */
};
extern struct machine_power power;

/* RAM, and CPUs and devices that have not begun. */
void power_on(void);
/* The image is put where loaders put it, and the device tree, unless another one is there. */
void power_load(bool with_tree);
u64 power_entry(void);
/* As schedule(), of a machine that was loaded; it continues after a reset. */
bool power_run(u64 steps);
