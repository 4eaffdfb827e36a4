/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lockup.c - a CPU that takes no interrupt for longer than hang= ends the run (ENGINE 8).
 *
 * In its own tick every CPU checks the next one that is online, the last one the first: as long as
 * some CPU ticks, one CPU that hangs is checked by one that does not.  Two things must hold: the
 * other's last sign of activity is too old, and this CPU has itself ticked for that long without
 * seeing one.  So a machine that was suspended as a whole raises no alarm.  The watchdog is off
 * where an emulator runs several CPUs by turns.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <lib/atomic.h>

/*
 * Longer than the longest legitimate time with interrupts off.  Measured over 463 tests on one CPU
 * that counts instructions: 690,000 under a lock, some ms on a slow core.  One message is at most
 * 230 bytes and one line 288, 25 ms at 115,200 baud; the longest that printf can produce, 1,023
 * bytes, takes 90 ms, or 1.1 s at 9600.  A stuck UART costs UART_POLLS_MAX polls once, 1 s if a
 * poll takes 1 us (PCIe).  An emulated CPU waits for the host as well.
 */
#define HANG_HARDWARE_MS 3000
#define HANG_EMULATED_MS 10000
#define WAIT_FACTOR 10

static struct seen {
	u64 ticks;  /* of the other, when it last changed */
	u32 silent; /* own ticks since */
} seen[CPUS_MAX];   /* by the CPU that checks */

static bool enabled;
void (*progress_hook)(void);
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

void watchdog_touch(void)
{
	struct cpu *cpu = this_cpu();

	atomic_fetch_add_relaxed(&cpu->touches, 1);
	if (progress_hook && !cpu->nr && !cpu->irq_depth)
		progress_hook();
}

static u64 touches(void)
{
	u64 sum = 0;

	for (unsigned n = 0; n < cpus_nr; n++)
		sum += atomic_load_relaxed(&cpus[n].touches);
	return sum;
}

/* Reads the lines of all CPUs only at the first step and when the time is over. */
bool watchdog_expired(struct cpu_pause *p)
{
	bool over = p->waited > WAIT_FACTOR * hang_ticks;
	u64 now;

	if (!enabled || (p->rounds > 1 && !over))
		return false;
	now = touches();
	if (now != p->touches) {
		p->touches = now;
		p->waited = 0;
		return false;
	}
	return over && armed();
}

static bool is_hung(struct seen *s, const struct cpu *cpu)
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

void watchdog_check(void)
{
	unsigned me = this_cpu()->nr, n;

	if (!armed() || !cpus_online())
		return;
	n = cpu_after(cpus_online(), me);
	if (n != me && is_hung(&seen[me], &cpus[n]))
		crash("CPU %u takes no interrupt for %lu ms (hang=), busy with: %s", n, hang_ms,
		      cpus[n].activity);
}
