/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/park.c - turn the other CPUs off before a restart.
 *
 * A CPU can only turn itself off, so each gets IPI_STOP, and the leader polls firmware until it is
 * off.  From then on it uses no stack, no TLB entry and no table of the kernel.  A CPU that never
 * takes the interrupt still runs on the old tables, so the kernel must not restart itself under it.
 *
 * The boot CPU stays the boot CPU: if another CPU leads, that CPU prepares the restart, hands over
 * to the boot CPU and turns itself off.  It could not start the boot CPU through firmware and then
 * turn itself off, because the new boot would clear its data meanwhile.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/restart.h>
#include <lib/atomic.h>

#define OFF_US 2000000

static enum end { WAIT, TURN_OFF, LEAD, LED, HALT } end; /* atomic */

/* The phase of the end: WAIT, TURN_OFF (all but CPU 0), LEAD (CPU 0 is asked to lead), LED (it has
 * accepted), HALT (no restart). */
static enum end what(void)
{
	return atomic_load_acquire(&end);
}

static void tell(enum end e)
{
	atomic_store_release(&end, e);
}

static bool change(enum end from, enum end to)
{
	return atomic_cas_acq_rel(&end, &from, to);
}

void cpu_quiesce(void)
{
	if (kern_hooks.irq_quiesce)
		kern_hooks.irq_quiesce();
	arch_quiesce();
}

static NORETURN void turn_off(void)
{
	cpu_quiesce();
	if (kern_hooks.cpu_off)
		kern_hooks.cpu_off();
	arch_halt();
}

/* CPU 0 takes over if another CPU leads; every other CPU turns itself off as soon as it may. */
void cpu_wait_for_end(void)
{
	bool boots = !this_cpu()->nr;
	struct cpu_pause p = { 0 };

	while (what() != HALT) {
		if (boots && change(LEAD, LED))
			restart_begin();
		if (!boots && (what() == TURN_OFF || what() == LEAD || what() == LED))
			turn_off();
		cpu_pause(&p);
	}
	arch_halt();
}

void cpus_halt(void)
{
	tell(HALT);
}

/* This CPU, and one that was never started, count as off.  Without cpu_state no other does. */
static bool is_off(const struct cpu *cpu)
{
	return !cpu->started || cpu == this_cpu() ||
	       (kern_hooks.cpu_state && !kern_hooks.cpu_state(cpu->hwid));
}

/* Is every other CPU off, the first `spared` not counted? */
static bool all_off(unsigned spared)
{
	for (unsigned n = spared; n < cpus_nr; n++)
		if (!is_off(&cpus[n]))
			return false;
	return true;
}

static bool wait_off(unsigned spared)
{
	struct cpu_pause p = { 0 };

	while (!all_off(spared))
		if (!cpu_pause_within(&p, OFF_US))
			return all_off(spared);
	return true;
}

bool cpus_off(void)
{
	tell(TURN_OFF);
	ipi_send(cpus_online(), IPI_STOP);
	return wait_off(1);
}

bool cpus_all_off(void)
{
	return wait_off(0);
}

void cpu_boot_leads(void)
{
	struct cpu_pause p = { 0 };

	tell(LEAD);
	while (what() == LEAD)
		if (!cpu_pause_within(&p, OFF_US) && change(LEAD, TURN_OFF))
			return;
	turn_off();
}
