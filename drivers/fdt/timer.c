/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/timer.c - the timer of the CPUs in the device tree (arm,arch_timer.yaml, and
 * riscv's /cpus): its interrupt, and the frequency of the counter if no register has it.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <libfdt.h>

/* Without interrupt-names the order is secure, non-secure, virtual, hypervisor. */
#define VIRTUAL 2

/* The node of the Arm timer, or -1. */
static int find(const void *fdt)
{
	static const char *const compatible[] = { "arm,armv8-timer", "arm,armv7-timer", NULL };

	return fdt_next_compatible(fdt, -1, compatible);
}

/* A frequency of one cell; 0: absent or malformed. */
static u32 hz_of(const void *fdt, int node, const char *name)
{
	int len;
	const fdt32_t *p = node < 0 ? NULL : fdt_prop(fdt, node, name, &len);

	return p && len == 4 ? fdt32_ld(p) : 0;
}

u32 fdt_counter_hz(const void *fdt)
{
	u32 hz = hz_of(fdt, fdt_find(fdt, "/cpus", 5), "timebase-frequency");

	return hz ? hz : hz_of(fdt, find(fdt), "clock-frequency");
}

u32 fdt_timer_irq(const void *fdt)
{
	int node = find(fdt), nth;
	u32 flags;

	if (node < 0)
		return ~0u;
	nth = fdt_stringlist_search(fdt, node, "interrupt-names", "virt");
	return fdt_interrupt(fdt, node, nth < 0 ? VIRTUAL : (unsigned)nth, &flags);
}

bool fdt_timer_has(const void *fdt, const char *property)
{
	int node = find(fdt), len;

	return node >= 0 && fdt_prop(fdt, node, property, &len);
}
