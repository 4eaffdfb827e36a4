/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/worker.c - work for other CPUs, and the one way to wait.
 *
 * No wake-up is lost: a sleeper masks interrupts, checks its condition, and sleeps with them
 * masked. WFI still returns when an interrupt is pending (Arm ARM D1.7.2, RISC-V privileged 3.3.3),
 * and the interrupt is taken when it is unmasked.
 */
#include <arch/arch.h>
#include <kern/kern_internal.h>
#include <kern/trap.h>
#include <kern/worker.h>
#include <lib/assert.h>
#include <lib/atomic.h>

#define SPIN_ROUNDS 128 /* most waits on real CPUs end within these */
#define NAP_US 10
#define NAP_DOUBLINGS 6  /* 10 us .. 640 us: never much longer than it has waited already */
#define POLL_DOUBLINGS 2 /* with interrupts off other CPUs wait for its next poll */

static void (*own_fn)(void *); /* the boot CPU's share, run by cpu_wait() */
static void *own_arg;

/* ---- waiting ---- */

/* Sleep until an interrupt, at most NAP_US << doublings, unless done(arg) is true already. */
static void bounded_sleep(unsigned doublings, bool (*done)(void *), void *arg)
{
	unsigned most = arch_irqs_on() ? NAP_DOUBLINGS : POLL_DOUBLINGS;
	u64 flags = arch_irq_save();

	doublings = doublings < most ? doublings : most;
	/* The timer's handler sets the next regular tick, so this only makes one tick early */
	arch_timer_next(clock_us_ticks((u64)NAP_US << doublings));
	if (!done || !done(arg))
		arch_wait();
	arch_irq_restore(flags);
}

/* Not inside an interrupt: until its end the controller may hold back the one that would wake it.
 */
static bool may_sleep(void)
{
	return clock_running() && !this_cpu()->irq_depth;
}

/* Poll the clock with interrupts masked, so that a tick on this CPU does not do the same inside. */
static void poll_masked(void)
{
	u64 flags = arch_irq_save();

	clock_poll();
	arch_irq_restore(flags);
}

void cpu_sleep(void)
{
	if (clock_running())
		arch_wait();
	else
		clock_poll();
}

/* A step counts for two timer ticks at most: a machine that was suspended, or resumed from a
 * snapshot with its time set back, has not waited meanwhile. */
static void account(struct cpu_pause *p)
{
	u64 now = arch_counter();

	if (p->last)
		p->waited += min_u64(now - p->last, clock_us_ticks(2000000 / TICK_HZ));
	p->last = now;
}

void cpu_pause_unless(struct cpu_pause *p, bool (*done)(void *), void *arg)
{
	u32 round = p->rounds++;

	if (round >= SPIN_ROUNDS)
		account(p);
	if (round < SPIN_ROUNDS || !may_sleep()) {
		if (arch_irqs_on())
			poll_masked();
		arch_relax();
		return;
	}
	/* A CPU that sleeps and polls does not hang, even with interrupts off */
	atomic_store_relaxed(&this_cpu()->last_seen, arch_counter());
	bounded_sleep(round - SPIN_ROUNDS, done, arg);
}

void cpu_pause(struct cpu_pause *p)
{
	cpu_pause_unless(p, NULL, NULL);
}

bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	cpu_pause(p);
	return p->waited <= clock_us_ticks(us);
}

void cpu_wait_until(bool (*cond)(void *), void *arg)
{
	struct cpu_pause p = { 0 };

	while (!cond(arg)) {
		cpu_serve();
		cpu_pause_unless(&p, cond, arg);
	}
}

/* ---- work ---- */

/*
 * Unshown (fence): MODEL.md tso-acquire and MODEL.md tso-amo.
 * Unshown (w-before w-after r-before): MODEL.md fence-acquire.
 */
static bool has_work(const struct cpu *cpu)
{
	/* acquire: fn and arg are read after the number that announces them */
	return atomic_load_acquire(&cpu->work_posted) != cpu->work_done;
}

/* Unshown (fence): MODEL.md tso-acquire and MODEL.md tso-amo. */
static bool work_finished(const struct cpu *cpu)
{
	/* acquire: the worker's stores are read after the number that reports the end of its
	 * work */
	return atomic_load_acquire(&cpu->work_done) == cpu->work_posted;
}

/* Unshown (r-before w-before): MODEL.md amo-either. */
static void worker_run(struct cpu *cpu)
{
	cpu->activity = "work";
	cpu->work_fn(cpu->work_arg);
	cpu->activity = "idle";
	atomic_store_release(&cpu->work_done, cpu->work_posted);
	ipi_wake(cpu_bit(0));
}

void worker_loop(struct cpu *cpu)
{
	cpu->activity = "idle";
	for (;;) {
		arch_irq_disable();
		if (!has_work(cpu))
			arch_wait();
		arch_irq_enable(); /* the interrupt that woke it is taken here */
		if (has_work(cpu))
			worker_run(cpu);
	}
}

/*
 * fn and arg are stored before the number that announces them (release).
 * Unshown (r-before): MODEL.md fence-release.
 */
static void post_one(struct cpu *cpu, void (*fn)(void *), void *arg)
{
	ASSERT(cpu->online);
	ASSERT_OP(cpu->work_posted, ==, cpu->work_done);
	cpu->work_fn = fn;
	cpu->work_arg = arg;
	atomic_store_release(&cpu->work_posted, cpu->work_posted + 1);
}

void cpu_post(cpumask_t mask, void (*fn)(void *), void *arg)
{
	unsigned n = 1;

	ASSERT_OP(this_cpu()->nr, ==, 0);
	ASSERT(!own_fn);
	for (cpumask_t left = mask >> 1; left; left >>= 1, n++)
		if (left & 1)
			post_one(&cpus[n], fn, arg);
	ipi_wake(mask & ~cpu_bit(0));
	if (mask & cpu_bit(0)) {
		own_fn = fn;
		own_arg = arg;
	}
}

static void wait_one(const struct cpu *cpu)
{
	while (!work_finished(cpu)) {
		u64 flags = arch_irq_save();

		ipi_poll(true, NULL);
		if (!work_finished(cpu))
			arch_wait(); /* the worker's interrupt, or the next tick */
		arch_irq_restore(flags);
	}
}

void cpu_wait(cpumask_t mask)
{
	unsigned n = 1;

	if (mask & cpu_bit(0) && own_fn) {
		own_fn(own_arg);
		own_fn = NULL;
	}
	for (cpumask_t left = mask >> 1; left; left >>= 1, n++)
		if (left & 1)
			wait_one(&cpus[n]);
}

void cpu_run(cpumask_t mask, void (*fn)(void *), void *arg)
{
	cpu_post(mask, fn, arg);
	cpu_wait(mask);
}

cpumask_t cpus_spare(void)
{
	const struct cpu *cpu = this_cpu();
	bool may_post = !cpu->nr && !cpu->irq_depth && arch_irqs_on() && !own_fn;

	return may_post && cpus_idle() ? other_cpus() : 0;
}

bool cpus_idle(void)
{
	for (unsigned n = 1; n < cpus_nr; n++)
		if (cpus[n].online && !work_finished(&cpus[n]))
			return false;
	return true;
}
