/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/ipi.c - interrupts between CPUs: small requests as bits, and the call that shootdowns use.
 *
 * There is one call at a time in the machine.  Whoever waits to make the next one serves the
 * present one by polling, so two CPUs that call each other with interrupts off both get through.
 * The bit in `call.waiting` is cleared only after the function has run: the interrupt is a hint,
 * not the state.  A driver clears its interrupt before it calls ipi_handle(), so a request that
 * comes later raises it again.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/internal.h>
#include <kern/trap.h>
#include <lib/assert.h>

#define CALL_SPINS 64 /* then the caller wants to be woken; it sleeps a little later */

static u32 pending[CPUS_MAX]; /* bits of enum ipi, atomic */
static cpumask_t polling;     /* who looks by itself within microseconds, atomic */

static struct {
	u32 owner;         /* CPU number + 1, atomic */
	cpumask_t waiting; /* who has not run it yet, atomic */
	bool asleep;       /* the caller wants to be woken by the last of them, atomic */
	void (*fn)(void *);
	void *arg;
} call;

static void raise(cpumask_t to)
{
	/* The request must be in memory before the interrupt arrives (memory before device), and
	 * before `polling` is read: pairs with ipi_polling_end() */
	arch_io_mb();
	to &= ~__atomic_load_n(&polling, __ATOMIC_SEQ_CST);
	if (kern_hooks.ipi_raise && to)
		kern_hooks.ipi_raise(to);
}

void ipi_send(cpumask_t to, enum ipi what)
{
	to &= cpus_listening() & ~cpu_bit(this_cpu()->nr);
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (to & cpu_bit(n))
			__atomic_fetch_or(&pending[n], BIT(what), __ATOMIC_RELEASE);
	raise(to);
}

/* ---- receiving ---- */

static void call_serve(cpumask_t me)
{
	u32 caller;

	/* acquire: fn and arg, and what the caller stored before, are read after this */
	if (!(__atomic_load_n(&call.waiting, __ATOMIC_ACQUIRE) & me))
		return;
	call.fn(call.arg);
	caller = __atomic_load_n(&call.owner, __ATOMIC_RELAXED) - 1; /* before it can be another */
	/* release: what fn did is visible to the caller that sees the bit clear; seq_cst with
	 * `asleep`: the caller sees the bit clear or this CPU sees it asleep */
	if (!__atomic_and_fetch(&call.waiting, ~me, __ATOMIC_SEQ_CST) &&
	    __atomic_load_n(&call.asleep, __ATOMIC_SEQ_CST))
		ipi_send(cpu_bit(caller), IPI_WAKE);
}

void ipi_poll(bool calls, const struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();
	u32 *p = &pending[cpu->nr], bits = 0;

	if (__atomic_load_n(p, __ATOMIC_RELAXED))
		bits = __atomic_exchange_n(p, 0, __ATOMIC_ACQUIRE);
	if (calls)
		call_serve(cpu_bit(cpu->nr));
	if (bits & BIT(IPI_BACKTRACE))
		backtrace_answer(cpu, frame);
	if (bits & BIT(IPI_STOP))
		cpu_stop();
}

void ipi_handle(void)
{
	struct cpu *cpu = this_cpu();

	cpu->ipis++;
	ipi_poll(true, cpu->frame);
}

void cpu_serve(void)
{
	u64 flags = arch_irq_save();

	ipi_poll(true, NULL);
	arch_irq_restore(flags);
	arch_relax();
}

bool ipi_polling_begin(void)
{
	cpumask_t me = cpu_bit(this_cpu()->nr);

	if (arch_irqs_on())
		return true; /* the interrupt serves it at once: nothing to announce */
	return __atomic_fetch_or(&polling, me, __ATOMIC_SEQ_CST) & me;
}

void ipi_polling_end(bool was)
{
	if (was)
		return;
	__atomic_fetch_and(&polling, ~cpu_bit(this_cpu()->nr), __ATOMIC_SEQ_CST);
	/* the bit before the last look: who saw it still set has made the request by now */
	arch_mb();
	ipi_poll(true, NULL);
}

/* ---- calling ---- */

static bool call_try(u32 me)
{
	u32 none = 0;

	return __atomic_compare_exchange_n(&call.owner, &none, me, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* Interrupts as the caller had them while it waits; on return they are off. */
static void call_lock(u32 me, u64 flags)
{
	struct cpu_pause p = { 0 };
	bool was;

	ASSERT_OP(__atomic_load_n(&call.owner, __ATOMIC_RELAXED), !=, me); /* fn may not call */
	if (call_try(me))
		return;
	arch_irq_restore(flags);
	was = ipi_polling_begin();
	for (;;) {
		cpu_serve();
		cpu_pause(&p);
		if (watchdog_expired(&p))
			crash("CPU %u waits for ever to make a call", me - 1);
		arch_irq_save();
		if (call_try(me))
			break;
		arch_irq_restore(flags);
	}
	ipi_polling_end(was);
}

static void call_unlock(void)
{
	__atomic_store_n(&call.owner, 0, __ATOMIC_RELEASE);
}

static void call_post(cpumask_t to, void (*fn)(void *), void *arg)
{
	call.fn = fn;
	call.arg = arg;
	call.asleep = false;
	/* release: fn, arg and the caller's earlier stores before the bits that offer them */
	__atomic_store_n(&call.waiting, to, __ATOMIC_RELEASE);
	raise(to);
}

static bool call_finished(void *arg)
{
	(void)arg;
	return !__atomic_load_n(&call.waiting, __ATOMIC_SEQ_CST);
}

static void call_wait(void)
{
	struct cpu_pause p = { 0 };

	while (!call_finished(NULL)) {
		u64 flags = arch_irq_save();

		ipi_poll(false, NULL);
		arch_irq_restore(flags);
		if (p.rounds == CALL_SPINS)
			__atomic_store_n(&call.asleep, true, __ATOMIC_SEQ_CST);
		cpu_pause_unless(&p, call_finished, NULL);
		if (watchdog_expired(&p))
			crash("CPUs 0x%llx do not answer a call",
			      (unsigned long long)__atomic_load_n(&call.waiting, __ATOMIC_RELAXED));
	}
}

void ipi_call(cpumask_t to, void (*fn)(void *), void *arg)
{
	u64 flags = arch_irq_save();
	unsigned me = this_cpu()->nr;
	cpumask_t others = to & cpus_listening() & ~cpu_bit(me);

	if (others) {
		call_lock(me + 1, flags);
		call_post(others, fn, arg);
	}
	if (to & cpu_bit(me))
		fn(arg);
	arch_irq_restore(flags);
	if (!others)
		return;
	call_wait();
	call_unlock();
}
