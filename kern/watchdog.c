/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/watchdog.c - a CPU that takes no interrupt for longer than hang= ends the run (ENGINE 8).
 *
 * From its own tick every CPU looks at the next one that is online, the last at the first: of those
 * that hang one has a neighbour that does not.  Two things must hold: the other's last sign of
 * life is too old, and this CPU has itself ticked for that long without seeing one.  So a machine
 * that was suspended as a whole raises no alarm.  Where an emulator runs several CPUs by turns it
 * is off.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/internal.h>
#include <kern/trap.h>
#include <lib/atomic.h>

/*
 * Above the longest honest time between two signs of life with interrupts off.  Measured over 463
 * tests, one CPU that counts instructions: 690,000 under a lock, some ms on a slow core; one
 * message is at most 230 bytes and one line 288, 25 ms at 115,200 baud, and what printf can make of
 * one, 1,023 bytes, is 90 ms, or 1.1 s at 9600.  A UART that gets stuck costs UART_POLLS_MAX looks
 * once, 1 s where one takes 1 us (PCIe).  An emulated CPU waits for the host as well.
 */
#define HANG_HARDWARE_MS 3000
#define HANG_EMULATED_MS 10000
#define WAIT_FACTOR 10

static struct seen {
	u64 ticks;  /* of the other, when it last changed */
	u32 silent; /* own ticks since */
} seen[CPUS_MAX];   /* by who looks */

static bool enabled;
static u64 hang_ms, hang_ticks;

u64 watchdog_hang_ms(void)
{
	if (*arg_text(NULL, ARG_HANG))
		return arg_number(NULL, ARG_HANG);
	return emulated_cpu() ? HANG_EMULATED_MS : HANG_HARDWARE_MS;
}

void watchdog_enable(bool on)
{
	hang_ms = watchdog_hang_ms();
	hang_ticks = clock_us_ticks(hang_ms * 1000);
	enabled = on && hang_ms;
}

static bool armed(void)
{
	return enabled && !(cpus_online_nr() > 1 && emulated_by_turns());
}

bool watchdog_expired(const struct cpu_pause *p)
{
	return enabled && p->waited > WAIT_FACTOR * hang_ticks && armed();
}

static bool hangs(struct seen *s, const struct cpu *cpu)
{
	u64 ticks = atomic_load_relaxed(&cpu->ticks);
	u64 age = arch_counter() - atomic_load_relaxed(&cpu->last_seen);

	if (ticks != s->ticks) {
		s->ticks = ticks;
		s->silent = 0;
		return false;
	}
	s->silent++;
	/* age as signed: it may have ticked between the two reads of the counter */
	return (u64)s->silent * 1000 / TICK_HZ >= hang_ms && (s64)age > (s64)hang_ticks;
}

/* Whom CPU `me` looks after: `me` itself if it is alone. */
static unsigned next_online(unsigned me)
{
	cpumask_t all = cpus_online(), above = all & ~((cpu_bit(me) << 1) - 1);

	return (unsigned)__builtin_ctzll(above ? above : all);
}

void watchdog_check(void)
{
	unsigned me = this_cpu()->nr, n;

	if (!armed() || !cpus_online())
		return;
	n = next_online(me);
	if (n != me && hangs(&seen[me], &cpus[n]))
		crash("CPU %u takes no interrupt for %llu ms (hang=), busy with: %s", n,
		      (unsigned long long)hang_ms, cpus[n].activity);
}
