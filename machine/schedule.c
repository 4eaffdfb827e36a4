/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/schedule.c - slices of random length, of a random CPU.  A CPU that is held back (order.h,
 * `wake`) does not run while another one can.
 */
#include <machine/channel.h>
#include <machine/device.h>
#include <machine/input.h>
#include <machine/machine.h>
#include <machine/order.h>
#include <machine/random.h>
#include <machine/schedule.h>

#define POLL_EVERY (1ul << 20) /* steps between two polls of the keyboard and the channel */
#define IDLE_MS 20

static s64 slice_length(void)
{
	static const u64 most[8] = { 4, 1000, 96, 96, 96, 96, 96, 96 };
	u64 n = most[random_below(8)];

	return 1 + (s64)random_below(n < knobs.slice ? n : knobs.slice);
}

/* Before most slices no store drains, so that some wait very long. */
static void drain_some(unsigned cpu, u64 often)
{
	if (ordering.cpu[cpu].nr)
		order_drain(cpu, one_in(often) ? 1 + (unsigned)random_below(6) : 0);
}

static u64 executed[WORST_CPUS]; /* steps also count the time in which no CPU runs */

/* Hold the CPU back between any two instructions, also of an LR/SC pair or of two unordered loads,
 * while the other CPUs execute many.  Its stores may drain first, and be overwritten before its
 * next instruction. */
static void pause_by_chance(unsigned cpu)
{
	u64 often = knobs.adversary[ADV_PAUSE];

	if (!often || !one_in(often))
		return;
	drain_some(cpu, 2);
	ordering.cpu[cpu].wake = ordering.steps + random_below(knobs.adversary[ADV_STALL] + 1);
}

/* An instruction that must wait for other CPUs takes a step, too, so CPUs that are held back run
 * again. */
static bool turn(unsigned cpu)
{
	u64 ran;

	if (!core_runs(cpu) && !core_wakes(cpu)) {
		drain_some(cpu, 4);
		core_between(cpu);
		return false;
	}
	if (ordering.cpu[cpu].wake > ordering.steps) {
		order_drain(cpu, 0); /* stores that are older than age= */
		return false;
	}
	drain_some(cpu, 4);
	core_between(cpu);
	ran = core_slice(cpu, slice_length());
	executed[cpu] += ran;
	ordering.steps += ran ? ran : 1;
	pause_by_chance(cpu);
	return true;
}

static bool dead;

u64 schedule_executed(unsigned cpu)
{
	return executed[cpu];
}

bool schedule_dead(void)
{
	return dead;
}

static bool any_cpu_wakes(void)
{
	for (unsigned i = 0; i < machine_cpus(); i++)
		if (core_wakes(i))
			return true;
	return false;
}

static bool stores_buffered(void)
{
	for (unsigned i = 0; i < machine_cpus(); i++)
		if (ordering.cpu[i].nr)
			return true;
	return false;
}

/* No CPU can run: advance to the next timer, input, held-back CPU or store; or wait for a key. */
static void idle(void)
{
	u64 next = core_next_event();

	if (input_next() > ordering.steps && input_next() < next)
		next = input_next();
	if (device_next() < next)
		next = device_next();
	for (unsigned i = 0; i < machine_cpus(); i++)
		if (core_runs(i) && ordering.cpu[i].wake < next)
			next = ordering.cpu[i].wake;
	if (next == ~0ul && stores_buffered())
		next = ordering.steps;
	if (next == ~0ul)
		dead = !console_poll(IDLE_MS) && console_ended() && !any_cpu_wakes();
	else if (next > ordering.steps)
		ordering.steps = next;
	else
		ordering.steps++;
}

static bool no_cpu_runs(void)
{
	for (unsigned i = 0; i < machine_cpus(); i++)
		if (core_runs(i) && ordering.cpu[i].wake <= ordering.steps)
			return false;
	return true;
}

/*
 * No CPU can run, and `cpu` has had its turn.  The others have theirs, then time advances.  An
 * interrupt that such a turn raises is checked first, so that time does not skip it.
 */
static void all_wait(unsigned cpu)
{
	for (unsigned i = 1; i < machine_cpus(); i++)
		if (turn((cpu + i) % machine_cpus()))
			return;
	if (!any_cpu_wakes())
		idle();
}

bool schedule(u64 steps)
{
	u64 polled = 0;

	while (!core_off() && !console_quit) {
		unsigned cpu = (unsigned)random_below(machine_cpus());

		if (dead || ordering.steps >= steps)
			return false;
		if (!turn(cpu) && no_cpu_runs())
			all_wait(cpu);
		if (ordering.steps >= device_next())
			device_act();
		if (ordering.steps - polled >= POLL_EVERY) {
			polled = ordering.steps;
			console_poll(0);
			channel_poll();
		}
	}
	return true;
}
