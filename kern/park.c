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
 *
 * Unshown (acquire release): the phase publishes nothing but itself.
 * Unshown (fence aq): the boot CPU calls cpus_all_off() before it reads the data of the leader:
 * firmware has reported that the leader stopped, and hart_stop performs its stores here
 * (machine/MODEL.md).
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/restart.h>
#include <lib/atomic.h>

#define OFF_US 2000000

/* How this boot ends.  The boot CPU (CPU 0) performs the restart; another CPU that begins one hands
 * over to it. */
enum park_phase {
	PARK_WAIT,      /* not decided */
	PARK_TURN_OFF,  /* all CPUs but CPU 0 turn themselves off */
	PARK_HAND_OVER, /* as TURN_OFF, and requests CPU 0 to restart */
	PARK_ACCEPTED,  /* as TURN_OFF, and CPU 0 restarts */
	PARK_HALT,      /* no restart: every CPU halts */
};
static enum park_phase phase; /* atomic */

static enum park_phase park_phase(void)
{
	return atomic_load_acquire(&phase);
}

static void park_set_phase(enum park_phase to)
{
	atomic_store_release(&phase, to);
}

static bool park_change_phase(enum park_phase from, enum park_phase to)
{
	return atomic_cas_acq_rel(&phase, &from, to);
}

void cpu_quiesce(void)
{
	if (kern_hooks.irq_quiesce)
		kern_hooks.irq_quiesce();
	arch_quiesce();
}

static NORETURN void park_turn_off(void)
{
	cpu_quiesce();
	if (kern_hooks.cpu_off)
		kern_hooks.cpu_off();
	arch_halt_untranslated();
}

/* CPU 0 restarts if another CPU hands over; every other CPU turns itself off once that is decided.
 */
void cpu_wait_for_end(void)
{
	bool boots = !this_cpu()->nr;
	struct cpu_pause p = { 0 };
	enum park_phase now;

	while ((now = park_phase()) != PARK_HALT) {
		if (boots && park_change_phase(PARK_HAND_OVER, PARK_ACCEPTED))
			restart_begin();
		if (!boots && now != PARK_WAIT)
			park_turn_off();
		cpu_pause(&p);
	}
	arch_halt();
}

void cpus_halt(void)
{
	park_set_phase(PARK_HALT);
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
	park_set_phase(PARK_TURN_OFF);
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

	park_set_phase(PARK_HAND_OVER);
	while (park_phase() == PARK_HAND_OVER)
		if (!cpu_pause_within(&p, OFF_US) &&
		    park_change_phase(PARK_HAND_OVER, PARK_TURN_OFF))
			return;
	park_turn_off();
}
