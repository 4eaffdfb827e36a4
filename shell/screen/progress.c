/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/progress.c - see progress.h.
 *
 * The line belongs to log_transient(): any other output erases it first, so this file does not have
 * to know of it.
 */
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/hooks.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/printf.h>
#include <shell/screen/pager.h>
#include <shell/screen/progress.h>

#define SECOND_NS ((u64)1000000000)
/* Most commands end before that, and a line that flashes up is worse than none. */
#define QUIET_NS (2 * SECOND_NS)

/* The tick and the operation run on the boot CPU; only `done` and `all` may be written by other
 * CPUs. `what` is set last and with interrupts off, so a tick sees all of progress_begin() or
 * nothing. */
static const char *what; /* NULL: no operation */
static u64 began_ns, next_ns, done, all;

/* Percent only where the two numbers make sense together: they are read one after the other while
 * another CPU may write them.  With a long name the percentage is left out. */
static void progress_print(u64 now)
{
	u64 of = atomic_load_relaxed(&all), part = atomic_load_relaxed(&done);
	char text[80];
	int n = snprintf(text, sizeof(text), "%s: %lu s", what, (now - began_ns) / SECOND_NS);

	if (of && part <= of && n < 60)
		snprintf(text + n, sizeof(text) - (size_t)n, ", %lu %%",
			 of > ~0ul / 100 ? part / (of / 100) : part * 100 / of);
	log_transient(text);
}

/* The previous function of the tick's hook (kern/hooks.h): the console polls there, so it must be
 * called. */
static void (*tick_before)(unsigned cpu);

static void progress_tick(unsigned cpu)
{
	u64 now;

	if (tick_before)
		tick_before(cpu);
	if (cpu != 0 || !what)
		return;
	now = clock_ns();
	if (now < next_ns)
		return;
	next_ns = now + SECOND_NS;
	progress_print(now);
}

void progress_init(void)
{
	tick_before = kern_hooks.tick;
	kern_hooks.tick = progress_tick;
}

void progress_begin(const char *text)
{
	if (!screen_rows())
		return;
	arch_irq_disable();
	progress_at(0, 0);
	began_ns = clock_ns();
	next_ns = began_ns + QUIET_NS;
	what = text;
	arch_irq_enable();
}

void progress_at(u64 part, u64 of)
{
	atomic_store_relaxed(&all, of);
	atomic_store_relaxed(&done, part);
}

/* The line is erased after the tick can no longer print, else it could reappear. */
void progress_end(void)
{
	bool was = what != NULL;

	arch_irq_disable();
	what = NULL;
	arch_irq_enable();
	if (was)
		log_transient(NULL);
}
