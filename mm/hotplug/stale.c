/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/hotplug/stale.c - finds stale TLB entries by probing loads in an interrupt on each CPU;
 * see stale.h. */
#include <kern/cpu.h>
#include <kern/probe.h>
#include <lib/atomic.h>
#include <mm/hotplug/stale.h>
#include <mm/kernel/layout.h>

#define ADDRESSES 6

/* The probed addresses.  The boot CPU writes, other CPUs read in an interrupt. */
static struct {
	vaddr_t va[ADDRESSES];
	unsigned nr;
	u32 reads; /* atomic */
} probe;

/* Call on each CPU: count the addresses that still translate. */
static void stale_load(void *arg)
{
	u64 value;

	(void)arg;
	for (unsigned i = 0; i < probe.nr; i++)
		if (!probe_load64(probe.va[i], &value))
			atomic_fetch_add_relaxed(&probe.reads, 1);
}

/* Returns once every online CPU has loaded. */
static unsigned load_all(void)
{
	probe.reads = 0;
	ipi_call(cpus_online(), stale_load, NULL);
	return probe.reads;
}

void stale_prime(paddr_t pa, u64 len)
{
	u64 step = align_down(len / ADDRESSES, page_size());

	probe.nr = 0;
	for (u64 at = 0; at < len && probe.nr < ADDRESSES && step; at += step)
		probe.va[probe.nr++] = linear_va(pa + at);
	load_all();
}

unsigned stale_check(void)
{
	unsigned reads = load_all();

	probe.nr = 0;
	return reads;
}
