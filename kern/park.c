// SPDX-License-Identifier: BSD-2-Clause
/*
 * kern/park.c - how CPUs get out of the way at the end of a life.
 *
 * A CPU can only turn itself off, so each is told (IPI_STOP) and the leader asks firmware until it
 * is.  From then on it owns no stack, no TLB entry and no table of ours.  One with its interrupts
 * off for good never gets there and still runs on the old tables: nobody may start again under it.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/internal.h>

#define OFF_US 2000000

static enum { WAIT, TURN_OFF, HALT } end; /* atomic */

void cpu_quiesce(void)
{
	if (kern_hooks.irq_quiesce)
		kern_hooks.irq_quiesce();
	arch_quiesce();
}

void cpu_wait_for_end(void)
{
	struct cpu_pause p = { 0 };
	unsigned what;

	while ((what = __atomic_load_n(&end, __ATOMIC_ACQUIRE)) == WAIT)
		cpu_pause(&p);
	cpu_quiesce();
	if (what == TURN_OFF && kern_hooks.cpu_off)
		kern_hooks.cpu_off();
	arch_halt();
}

void cpus_halt(void)
{
	__atomic_store_n(&end, HALT, __ATOMIC_RELEASE);
}

static bool all_off(void)
{
	for (unsigned n = 0; n < cpus_nr; n++)
		if (cpus[n].started && &cpus[n] != this_cpu() &&
		    (!kern_hooks.cpu_state || kern_hooks.cpu_state(cpus[n].hwid)))
			return false;
	return true;
}

bool cpus_off(void)
{
	u64 since = arch_counter(), limit = clock_us_ticks(OFF_US);
	struct cpu_pause p = { 0 };

	__atomic_store_n(&end, TURN_OFF, __ATOMIC_RELEASE);
	ipi_send(cpus_online(), IPI_STOP);
	while (!all_off()) {
		cpu_pause(&p);
		if (arch_counter() - since > limit)
			return all_off();
	}
	return true;
}
