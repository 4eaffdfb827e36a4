/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/clock.c - time since boot, the cost of things, and the periodic tick of every CPU.
 *
 * The tick exists for three readers: the watchdog, the console of a machine without a receive
 * interrupt, and the emulator, which needs every CPU to leave its execution loop now and then.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <lib/atomic.h>

#define FIRST_US 50
#define PATIENCE_US 2000000 /* an emulator on a busy host */

static u64 start, hz, ticks_before;
static bool running[CPUS_MAX];
static bool silent; /* the timer was set, and no interrupt arrived */

void clock_init(void)
{
	hz = arch_counter_hz();
	start = arch_counter();
}

static u64 clock_hz(void)
{
	return hz ? hz : arch_counter_hz();
}

u64 clock_ns(void)
{
	u64 ticks = arch_counter() - start, f = clock_hz();

	/* In two parts: the product fits as long as the counter runs below 18 GHz */
	return ticks / f * 1000000000 + ticks % f * 1000000000 / f;
}

u64 clock_us_ticks(u64 us)
{
	u64 ticks = us * clock_hz() / 1000000;

	return ticks ? ticks : 1;
}

u64 cost_now(void)
{
	return arch_instret_works() ? arch_instret() : clock_ns();
}

const char *cost_unit(void)
{
	return arch_instret_works() ? "instructions" : "ns";
}

void clock_cpu_init(void)
{
	struct cpu *cpu = this_cpu();

	atomic_store_relaxed(&cpu->last_seen, arch_counter());
	arch_timer_init();
	if (cpu->nr == 0)
		ticks_before = cpu->ticks;
	/* the boot CPU's first tick is early: clock_ticks_arrive() waits for it */
	arch_timer_next(cpu->nr ? clock_hz() / TICK_HZ : clock_us_ticks(FIRST_US));
	running[cpu->nr] = true;
}

/* Polls the count of ticks, because this CPU must not sleep before it knows that ticks arrive. */
bool clock_ticks_arrive(void)
{
	const struct cpu *cpu = this_cpu();
	u64 from = arch_counter(), most = clock_us_ticks(PATIENCE_US);

	do
		silent = atomic_load_relaxed(&cpu->ticks) == ticks_before;
	while (silent && arch_counter() - from < most);
	return !silent;
}

bool clock_running(void)
{
	return running[this_cpu()->nr] && !silent;
}

/* The work of one timer tick; on machines without ticks clock_poll() calls it. */
static void clock_tick(struct cpu *cpu)
{
	void (*tick)(unsigned cpu) = atomic_load_relaxed(&kern_hooks.tick);

	atomic_store_relaxed(&cpu->last_seen, arch_counter());
	if (tick)
		tick(cpu->nr);
	watchdog_check();
}

void kern_tick(void)
{
	struct cpu *cpu = this_cpu();

	atomic_store_relaxed(&cpu->ticks, cpu->ticks + 1);
	clock_tick(cpu);
}

void clock_poll(void)
{
	struct cpu *cpu = this_cpu();

	if (!silent || arch_counter() - cpu->last_seen < clock_hz() / TICK_HZ)
		return;
	irq_enter();
	clock_tick(cpu);
	irq_exit();
}
