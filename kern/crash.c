/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/crash.c - the end of a run that crashes: report everything, then stop.
 *
 * The first CPU to get here reports; a CPU that crashes meanwhile only answers and stops.  A crash
 * inside the report skips the rest of it but still calls the runner's hook, so the log has its end
 * line; a crash inside the hook halts.  Nothing here takes a lock or waits without a bound.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/printf.h>
#include <lib/string.h>

void (*crash_hook)(const char *reason);

#define STOP_US 50000

enum crash_stage { REPORTING = 1, IN_HOOK, HALTING };

static u32 owner; /* CPU number + 1 of the one that reports, atomic */
static enum crash_stage stage;
static char reason[200];

static void cpu_stop(const struct trap_frame *frame)
{
	(void)frame;
	arch_irq_disable();
	cpu_stop_listening(this_cpu());
	cpu_wait_for_end();
}

static const struct ipi_handler stop_handler = { IPI_STOP, cpu_stop };
REGISTER(ipi_handlers, stop, stop_handler);

/* Another CPU reports: keep serving IPIs, so that it can print this one's stack, until IPI_STOP. */
static NORETURN void stand_by(const struct trap_frame *frame)
{
	struct cpu_pause p = { 0 };

	for (;;) {
		ipi_poll(true, frame);
		cpu_pause(&p);
	}
}

/*
 * True on the first CPU that crashes, and again there if it crashes while it reports.
 * Unshown (acquire release fence aq): the exchange decides which CPU reports; it publishes nothing.
 */
static bool claim_crash(void)
{
	u32 me = this_cpu()->nr + 1, now = 0;

	return atomic_cas_acq_rel(&owner, &now, me) || now == me;
}

static NORETURN void halt(void)
{
	stage = HALTING;
	log_sync();
	cpus_halt();
	if (kern_hooks.halt)
		kern_hooks.halt();
	arch_halt();
}

static void call_hook(void)
{
	stage = IN_HOOK;
	if (crash_hook)
		crash_hook(reason);
}

static void report(const struct trap_frame *frame)
{
	kprintf("# CRASH on CPU %u: %s\n", this_cpu()->nr, reason);
	if (frame) {
		arch_frame_print(frame);
		kprintf("# backtrace of CPU %u, busy with: %s\n", this_cpu()->nr,
			this_cpu()->activity);
		backtrace_frame(frame);
	} else {
		backtrace_here();
	}
	backtrace_others();
}

/* Wait briefly for the CPUs that answer: they must not disturb the hook. */
static void stop_others(void)
{
	cpumask_t me = cpu_bit(this_cpu()->nr);
	u64 start = arch_counter(), limit = clock_us_ticks(STOP_US);
	struct cpu_pause p = { 0 };

	ipi_send(cpus_online(), IPI_STOP);
	while (cpus_listening() != me && arch_counter() - start < limit)
		cpu_pause(&p);
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (cpus_listening() & ~me & cpu_bit(n))
			cpu_stop_listening(&cpus[n]); /* hung: no later wait includes it */
}

/* A crash inside the report still runs the hook, one inside the hook only halts. */
static NORETURN void crash_again(const char *text)
{
	enum crash_stage was = stage;

	if (was == HALTING)
		arch_halt();
	stage = HALTING;
	kprintf("# CRASH again, during the report: %s\n", text);
	if (was == REPORTING)
		call_hook();
	halt();
}

/* Frame NULL: not in a trap, so the backtrace starts at this function. */
static NORETURN void crash_text(const struct trap_frame *frame, const char *text)
{
	arch_irq_disable();
	if (!claim_crash())
		stand_by(frame);
	log_emergency();
	lock_emergency();
	if (stage)
		crash_again(text);
	stage = REPORTING;
	memcpy(reason, text, sizeof(reason));
	report(frame);
	stop_others();
	call_hook();
	halt();
}

static NORETURN void crash_va(const struct trap_frame *frame, const char *fmt, va_list ap)
{
	char text[sizeof(reason)];

	vsnprintf(text, sizeof(text), fmt, ap);
	crash_text(frame, text);
}

void crash(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	crash_va(NULL, fmt, ap);
}

void crash_in_frame(const struct trap_frame *frame, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	crash_va(frame, fmt, ap);
}

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	if (a || b)
		crash("%s:%d: not true: %s (0x%lx, 0x%lx)", file, line, what, a, b);
	crash("%s:%d: not true: %s", file, line, what);
}
